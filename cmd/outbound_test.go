package cmd

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// a flow calls what app.yaml lists, and shows neither in its answer nor in the
// log what it called with.
func TestCallsOfOtherServers_R63(t *testing.T) {
	t.Setenv("REPORTS_TOKEN", "outbound-canary")
	var calls []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		calls = append(calls, r.Header.Get("Authorization")+" "+string(body))
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"taken":"`+r.Header.Get("Authorization")+`"}`)
	}))
	defer s.Close()
	host := strings.TrimPrefix(s.URL, "http://")
	for outbound, want := range map[string]int{`{host: "` + host + `", internal: true}`: 200, `"` + host + `"`: 503, "other.example": 503} {
		calls = nil
		a := newTestApp(t, "version: 1\noutbound: ["+outbound+"]\nsecrets: {reports: {env: REPORTS_TOKEN}}\n")
		a.write("report.yaml", callFlow)
		a.start()
		status, answer, err := a.post("/report", "", map[string]string{"text": "hello", "to": s.URL})
		if err != nil || status != want {
			t.Errorf("%s: got %d %s, %v, want %d", outbound, status, answer, err, want)
		}
		if called := len(calls) == 1 && calls[0] == `Bearer outbound-canary {"text":"hello"}`; called != (want == 200) {
			t.Errorf("%s: got the calls %q", outbound, calls)
		}
		a.stop()
		log, err := os.ReadFile(filepath.Join(a.dir, "serve.err"))
		if shown := string(answer) + string(log); err != nil || strings.Contains(shown, "canary") || strings.Contains(shown, "a call failed") != (want == 503) {
			t.Errorf("%s: got %v, %s", outbound, err, shown)
		}
	}
}

// what a reload lists counts at once, and only if all that is read is in order.
func TestCallsAfterReload_R63(t *testing.T) {
	t.Setenv("REPORTS_TOKEN", "outbound-canary")
	dir, first, second := t.TempDir(), other(t), other(t)
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list := func(host string) {
		t.Helper()
		write("app.yaml", "version: 1\noutbound: [{host: \""+host+"\", internal: true}]\nsecrets: {reports: {env: REPORTS_TOKEN}}\n")
	}
	list(first.Host)
	write("report.yaml", callFlow)
	a, err := Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	want := func(when string, status int, to *url.URL) {
		t.Helper()
		r := httptest.NewRequest("POST", "/report", strings.NewReader(`{"text":"hello","to":"`+to.String()+`"}`))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		if a.ServeHTTP(w, r); w.Code != status {
			t.Errorf("%s: got %d %s, want %d", when, w.Code, w.Body, status)
		}
	}
	want("listed", 200, first)
	want("not listed", 503, second)

	list(second.Host)
	write("odd.yaml", "version: 1\nflow: odd\n")
	if diags := a.Reload(); len(diags) == 0 {
		t.Fatal("got no problems")
	}
	want("listed, behind a mistake", 503, second)
	want("listed still", 200, first)

	if err := os.Remove(filepath.Join(dir, "odd.yaml")); err != nil {
		t.Fatal(err)
	}
	if diags := a.Reload(); len(diags) > 0 {
		t.Fatal(diags)
	}
	want("listed since", 200, second)
	want("listed no more", 503, first)
}

// other is a server that takes whatever it is sent.
func other(t *testing.T) *url.URL {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(s.Close)
	at, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// elsewhere has all requests go to one server, so that examples can name any.
type elsewhere struct{ to *url.URL }

func (e elsewhere) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = e.to.Scheme, e.to.Host
	return http.DefaultTransport.RoundTrip(r)
}

const callFlow = `version: 1
flow: report
endpoints:
  - {method: POST, path: /report, require: none}
input:
  text: {type: string}
  to: {type: string}
nodes:
  - id: told
    use: http.call
    trust: [input.to]                  # so that it is not known before the run
    with:
      method: POST
      url: ${{ input.to }}
      headers:
        Authorization: Bearer ${{ secrets.reports }}
      body:
        text: ${{ input.text }}
    next: {failed: later}
  - id: ok
    use: respond
    with:
      body:
        answer: ${{ told.body }}
  - id: later
    use: fail
    with: {status: 503, code: later, message: Later.}
`
