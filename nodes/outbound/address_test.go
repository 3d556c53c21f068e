package outbound

import (
	"net/netip"
	"testing"
)

// which addresses are called.
func TestAddresses_R63(t *testing.T) {
	const public, internal, never = "public", "internal", "never"
	for address, want := range map[string]string{
		"8.8.8.8": public, "93.184.216.34": public, "100.63.255.255": public, "100.128.0.0": public, "172.15.0.1": public, "172.32.0.1": public,
		"2606:2800:220:1::1": public, "2a00:1450::1": public,

		"127.0.0.1": internal, "127.255.255.254": internal, "::1": internal, // this machine
		"10.0.0.1": internal, "172.16.0.1": internal, "172.31.255.255": internal, "192.168.1.1": internal, "fc00::1": internal, "fd12::1": internal,
		"100.64.0.1": internal, "100.127.255.255": internal, // of a carrier

		"0.0.0.0": never, "0.1.2.3": never, "::": never,
		"169.254.169.254": never, "169.254.0.1": never, "fe80::1": never, "fe80::1%lo": never, // link-local
		"224.0.0.1": never, "239.1.1.1": never, "ff02::1": never, "ff0e::1": never, // many at once
		"255.255.255.255": never, "240.0.0.1": never, "192.0.0.1": never, "192.0.2.1": never, "198.18.0.1": never, "198.51.100.1": never, "203.0.113.1": never,
		"192.88.99.1":      never,
		"::ffff:127.0.0.1": never, "::ffff:10.0.0.1": never, "::ffff:8.8.8.8": never, // mapped
		"::127.0.0.1": never, "::8.8.8.8": never,
		"64:ff9b::7f00:1": never, "64:ff9b::808:808": never, "64:ff9b:1::1": never, // NAT64
		"2002:7f00:1::": never, "2001:0:1::1": never, "2001:db8::1": never, "3fff::1": never, "fec0::1": never, "100::1": never, "5f00::1": never,
	} {
		to := netip.AddrPortFrom(netip.MustParseAddr(address), 443).String()
		outside, inside := at(Host{}.allows, "x", to) == nil, at(Host{Internal: true}.allows, "x", to) == nil
		if outside != (want == public) || inside != (want != never) {
			t.Errorf("%s: got %t, of an internal host %t, want %s", address, outside, inside, want)
		}
	}
	if at(Host{Internal: true}.allows, "x", "nonsense") == nil {
		t.Error("what is no address is allowed")
	}
}
