package runtime

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// proxies are the addresses from which X-Forwarded-For is believed.
type proxies []Proxy

func (p proxies) trust(addr netip.Addr) bool {
	return slices.ContainsFunc(p, func(prefix Proxy) bool { return prefix.Contains(addr) })
}

// clientIP is the address of the client without port and zone, or "" where the
// request came by no IP network. X-Forwarded-For is read from right to left, as
// long as the address that wrote an entry is trusted. One entry that is no
// address makes the whole field worthless, and the peer counts: an address that
// cannot be read must not switch off a limit.
func (p proxies) clientIP(r *http.Request) string {
	addrPort, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	peer := addrPort.Addr()
	if plain := peer.Unmap().WithZone(""); plain != peer {
		peer = plain
	} else if !p.trust(peer) {
		// The usual case: the host as it stands in RemoteAddr, without a copy.
		return strings.Trim(r.RemoteAddr[:strings.LastIndexByte(r.RemoteAddr, ':')], "[]")
	}
	if p.trust(peer) {
		peer = p.forwardedFor(peer, r.Header["X-Forwarded-For"])
	}
	return peer.String()
}

func (p proxies) forwardedFor(peer netip.Addr, lines []string) netip.Addr {
	client := peer
	for _, line := range slices.Backward(lines) {
		for line != "" {
			var entry string
			if i := strings.LastIndexByte(line, ','); i >= 0 {
				line, entry = line[:i], line[i+1:]
			} else {
				line, entry = "", line
			}
			addr, ok := forwarded(strings.TrimSpace(entry))
			if !ok {
				return peer
			}
			if client = addr; !p.trust(client) {
				return client
			}
		}
	}
	return client
}

// forwarded reads one entry of X-Forwarded-For. Some proxies write the port.
func forwarded(entry string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(entry)
	if err != nil {
		withPort, err := netip.ParseAddrPort(entry)
		if err != nil {
			return netip.Addr{}, false
		}
		addr = withPort.Addr()
	}
	// A zone means something on the proxy's machine only.
	return addr.Unmap(), addr.Zone() == ""
}
