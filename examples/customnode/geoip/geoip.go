// Package geoip is a node type that tells from where a request comes.
package geoip

import (
	"context"
	"net/netip"

	"github.com/latchwork/latchwork/engine"
)

// Networks says in which country a network is. A real application would read it
// from a file; an address that is in none of them is nowhere.
type Networks map[netip.Prefix]string

// Table is a small table to try the example with. Its networks are reserved for
// documentation (RFC 5737), but for loopback, where you are.
var Table = Networks{
	netip.MustParsePrefix("127.0.0.0/8"):     "here",
	netip.MustParsePrefix("192.0.2.0/24"):    "CH",
	netip.MustParsePrefix("198.51.100.0/24"): "KP",
}

// with is what a flow sets under "with".
type with struct {
	Country []string `flow:"allowed,literal" doc:"The countries from which a sign-in is expected." example:"[CH, DE]"`
}

// place is what the outcomes carry.
type place struct {
	Country string `flow:"country" doc:"The country, or nowhere."`
}

// outcomes are the ways by which the node leaves; the first is the default.
type outcomes struct {
	Expected   engine.Outcome[place] `flow:"expected" doc:"The caller is in one of the allowed countries."`
	Suspicious engine.Outcome[place] `flow:"suspicious" fails:"403 unexpected_country Sign-in from here is not expected." doc:"The caller is elsewhere."`
}

// Lookup is the node type geoip.lookup over a table.
func Lookup(table Networks) engine.NodeType {
	return engine.Define("geoip.lookup", "Tells whether the caller is where sign-ins are expected from.",
		func(ctx context.Context, in with, out outcomes) (engine.Exit, error) {
			country := table.find(engine.CallerOf(ctx).IP)
			for _, allowed := range in.Country {
				if allowed == country {
					return out.Expected.Exit(place{country}), nil
				}
			}
			return out.Suspicious.Exit(place{country}), nil
		}, engine.Pure)
}

// find is the country of an address. What cannot be read is nowhere, and nowhere
// is never expected.
func (t Networks) find(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return "nowhere"
	}
	for network, country := range t {
		if network.Contains(addr.Unmap()) {
			return country
		}
	}
	return "nowhere"
}
