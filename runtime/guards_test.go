package runtime

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/latchwork/latchwork/engine"
)

// two readers must not understand a body differently, so nothing passes for
// a word or an escape that is almost one.
func TestDecodeJSONAlmost_R47(t *testing.T) {
	for src, want := range map[string]error{
		`trux`:             errJSONSyntax,
		`nulx`:             errJSONSyntax,
		`"\uzzzz"`:         errJSONSyntax,
		`"\u00.1"`:         errJSONSyntax,
		`"\u00:1"`:         errJSONSyntax,
		`"\u00g1"`:         errJSONSyntax,
		`"\ud83d\u0041"`:   errJSONText,
		`"\ud83dxude00"`:   errJSONText,
		`"\ud83d\xde00"`:   errJSONText,
		`"\ud83d\ud83d"`:   errJSONText,
		`{"a":"\ud83d\n"}`: errJSONText,
	} {
		if v, err := decodeJSON(src); !errors.Is(err, want) {
			t.Errorf("%s: got %v, %v, want %v", src, v, err, want)
		}
	}
}

// A cookie whose value is not quoted as a whole, or has what no cookie may have, is
// not there; and none such is set (RFC 6265 §4.1.1).
func TestCookieCharacters_R45(t *testing.T) {
	for _, v := range []string{`"`, `"ab`, `ab"`, `a"b`, `a,b`, `a\b`, `a b`, "a\x7fb", "a\x00b", "aéb"} {
		if got, found := cookieValue([]string{"s=" + v}, "s"); found {
			t.Errorf("%q: got %q, want that it is not there", v, got)
		}
		if got, ok := setCookie("s", v, time.Hour); ok {
			t.Errorf("%q: got %q, want that it is not set", v, got)
		}
	}
	for _, name := range []string{"a b", "a\tb", "a\x7fb", "aéb", "a=b", "a;b", `a"b`} {
		if got, ok := setCookie(name, "x", time.Hour); ok {
			t.Errorf("%q: got %q, want that it is not set", name, got)
		}
	}
}

// a session that cannot be handed over is an error, and of an answer that
// became one no cookie goes out.
func TestHandOverFails_A34(t *testing.T) {
	for name, fill := range map[string]func(a *engine.Answer){
		"a session that no cookie can carry": func(a *engine.Answer) { a.Session = engine.NewSecret("lws_;") },
		"a good cookie before a bad one": func(a *engine.Answer) {
			a.Cookies = append(a.Cookies, engine.Cookie{Name: "good", Value: engine.NewSecret("1"), MaxAge: time.Hour},
				engine.Cookie{Name: "b;d", Value: engine.NewSecret("1"), MaxAge: time.Hour})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serverOf(t, "session: {from: [{cookie: __Host-s}, {header: Session}]}", answering(engine.Endpoint{}, fill))
			res := send(s, "POST", "/x", "", "Session: x")
			if res.StatusCode != 500 || res.Header["Set-Cookie"] != nil || res.Header["Session"] != nil {
				t.Errorf("got %d with %v, want 500 without a cookie", res.StatusCode, res.Header)
			}
		})
	}
}

// An answer after which a session is over is kept nowhere, whatever the endpoint.
func TestEndedIsNotStored_R46(t *testing.T) {
	s := serverOf(t, "", answering(engine.Endpoint{}, func(a *engine.Answer) { a.Ended = true }))
	if got := send(s, "POST", "/x", "").Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("got Cache-Control %q, want no-store", got)
	}
}

// What follows a request in chunks on its connection may not be what it seems.
func TestChunksEndTheConnection(t *testing.T) {
	s := serverOf(t, "", answering(engine.Endpoint{}, func(*engine.Answer) {}))
	for _, chunked := range []bool{true, false} {
		r := httptest.NewRequest("POST", "/x", strings.NewReader(""))
		if chunked {
			r.TransferEncoding = []string{"chunked"}
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if got := w.Header().Get("Connection"); (got == "close") != chunked {
			t.Errorf("chunks %t: got Connection %q", chunked, got)
		}
	}
}

// A script of another site cannot pass for a link that somebody follows, and a
// page without an origin is nobody's own.
func TestCrossSiteEdges_R47_A42(t *testing.T) {
	callback := endpoint("GET", "/callback", engine.Endpoint{Session: true, Effects: true, CrossSite: "a provider sends browsers here"})
	act := endpoint("GET", "/act", engine.Endpoint{Session: true, Effects: true})
	s := serverOf(t, browserSession, callback, act)
	for _, c := range []struct {
		name, path string
		fields     []string
		status     int
	}{
		{"callback by a script", "/callback", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: document"}, 403},
		{"own page behind a proxy that changes Host", "/act", []string{"Host: 10.0.0.1:8080", "Referer: https://app.example.com/page"}, 200},
	} {
		fields := append([]string{"Host: app.example.com", "Cookie: __Host-session=x"}, c.fields...)
		if res := send(s, "GET", c.path, "", fields...); res.StatusCode != c.status {
			t.Errorf("%s: got %d, want %d", c.name, res.StatusCode, c.status)
		}
	}
	s = serverOf(t, "session: {from: [{cookie: __Host-s}]}", act)
	for _, referer := range []string{"about:blank", "https:app", "/act"} {
		if res := send(s, "GET", "/act", "", "Host: ", "Referer: "+referer); res.StatusCode != 403 {
			t.Errorf("%s without a host: got %d, want 403", referer, res.StatusCode)
		}
	}
}

// administration that a program does not offer is not there, and a list has
// a bound.
func TestAdminIsBounded_R64(t *testing.T) {
	s, _, _ := adminServer(t, "")
	tool := []string{"Host: localhost", "X-Latchwork-Admin: 1"}
	for limit, want := range map[string]int{"1": 200, "1000": 200, "1001": 400, "-1": 400, "": 400, "99999999999999999999": 400} {
		if res := send(s.AdminHandler(false), "GET", "/admin/v1/users?limit="+limit, "", tool...); res.StatusCode != want {
			t.Errorf("limit %q: got %d, want %d", limit, res.StatusCode, want)
		}
	}
	s.deps.Admin = Admin{}
	for _, path := range []string{"keys", "users?limit=1", "users/ann/sessions"} {
		if res := send(s.AdminHandler(false), "GET", "/admin/v1/"+path, "", tool...); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: got %d, want 404", path, res.StatusCode)
		}
	}
}
