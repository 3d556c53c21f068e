package runtime

import (
	"io"
	"net/http"
	"testing"

	"github.com/latchwork/latchwork/engine"
)

func TestRoutes(t *testing.T) {
	effects := fakeProgram{endpoint: engine.Endpoint{Method: "GET", Path: "/effects", Effects: true}}
	routed := []program{
		answers("GET", "/users/{id}"), answers("DELETE", "/users/{id}"), answers("GET", "/users/me"),
		answers("GET", "/users/{id}/sessions"), answers("GET", "/users/me/{what}"), answers("GET", "/"),
		answers("POST", "/sign-in"), answers("GET", "/.well-known/x"), effects,
	}
	tests := []struct {
		name, base, method, path string
		status                   int
		body, allow              string
	}{
		{"fixed path", "", "POST", "/sign-in", 200, "POST /sign-in", ""},
		{"root", "", "GET", "/", 200, "GET /", ""},
		{"parameter", "", "GET", "/users/7", 200, "GET /users/{id}", ""},
		{"fixed before parameter", "", "GET", "/users/me", 200, "GET /users/me", ""},
		{"fixed without the method", "", "DELETE", "/users/me", 200, "DELETE /users/{id}", ""},
		{"fixed segment first", "", "GET", "/users/me/sessions", 200, "GET /users/me/{what}", ""},
		{"parameter first", "", "GET", "/users/7/sessions", 200, "GET /users/{id}/sessions", ""},
		{"dots are letters", "", "GET", "/xwell-known/x", 404, "", ""},
		{"percent-encoded", "", "POST", "/sign%2Din", 200, "POST /sign-in", ""},
		{"encoded slash", "", "GET", "/users%2Fme", 404, "", ""},
		{"encoded slash in a parameter", "", "GET", "/users/a%2fb", 404, "", ""},
		{"slash at the end", "", "POST", "/sign-in/", 404, "", ""},
		{"double slash", "", "POST", "//sign-in", 404, "", ""},
		{"dot segments", "", "POST", "/x/../sign-in", 404, "", ""},
		{"empty parameter", "", "GET", "/users/", 404, "", ""},
		{"other case", "", "POST", "/Sign-In", 404, "", ""},
		{"nothing there", "", "GET", "/nothing", 404, "", ""},
		{"other method", "", "GET", "/sign-in", 405, "", "OPTIONS, POST"},
		{"other method, parameter", "", "PUT", "/users/7", 405, "", "DELETE, GET, HEAD, OPTIONS"},
		{"TRACE R-64", "", "TRACE", "/sign-in", 405, "", "OPTIONS, POST"},
		{"made-up method", "", "X", "/sign-in", 405, "", "OPTIONS, POST"},
		{"HEAD", "", "HEAD", "/users/me", 200, "", ""},
		{"HEAD with effects", "", "HEAD", "/effects", 405, "", "GET, OPTIONS"},
		{"HEAD of POST", "", "HEAD", "/sign-in", 405, "", "OPTIONS, POST"},
		{"OPTIONS", "", "OPTIONS", "/users/me", 204, "", "DELETE, GET, HEAD, OPTIONS"},
		{"OPTIONS of nothing", "", "OPTIONS", "/nothing", 404, "", ""},
		{"base path", "/auth", "POST", "/auth/sign-in", 200, "POST /sign-in", ""},
		{"base path and parameter", "/auth", "GET", "/auth/users/7", 200, "GET /users/{id}", ""},
		{"without the base path", "/auth", "POST", "/sign-in", 404, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			config := ""
			if tt.base != "" {
				config = "server: {basePath: " + tt.base + "}"
			}
			res := send(serverOf(t, config, routed...), tt.method, tt.path, "")
			if res.StatusCode != tt.status {
				t.Fatalf("got status %d, want %d", res.StatusCode, tt.status)
			}
			if got := res.Header.Get("Allow"); got != tt.allow {
				t.Errorf("got Allow %q, want %q", got, tt.allow)
			}
			body, _ := io.ReadAll(res.Body)
			if tt.status == 200 && string(body) != tt.body {
				t.Errorf("got %q, want %q", body, tt.body)
			}
		})
	}
}

func TestPathValues(t *testing.T) {
	s := serverOf(t, "", answers("GET", "/users/{id}/x"))
	for path, want := range map[string]string{"/users/7/x": "7", "/users/a%20b/x": "a b", "/users/%ff/x": "\uFFFD"} {
		r, err := http.NewRequest("GET", "http://localhost"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		x := exchange{http: r}
		x.route, x.vars = s.tables.Load().main.find("GET", r)
		if got, _ := x.PathValue("id"); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}
