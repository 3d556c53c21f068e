package outbound_test

import (
	"strings"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/outbound"
)

// where a URL leads is judged before a run, as far as it is known.
func TestJudge_R63(t *testing.T) {
	reach := outbound.Reach{{Name: "reports.example.com"}, {Name: "crm.example.com:8443"}, {Name: "geo.internal:8000", Internal: true}, {Name: "::1"}}
	const unlisted, url, http, user = "does not list under outbound", "must be a URL", "by http", "has a user"
	for text, want := range map[string]string{
		"https://reports.example.com":           "",
		"https://reports.example.com/new?a=b#c": "",
		"https://reports.example.com:443/":      "",
		"HTTPS://reports.example.com/":          "",
		"https://crm.example.com:8443/":         "",
		"http://geo.internal:8000/":             "",
		"https://geo.internal:8000/":            "",
		"https://REPORTS.example.com/":          unlisted, // as in a run
		"https://reports.example.com:8443/":     unlisted,
		"https://crm.example.com/":              unlisted,
		"https://reports.example.com.evil.com/": unlisted,
		"https://geo.internal/":                 unlisted,
		"https://[::2]/":                        unlisted,
		"http://reports.example.com/":           http,
		"http://reports.example.com:443/":       unlisted, // it is another port then
		"https://a:b@reports.example.com/":      user,
		"ftp://reports.example.com/":            url,
		"reports.example.com":                   url,
		"//reports.example.com/":                url,
		"/reports":                              url,
		"":                                      url,
		"https:///reports":                      url,
		"https://":                              url,
		"https://a b/":                          url,
		// What goes on.
		"…":                                     "",
		"htt…":                                  "",
		"https://…":                             "",
		"http://…":                              "",
		"https://reports.example…":              "",
		"https://evil.example…":                 "", // .reports.example.com could follow
		"https://evil.example:4…":               "",
		"https://reports.example.com/…":         "",
		"https://crm.example.com:8443?a=…":      "",
		"https://reports.example.com/%…":        "", // the first half of what is encoded
		"https://evil.example/…":                unlisted,
		"https://evil.example?…":                unlisted,
		"https://evil.example#…":                unlisted,
		"https://evil.example:8443/a/…":         unlisted,
		"https://a@reports.example.com/…":       user,
		"http://crm.example.com:8443/…":         http,
		"ftp://…":                               url,
		"ftp://reports.example.com/…":           url,
		"/reports/…":                            url,
		"reports.example.com/…":                 url,
		"httpd…":                                url,
		"https:/…":                              "",
		"http:…":                                "",
		"http:x…":                               url,
		"https:///…":                            url,
		"https://reports.example.com@evil.de/…": unlisted,
	} {
		c := engine.Constant{Text: text}
		c.Text, c.Open = strings.CutSuffix(text, "…")
		got := reach.Judge(c)
		if (got == nil) != (want == "") || got != nil && (!strings.Contains(got.Message, want) || got.Hint == "") {
			t.Errorf("%q: got %+v, want %q", text, got, want)
		}
		if got != nil && (got.Code == "unlisted-host") != (want == unlisted) {
			t.Errorf("%q: got the code %q", text, got.Code)
		}
	}
}
