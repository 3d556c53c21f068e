package runtime

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/engine"
)

// discard is a ResponseWriter that keeps nothing.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}

// rewound is a body that can be read again and again.
type rewound struct{ *strings.Reader }

func (rewound) Close() error { return nil }

// BenchmarkServe is the host's own part of a request: everything but net/http
// and the run.
func BenchmarkServe(b *testing.B) {
	session := fakeProgram{
		endpoint: engine.Endpoint{Method: "GET", Path: "/me", Require: []string{"session"}, Session: true},
		run: func(_ context.Context, req *engine.Request, a *engine.Answer) {
			_, _ = req.Source.Header("Session")
			a.Body = append(a.Body, `{"userId":"000000000000000000000001"}`...)
		},
	}
	signIn := readsBody(false)
	param := answers("GET", "/users/{id}")
	const credentials = `{"email":"user@example.com","password":"correct horse battery staple"}`
	for _, bench := range []struct {
		name, method, path, body string
		log                      io.Writer
	}{
		{"session", "GET", "/me", "", nil},
		{"session, logged", "GET", "/me", "", io.Discard},
		{"body", "POST", "/body", credentials, nil},
		{"parameter", "GET", "/users/7", "", nil},
		{"nothing there", "GET", "/nothing", "", nil},
	} {
		b.Run(bench.name, func(b *testing.B) {
			s := serverOf(b, "", session, signIn, param)
			if bench.log != nil {
				s.deps.Logger = NewLogger(bench.log, slog.LevelInfo, true)
			}
			r := httptest.NewRequest(bench.method, bench.path, strings.NewReader(bench.body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Session", "lws_0123456789012345678901234567890123456789012")
			body := rewound{strings.NewReader(bench.body)}
			r.Body = body
			w := &discard{http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				body.Reset(bench.body)
				clear(w.header)
				s.ServeHTTP(w, r)
			}
		})
	}
}

// BenchmarkRefuseBy is a request on a connection that stays open, by a server as
// net/http has it and by one whose refusals are ours: the difference is what
// telling them from answers costs.
func BenchmarkRefuseBy(b *testing.B) {
	for _, bench := range []struct {
		name   string
		listen func(*http.Server, net.Listener) net.Listener
	}{
		{"without", func(_ *http.Server, l net.Listener) net.Listener { return l }},
		{"with", func(server *http.Server, l net.Listener) net.Listener { return refuseBy(refuseAdmin, server, l) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })}
			defer server.Close()
			go server.Serve(bench.listen(server, l))
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close()
			r := bufio.NewReader(c)
			b.ReportAllocs()
			for b.Loop() {
				io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
				for last := false; !last; {
					line, err := r.ReadSlice('\n')
					if err != nil {
						b.Fatal(err)
					}
					last = string(line) == "\r\n"
				}
			}
		})
	}
}
