package outbound_test

import (
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/latchwork/latchwork/nodes/outbound"
)

// A proxy that is named in the environment is not taken: all that goes through one
// fails here.
func TestMain(m *testing.M) {
	os.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	os.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	os.Exit(m.Run())
}

// server is one that says how often it was called.
type server struct {
	*httptest.Server
	calls atomic.Int32
	roots *x509.CertPool
	port  string
}

// start starts a server with the certificate of example.com and 127.0.0.1.
func start(t *testing.T, at string, answer http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.calls.Add(1)
		answer(w, r)
	}))
	l, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	s.Listener.Close()
	s.Listener = l
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that are to fail
	s.StartTLS()
	t.Cleanup(s.Close)
	s.roots = x509.NewCertPool()
	s.roots.AddCert(s.Certificate())
	_, s.port, _ = net.SplitHostPort(l.Addr().String())
	return s
}

func fine(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "fine") }

// get is what a client gets, and why it gets nothing.
func get(t *testing.T, c *http.Client, url string) (string, error) {
	t.Helper()
	answer, err := c.Get(url)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return string(text), err
}

// a host that is not internal is not called where its name means an address of
// a network around this machine, whatever that is written as.
func TestPrivateAddresses_R63(t *testing.T) {
	s := start(t, "127.0.0.1:0", fine)
	names := &dns{answers: []string{"127.0.0.1"}}
	c := outbound.Config{Roots: s.roots, Resolver: names.resolver(t)}
	for _, host := range []string{"example.com:" + s.port, "127.0.0.1:" + s.port, "[::ffff:127.0.0.1]:" + s.port, "0.0.0.0:" + s.port} {
		if _, err := get(t, c.Client(outbound.Reach{{Name: host}}), "https://"+host); !errors.Is(err, outbound.ErrAddress) {
			t.Errorf("%s: got %v, want ErrAddress", host, err)
		}
	}
	if n := s.calls.Load(); n != 0 {
		t.Errorf("the server was called %d times", n)
	}
	internal := c.Client(outbound.Reach{{Name: "example.com:" + s.port, Internal: true}})
	if got, err := get(t, internal, "https://example.com:"+s.port); got != "fine" || err != nil {
		t.Errorf("an internal host: got %q, %v", got, err)
	}
}

// a name that means another address the next moment (DNS rebinding) leads nowhere:
// the address that was looked at is the one that is called.
func TestRebinding_R63(t *testing.T) {
	victim := start(t, "127.0.0.1:0", fine)
	// 0.0.0.0 is this machine, too, and allowed to nobody.
	other := start(t, "127.0.0.2:"+victim.port, fine)
	names := &dns{}
	for range 20 {
		names.answers = append(names.answers, "127.0.0.2", "0.0.0.0")
	}
	host := "example.com:" + victim.port
	c := outbound.Config{Roots: other.roots, Resolver: names.resolver(t)}.Client(outbound.Reach{{Name: host, Internal: true}})
	for round := range 20 {
		_, err := get(t, c, "https://"+host)
		if refused := round%2 == 1; refused != errors.Is(err, outbound.ErrAddress) || !refused && err != nil {
			t.Errorf("round %d: got %v", round, err)
		}
		c.CloseIdleConnections()
	}
	if v, o := victim.calls.Load(), other.calls.Load(); v != 0 || o != 10 {
		t.Errorf("got %d calls of the victim, %d of the other, want 0 and 10", v, o)
	}
}

// only what is listed is called, by https if it is not internal.
func TestReach_R63(t *testing.T) {
	s := start(t, "127.0.0.1:0", fine)
	plain := httptest.NewServer(http.HandlerFunc(fine))
	defer plain.Close()
	plainHost := strings.TrimPrefix(plain.URL, "http://")
	reach := outbound.Reach{
		{Name: "127.0.0.1:" + s.port, Internal: true}, {Name: "example.com"}, {Name: "www.example.com:8443"}, {Name: plainHost, Internal: true},
	}
	c := outbound.Config{Roots: s.roots}.Client(reach)
	for _, url := range []string{s.URL + "/path?x=1#y", plain.URL} {
		if got, err := get(t, c, url); got != "fine" || err != nil {
			t.Errorf("%s: got %q, %v", url, got, err)
		}
	}
	for url, want := range map[string]error{
		"https://sub.example.com/":                 outbound.ErrNotListed,
		"https://example.com.evil.example/":        outbound.ErrNotListed,
		"https://evil.example/example.com":         outbound.ErrNotListed,
		"https://example.com@evil.example/":        outbound.ErrNotListed,
		"https://example.com:8443/":                outbound.ErrNotListed,
		"https://www.example.com/":                 outbound.ErrNotListed,
		"https://EXAMPLE.com/":                     outbound.ErrNotListed,
		"https://example.com./":                    outbound.ErrNotListed,
		"https://localhost:" + s.port + "/":        outbound.ErrNotListed,
		"https://2130706433:" + s.port + "/":       outbound.ErrNotListed, // 127.0.0.1
		"https://127.1:" + s.port + "/":            outbound.ErrNotListed,
		"https://0x7f.0.0.1:" + s.port + "/":       outbound.ErrNotListed,
		"https://[::ffff:7f00:1]:" + s.port + "/":  outbound.ErrNotListed,
		"http://example.com/":                      outbound.ErrNotSecure,
		"http://www.example.com:8443/":             outbound.ErrNotSecure,
		"ftp://127.0.0.1:" + s.port + "/":          outbound.ErrNotSecure,
		"https://user:word@127.0.0.1:" + s.port:    outbound.ErrUser,
		"https://127.0.0.1:" + s.port + "@x.evil/": outbound.ErrNotListed,
		"https:///": outbound.ErrNotListed,
		"/path":     outbound.ErrNotListed,
	} {
		if _, err := get(t, c, url); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", url, err, want)
		}
	}
}

// a redirect is answered with and not followed, not even to a host that is listed.
func TestRedirects_R63(t *testing.T) {
	inner := start(t, "127.0.0.1:0", fine)
	outer := start(t, "127.0.0.1:0", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, inner.URL, http.StatusTemporaryRedirect)
	})
	reach := outbound.Reach(nil).With(outer.URL).With(inner.URL)
	answer, err := outbound.Config{Roots: outer.roots}.Client(reach).Get(outer.URL)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if n := inner.calls.Load(); answer.StatusCode != 307 || n != 0 {
		t.Errorf("got %d, %d calls of the target", answer.StatusCode, n)
	}
}

// a server shows that it is the one that is meant.
func TestCertificates_R63(t *testing.T) {
	s := start(t, "127.0.0.1:0", fine)
	names := &dns{answers: []string{"127.0.0.1"}}
	reach := outbound.Reach{{Name: "127.0.0.1:" + s.port, Internal: true}, {Name: "other.example:" + s.port, Internal: true}}
	for name, test := range map[string]struct {
		roots *x509.CertPool
		url   string
	}{
		"nobody vouches for it": {nil, s.URL},
		"of another name":       {s.roots, "https://other.example:" + s.port},
	} {
		c := outbound.Config{Roots: test.roots, Resolver: names.resolver(t)}.Client(reach)
		if got, err := get(t, c, test.url); err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	if n := s.calls.Load(); n != 0 {
		t.Errorf("got %d calls", n)
	}
}

// what is read is bounded, and so is what is unpacked of it.
func TestSizes_R63(t *testing.T) {
	size, header := 0, ""
	s := start(t, "127.0.0.1:0", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "" {
			t.Errorf("the client asks for %s", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("X-Large", header)
		io.WriteString(w, strings.Repeat("x", size))
	})
	c := outbound.Config{Roots: s.roots}.Client(outbound.Reach(nil).With(s.URL))
	for _, size = range []int{0, 256<<10 - 1, 256 << 10} {
		if got, err := get(t, c, s.URL); len(got) != size || err != nil {
			t.Errorf("%d bytes: got %d, %v", size, len(got), err)
		}
	}
	for _, size = range []int{256<<10 + 1, 10 << 20} {
		if got, err := get(t, c, s.URL); !errors.Is(err, outbound.ErrTooLarge) || len(got) > 256<<10 {
			t.Errorf("%d bytes: got %d, %v", size, len(got), err)
		}
	}
	size, header = 0, strings.Repeat("x", 64<<10)
	if _, err := get(t, c, s.URL); err == nil {
		t.Error("a large header is read")
	}
}

// nobody is waited for longer than the client has patience.
func TestPatience_R63(t *testing.T) {
	c := outbound.Config{}.Client(nil)
	if c.Timeout <= 0 || c.Timeout > 10*1e9 {
		t.Errorf("got a timeout of %s", c.Timeout)
	}
}

func TestWith(t *testing.T) {
	listed := outbound.Reach{{Name: "sms.example.com", Internal: true}}
	if got := listed.With("https://sms.example.com/send"); len(got) != 1 || !got[0].Internal {
		t.Errorf("got %v", got)
	}
	for url, want := range map[string]outbound.Host{
		"https://other.example.com/x":   {Name: "other.example.com"},
		"http://127.0.0.1:8000/":        {Name: "127.0.0.1:8000", Internal: true},
		"http://sms.localhost/":         {Name: "sms.localhost", Internal: true},
		"https://127.0.0.1.example.com": {Name: "127.0.0.1.example.com"},
		"https://10.0.0.1/":             {Name: "10.0.0.1"},
	} {
		if got := listed.With(url); len(got) != 2 || got[1] != want {
			t.Errorf("%s: got %v, want %v", url, got, want)
		}
	}
	if got := listed.With(":"); len(got) != 1 {
		t.Errorf("got %v", got)
	}
}

func TestHosts(t *testing.T) {
	for host, ok := range map[string]bool{
		"sms.example.com": true, "sms.example.com:8443": true, "localhost": true, "a_b.internal": true, "xn--bcher-kva.example": true,
		"93.184.216.34": true, "[2606:2800:220:1::1]": true, "[2606:2800:220:1::1]:8443": true,
		"": false, "*.example.com": false, "Example.com": false, "example.com.": false, "https://example.com": false, "example.com/x": false,
		"example.com:": false, "example.com:0": false, "example.com:70000": false, "a@example.com": false, "bücher.example": false, "a b": false,
		"127.1": false, "2130706433": false, "0x7f.1": false, "010.0.0.1": false, "[::1%eth0]": false, "[0:0::1]": false, "-a.example": false,
	} {
		if err := (outbound.Host{Name: host}).Validate(); (err == nil) != ok {
			t.Errorf("%q: got %v", host, err)
		}
	}
}
