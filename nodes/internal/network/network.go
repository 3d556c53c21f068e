// Package network says which addresses of a network count as one client.
package network

import "net/netip"

// Of is what counts as one client of an IP address: an IPv4 address, or the
// /64 of an IPv6 address, whose other half everybody chooses at will (R-18,
// What is no address is one client together with all others like it.
func Of(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return "unknown"
	}
	addr = addr.Unmap()
	if addr.Is4() {
		return addr.String()
	}
	prefix, err := addr.Prefix(64) // without a zone
	if err != nil {
		return "unknown"
	}
	return prefix.String()
}
