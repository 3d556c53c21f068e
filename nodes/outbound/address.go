package outbound

import (
	"net/netip"
	"strings"
)

// IsLoopback reports whether a host name can only mean this machine.
func IsLoopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// global are the addresses of IPv6 that are given out (RFC 4291 §2.4). What maps or
// translates those of IPv4 lies outside: ::/96, ::ffff:0:0/96, 64:ff9b::/96,
// 64:ff9b:1::/48.
var global = netip.MustParsePrefix("2000::/3")

// special are addresses that no server on the Internet has, besides those that package
// netip knows of (IANA IPv4 and IPv6 Special-Purpose Address Registries).
var special = prefixes(
	"0.0.0.0/8",       // this network
	"100.64.0.0/10",   // shared by customers of a carrier
	"192.0.0.0/24",    // protocols
	"192.0.2.0/24",    // documentation
	"192.88.99.0/24",  // relays of 6to4
	"198.18.0.0/15",   // benchmarks
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"240.0.0.0/4",     // reserved, and broadcast
	"2001::/23",       // protocols, such as Teredo, which wraps IPv4
	"2001:db8::/32",   // documentation
	"2002::/16",       // 6to4, which wraps IPv4
	"3fff::/20",       // documentation
)

// inside are addresses of networks that belong to somebody, besides those that package
// netip calls private.
var inside = prefixes("100.64.0.0/10")

func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		list[i] = netip.MustParsePrefix(text)
	}
	return list
}

func in(list []netip.Prefix, a netip.Addr) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// IsPublic reports whether an address is one of the Internet.
func IsPublic(a netip.Addr) bool {
	return a.IsGlobalUnicast() && !a.IsPrivate() && (a.Is4() || global.Contains(a)) && !in(special, a)
}

// IsInside reports whether an address is of this machine or of a network around it.
// Link-local ones are not: the servers there know secrets of the machine and give them to
// whoever asks.
func IsInside(a netip.Addr) bool {
	return !a.Is4In6() && (a.IsLoopback() || a.IsPrivate() || in(inside, a))
}
