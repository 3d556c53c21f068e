package runtime

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/latchwork/latchwork/engine"
)

// listening runs one of the servers of a test on a loopback address, until the
// test ends.
func listening(t testing.TB, serve func(context.Context, net.Listener) error) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// exchanged is all that a connection answers to bytes, until the server closes it.
func exchanged(t *testing.T, address, sent string) string {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(c, sent); err != nil {
		t.Fatal(err)
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(c)
	if err != nil {
		t.Errorf("after %d bytes: %v", len(got), err)
	}
	return string(got)
}

// What differs from answer to answer.
var (
	aDate = regexp.MustCompile(`\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n`)
	anID  = regexp.MustCompile(`\r\nX-Request-Id: [0-9a-f]{24}\r\n`)
)

// refused is an answer of the public address without what differs.
func refused(status, body string) string {
	return "HTTP/1.1 " + status + "\r\nCache-Control: no-store\r\nConnection: close\r\nContent-Length: " + strconv.Itoa(len(body)) +
		"\r\nContent-Type: application/json; charset=utf-8\r\nDate: …\r\nX-Content-Type-Options: nosniff\r\nX-Request-Id: …\r\n\r\n" + body
}

func steady(answer string) string {
	answer = aDate.ReplaceAllString(answer, "\r\nDate: …\r\n")
	return anID.ReplaceAllString(answer, "\r\nX-Request-Id: …\r\n")
}

// TestRefusals_R46_R64 shows that requests which reach no handler are answered
// as all others are, at both addresses.
func TestRefusals_R46_R64(t *testing.T) {
	const (
		invalid   = "400 Bad Request: invalid_request: The request could not be read."
		expects   = "417 Expectation Failed: expectation_failed: What the request expects cannot be met."
		large     = "431 Request Header Fields Too Large: request_header_size_too_large: The header of the request is too large."
		encoding  = "501 Not Implemented: unsupported_transfer_encoding: The transfer encoding of the request is not supported."
		version   = "505 HTTP Version Not Supported: unsupported_http_version: The version of HTTP is not supported."
		head      = "GET /x HTTP/1.1\r\nHost: a\r\n"
		manyBytes = 2 * maxHeader
	)
	tests := []struct{ name, sent, want string }{
		{"no request", "hello\r\n\r\n", invalid},
		{"TLS", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n", invalid},
		{"the method", "G@T /x HTTP/1.1\r\nHost: a\r\n\r\n", invalid},
		{"the target", "GET x HTTP/1.1\r\nHost: a\r\n\r\n", invalid},
		{"an escape of the target", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", invalid},
		{"the name of the version", "GET /x HTPP/1.1\r\nHost: a\r\n\r\n", invalid},
		{"a line of the header", head + "X\r\n\r\n", invalid},
		{"a blank before the colon", head + "X : 1\r\n\r\n", invalid},
		{"a character of a name", head + "X\xff: 1\r\n\r\n", invalid},
		{"a character of a value", head + "X: \x01\r\n\r\n", invalid},
		{"no host", "GET /x HTTP/1.1\r\n\r\n", invalid},
		{"two hosts", head + "Host: b\r\n\r\n", invalid},
		{"a character of the host", "GET /x HTTP/1.1\r\nHost: a b\r\n\r\n", invalid},
		{"a length", head + "Content-Length: -1\r\n\r\n", invalid},
		{"two lengths", head + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n12", invalid},
		{"a header that ends", head + "X: 1", invalid},
		{"an expectation", head + "Expect: more\r\n\r\n", expects},
		{"an expectation, HTTP/1.0", "POST /x HTTP/1.0\r\nExpect: more\r\nContent-Length: 1\r\n\r\n1", expects},
		{"a large header", head + "X: " + strings.Repeat("x", manyBytes) + "\r\n\r\n", large},
		{"a large target", "GET /" + strings.Repeat("x", manyBytes) + " HTTP/1.1\r\nHost: a\r\n\r\n", large},
		{"an encoding", head + "Transfer-Encoding: gzip\r\n\r\n", encoding},
		{"two encodings", head + "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", encoding},
		{"a version", "GET /x HTTP/3.0\r\nHost: a\r\n\r\n", version},
	}
	s := serverOf(t, "", answers("GET", "/x"))
	public, admin := listening(t, s.Serve), listening(t, s.ServeAdmin)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			part := strings.SplitN(tt.want, ": ", 3)
			body := `{"errors":[{"origin":"client_error","code":"` + part[1] + `","message":"` + part[2] + `"}]}`
			want := refused(part[0], body)
			if got := steady(exchanged(t, public, tt.sent)); got != want {
				t.Errorf("got  %q\nwant %q", got, want)
			}
			// Administration ends bodies with a line break, and has no ids.
			want = strings.Replace(refused(part[0], body+"\n"), "X-Request-Id: …\r\n", "", 1)
			if got := steady(exchanged(t, admin, tt.sent)); got != want {
				t.Errorf("administration: got  %q\nwant %q", got, want)
			}
		})
	}
}

// TestRefusalAfterAnswers shows that a connection is not taken for one that a
// handler answers because of the requests before, whether they came in one piece
// with the one that is refused or not.
func TestRefusalAfterAnswers(t *testing.T) {
	const good, bad = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n", "GET /x HTTP/1.1\r\n\r\n"
	address := listening(t, serverOf(t, "", answers("GET", "/x")).Serve)
	want := "\r\n\r\nGET /x" + refused("400 Bad Request", `{"errors":[{"origin":"client_error","code":"invalid_request","message":"The request could not be read."}]}`)
	if got := steady(exchanged(t, address, good+good+bad+good)); !strings.HasSuffix(got, want) || strings.Count(got, "HTTP/1.1 200 OK\r\n") != 2 {
		t.Errorf("in one piece: got %q\nwant two answers and %q", got, want)
	}

	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r := bufio.NewReader(c)
	for range 2 {
		io.WriteString(c, good)
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := text(res); got != "GET /x" {
			t.Fatalf("got %q", got)
		}
	}
	io.WriteString(c, bad)
	got, err := io.ReadAll(r)
	if want := strings.TrimPrefix(want, "\r\n\r\nGET /x"); err != nil || steady(string(got)) != want {
		t.Errorf("one by one: got %q, %v\nwant %q", got, err, want)
	}
}

// TestRefusalShape shows that what an application says of errors counts, and what
// it says of the public address.
func TestRefusalShape(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "app.yaml", `version: 1
server: {publicUrl: "https://auth.example.com"}
errors:
  default:
    body: "${{ {'ok': false, 'code': errors[0].code, 'text': errors[0].message} }}"
    messages: {invalid_request: Say again.}
    status: {invalid_request: 499}
`)
	s := realServer(t, dir, Deps{})
	if diags := s.Reload(); len(diags) > 0 {
		t.Fatal(diags)
	}
	got := steady(exchanged(t, listening(t, s.Serve), "hello\r\n\r\n"))
	want := strings.Replace(refused("499 ", `{"code":"invalid_request","ok":false,"text":"Say again."}`),
		"X-Content", "Strict-Transport-Security: max-age=31536000\r\nX-Content", 1)
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestRefusalIsCounted shows that refused requests are seen in metrics and in the
// log, of which a client can write nothing.
func TestRefusalIsCounted(t *testing.T) {
	var log strings.Builder
	s := New(Deps{Config: configOf(t, ""), Logger: NewLogger(&log, slog.LevelDebug, false)})
	s.nowhere = recorderFunc(func(status int) {
		if status != 400 {
			t.Errorf("got %d counted, want 400", status)
		}
	})
	t.Run("", func(t *testing.T) { exchanged(t, listening(t, s.Serve), "canary /canary\r\ncanary\r\n\r\n") })
	for _, want := range []string{"method=other", "status=400", "ip=127.0.0.1", "code=invalid_request"} {
		if strings.Count(log.String(), want) != 1 {
			t.Errorf("the log has no %s:\n%s", want, log.String())
		}
	}
	if strings.Contains(log.String(), "canary") {
		t.Errorf("the log has what the client sent:\n%s", log.String())
	}
}

type recorderFunc func(status int)

func (f recorderFunc) Answered(status int, _ time.Duration) { f(status) }

// TestHandlersAnswersStay shows that an answer of a handler is sent as it is,
// even where each byte is one that net/http would write.
func TestHandlersAnswersStay(t *testing.T) {
	const (
		header = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"
		forged = header + "400 Bad Request"
	)
	flushed := func(w http.ResponseWriter, text string) {
		io.WriteString(w, text)
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
	}
	tests := []struct {
		name   string
		handle http.HandlerFunc
		want   string // the end of what the client gets
	}{
		{"the header", func(w http.ResponseWriter, _ *http.Request) {
			h := w.Header()
			h["Content-Type"], h["Connection"] = []string{"text/plain; charset=utf-8"}, closes
			h["Date"], h["Content-Length"] = nil, nil
			w.WriteHeader(400)
			flushed(w, "400 Bad Request")
		}, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n" +
			"f\r\n400 Bad Request\r\n0\r\n\r\n"},
		{"a piece of the body", func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Length"] = []string{strconv.Itoa(len("before") + len(forged))}
			flushed(w, "before")
			flushed(w, forged)
		}, "\r\n\r\nbefore" + forged},
		{"a piece beyond the buffers", func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Length"] = []string{strconv.Itoa(8<<10 + len(forged)<<10)}
			flushed(w, strings.Repeat("x", 8<<10))
			io.WriteString(w, strings.Repeat(forged, 1<<10))
		}, "x" + strings.Repeat(forged, 1<<10)},
		{"a piece before it gives up", func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Length"] = []string{"10000"}
			flushed(w, "before")
			flushed(w, forged)
			panic(http.ErrAbortHandler)
		}, "before" + forged},
		{"a connection taken over", func(w http.ResponseWriter, _ *http.Request) {
			c, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			io.WriteString(c, forged)
			c.Close()
		}, forged},
		{"deadlines", func(w http.ResponseWriter, _ *http.Request) {
			rc := http.NewResponseController(w)
			w.Header()["Connection"] = closes
			err := errors.Join(rc.SetReadDeadline(time.Now().Add(time.Minute)), rc.SetWriteDeadline(time.Now().Add(time.Minute)), rc.EnableFullDuplex())
			if err != nil {
				t.Error(err)
			}
			flushed(w, forged)
		}, forged + "\r\n0\r\n\r\n"},
	}
	refuse := func(http.ResponseWriter, *http.Request, *engine.Failure) {
		t.Error("an answer of a handler was replaced")
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			address := listening(t, func(ctx context.Context, l net.Listener) error {
				return serve(ctx, l, tt.handle, refuse, time.Minute, slog.New(slog.DiscardHandler), func() {})
			})
			// Twice: a connection that was idle must be known to be answered again.
			got := exchanged(t, address, "GET /x HTTP/1.1\r\nHost: a\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
			if !strings.HasSuffix(got, tt.want) {
				t.Errorf("got  %.300q\nwant at its end %.300q", got, tt.want)
			}
		})
	}
}

func TestCloseWriteOfOthers(t *testing.T) {
	client, server := net.Pipe()
	defer client.Close()
	if err := (&conn{timedConn: newTimedConn(server)}).CloseWrite(); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
}
