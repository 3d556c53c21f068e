package runtime

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/engine"
)

const hostsOfRealms = `realms:
  shop: {hosts: [Shop.example, '[::1]']}
  kiosk: {hosts: ['shop.example:8443', '[::1]:8443']}
`

// however a host is written, it is of the realm that lists it, and no other name is.
func TestRealmOfHost_R59(t *testing.T) {
	hosts := configOf(t, hostsOfRealms).realmsByHost()
	for host, want := range map[string]string{
		"shop.example":              "shop",
		"SHOP.Example":              "shop",
		"shop.example.":             "shop",
		"shop.example:80":           "shop",
		"shop.example.:443":         "shop",
		"shop.example:":             "shop",
		"shop.example:8443":         "kiosk",
		"Shop.Example:8443":         "kiosk",
		"[::1]":                     "shop",
		"[::1]:80":                  "shop",
		"[::1]:8443":                "kiosk",
		"":                          "main",
		"main":                      "main",
		"shop":                      "main",
		"x.shop.example":            "main",
		"xshop.example":             "main",
		"shop.example.evil.example": "main",
		"shop.example@evil.example": "main",
		"evil.example:shop.example": "main",
		"shop.example:80:80":        "main",
		"shop.example, evil":        "main",
		"shop.example..":            "main",
		"ſhop.example":              "main",
	} {
		if got := hosts.of(host); got != want {
			t.Errorf("%q: got %s, want %s", host, got, want)
		}
	}
}

// what a request says of its host anywhere else does not count. Of a request
// with a whole address, the address does, as RFC 9112 §3.2.2 has it.
func TestForwardedHost_A39(t *testing.T) {
	p := answers("GET", "/")
	p.run = func(_ context.Context, req *engine.Request, a *engine.Answer) {
		a.Body = append(a.Body, req.Realm+" "+req.Host...)
	}
	s := serverOf(t, "server: {trustedProxies: [192.0.2.0/24]}\n"+hostsOfRealms, p)
	for _, tt := range []struct{ request, want string }{
		{"GET / HTTP/1.1\r\nHost: shop.example\r\n", "shop shop.example"},
		{"GET / HTTP/1.1\r\nHost: main.example\r\nX-Forwarded-Host: shop.example\r\nX-Forwarded-Server: shop.example\r\nX-Host: shop.example\r\n" +
			"X-Original-Host: shop.example\r\nForwarded: for=1.2.3.4;host=shop.example\r\nX-Forwarded-Port: 8443\r\n", "main main.example"},
		{"GET / HTTP/1.1\r\nHost: shop.example\r\nX-Forwarded-Port: 8443\r\nX-Forwarded-Host: main.example\r\n", "shop shop.example"},
		{"GET http://shop.example/ HTTP/1.1\r\nHost: main.example\r\n", "shop shop.example"},
		{"GET http://main.example/ HTTP/1.1\r\nHost: shop.example\r\n", "main main.example"},
	} {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(tt.request + "\r\n")))
		if err != nil {
			t.Fatal(err)
		}
		r.RemoteAddr = "192.0.2.1:1234"
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if got := w.Body.String(); got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.request, got, tt.want)
		}
	}
}
