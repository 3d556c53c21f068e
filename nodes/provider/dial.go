package provider

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// patience is how long a provider may take for one answer.
const patience = 5 * time.Second

// newClient makes a client that calls public addresses only, and those of this machine
// or of private networks where app.yaml names them. What is looked at is the address
// that the connection goes to, behind the look-up of the name, so no answer of a name
// server leads elsewhere. It follows no redirect and goes through no proxy.
func newClient(loopback, private bool) *http.Client {
	dialer := &net.Dialer{
		Timeout: patience,
		Control: func(_, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil {
				return err
			}
			if !mayCall(to.Addr().Unmap(), loopback, private) {
				return fmt.Errorf("%s is no public address", to.Addr())
			}
			return nil
		},
	}
	return &http.Client{
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    patience,
			ResponseHeaderTimeout:  patience,
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConnsPerHost:    2,
			IdleConnTimeout:        time.Minute,
		},
	}
}

// notPublic are networks that are neither private nor public (RFC 6890), and those by
// which an IPv4 address is reached through IPv6.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/96"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("fec0::/10"),
}

// mayCall reports whether an address may be called.
func mayCall(to netip.Addr, loopback, private bool) bool {
	switch {
	case to.IsLoopback():
		return loopback
	case to.IsPrivate():
		return private
	case !to.IsGlobalUnicast():
		return false
	}
	for _, network := range notPublic {
		if network.Contains(to) {
			return false
		}
	}
	return true
}
