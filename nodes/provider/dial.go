package provider

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"github.com/latchwork/latchwork/nodes/outbound"
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

// mayCall reports whether an address may be called.
func mayCall(to netip.Addr, loopback, private bool) bool {
	switch {
	case to.IsLoopback():
		return loopback
	case outbound.IsInside(to):
		return private
	}
	return outbound.IsPublic(to)
}
