package runtime

import (
	"net/http"
	"testing"
)

func TestClientIP_R18(t *testing.T) {
	trusted := proxies{}
	for _, text := range []string{"10.0.0.0/8", "192.0.2.1", "fd00::/8"} {
		var p Proxy
		if err := p.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		trusted = append(trusted, p)
	}
	tests := []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"no proxy", "203.0.113.9:1234", nil, "203.0.113.9"},
		{"forged by a client", "203.0.113.9:1234", []string{"1.2.3.4"}, "203.0.113.9"},
		{"by a proxy", "10.1.2.3:1", []string{"203.0.113.9"}, "203.0.113.9"},
		{"by a single address", "192.0.2.1:1", []string{"203.0.113.9"}, "203.0.113.9"},
		{"by a neighbour of it", "192.0.2.2:1", []string{"203.0.113.9"}, "192.0.2.2"},
		{"forged before a proxy", "10.1.2.3:1", []string{"1.2.3.4, 203.0.113.9"}, "203.0.113.9"},
		{"forged in a field of its own", "10.1.2.3:1", []string{"1.2.3.4", "203.0.113.9"}, "203.0.113.9"},
		{"two proxies", "10.1.2.3:1", []string{"1.2.3.4, 203.0.113.9, 10.9.9.9"}, "203.0.113.9"},
		{"only proxies", "10.1.2.3:1", []string{"10.7.7.7, 10.9.9.9"}, "10.7.7.7"},
		{"by a proxy without the field", "10.1.2.3:1", nil, "10.1.2.3"},
		{"with a port", "10.1.2.3:1", []string{"203.0.113.9:55"}, "203.0.113.9"},
		{"IPv6 with a port", "10.1.2.3:1", []string{"[2001:db8::1]:55"}, "2001:db8::1"},
		{"IPv6", "[fd00::1]:1", []string{"2001:db8::1"}, "2001:db8::1"},
		{"IPv6 peer", "[2001:db8::2]:1", []string{"1.2.3.4"}, "2001:db8::2"},
		{"peer with a zone", "[fe80::1%eth0]:1", nil, "fe80::1"},
		{"IPv4 in IPv6", "[::ffff:203.0.113.9]:1", nil, "203.0.113.9"},
		{"proxy as IPv4 in IPv6", "[::ffff:10.1.2.3]:1", []string{"203.0.113.9"}, "203.0.113.9"},
		{"entry as IPv4 in IPv6", "10.1.2.3:1", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		{"A-01 unparsable", "10.1.2.3:1", []string{"unknown"}, "10.1.2.3"},
		{"A-01 unparsable in the middle", "10.1.2.3:1", []string{"1.2.3.4, garbage, 10.9.9.9"}, "10.1.2.3"},
		{"A-01 unparsable to the left of the client", "10.1.2.3:1", []string{"garbage, 203.0.113.9"}, "203.0.113.9"},
		{"A-01 empty entry", "10.1.2.3:1", []string{"203.0.113.9,"}, "10.1.2.3"},
		{"A-01 zone", "10.1.2.3:1", []string{"fe80::1%eth0"}, "10.1.2.3"},
		{"A-01 several addresses in one", "10.1.2.3:1", []string{"1.2.3.4 5.6.7.8"}, "10.1.2.3"},
		{"A-01 leading zeros", "10.1.2.3:1", []string{"010.1.2.3"}, "10.1.2.3"},
		{"no IP network", "@", []string{"203.0.113.9"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &http.Request{RemoteAddr: tt.peer, Header: http.Header{}}
			if tt.forwarded != nil {
				r.Header["X-Forwarded-For"] = tt.forwarded
			}
			if got := trusted.clientIP(r); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
