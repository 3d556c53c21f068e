package provider

import (
	"net/http"
	"net/netip"
	"time"

	"github.com/latchwork/latchwork/nodes/outbound"
)

// patience is how long a provider may take for one answer.
const patience = 5 * time.Second

// newClient makes a client that calls public addresses only, and those of this machine
// or of private networks where app.yaml names them.
func newClient(loopback, private bool) *http.Client {
	c := outbound.Config{}.ClientAt(func(to netip.Addr) bool { return mayCall(to.Unmap(), loopback, private) })
	c.Timeout = patience
	return c
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
