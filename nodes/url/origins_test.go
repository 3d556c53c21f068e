package url_test

import (
	"net/url"
	"strings"
	"testing"

	lurl "github.com/latchwork/latchwork/nodes/url"
)

func origins(t testing.TB) *lurl.Origins {
	t.Helper()
	o, err := lurl.NewOrigins("https://app.example.com", "https://www.example.com/", "http://localhost:3000", "https://[2001:db8::1]:8443")
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestCheckAllows(t *testing.T) {
	tests := []struct {
		target   string
		external bool
	}{
		{"/", false},
		{"/welcome", false},
		{"/welcome?from=mail&n=1#top", false},
		{"/search?next=https://evil.example//x", false}, // a value, not a place to go
		{"/search?next=%2F%2Fevil.example", false},
		{"/a.b/c..d/...", false},
		{"/caf%C3%A9", false},
		{"https://app.example.com", false},
		{"https://app.example.com/", false},
		{"https://app.example.com?x=1", false},
		{"https://app.example.com#x", false},
		{"https://app.example.com:443/x", false},
		{"HTTPS://App.Example.COM/X", false},
		{"https://www.example.com/x", true},
		{"http://localhost:3000/x", true},
		{"https://[2001:db8::1]:8443/x", true},
	}
	o := origins(t)
	for _, tt := range tests {
		if got, ok := o.Check(tt.target, "app.example.com"); !ok || got.External != tt.external {
			t.Errorf("Check(%q): got %+v, %t, want %t, true", tt.target, got, ok, tt.external)
		}
	}
}

// What is another host depends on which one of the realm's was called.
func TestCheckHost(t *testing.T) {
	o := origins(t)
	for _, tt := range []struct {
		target, called string
		want           lurl.Target
	}{
		{"/x", "www.example.com", lurl.Target{}},
		{"https://app.example.com/x", "app.example.com", lurl.Target{Host: "app.example.com"}},
		{"https://app.example.com/x", "www.example.com", lurl.Target{Host: "app.example.com", External: true}},
		{"https://www.example.com:443/x", "www.example.com", lurl.Target{Host: "www.example.com"}},
		{"http://LOCALHOST:3000/x", "app.example.com", lurl.Target{Host: "localhost:3000", External: true}},
		{"https://app.example.com/x", "10.0.0.1", lurl.Target{Host: "app.example.com"}}, // behind a proxy
	} {
		if got, ok := o.Check(tt.target, tt.called); !ok || got != tt.want {
			t.Errorf("Check(%q, %q): got %+v, %t, want %+v", tt.target, tt.called, got, ok, tt.want)
		}
	}
}

// tricks have led other systems to send browsers elsewhere: A-38.
var tricks = []string{
	// no place at all, or one without an origin
	"", " ", ".", "..", "x", "welcome", "?x=1", "#x", "app.example.com", "app.example.com/x", "./x", "../x",
	// other schemes
	"javascript:alert(1)", "JavaScript:alert(1)", "javascript://app.example.com/%0aalert(1)", "java\tscript:alert(1)",
	"java%0ascript:alert(1)", "javascript:https://app.example.com", "jAvAsCrIpT:alert(1)//https://app.example.com",
	"data:text/html,<script>alert(1)</script>", "data://app.example.com/text/html", "data:text/html;base64,PHNjcmlwdD4=",
	"vbscript:msgbox(1)", "file:///etc/passwd", "file://app.example.com/x", "ftp://app.example.com/", "ws://app.example.com/",
	"wss://app.example.com/", "blob:https://app.example.com/x", "about:blank", "view-source:https://app.example.com/",
	"mailto:x@app.example.com", "intent://app.example.com/#Intent;end", "myapp://app.example.com/", "://app.example.com/",
	"http://app.example.com/", "http://app.example.com:443/", "http://www.example.com/", "https://localhost:3000/",
	// no scheme, other slashes
	"//evil.example", "//app.example.com", "//app.example.com@evil.example", "///evil.example", "////evil.example",
	"//evil.example/%2f..", "/\\evil.example", "\\/evil.example", "\\\\evil.example", "/\\/evil.example", "/%5cevil.example",
	"/%5Cevil.example", "/%2fevil.example", "/%2Fevil.example", "/%2f%2fevil.example", "/x//evil.example", "/x/%2f/evil.example",
	"/.//evil.example", "/..//evil.example", "/./evil", "/x/../y", "/x/..", "/%2e%2e/x", "/%2E%2e//evil.example", "/.%2e/x", "/..;/admin",
	"/.;x/admin", "/x/%2e", "https:/evil.example", "https:evil.example", "https:app.example.com", "https:/app.example.com",
	"https:///evil.example", "https:///app.example.com", "https:////app.example.com", "https:\\\\app.example.com", "https:/\\app.example.com",
	"https://app.example.com//evil.example", "https://app.example.com/\\evil.example", "https://app.example.com/../x",
	"https://app.example.com/%2e%2e/x", "https://app.example.com/%2f/x", "https://app.example.com\\evil.example",
	// characters that some drop and others keep
	"\t/x", " /x", "/x ", "/\t/evil.example", "/\n/evil.example", "/\r\n/evil.example", "/%09/evil.example", "/%0a/evil.example",
	"/%0d%0aSet-Cookie:x=1", "/x\r\nSet-Cookie: x=1", "/x%0d%0aLocation:%20https://evil.example", "/x\x00", "/x%00", "/x%7f", "/?x=%0a",
	"/#%0d", "\x00//evil.example", "\u200b//evil.example", "/\u200b/evil.example", "//\u3002evil", "/\u2044evil.example", "/\uff0fevil.example",
	"/x<script>", "/\"onload=", "/x y", "/{x}", "/x|y", "/x^y", "/`x`", "/é", "/x\u0085", "/%", "/%4", "/%zz", "/%4g", "/%.1", "/%1.", "/%Z1", "/%_1", "/%:1", "/%1@", "/%u002f", "https%3A%2F%2Fapp.example.com",
	"https\n://app.example.com/", " https://app.example.com/", "https ://app.example.com/", "\ufeffhttps://app.example.com/",
	// hosts that look like ours
	"https://evil.example", "https://evil.example/https://app.example.com", "https://evil.example?https://app.example.com",
	"https://evil.example#https://app.example.com", "https://app.example.com.evil.example", "https://app.example.com.", "https://app.example.com./x",
	"https://evilapp.example.com", "https://app.example.comevil.example", "https://app.example.co", "https://x.app.example.com",
	"https://example.com", "https://app-example.com", "https://appXexample.com", "https://app.example.com%2eevil.example",
	"https://app.example.com%00.evil.example", "https://app.example.com%23@evil.example", "https://app%2eexample.com",
	"https://app.example.com\u3002evil.example", "https://app\u3002example\u3002com", "https://\uff41pp.example.com", "https://app.ex\u00e4mple.com",
	"https://app.exampl\u0435.com", "https://[app.example.com]/", "https://*.example.com/", "https://0/", "https://127.0.0.1/", "https://[::1]/",
	// user names and ports
	"https://app.example.com@evil.example", "https://app.example.com:pw@evil.example", "https://app.example.com:443@evil.example",
	"https://user@app.example.com", "https://user:pw@app.example.com", "https://@app.example.com", "https://:@app.example.com",
	"https://evil.example\\@app.example.com", "https://evil.example:80\\@app.example.com", "https://evil.example;@app.example.com",
	"https://evil.example&@app.example.com", "https://evil.example#@app.example.com", "https://evil.example?@app.example.com",
	"https://app.example.com:444", "https://app.example.com:80", "https://app.example.com:", "https://app.example.com:0443", "https://app.example.com:443:443",
	"https://app.example.com:x", "http://localhost", "http://localhost:30001", "http://localhost:3000@evil.example", "https://[2001:db8::1]/",
	// too long
	"/" + strings.Repeat("x", 2048),
}

func TestCheckRefuses(t *testing.T) {
	o := origins(t)
	if len(tricks) < 100 {
		t.Errorf("R-54: got %d tricks, want at least 100", len(tricks))
	}
	for _, target := range tricks {
		t.Run("R-54 A-38 "+target, func(t *testing.T) {
			if _, ok := o.Check(target, ""); ok {
				t.Errorf("Check(%q): got true, want false", target)
			}
		})
	}
}

// Without origins nothing but paths is allowed.
func TestCheckWithoutOrigins(t *testing.T) {
	var o lurl.Origins
	if _, ok := o.Check("https://app.example.com/", ""); ok {
		t.Error("an absolute URL: got true, want false")
	}
	if got, ok := o.Check("/x", ""); !ok || got.External {
		t.Errorf("a path: got %+v, %t, want one that is not external", got, ok)
	}
}

func TestNewOriginsRefuses(t *testing.T) {
	for _, origin := range []string{"*", "null", "app.example.com", "//app.example.com", "https://", "https://*.example.com", "javascript:x",
		"https://app.example.com/path", "https://app.example.com?x", "https://app.example.com?", "https://app.example.com#x",
		"https://user@app.example.com", "ftp://app.example.com", "https://app.example.com:x", ""} {
		if _, err := lurl.NewOrigins("", origin); err == nil {
			t.Errorf("NewOrigins(%q): got no error", origin)
		}
	}
	if _, err := lurl.NewOrigins("evil"); err == nil {
		t.Error("own origin: got no error")
	}
}

// Whatever passes is, to the parser of Go, a path of ours or at an allowed origin.
func FuzzCheck(f *testing.F) {
	for _, s := range tricks {
		f.Add(s)
	}
	for _, s := range []string{"/x?y#z", "https://app.example.com:443/x?y#z", "http://localhost:3000/"} {
		f.Add(s)
	}
	o := origins(f)
	base, _ := url.Parse("https://app.example.com/sign-in")
	f.Fuzz(func(t *testing.T, target string) {
		got, ok := o.Check(target, "")
		if !ok {
			return
		}
		u, err := base.Parse(target)
		if err != nil {
			t.Fatalf("Check(%q) allows what cannot be parsed: %v", target, err)
		}
		u.Host = strings.ToLower(u.Host)
		switch origin := u.Scheme + "://" + u.Host; {
		case u.User != nil:
			t.Errorf("Check(%q) allows a user name", target)
		case origin == "https://app.example.com" || origin == "https://app.example.com:443":
			if got.External || got.Host != "" && got.Host != "app.example.com" {
				t.Errorf("Check(%q): got external", target)
			}
		case origin == "https://www.example.com" || origin == "https://www.example.com:443" ||
			origin == "http://localhost:3000" || origin == "https://[2001:db8::1]:8443":
			if !got.External || got.Host == "" {
				t.Errorf("Check(%q): got our own", target)
			}
		default:
			t.Errorf("Check(%q) allows %s", target, origin)
		}
	})
}
