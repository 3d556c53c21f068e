package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// Bounds of a call.
const (
	patience    = 10 * time.Second // of all of it
	maxAnswer   = 256 << 10        // bytes of the body of an answer
	maxHeader   = 32 << 10
	maxConns    = 64 // to one server at a time; more calls wait
	idleConns   = 4  // to one server
	idleTimeout = 30 * time.Second
)

// Why a call is refused.
var (
	ErrNotListed = errors.New("outbound: app.yaml does not list the host")
	ErrNotSecure = errors.New("outbound: only internal hosts are called by http, all others by https")
	ErrUser      = errors.New("outbound: the URL has a user in it")
	ErrAddress   = errors.New("outbound: the address is not one of the Internet")
	ErrTooLarge  = errors.New("outbound: the answer is too large")
)

// Config is what clients are made of besides their Reach.
type Config struct {
	// Roots are the authorities that may vouch for servers. Nil means those of the
	// system.
	Roots *x509.CertPool
	// Resolver looks names up. Nil means that of the system.
	Resolver *net.Resolver
}

// Client makes a client that calls the servers within reach only, at addresses of the
// Internet unless they are internal. What is looked at is the address that the
// connection goes to, after its name was looked up, so that a name which means another
// address the next moment gains nothing.
//
// It has servers show their certificates, follows no redirects, keeps no cookies, takes
// no proxy from the environment, and bounds time and size: a call that takes longer than
// ten seconds ends, and reading more than 256 KiB of a body is ErrTooLarge.
func (c Config) Client(r Reach) *http.Client { return c.client(r) }

// ClientOf makes a client as Client does, of servers that may become others.
func (c Config) ClientOf(l *Listed) *http.Client { return c.client(l) }

// ClientAt makes a client that calls servers of any name, at the addresses that are
// allowed only. It is as that of Client else.
func (c Config) ClientAt(allowed func(netip.Addr) bool) *http.Client {
	return c.client(anywhere{allowed})
}

// servers are which servers a client calls.
type servers interface {
	// check returns why a URL leads to none of them.
	check(u *url.URL) error
	// allows returns why a server must not be called at an address, which has a port.
	allows(name, port, to string) error
}

func (c Config) client(s servers) *http.Client {
	g := &gate{servers: s}
	g.transport = &http.Transport{
		DialContext:            (&dialer{servers: s, resolver: c.Resolver}).dial,
		TLSClientConfig:        &tls.Config{RootCAs: c.Roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    patience,
		ResponseHeaderTimeout:  patience,
		MaxResponseHeaderBytes: maxHeader,
		MaxConnsPerHost:        maxConns,
		MaxIdleConnsPerHost:    idleConns,
		IdleConnTimeout:        idleTimeout,
		DisableCompression:     true, // what little is sent could become a lot
	}
	return &http.Client{
		Transport:     g,
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// gate lets requests to some servers pass.
type gate struct {
	servers   servers
	transport *http.Transport
}

// RoundTrip is part of http.RoundTripper.
func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := g.servers.check(r.URL); err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	answer, err := g.transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer.Body = &boundedBody{body: answer.Body, left: maxAnswer}
	return answer, nil
}

// CloseIdleConnections has http.Client.CloseIdleConnections work.
func (g *gate) CloseIdleConnections() { g.transport.CloseIdleConnections() }

// dialer connects to servers. It is apart from gate, which is an interface to others: what
// such a type holds is linked with all its methods, and a net.Resolver has a hundred
// kilobytes of them.
type dialer struct {
	servers  servers
	resolver *net.Resolver
}

// dial connects to a server that the gate has let pass.
func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	name, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	to := net.Dialer{Timeout: patience, Resolver: d.resolver, Control: func(_, to string, _ syscall.RawConn) error {
		return d.servers.allows(name, port, to)
	}}
	return to.DialContext(ctx, network, address)
}

// anywhere is all servers at some addresses.
type anywhere struct {
	allowed func(netip.Addr) bool
}

func (a anywhere) check(u *url.URL) error { return checkUser(u) }

func (a anywhere) allows(name, _, to string) error { return at(a.allowed, name, to) }

// at returns ErrAddress unless the address of a server, which has a port, is allowed.
func at(allowed func(netip.Addr) bool, name, to string) error {
	if addr, err := netip.ParseAddrPort(to); err != nil || !allowed(addr.Addr()) {
		return fmt.Errorf("%w: %s is at %s", ErrAddress, name, to)
	}
	return nil
}

// boundedBody is a body that ends with ErrTooLarge where it is.
type boundedBody struct {
	body io.ReadCloser
	left int
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if len(p) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.body.Read(p)
	if n > b.left {
		n, err = b.left, ErrTooLarge
	}
	b.left -= n
	return n, err
}

func (b *boundedBody) Close() error { return b.body.Close() }

// Cause is an error of a call without the URL, which may hold a secret.
func Cause(err error) error {
	var at *url.Error
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}
