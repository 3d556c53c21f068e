// Package outbound owns the way to other servers: which of them may be called, and at
// which addresses. Whatever calls one goes through its Client.
package outbound

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
)

// Host is a server that may be called: by https, and one that is internal by http too.
type Host struct {
	Name string `yaml:"host,required"` // exact, such as sms.example.com; with a port for that one only
	// Internal says that it stands on this machine or in a network of one's own, whose
	// addresses are refused elsewhere.
	Internal bool `yaml:"internal"`
}

// Validate returns what is wrong with the name.
func (h Host) Validate() error {
	u, err := url.Parse("//" + h.Name)
	if err != nil || u.Host != h.Name || !isName(u.Hostname()) || strings.HasSuffix(h.Name, ":") {
		return fmt.Errorf("a host is a name in small letters such as sms.example.com, with a port or without, not %q", h.Name)
	}
	if n, err := strconv.Atoi(u.Port()); u.Port() != "" && (err != nil || n < 1 || n > 65535) {
		return fmt.Errorf("the port of %q is none", h.Name)
	}
	return nil
}

var label = `[a-z0-9_]([a-z0-9_-]*[a-z0-9])?`

// name is a name of the domain name system. Its last part is no number, with which it
// would be an address in one of the many ways to write one.
var name = regexp.MustCompile(`^(` + label + `\.)*` + label + `$`)

func isName(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.String() == host && addr.Zone() == ""
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	return len(host) <= 253 && name.MatchString(host) && last[0] > '9'
}

var usualPorts = map[string]string{"https": "443", "http": "80"}

// Reach is which servers may be called. The zero Reach is none.
type Reach []Host

// With adds the server of a URL of app.yaml. If its name can only mean this machine, it
// is internal.
func (r Reach) With(address string) Reach {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return r
	}
	if _, listed := r.find(u.Hostname(), portOf(u), u.Scheme); listed {
		return r
	}
	h := Host{Name: strings.ToLower(u.Host), Internal: IsLoopback(u.Hostname())}
	return append(r[:len(r):len(r)], h)
}

// find is the host of a name and a port: that with the port, else that without one if
// the port is the usual one of the scheme.
func (r Reach) find(name, port, scheme string) (Host, bool) {
	var found Host
	ok := false
	for _, h := range r {
		u := url.URL{Host: h.Name}
		switch {
		case u.Hostname() != name:
		case u.Port() == port:
			return h, true
		case u.Port() == "" && port == usualPorts[scheme]:
			found, ok = h, true
		}
	}
	return found, ok
}

// portOf is the port that a URL leads to.
func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	return usualPorts[u.Scheme]
}

// check returns why a URL leads to no server that may be called.
func (r Reach) check(u *url.URL) error {
	h, ok := r.find(u.Hostname(), portOf(u), u.Scheme)
	switch {
	case !ok:
		return fmt.Errorf("%w: %s", ErrNotListed, u.Host)
	case u.Scheme != "https" && !(u.Scheme == "http" && h.Internal):
		return fmt.Errorf("%w: %s", ErrNotSecure, u.Host)
	}
	return checkUser(u)
}

// checkUser takes URLs without a user in them, who would be told to the server.
func checkUser(u *url.URL) error {
	if u.User != nil {
		return fmt.Errorf("%w: %s", ErrUser, u.Host)
	}
	return nil
}

// allows looks at the address that a connection to a server is about to go to.
func (r Reach) allows(name, port, to string) error {
	// Of two entries with one name, one may be internal.
	h, ok := r.find(name, port, "https")
	if !ok {
		h, ok = r.find(name, port, "http")
	}
	if !ok {
		return fmt.Errorf("%w: %s", ErrNotListed, net.JoinHostPort(name, port))
	}
	return at(h.allows, name, to)
}

// Listed is a Reach that may become another one, as app.yaml does, while clients use it.
// The zero Listed is none. It is safe for concurrent use.
type Listed struct {
	reach atomic.Pointer[Reach]
}

// Set has the servers within r be called from now on, and no others.
func (l *Listed) Set(r Reach) { l.reach.Store(&r) }

func (l *Listed) now() Reach {
	if r := l.reach.Load(); r != nil {
		return *r
	}
	return nil
}

func (l *Listed) check(u *url.URL) error { return l.now().check(u) }

func (l *Listed) allows(name, port, to string) error { return l.now().allows(name, port, to) }

// allows reports whether a host may be called at an address.
func (h Host) allows(to netip.Addr) bool {
	return IsPublic(to) || h.Internal && IsInside(to)
}
