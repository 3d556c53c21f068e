package network_test

import (
	"testing"

	"github.com/latchwork/latchwork/nodes/internal/network"
)

func TestOf(t *testing.T) {
	tests := []struct{ name, ip, want string }{
		{"IPv4", "203.0.113.7", "203.0.113.7"},
		{"IPv4 in IPv6", "::ffff:203.0.113.7", "203.0.113.7"},
		{"R-18 IPv6 by /64", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
		{"A-24 another of the same /64", "2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"},
		{"another /64", "2001:db8:1:3::1", "2001:db8:1:3::/64"},
		{"with a zone", "fe80::1%eth0", "fe80::/64"},
		{"none", "", "unknown"},
		{"with a port", "203.0.113.7:443", "unknown"},
		{"no address", "unix@", "unknown"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := network.Of(tt.ip); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
