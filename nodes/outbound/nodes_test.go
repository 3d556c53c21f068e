package outbound_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/internal/flowtest"
	"github.com/latchwork/latchwork/nodes/outbound"
)

// report is a flow that calls a server and answers with what that says.
const report = `endpoints:
  - {method: POST, path: /, require: none}
input:
  text: {type: string}
nodes:
  - id: told
    use: http.call
    with:
      method: POST
      url: URL/reports?a=1
      query:
        text: ${{ input.text }}
        n: 2
      headers:
        authorization: Bearer secret-canary
        X-Text: ${{ input.text }}
      body:
        text: ${{ input.text }}
      retry: 2
    next: {failed: later}
  - id: ok
    use: respond
    with:
      body:
        status: ${{ told.status }}
        body: ${{ told.body }}
  - id: later
    use: fail
    with: {status: 503, code: later, message: Later.}
`

// caller is a flow that calls a server, and its log.
func caller(t *testing.T, s *server, source string, more ...outbound.Host) (flowtest.Flow, *bytes.Buffer) {
	t.Helper()
	c := outbound.Config{Roots: s.roots}.Client(outbound.Reach(more).With(s.URL))
	var log bytes.Buffer
	types := outbound.Nodes(outbound.Deps{Client: c, Log: slog.New(slog.NewTextHandler(&log, nil))})
	return flowtest.Flow{Types: types, Source: strings.ReplaceAll(source, "URL", s.URL), Body: map[string]any{"text": "a b&c"}}, &log
}

func TestCall(t *testing.T) {
	var got string
	s := start(t, "127.0.0.1:0", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h := r.Header
		got = fmt.Sprint(r.Method, " ", r.URL, " ", h.Get("Authorization"), "|", h.Get("X-Text"), "|", h.Get("Content-Type"), "|", h.Get("Accept"), "|", h.Get("User-Agent"), " ", string(body))
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(201)
		io.WriteString(w, `{"list":[1,1.5,-3,true,null,"x"],"large":12345678901234567890}`)
	})
	f, log := caller(t, s, report)
	a := f.Run(t.Context(), t)
	want := `POST /reports?a=1&n=2&text=a%20b%26c Bearer secret-canary|a b&c|application/json|application/json|Latchwork {"text":"a b&c"}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	const answer = `{"status":201,"body":{"large":12345678901234567000,"list":[1,1.5,-3,true,null,"x"]}}`
	if diff := cmp.Diff(answer, string(a.Body)); a.Status != 200 || diff != "" || log.Len() > 0 {
		t.Errorf("got %d, log %s, -want +got:\n%s", a.Status, log, diff)
	}
}

// What is answered is data if it is JSON, else nothing; what is broken is no answer.
func TestAnswers_R63(t *testing.T) {
	var kind, text string
	status := 200
	s := start(t, "127.0.0.1:0", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		io.WriteString(w, text)
	})
	f, log := caller(t, s, report)
	serve := f.Server(t)
	for _, test := range []struct {
		name       string
		status     int
		kind, text string
		want       string // "" if the call has failed
	}{
		{"an error", 422, "application/problem+json", `{"a":1}`, `{"status":422,"body":{"a":1}}`},
		{"text", 200, "text/plain", `{"a":1}`, `{"status":200,"body":null}`},
		{"no kind", 200, "", `{"a":1}`, `{"status":200,"body":null}`},
		{"nothing", 204, "application/json", "", `{"status":204,"body":null}`},
		{"a redirect", 302, "text/html", "", `{"status":302,"body":null}`},
		{"a text alone", 200, "application/json", `"x"`, `{"status":200,"body":"x"}`},
		{"no JSON", 200, "application/json", `<html>`, ""},
		{"half of it", 200, "application/json", `{"a":`, ""},
		{"more behind it", 200, "application/json", `{"a":1} {}`, ""},
		{"a number without end", 200, "application/json", "1e999", ""},
		{"too large", 200, "application/json", `"` + strings.Repeat("x", 300<<10) + `"`, ""},
		{"deep", 200, "application/json", strings.Repeat("[", 32) + strings.Repeat("]", 32),
			`{"status":200,"body":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + "}"},
		{"too deep", 200, "application/json", strings.Repeat("[", 33) + strings.Repeat("]", 33), ""},
		{"too deep in objects", 200, "application/json", strings.Repeat(`{"a":`, 33) + "1" + strings.Repeat("}", 33), ""},
		// What was sent in the header does not go on to whoever made the request.
		{"an echo", 401, "application/json", `{"error":"no such key: secret-canary","secret-canary":["Bearer \u0073ecret-canary"]}`,
			`{"status":401,"body":{"[secret]":["Bearer [secret]"],"error":"no such key: [secret]"}}`},
	} {
		log.Reset()
		s.calls.Store(0)
		status, kind, text = test.status, test.kind, test.text
		a := serve(t.Context(), f)
		switch {
		case test.want != "" && (a.Status != 200 || string(a.Body) != test.want):
			t.Errorf("%s: got %d %s, want %s", test.name, a.Status, a.Body, test.want)
		case test.want == "" && (a.Status != 503 || !strings.Contains(log.String(), "a call failed")):
			t.Errorf("%s: got %d %s, log %s", test.name, a.Status, a.Body, log)
		}
		if n := s.calls.Load(); n != 1 {
			t.Errorf("%s: got %d calls", test.name, n)
		}
		if strings.Contains(string(a.Body)+log.String(), "canary") {
			t.Errorf("%s: the secret shows: %s %s", test.name, a.Body, log)
		}
	}
}

// A call is made again as often as the flow says, where that may help.
func TestRetries(t *testing.T) {
	answers := make(chan int, 10)
	s := start(t, "127.0.0.1:0", func(w http.ResponseWriter, _ *http.Request) {
		status := <-answers
		if status == 0 {
			panic(http.ErrAbortHandler) // the connection breaks
		}
		w.WriteHeader(status)
	})
	f, log := caller(t, s, report)
	serve := f.Server(t)
	for _, test := range []struct {
		name     string
		statuses []int
		want     int // the status that the flow sees; 0 if the call has failed
	}{
		{"at once", []int{200}, 200},
		{"the third time", []int{503, 429, 200}, 200},
		{"never", []int{502, 503, 504}, 504},
		{"a broken connection", []int{0, 201}, 201},
		{"broken for good", []int{0, 0, 0}, 0},
		{"an error of ours", []int{400}, 400},
		{"an error of theirs", []int{500}, 500},
	} {
		s.calls.Store(0)
		for _, status := range test.statuses {
			answers <- status
		}
		a := serve(t.Context(), f)
		var got struct{ Status int }
		if a.Status == 200 {
			if err := json.Unmarshal(a.Body, &got); err != nil {
				t.Fatal(err)
			}
		}
		if got.Status != test.want || int(s.calls.Load()) != len(test.statuses) || len(answers) > 0 {
			t.Errorf("%s: got %d after %d calls, want %d after %d", test.name, got.Status, s.calls.Load(), test.want, len(test.statuses))
		}
	}
	if strings.Contains(log.String(), "canary") {
		t.Errorf("the secret shows: %s", log)
	}
}

// a call ends with the run, which cannot take that for a failure of the server.
func TestTime_R63(t *testing.T) {
	arrived := make(chan bool, 1)
	s := start(t, "127.0.0.1:0", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		arrived <- true
		<-r.Context().Done()
	})
	f, _ := caller(t, s, strings.Replace(report, "      retry: 2\n", "", 1))
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	done := make(chan *engine.Answer)
	go func() { done <- f.Run(ctx, t) }()
	select {
	case a := <-done:
		if a.Fault == nil || a.Fault.Errors[0].Code == "later" {
			t.Errorf("got %d %s", a.Status, a.Body)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the call goes on")
	}
}

// what cannot be sent is not, and what is not listed is not tried twice.
func TestRefusedCalls_R63(t *testing.T) {
	s := start(t, "127.0.0.1:0", fine)
	reach := outbound.Reach{{Name: "8.8.8.8"}}.With(s.URL)
	for name, change := range map[string]string{
		"a host that is not listed": s.URL + "/|https://evil.example/",
		"another port":              s.URL + "/|" + s.URL + "0/",
		"no TLS":                    s.URL + "/|http://8.8.8.8/",
		"a path alone":              s.URL + "/|/",
		"no name of a field":        "X-Text|X Text",
		"two fields in one":         `X-Text: ${{ input.text }}|X-Text: "a\r\nX-Other: b"`,
	} {
		from, to, _ := strings.Cut(change, "|")
		f, log := caller(t, s, report, reach...)
		f.Source = strings.Replace(f.Source, from, to, 1)
		if a := f.Run(t.Context(), t); a.Status != 503 || !strings.Contains(log.String(), "a call failed") || strings.Contains(log.String(), "canary") {
			t.Errorf("%s: got %d %s, log %s", name, a.Status, a.Body, log)
		}
	}
	if n := s.calls.Load(); n != 0 {
		t.Errorf("got %d calls", n)
	}
	nobody := outbound.Nodes(outbound.Deps{Log: slog.New(slog.DiscardHandler)})
	if a := (flowtest.Flow{Types: nobody, Source: report, Body: map[string]any{"text": "x"}}).Run(t.Context(), t); a.Status != 503 {
		t.Errorf("without a client: got %d %s", a.Status, a.Body)
	}
}

// a timeout of the node is an error of it, as everywhere.
func TestTimeout_R63(t *testing.T) {
	s := start(t, "127.0.0.1:0", func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	f, _ := caller(t, s, strings.Replace(report, "    next: {failed: later}", "    timeout: 50ms\n    next: {failed: later, error: late}", 1))
	f.Source += "  - id: late\n    use: fail\n    with: {status: 504, code: late, message: Late.}\n"
	if a := f.Run(t.Context(), t); a.Status != 504 {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}

// what a server sends instead of an answer does not bring a secret into the log.
func TestBrokenAnswers_R63(t *testing.T) {
	s := start(t, "127.0.0.1:0", func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		io.WriteString(conn, r.Header.Get("Authorization")+"\r\n\r\n")
	})
	f, log := caller(t, s, report)
	if a := f.Run(t.Context(), t); a.Status != 503 || !strings.Contains(log.String(), "[secret]") || strings.Contains(log.String(), "canary") {
		t.Errorf("got %d %s, log %s", a.Status, a.Body, log)
	}
}

func TestExample(t *testing.T) {
	types := outbound.Nodes(outbound.Deps{Log: slog.New(slog.DiscardHandler)})
	f := flowtest.Example(types[0], types)
	f.Body = map[string]any{"text": "x"}
	if a := f.Run(t.Context(), t); a.Status != 503 {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}
