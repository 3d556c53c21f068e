package runtime

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestCookieValue(t *testing.T) {
	tests := []struct {
		name  string
		lines []string
		want  string
		found bool
	}{
		{"plain", []string{"s=abc"}, "abc", true},
		{"among others", []string{"a=1; s=abc; b=2"}, "abc", true},
		{"without blanks", []string{"a=1;s=abc;b=2"}, "abc", true},
		{"second field", []string{"a=1", "s=abc"}, "abc", true},
		{"first of two", []string{"s=abc; s=def"}, "abc", true},
		{"quoted", []string{`s="abc"`}, "abc", true},
		{"empty", []string{"s="}, "", true},
		{"with =", []string{"s=a=b"}, "a=b", true},
		{"absent", []string{"ss=1; xs=2"}, "", false},
		{"without value", []string{"s"}, "", false},
		{"other case", []string{"S=abc"}, "", false},
		{"bad characters", []string{"s=a\x7fb; s=ok"}, "ok", true},
		{"blank inside", []string{"s=a b"}, "", false},
		{"blank before", []string{"s= a; s=ok"}, "ok", true},
		{"none", nil, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, found := cookieValue(tt.lines, "s")
			if got != tt.want || found != tt.found {
				t.Errorf("got %q, %v, want %q, %v", got, found, tt.want, tt.found)
			}
		})
	}
}

func TestSetCookie_R45(t *testing.T) {
	const attributes = "; Path=/; HttpOnly; Secure; SameSite=Lax"
	tests := []struct {
		name, cookie, value string
		maxAge              time.Duration
		want                string
		ok                  bool
	}{
		{"lives for a time", "__Host-session", "lws_x", time.Hour, "__Host-session=lws_x" + attributes + "; Max-Age=3600", true},
		{"part of a second", "c", "x", time.Millisecond, "c=x" + attributes + "; Max-Age=1", true},
		{"removed", "c", "x", 0, "c=" + attributes + "; Max-Age=0", true},
		{"ends a cookie", "c", "x; Domain=evil.example", time.Hour, "", false},
		{"ends a line", "c", "x\r\nSet-Cookie: a=b", time.Hour, "", false},
		{"name ends a cookie", "c; Domain=evil.example", "x", time.Hour, "", false},
		{"no name", "", "x", time.Hour, "", false},
		{"too long", "c", strings.Repeat("x", 4096), time.Hour, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := setCookie(tt.cookie, tt.value, tt.maxAge)
			if ok != tt.ok || ok && got != tt.want {
				t.Errorf("got %q, %v, want %q, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

// FuzzCookie compares with net/http: what it finds is found here, and a value
// found here can be set as a cookie again.
func FuzzCookie(f *testing.F) {
	for _, line := range []string{"s=abc", `a=1; s="x"; b`, "s=a b", "s=;s=x", "=;s", ";;s = x "} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		got, found := cookieValue([]string{line}, "s")
		if found {
			if _, ok := setCookie("s", got, time.Hour); !ok && len(got) < 4000 {
				t.Fatalf("%q: the value %q cannot be set", line, got)
			}
		}
		r := http.Request{Header: http.Header{"Cookie": {line}}}
		want, err := r.Cookie("s")
		if err == nil && want.Value != "" && isCookieValue(want.Value) && (!found || got != want.Value) {
			t.Fatalf("%q: got %q, %v, want %q", line, got, found, want.Value)
		}
	})
}
