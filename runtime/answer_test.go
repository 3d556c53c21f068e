package runtime

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
)

// answering is an endpoint whose answer fill makes.
func answering(e engine.Endpoint, fill func(a *engine.Answer)) fakeProgram {
	e.Method, e.Path = "POST", "/x"
	return fakeProgram{endpoint: e, run: func(_ context.Context, _ *engine.Request, a *engine.Answer) { fill(a) }}
}

func text(res *http.Response) string {
	b, err := io.ReadAll(res.Body)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// TestErrorBodies_R64 locks every error answer of the host, byte for byte.
func TestErrorBodies_R64(t *testing.T) {
	panics := answering(engine.Endpoint{}, func(*engine.Answer) { panic("secret-canary") })
	guarded := answering(engine.Endpoint{Session: true}, func(*engine.Answer) {})
	badCookie := answering(engine.Endpoint{}, func(a *engine.Answer) {
		a.Cookies = append(a.Cookies, engine.Cookie{Name: "c", Value: engine.NewSecret("a;b"), MaxAge: time.Hour})
		a.Body = append(a.Body, "secret-canary"...)
	})
	badStatus := answering(engine.Endpoint{}, func(a *engine.Answer) { a.Status = 42 })
	const server = `{"errors":[{"origin":"server_error","code":"internal_server_error","message":"Something went wrong.","details":{"id":"ID"}}]}`
	client := func(code, message string) string {
		return `{"errors":[{"origin":"client_error","code":"` + code + `","message":"` + message + `"}]}`
	}
	tests := []struct {
		name         string
		program      fakeProgram
		method, path string
		body         string
		fields       []string
		status       int
		want         string
	}{
		{"nothing there", guarded, "GET", "/nothing", "", nil, 404,
			client("resource_not_found", "There is nothing at this address.")},
		{"other method", guarded, "GET", "/x", "", nil, 405,
			client("method_not_allowed", "The method is not allowed at this address.")},
		{"cross-site", guarded, "POST", "/x", "", []string{"Sec-Fetch-Site: cross-site"}, 403,
			client("cross_site_request", "The request came from another site.")},
		{"media type", readsBody(false), "POST", "/body", "{}", []string{"Content-Type: text/plain"}, 415,
			client("unsupported_media_type", "The body of the request must be application/json in UTF-8.")},
		{"media type of a form", readsBody(true), "POST", "/body", "{}", []string{"Content-Type: text/plain"}, 415,
			client("unsupported_media_type", "The body of the request must be application/x-www-form-urlencoded in UTF-8.")},
		{"syntax", readsBody(false), "POST", "/body", "{", []string{"Content-Type: application/json"}, 400,
			client("invalid_request_body_syntax", "The body of the request could not be read.")},
		{"size", readsBody(false), "POST", "/body", strings.Repeat(" ", 64<<10+1), []string{"Content-Type: application/json"}, 413,
			client("request_body_size_too_large", "The body of the request is too large.")},
		{"panic", panics, "POST", "/x", "", nil, 500, server},
		{"cookie that cannot be", badCookie, "POST", "/x", "", nil, 500, server},
		{"status that cannot be", badStatus, "POST", "/x", "", nil, 500, server},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serverOf(t, "server: {publicUrl: https://localhost}\nsession: {from: [{cookie: __Host-s}]}", tt.program)
			res := send(s, tt.method, tt.path, tt.body, tt.fields...)
			if res.StatusCode != tt.status {
				t.Errorf("got status %d, want %d", res.StatusCode, tt.status)
			}
			got := strings.Replace(text(res), res.Header.Get("X-Request-Id"), "ID", 1)
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			want := map[string]string{
				"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
				"Strict-Transport-Security": "max-age=31536000",
			}
			for name, value := range want {
				if got := res.Header.Get(name); got != value {
					t.Errorf("got %s %q, want %q", name, got, value)
				}
			}
		})
	}
}

func TestShapeOfTheFlow(t *testing.T) {
	s := serverOf(t, "", answering(engine.Endpoint{}, func(*engine.Answer) { panic(errors.New("x")) }))
	for range 3 { // the process lives
		if res := send(s, "POST", "/x", ""); res.StatusCode != 500 {
			t.Fatalf("got %d, want 500", res.StatusCode)
		}
	}
}

// headerOf is the header of an answer, but for what every answer has.
func headerOf(res *http.Response) http.Header {
	h := maps.Clone(res.Header)
	for _, name := range []string{"X-Request-Id", "X-Content-Type-Options"} {
		delete(h, name)
	}
	return h
}

func TestAnswerHeader_R46(t *testing.T) {
	tests := []struct {
		name   string
		route  engine.Endpoint
		fill   func(a *engine.Answer)
		fields []string
		want   http.Header
	}{
		{"open", engine.Endpoint{}, func(a *engine.Answer) { a.Body = append(a.Body, "{}"...) }, nil,
			http.Header{"Content-Type": {"application/json; charset=utf-8"}, "Content-Length": {"2"}}},
		{"needs a session", engine.Endpoint{Require: []string{"session"}}, func(a *engine.Answer) {}, nil,
			http.Header{"Content-Length": {"0"}, "Cache-Control": {"no-store"}}},
		{"needs a key", engine.Endpoint{Require: []string{"apikey"}}, func(a *engine.Answer) {}, nil,
			http.Header{"Content-Length": {"0"}, "Cache-Control": {"no-store"}}},
		{"may open a session", engine.Endpoint{Session: true}, func(a *engine.Answer) {
			a.Header = append(a.Header, engine.HeaderField{Name: "Cache-Control", Value: "max-age=60"})
		}, nil, http.Header{"Content-Length": {"0"}, "Cache-Control": {"no-store"}}},
		{"fields of the flow", engine.Endpoint{}, func(a *engine.Answer) {
			a.Header = append(a.Header, engine.HeaderField{Name: "Cache-Control", Value: "max-age=60"},
				engine.HeaderField{Name: "X-A", Value: "1"}, engine.HeaderField{Name: "X-A", Value: "2"})
		}, nil, http.Header{"Content-Length": {"0"}, "Cache-Control": {"max-age=60"}, "X-A": {"1", "2"}}},
		{"of another type", engine.Endpoint{}, func(a *engine.Answer) {
			a.Header = append(a.Header, engine.HeaderField{Name: "Content-Type", Value: "text/html"})
			a.Body = append(a.Body, "x"...)
			a.NoStore = true
		}, nil, http.Header{"Content-Length": {"1"}, "Content-Type": {"text/html"}, "Cache-Control": {"no-store"}}},
		{"redirect", engine.Endpoint{}, func(a *engine.Answer) { a.Status, a.Location = 303, "/home" }, nil,
			http.Header{"Content-Length": {"0"}, "Location": {"/home"}, "Referrer-Policy": {"no-referrer"}}},
		{"nothing to say", engine.Endpoint{}, func(a *engine.Answer) { a.Status = 204 }, nil, http.Header{}},
		{"retry", engine.Endpoint{}, func(a *engine.Answer) {
			a.Status, a.Fault = 429, &engine.Fault{RetryAfter: 1500 * time.Millisecond}
		}, nil, http.Header{"Content-Length": {"0"}, "Cache-Control": {"no-store"}, "Retry-After": {"2"}}},
		{"line break in a value", engine.Endpoint{}, func(a *engine.Answer) {
			a.Cookies = append(a.Cookies, engine.Cookie{Name: "a", Value: engine.NewSecret("1"), MaxAge: time.Minute})
		}, nil, http.Header{"Content-Length": {"0"}, "Cache-Control": {"no-store"},
			"Set-Cookie": {"a=1; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=60"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := headerOf(send(serverOf(t, "", answering(tt.route, tt.fill)), "POST", "/x", "", tt.fields...))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestHandOver_R45 shows into what a session goes, and when its cookie is cleared.
func TestHandOver_R45(t *testing.T) {
	const both = "server: {publicUrl: https://app.example.com}\n" +
		"session: {from: [{header: Session}, {cookie: __Host-a}, {cookie: __Host-b}], absolute: 1h}"
	const opened = "__Host-a=lws_new; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=3600"
	open := func(a *engine.Answer) { a.Session = engine.NewSecret("lws_new") }
	end := func(a *engine.Answer) { a.Ended = true }
	tests := []struct {
		name    string
		fill    func(a *engine.Answer)
		fields  []string
		cookies []string
		header  string
	}{
		{"opened", open, nil, []string{opened}, ""},
		{"opened, the request came with a cookie", open, []string{"Cookie: __Host-b=lws_old"}, []string{opened}, ""},
		{"opened, the request came with a header", open, []string{"Session: lws_old"}, []string{opened}, "lws_new"},
		{"opened, the header is empty", open, []string{"Session: "}, []string{opened}, "lws_new"},
		{"ended, by cookie", end, []string{"Cookie: __Host-b=lws_old"},
			[]string{"__Host-b=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0"}, ""},
		{"ended, by header", end, []string{"Session: lws_old"}, nil, ""},
		{"ended, by header, and a cookie is there", end, []string{"Session: lws_old", "Cookie: __Host-a=x"}, nil, ""},
		{"ended and opened", func(a *engine.Answer) { open(a); end(a) }, []string{"Cookie: __Host-a=lws_old"}, []string{opened}, ""},
		{"ended, then failed", func(a *engine.Answer) { end(a); a.Status = 1 }, []string{"Cookie: __Host-a=x"},
			[]string{"__Host-a=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0"}, ""},
		{"ended, then a cookie that cannot be", func(a *engine.Answer) {
			end(a)
			a.Cookies = append(a.Cookies, engine.Cookie{Name: "a;b", MaxAge: time.Hour})
		}, []string{"Cookie: __Host-a=x"}, []string{"__Host-a=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0"}, ""},
		{"another cookie", func(a *engine.Answer) {
			open(a)
			a.Cookies = append(a.Cookies, engine.Cookie{Name: "theme", MaxAge: 0})
		}, nil, []string{"theme=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0", opened}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serverOf(t, both, answering(engine.Endpoint{Session: true}, tt.fill))
			res := send(s, "POST", "/x", "", tt.fields...)
			if diff := cmp.Diff(tt.cookies, res.Header["Set-Cookie"]); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if got := res.Header.Get("Session"); got != tt.header {
				t.Errorf("got Session %q, want %q", got, tt.header)
			}
			if got := res.Header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("got Cache-Control %q, want no-store", got)
			}
		})
	}
}

// TestSessionCookieByHand shows that a flow cannot set the cookie of sessions but
// by handing a session over.
func TestSessionCookieByHand(t *testing.T) {
	s := serverOf(t, "session: {from: [{cookie: __Host-s}]}", answering(engine.Endpoint{}, func(a *engine.Answer) {
		a.Cookies = append(a.Cookies, engine.Cookie{Name: "__Host-s", Value: engine.NewSecret("chosen"), MaxAge: time.Hour})
	}))
	if res := send(s, "POST", "/x", ""); res.StatusCode != 500 || res.Header["Set-Cookie"] != nil {
		t.Errorf("got %d with %q, want 500 without a cookie", res.StatusCode, res.Header["Set-Cookie"])
	}
}

func TestRequestMapping(t *testing.T) {
	var got engine.Request
	p := fakeProgram{
		endpoint: engine.Endpoint{Method: "GET", Path: "/x"},
		run: func(_ context.Context, req *engine.Request, _ *engine.Answer) {
			got = *req
			got.Source = nil
		},
	}
	s := serverOf(t, "server: {basePath: /auth, trustedProxies: [192.0.2.1]}\nrealms: {shop: {hosts: [shop.example.com, 'b.example.com:8443']}}", p)
	tests := []struct {
		name, host, realm string
	}{
		{"listed", "Shop.Example.com", "shop"},
		{"listed, with any port", "shop.example.com:8080", "shop"},
		{"listed, with a dot at the end", "shop.example.com.", "shop"},
		{"listed with its port", "b.example.com:8443", "shop"},
		{"listed with another port", "b.example.com", "main"},
		{"not listed", "app.example.com", "main"},
		{"suffix", "xshop.example.com", "main"},
		{"IPv6", "[::1]:8080", "main"},
	}
	seen := map[string]bool{}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res := send(s, "GET", "/auth/x?token=y", "", "Host: "+tt.host, "User-Agent: curl\xff", "X-Forwarded-For: 203.0.113.9",
				"X-Request-Id: chosen-by-the-client")
			want := engine.Request{Method: "GET", Path: "/auth/x", Host: strings.ToLower(tt.host), IP: "203.0.113.9",
				UserAgent: "curl\uFFFD", ID: got.ID, Realm: tt.realm}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if id := res.Header.Get("X-Request-Id"); id != got.ID || len(id) != 24 || seen[id] {
				t.Errorf("got request id %q, want %q, new", id, got.ID)
			}
			seen[got.ID] = true
		})
	}
}

// TestNothingIsLeftOver shows that a pooled exchange knows nothing of the
// request that used it before.
func TestNothingIsLeftOver(t *testing.T) {
	fills := []func(a *engine.Answer){
		func(a *engine.Answer) {
			a.Status, a.Location, a.NoStore, a.Ended = 303, "/x", true, true
			a.Header = append(a.Header, engine.HeaderField{Name: "X-Secret", Value: "1"})
			a.Cookies = append(a.Cookies, engine.Cookie{Name: "a", Value: engine.NewSecret("1"), MaxAge: time.Hour})
			a.Body = append(a.Body, "secret"...)
			a.Fault = &engine.Fault{RetryAfter: time.Hour}
		},
		func(a *engine.Answer) {},
	}
	n := 0
	s := serverOf(t, "", answering(engine.Endpoint{}, func(a *engine.Answer) { fills[n%2](a); n++ }))
	for range 50 {
		send(s, "POST", "/x", "")
		res := send(s, "POST", "/x", "")
		if got := slices.Sorted(maps.Keys(headerOf(res))); !slices.Equal(got, []string{"Content-Length"}) || text(res) != "" {
			t.Fatalf("got fields %q", got)
		}
	}
}
