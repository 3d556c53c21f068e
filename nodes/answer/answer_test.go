package answer_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/engine/enginetest"
	"github.com/latchwork/latchwork/nodes/answer"
)

// node is a node type of this group by its name.
func node(t *testing.T, d answer.Deps, name string) engine.NodeType {
	t.Helper()
	for _, n := range answer.Nodes(d) {
		if n.Name() == name {
			return n
		}
	}
	t.Fatalf("there is no node type %s", name)
	return engine.NodeType{}
}

func run(t *testing.T, name string, with map[string]any) enginetest.Result {
	t.Helper()
	return enginetest.Node{Type: node(t, answer.Deps{}, name), With: with, Standard: true}.Run(context.Background(), t)
}

func TestRespond(t *testing.T) {
	tests := []struct {
		name   string
		with   map[string]any
		status int
		body   string
		header []engine.HeaderField
	}{
		{"nothing", nil, 200, "", nil},
		{"a status", map[string]any{"status": 202}, 202, "", nil},
		{"data", map[string]any{"body": map[string]any{"a": 1, "b": []any{"x", nil}}}, 200, `{"a":1,"b":["x",null]}`, nil},
		{"text as data", map[string]any{"body": "<b>"}, 200, `"<b>"`, nil},
		{"no data with 204", map[string]any{"status": 204, "body": map[string]any{"a": 1}}, 204, "", nil},
		{"no data with 304", map[string]any{"status": 304, "body": 1}, 304, "", nil},
		{"headers", map[string]any{"headers": map[string]any{"x-b": "2", "Cache-Control": "max-age=60"}}, 200, "",
			[]engine.HeaderField{{Name: "Cache-Control", Value: "max-age=60"}, {Name: "X-B", Value: "2"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := run(t, "respond", tt.with)
			if r.Answer.Status != tt.status {
				t.Errorf("got %d, %v, want %d", r.Answer.Status, r.Err, tt.status)
			}
			if got := string(r.Answer.Body); got != tt.body {
				t.Errorf("got body %s, want %s", got, tt.body)
			}
			if diff := cmp.Diff(tt.header, r.Answer.Header); diff != "" {
				t.Errorf("header: -want +got\n%s", diff)
			}
		})
	}
}

func TestRespondRefusesHeaders(t *testing.T) {
	respond := "input:\n  h: {type: object}\nnodes:\n  - id: a\n    use: respond\n    with:\n      headers: ${{ input.h }}\n"
	for _, name := range []string{"Set-Cookie", "set-cookie", "SET-COOKIE2", "Location", "refresh", "Content-Type", "content-length",
		"Content-Security-Policy", "Content-Encoding", "Connection", "Transfer-Encoding", "Upgrade", "Trailer", "Proxy-Authenticate",
		"Access-Control-Allow-Origin", "X-Content-Type-Options", "", "X Y", "X:Y", "X\r\nSet-Cookie", "Ü"} {
		t.Run(name, func(t *testing.T) {
			if a := answerTo(t, respond, map[string]any{"h": map[string]any{name: "x"}}); a.Fault == nil || a.Status != 500 {
				t.Errorf("got %d %v, want an error", a.Status, a.Header)
			}
		})
	}
	if a := answerTo(t, respond, map[string]any{"h": map[string]any{"X-Y": "x"}}); a.Fault != nil || len(a.Header) != 1 {
		t.Errorf("a harmless name: got %d %v", a.Status, a.Header)
	}
	for _, name := range []string{"Set-Cookie", "Location", "Content-Type"} {
		n := enginetest.Node{Type: node(t, answer.Deps{}, "respond"), With: map[string]any{"headers": map[string]any{name: "x"}}, Standard: true}
		if diags := n.Refused(t); diags[0].Code != "refused-header" {
			t.Errorf("%s: got %v, want refused-header", name, diags)
		}
	}
}

func TestRespondRefusesHeaderValues(t *testing.T) {
	respond := "input:\n  v: {type: string}\nnodes:\n  - id: a\n    use: respond\n    with:\n      headers:\n        X-Y: ${{ input.v }}\n"
	for _, value := range []string{"x\r\nSet-Cookie: a=b", "x\ny", "x\r", "x\x00", "x\x7f", "x\x1b[0m"} {
		if a := answerTo(t, respond, map[string]any{"v": value}); a.Fault == nil || a.Status != 500 {
			t.Errorf("%q: got %d %v, want an error", value, a.Status, a.Header)
		}
	}
	if a := answerTo(t, respond, map[string]any{"v": "x\ty, é"}); a.Fault != nil || len(a.Header) != 1 {
		t.Errorf("a harmless value: got %d %v", a.Status, a.Header)
	}
}

func TestRespondHandsOver(t *testing.T) {
	r := run(t, "respond", map[string]any{
		"session": "lws_token",
		"cookies": map[string]any{"theme": map[string]any{"value": "dark", "maxAge": "720h"}, "old": map[string]any{"value": "", "maxAge": "0s"}},
	})
	a := r.Answer
	if a.Session.Reveal() != "lws_token" || !a.NoStore {
		t.Errorf("R-46: got session %q, no-store %t, want the token and no-store", a.Session.Reveal(), a.NoStore)
	}
	var got []string
	for _, c := range a.Cookies {
		got = append(got, c.Name+"="+c.Value.Reveal()+" "+c.MaxAge.String())
	}
	if diff := cmp.Diff([]string{"old= 0s", "theme=dark 720h0m0s"}, got); diff != "" {
		t.Errorf("cookies: -want +got\n%s", diff)
	}
	if r := run(t, "respond", nil); r.Answer.NoStore {
		t.Error("an answer without session or cookies: got no-store")
	}
}

// an answer that holds a secret is not kept by a cache, whatever the endpoint
// requires and the flow says.
func TestRevealedIsNotStored_R46(t *testing.T) {
	respond := "input:\n  v: {type: string, secret: true}\nnodes:\n  - id: a\n    use: respond\n%s    with:\n      headers:\n        Cache-Control: max-age=60\n      body: %s\n"
	for _, c := range []struct {
		reveal, body string
		want         bool
	}{{"    reveal: [input.v]\n", "${{ input.v }}", true}, {"", "plain", false}} {
		a := answerTo(t, fmt.Sprintf(respond, c.reveal, c.body), map[string]any{"v": "x"})
		if a.Status != 200 || a.NoStore != c.want {
			t.Errorf("%q: got %d, no-store %t, want %t", c.body, a.Status, a.NoStore, c.want)
		}
	}
}

func TestRespondRefusesStatus(t *testing.T) {
	for _, status := range []any{99, 199, 600, -1} {
		enginetest.Node{Type: node(t, answer.Deps{}, "respond"), With: map[string]any{"status": status}, Standard: true}.Refused(t)
	}
}

func TestRedirect(t *testing.T) {
	tests := []struct {
		name string
		with map[string]any
		want string
	}{
		{"a path", map[string]any{"to": "/welcome"}, "/welcome"},
		{"a URL", map[string]any{"to": "https://app.example.com"}, "https://app.example.com"},
		{"an app", map[string]any{"to": "myapp://callback"}, "myapp://callback"},
		{"a query", map[string]any{"to": "/x", "query": map[string]any{"b": "two words", "a": 1, "c": true, "d": nil, "e": 1.5}}, "/x?a=1&b=two%20words&c=true&e=1.5"},
		{"more of a query", map[string]any{"to": "/x?a=1", "query": map[string]any{"b": 2}}, "/x?a=1&b=2"},
		{"an empty query", map[string]any{"to": "/x?", "query": map[string]any{"b": 2}}, "/x?b=2"},
		{"nothing to add", map[string]any{"to": "/x?a=1#top", "query": map[string]any{"b": nil}}, "/x?a=1#top"},
		{"a list", map[string]any{"to": "/x", "query": map[string]any{"a": []any{"1", 2}}}, "/x?a=1&a=2"},
		{"a query before the fragment", map[string]any{"to": "/x#top", "query": map[string]any{"a": 1}}, "/x?a=1#top"},
		{"a fragment", map[string]any{"to": "/x#top", "fragment": "email verified"}, "/x#email%20verified"},
		{"a large number", map[string]any{"to": "/x", "query": map[string]any{"a": 12345678901}}, "/x?a=12345678901"},
		{"what would be more than a value", map[string]any{"to": "/x", "query": map[string]any{"a": "1&admin=true#x\r\nSet-Cookie: y=z", "k&l=": ""}},
			"/x?a=1%26admin%3Dtrue%23x%0D%0ASet-Cookie%3A%20y%3Dz&k%26l%3D="},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := run(t, "redirect", tt.with)
			if r.Answer.Location != tt.want || r.Answer.Status != 303 || r.Err != nil {
				t.Errorf("got %d %s, %v, want 303 %s", r.Answer.Status, r.Answer.Location, r.Err, tt.want)
			}
		})
	}
}

// What is trusted is looked at nevertheless: a parameter may be mistyped.
func TestRedirectRefusesTargets(t *testing.T) {
	for _, to := range []string{"", "welcome", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "JavaScript:alert(1)",
		"data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:x", "/x y", "/x\r\nSet-Cookie: a=b", "/x\x00", "/é", "https://a\tb/", "%zz", "?x", "#x"} {
		t.Run("R-54 "+to, func(t *testing.T) {
			r := run(t, "redirect", map[string]any{"to": to})
			if r.Outcome != "error" || r.Answer.Location != "" {
				t.Errorf("got %q, want an error", r.Answer.Location)
			}
		})
	}
	r := run(t, "redirect", map[string]any{"to": "/x", "query": map[string]any{"a": map[string]any{"b": 1}}})
	if r.Outcome != "error" {
		t.Errorf("an object in the query: got %q, want an error", r.Answer.Location)
	}
}

// Neither 307 nor 308 is there: they would send a password on, and 301 is
// remembered.
func TestRedirectStatus(t *testing.T) {
	if r := run(t, "redirect", map[string]any{"to": "/", "status": 302}); r.Answer.Status != 302 {
		t.Errorf("got %d, want 302", r.Answer.Status)
	}
	for _, status := range []int{200, 300, 301, 304, 307, 308} {
		enginetest.Node{Type: node(t, answer.Deps{}, "redirect"), With: map[string]any{"to": "/", "status": status}, Standard: true}.Refused(t)
	}
}

func TestRedirectHandsOver(t *testing.T) {
	a := run(t, "redirect", map[string]any{"to": "/", "session": "lws_token", "cookies": map[string]any{"b": map[string]any{"value": "v", "maxAge": "1m"}}}).Answer
	if a.Session.Reveal() != "lws_token" || len(a.Cookies) != 1 || !a.NoStore {
		t.Errorf("R-46: got %q, %d cookies, no-store %t", a.Session.Reveal(), len(a.Cookies), a.NoStore)
	}
}

func TestFail(t *testing.T) {
	tests := []struct {
		name string
		with map[string]any
		want engine.ErrorEntry
	}{
		{"all", map[string]any{"status": 401, "code": "invalid_credentials", "message": "No.", "details": map[string]any{"field": "email"}},
			engine.ErrorEntry{Origin: "client_error", Code: "invalid_credentials", Message: "No.", Details: map[string]any{"field": "email"}}},
		{"no message", map[string]any{"status": 404, "code": "x"}, engine.ErrorEntry{Origin: "client_error", Code: "x", Message: "Not Found"}},
		{"of the server", map[string]any{"status": 503, "code": "closed", "message": "Back at nine."},
			engine.ErrorEntry{Origin: "server_error", Code: "closed", Message: "Back at nine."}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := run(t, "fail", tt.with).Answer.Fault
			if f == nil || f.Status != tt.with["status"] || len(f.Errors) != 1 {
				t.Fatalf("got %+v", f)
			}
			got := f.Errors[0]
			if f.Status >= 500 {
				got.Details = nil // the engine's: the id that the log carries too
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
	for _, status := range []int{200, 303, 399, 600} {
		enginetest.Node{Type: node(t, answer.Deps{}, "fail"), With: map[string]any{"status": status, "code": "x"}, Standard: true}.Refused(t)
	}
}
