package runtime

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
)

// corsHeader is what an answer says of cross-origin calls.
func corsHeader(res *http.Response) map[string]string {
	got := map[string]string{}
	for name, values := range res.Header {
		switch name {
		case "Vary", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers",
			"Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Max-Age":
			for _, v := range values {
				if got[name] != "" {
					got[name] += ", "
				}
				got[name] += v
			}
		}
	}
	return got
}

var corsPrograms = []program{
	endpoint("POST", "/sign-in", engine.Endpoint{Headers: []string{"X-Device"}}),
	endpoint("GET", "/sign-in", engine.Endpoint{Headers: []string{"X-Trace"}}),
}

// TestOrigins_R48 asks from the listed origin and from those that look like it.
func TestOrigins_R48(t *testing.T) {
	s := serverOf(t, `cors: {origins: ["https://app.example.com", "http://localhost:3000"], credentials: true}`, corsPrograms...)
	allowed := func(origin string) map[string]string {
		return map[string]string{
			"Vary": "Origin", "Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true",
			"Access-Control-Expose-Headers": "Retry-After, X-Request-Id, Session",
		}
	}
	refused := map[string]string{"Vary": "Origin"}
	tests := []struct {
		name, origin, path string
		want               map[string]string
	}{
		{"listed", "https://app.example.com", "/sign-in", allowed("https://app.example.com")},
		{"listed with a port", "http://localhost:3000", "/sign-in", allowed("http://localhost:3000")},
		{"listed, error answer", "https://app.example.com", "/nothing", allowed("https://app.example.com")},
		{"none", "", "/sign-in", refused},
		{"evil", "https://evil.example", "/sign-in", refused},
		{"evil, error answer", "https://evil.example", "/nothing", refused},
		{"null", "null", "/sign-in", refused},
		{"prefix", "https://app.example.com.evil.example", "/sign-in", refused},
		{"suffix", "https://evilapp.example.com", "/sign-in", refused},
		{"subdomain", "https://x.app.example.com", "/sign-in", refused},
		{"parent", "https://example.com", "/sign-in", refused},
		{"other scheme", "http://app.example.com", "/sign-in", refused},
		{"other port", "https://app.example.com:8443", "/sign-in", refused},
		{"usual port", "https://app.example.com:443", "/sign-in", refused},
		{"capitals", "https://APP.example.com", "/sign-in", refused},
		{"slash", "https://app.example.com/", "/sign-in", refused},
		{"dot for any letter", "https://appXexample.com", "/sign-in", refused},
		{"underscore", "https://app.example.com_.evil.example", "/sign-in", refused},
		{"user info", "https://app.example.com@evil.example", "/sign-in", refused},
		{"star", "*", "/sign-in", refused},
		{"two", "https://app.example.com https://evil.example", "/sign-in", refused},
		{"list", "https://app.example.com, https://evil.example", "/sign-in", refused},
		{"blank in front", " https://app.example.com", "/sign-in", refused},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var fields []string
			if tt.origin != "" {
				fields = []string{"Origin: " + tt.origin}
			}
			if diff := cmp.Diff(tt.want, corsHeader(send(s, "POST", tt.path, "", fields...))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	res := send(s, "POST", "/sign-in", "", "Origin: https://app.example.com", "Origin: https://evil.example")
	if diff := cmp.Diff(refused, corsHeader(res)); diff != "" {
		t.Errorf("two fields: -want +got:\n%s", diff)
	}
}

func TestPreflight(t *testing.T) {
	const config = `
keys: {from: [{header: Authorization}, {header: x-client-key, kind: public}, {query: apikey}]}
session: {from: [{header: session-token}]}
`
	listed := serverOf(t, config+"cors: {origins: [https://app.example.com], headers: [x-version]}", corsPrograms...)
	tests := []struct {
		name   string
		server *Server
		path   string
		origin string
		status int
		want   map[string]string
	}{
		{"listed", listed, "/sign-in", "https://app.example.com", 204, map[string]string{
			"Vary":                          "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
			"Access-Control-Allow-Origin":   "https://app.example.com",
			"Access-Control-Expose-Headers": "Retry-After, X-Request-Id, Session-Token",
			"Access-Control-Allow-Methods":  "GET, POST",
			"Access-Control-Allow-Headers":  "Authorization, Content-Type, Session-Token, X-Client-Key, X-Device, X-Trace, X-Version",
			"Access-Control-Max-Age":        "600",
		}},
		{"evil", listed, "/sign-in", "https://evil.example", 204, map[string]string{"Vary": "Origin"}},
		{"nothing there", listed, "/nothing", "https://app.example.com", 404, map[string]string{
			"Vary": "Origin", "Access-Control-Allow-Origin": "https://app.example.com",
			"Access-Control-Expose-Headers": "Retry-After, X-Request-Id, Session-Token",
		}},
		{"no list", serverOf(t, config, corsPrograms...), "/sign-in", "https://app.example.com", 204, map[string]string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res := send(tt.server, "OPTIONS", tt.path, "", "Origin: "+tt.origin,
				"Access-Control-Request-Method: POST", "Access-Control-Request-Headers: x-device")
			if res.StatusCode != tt.status {
				t.Errorf("got status %d, want %d", res.StatusCode, tt.status)
			}
			if diff := cmp.Diff(tt.want, corsHeader(res)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
