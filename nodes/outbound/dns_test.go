package outbound_test

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"testing"
)

// dns is a resolver that gives its answers one after the other, the last one for good,
// whatever is asked for.
type dns struct {
	mu      sync.Mutex
	answers []string
	asked   int
}

func (d *dns) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go d.serve(conn)
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func (d *dns) serve(conn net.PacketConn) {
	buf := make([]byte, 512)
	for {
		n, from, err := conn.ReadFrom(buf)
		if err != nil {
			return
		}
		conn.WriteTo(d.answer(buf[:n]), from)
	}
}

// answer is the answer to a query (RFC 1035 §4): an address of IPv4, and none of IPv6.
func (d *dns) answer(query []byte) []byte {
	end := 12
	for query[end] != 0 {
		end += int(query[end]) + 1
	}
	end += 5 // the end of the name, type, class
	answer := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, query[12:end]...)
	if kind := binary.BigEndian.Uint16(query[end-4:]); kind != 1 {
		return answer
	}
	ip := netip.MustParseAddr(d.next()).As4()
	answer[7] = 1
	answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
	return append(answer, ip[:]...)
}

func (d *dns) next() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked++
	return d.answers[min(d.asked, len(d.answers))-1]
}
