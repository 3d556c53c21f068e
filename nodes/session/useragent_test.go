package session_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/ua-parser/uap-go/uaparser"

	"github.com/latchwork/latchwork/nodes/session"
)

// agents are headers as they are sent today, most of them by many.
var agents = []string{
	chrome,
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 Safari/605.1.15",
	"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36",
	"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36 Edg/124.0.2478.51",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/123.0.0.0 Safari/537.36 OPR/109.0.0.0",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:125.0) Gecko/20100101 Firefox/125.0",
	"Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
	"Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)",
	"Mozilla/5.0 (Windows NT 6.3; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Safari/537.36",
	"Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0",
	"Mozilla/5.0 (X11; Fedora; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0",
	"Mozilla/5.0 (Android 14; Mobile; rv:125.0) Gecko/125.0 Firefox/125.0",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/124.0.6367.88 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/125.0 Mobile/15E148 Safari/605.1.15",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
	"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.6367.82 Mobile Safari/537.36",
	"Mozilla/5.0 (Linux; Android 13; Pixel 7 Build/TQ3A.230901.001; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/124.0.6367.82 Mobile Safari/537.36",
	"Mozilla/5.0 (Linux; Android 10; Pixel 3) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/24.0 Chrome/117.0.0.0 Mobile Safari/537.36",
	"Mozilla/5.0 (Linux; Android 13; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/112.0.0.0 Mobile Safari/537.36",
	"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
	"Mozilla/5.0 (Linux; U; Android 4.0.3; en-us; Nexus S Build/IML74K) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30",
	"curl/8.5.0",
	"Wget/1.21.4",
	"axios/1.6.8",
	"Go-http-client/1.1",
	"okhttp/4.12.0",
	"PostmanRuntime/7.37.3",
}

// What ua-parser says of the user agents in use is what sessions show.
func TestUserAgentAsUAParser(t *testing.T) {
	parser, err := uaparser.New()
	if err != nil {
		t.Fatal(err)
	}
	or := func(text string) string {
		if text == "" {
			return "0"
		}
		return text
	}
	for _, text := range agents {
		c := parser.Parse(text)
		want := session.UserAgent{
			Family: c.UserAgent.Family, Major: or(c.UserAgent.Major), Minor: or(c.UserAgent.Minor), Patch: or(c.UserAgent.Patch),
			Device: session.Product{Family: c.Device.Family, Major: "0", Minor: "0", Patch: "0"},
			OS:     session.Product{Family: c.Os.Family, Major: or(c.Os.Major), Minor: or(c.Os.Minor), Patch: or(c.Os.Patch)},
		}
		if want.Device.Family == "Mac" {
			want.Device.Family = "Other" // as that of every other computer
		}
		got := session.ParseUserAgent(text)
		if strings.HasSuffix(want.Device.Family, " "+got.Device.Family) {
			want.Device.Family = got.Device.Family // without the brand, which the header does not name
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n-ua-parser +got:\n%s", text, diff)
		}
	}
}

func TestUserAgentOfNoBrowser(t *testing.T) {
	other := session.Product{Family: "Other", Major: "0", Minor: "0", Patch: "0"}
	for _, test := range []struct{ text, family, major, minor, patch string }{
		{"", "Other", "0", "0", "0"},
		{"node-fetch/1.0 (+https://github.com/bitinn/node-fetch)", "node-fetch", "1", "0", "0"},
		{"node", "node", "0", "0", "0"},
		{"undici", "undici", "0", "0", "0"},
		{"My App/2.10.3-beta", "My App", "2", "10", "3"},
		{"app/v3", "app", "3", "0", "0"},
		{"Mozilla/5.0", "Other", "0", "0", "0"},
		{"<script>alert(1)</script>/1", "Other", "0", "0", "0"},
		{"\x00\xff/1", "Other", "0", "0", "0"},
		{strings.Repeat("a", 65) + "/1", "Other", "0", "0", "0"},
	} {
		want := session.UserAgent{Family: test.family, Major: test.major, Minor: test.minor, Patch: test.patch, Device: other, OS: other}
		if diff := cmp.Diff(want, session.ParseUserAgent(test.text)); diff != "" {
			t.Errorf("%q\n-want +got:\n%s", test.text, diff)
		}
	}
}

// Browsers that hide the model all name the same one, which says nothing.
func TestHiddenModel(t *testing.T) {
	got := session.ParseUserAgent("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36")
	if got.Device.Family != "Generic Smartphone" || got.Family != "Chrome Mobile" || got.OS.Major != "10" {
		t.Errorf("got %+v", got)
	}
}

// A long header neither costs much nor fills the store.
func TestLongUserAgentIsCut(t *testing.T) {
	store := newMemory()
	req := request("")
	req.UserAgent = strings.Repeat("é", 5000)
	if _, err := create(t, &session.Manager{Store: store}, proving{as: []string{"password"}, req: req}, session.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := store.records()[0].UserAgent; len(got) > 512 || !utf8.ValidString(got) {
		t.Errorf("got %d bytes, valid %v", len(got), utf8.ValidString(got))
	}
}

func FuzzUserAgent(f *testing.F) {
	for _, text := range agents {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := session.ParseUserAgent(text)
		for _, p := range []session.Product{{got.Family, got.Major, got.Minor, got.Patch}, got.Device, got.OS} {
			if p.Family == "" || p.Major == "" || p.Minor == "" || p.Patch == "" || len(p.Family) > 64 {
				t.Errorf("%q: got %+v", text, p)
			}
		}
	})
}

func BenchmarkParseUserAgent(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		session.ParseUserAgent(chrome)
	}
}
