package runtime

import (
	"testing"

	"github.com/latchwork/latchwork/engine"
)

const browserSession = `
server: {publicUrl: https://app.example.com}
session: {from: [{cookie: __Host-session}, {header: Session}]}
cors: {origins: [https://shop.example.net], credentials: true}
`

func endpoint(method, path string, e engine.Endpoint) fakeProgram {
	e.Method, e.Path = method, path
	return fakeProgram{endpoint: e}
}

// TestCrossSite_R47_A42 replays requests as browsers send them, and as attacks
// on defences like this one did.
func TestCrossSite_R47_A42(t *testing.T) {
	s := serverOf(t, browserSession,
		endpoint("POST", "/act", engine.Endpoint{Session: true, Effects: true}),
		endpoint("GET", "/read", engine.Endpoint{Session: true}),
		endpoint("GET", "/act", engine.Endpoint{Session: true, Effects: true}),
		endpoint("GET", "/callback", engine.Endpoint{Session: true, Effects: true, CrossSite: "a provider sends browsers here"}),
		endpoint("POST", "/callback", engine.Endpoint{Session: true, Effects: true, CrossSite: "a provider sends browsers here"}),
		endpoint("POST", "/open", engine.Endpoint{Effects: true}),
	)
	const host, cookie = "Host: app.example.com", "Cookie: __Host-session=x"
	tests := []struct {
		name, method, path string
		fields             []string
		status             int
	}{
		{"same origin", "POST", "/act", []string{"Sec-Fetch-Site: same-origin", "Origin: https://app.example.com"}, 200},
		{"no browser", "POST", "/act", nil, 200},
		{"typed address", "POST", "/act", []string{"Sec-Fetch-Site: none"}, 200},
		{"cross-site", "POST", "/act", []string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example"}, 403},
		{"login CSRF: no session yet", "POST", "/act", []string{"Sec-Fetch-Site: cross-site", "Cookie: a=b"}, 403},
		{"cross-site with a session by header", "POST", "/act", []string{"Sec-Fetch-Site: cross-site", "Session: x"}, 403},
		{"cross-site without Origin", "POST", "/act", []string{"Sec-Fetch-Site: cross-site"}, 403},
		{"same site, other host", "POST", "/act", []string{"Sec-Fetch-Site: same-site", "Origin: https://blog.example.com"}, 403},
		{"made-up word", "POST", "/act", []string{"Sec-Fetch-Site: same_origin"}, 403},
		{"two words", "POST", "/act", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-origin"}, 403},
		{"trusted origin", "POST", "/act", []string{"Sec-Fetch-Site: cross-site", "Origin: https://shop.example.net"}, 200},
		{"trusted origin, old browser", "POST", "/act", []string{"Origin: https://shop.example.net"}, 200},
		{"trusted host over http", "POST", "/act", []string{"Origin: http://shop.example.net"}, 403},
		{"trusted host on another port", "POST", "/act", []string{"Origin: https://shop.example.net:8443"}, 403},
		{"trusted host as a prefix", "POST", "/act", []string{"Origin: https://shop.example.net.evil.example"}, 403},
		{"trusted host as a suffix", "POST", "/act", []string{"Origin: https://evilshop.example.net"}, 403},
		{"old browser, own origin", "POST", "/act", []string{"Origin: https://app.example.com"}, 200},
		{"old browser, own host over http", "POST", "/act", []string{"Origin: http://app.example.com"}, 403},
		{"old browser, cross-site", "POST", "/act", []string{"Origin: https://evil.example"}, 403},
		{"old browser, null", "POST", "/act", []string{"Origin: null"}, 403},
		{"old browser, null, no host", "POST", "/act", []string{"Host: ", "Origin: null"}, 403},
		{"old browser, user info", "POST", "/act", []string{"Origin: https://app.example.com@evil.example"}, 403},
		{"publicUrl behind a proxy that changes Host", "POST", "/act", []string{"Host: 10.0.0.1:8080", "Origin: https://app.example.com"}, 200},
		{"empty word", "POST", "/act", []string{"Sec-Fetch-Site: ", "Origin: https://evil.example"}, 403},

		{"reading from another site", "GET", "/read", []string{"Sec-Fetch-Site: cross-site"}, 200},
		{"HEAD from another site", "HEAD", "/read", []string{"Sec-Fetch-Site: cross-site"}, 200},
		{"link on the own page", "GET", "/act", []string{"Sec-Fetch-Site: same-origin"}, 200},
		{"typed address with effects", "GET", "/act", []string{"Sec-Fetch-Site: none"}, 200},
		{"link on another site", "GET", "/act", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, 403},
		{"link on a neighbour", "GET", "/act", []string{"Sec-Fetch-Site: same-site"}, 403},
		{"link on a trusted site", "GET", "/act", []string{"Sec-Fetch-Site: cross-site", "Origin: https://shop.example.net"}, 403},
		{"old browser, own page", "GET", "/act", []string{"Referer: https://app.example.com/page"}, 200},
		{"old browser, other page", "GET", "/act", []string{"Referer: https://evil.example/app.example.com"}, 403},
		{"old browser, own page over http", "GET", "/act", []string{"Referer: http://app.example.com/page"}, 403},
		{"old browser, no Referer", "GET", "/act", nil, 403},
		{"old browser, broken Referer", "GET", "/act", []string{"Referer: https://[::1"}, 403},
		{"Referer does not outweigh Sec-Fetch-Site", "GET", "/act", []string{"Sec-Fetch-Site: cross-site", "Referer: https://app.example.com/"}, 403},
		{"session by header only", "GET", "/act", []string{"Cookie: ", "Session: x"}, 200},
		{"session by header, but the cookie counts", "GET", "/act", []string{"Session: x"}, 403},

		{"callback", "GET", "/callback", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, 200},
		{"callback in an old browser", "GET", "/callback", nil, 200},
		{"callback as an image", "GET", "/callback", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"}, 403},
		{"callback in a frame", "GET", "/callback", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"}, 403},
		{"callback by POST", "POST", "/callback", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, 403},

		{"no session at stake", "POST", "/open", []string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example"}, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fields := append([]string{host, cookie}, tt.fields...)
			if len(tt.fields) > 0 && tt.fields[0] == "Cookie: " {
				fields = append([]string{host}, tt.fields[1:]...)
			}
			if res := send(s, tt.method, tt.path, "", fields...); res.StatusCode != tt.status {
				t.Errorf("got %d, want %d", res.StatusCode, tt.status)
			}
		})
	}
}

// TestCrossSiteHeaderOnly shows that an application whose sessions travel in
// headers only asks no browser where it comes from.
func TestCrossSiteHeaderOnly(t *testing.T) {
	s := serverOf(t, "", endpoint("POST", "/act", engine.Endpoint{Session: true, Effects: true}))
	if res := send(s, "POST", "/act", "", "Sec-Fetch-Site: cross-site"); res.StatusCode != 200 {
		t.Errorf("got %d, want 200", res.StatusCode)
	}
}

// TestCrossSiteWithoutHost_A42 shows that a request without a host is nobody's own:
// the origin "null" has no host either.
func TestCrossSiteWithoutHost_A42(t *testing.T) {
	s := serverOf(t, "session: {from: [{cookie: __Host-s}]}", endpoint("POST", "/act", engine.Endpoint{Session: true, Effects: true}))
	if res := send(s, "POST", "/act", "", "Host: ", "Origin: null"); res.StatusCode != 403 {
		t.Errorf("got %d, want 403", res.StatusCode)
	}
	if res := send(s, "POST", "/act", "", "Host: localhost:8080", "Origin: http://localhost:8080"); res.StatusCode != 200 {
		t.Errorf("own page: got %d, want 200", res.StatusCode)
	}
}
