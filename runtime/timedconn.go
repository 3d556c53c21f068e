package runtime

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// timedConn is a connection whose deadlines cost next to nothing to move.
// net/http moves them six times in each request, and the runtime of Go has a
// timer to move each time.
//
// A deadline that is too early does no harm: once it has passed, the connection
// sees that a later one is wanted, sets that, and goes on. So one that is moved
// to later is not set, but remembered. In a busy connection, which moves its
// deadlines on and on, one in some seconds is set.
type timedConn struct {
	net.Conn
	reads, writes lazyDeadline
}

func newTimedConn(c net.Conn) *timedConn {
	t := &timedConn{Conn: c}
	switch c.(type) {
	case *net.TCPConn, *net.UnixConn:
		t.reads.lazy, t.writes.lazy = true, true
	}
	return t
}

// lazyDeadline is a deadline of reads or writes.
type lazyDeadline struct {
	// lazy says that a connection can be used on after a deadline has passed. A
	// connection of crypto/tls cannot.
	lazy bool

	mu          sync.Mutex
	wanted      time.Time // zero for none
	set         time.Time // at the connection unless interrupted, and never after wanted then
	interrupted bool      // what is set at the connection is long ago
	under       int       // operations under way
}

// longAgo is just after the deadline by which net/http interrupts a read that it
// has begun in the background, time.Unix(1, 0). All others are later, even where a
// machine without a battery thinks that it is 1970.
var longAgo = time.Unix(2, 0)

func interrupts(t time.Time) bool { return !t.IsZero() && t.Before(longAgo) }

// earlier reports whether t ends sooner than other; the zero time never ends.
func earlier(t, other time.Time) bool {
	return !t.IsZero() && (other.IsZero() || t.Before(other))
}

// move moves the deadline, which set sets at the connection. An interruption
// when nothing is under way is seen by what begins next.
func (d *lazyDeadline) move(to time.Time, set func(time.Time) error) error {
	if !d.lazy {
		return set(to)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wanted = to
	switch {
	case interrupts(to):
		if d.under == 0 {
			return nil
		}
		d.interrupted = true
		return set(to)
	case d.interrupted || !earlier(to, d.set):
		return nil
	}
	d.set = to
	return set(to)
}

// begin begins an operation, which end ends unless there is an error. It ends an
// interruption that is over; what was set before that may have been too early and
// is good enough.
func (d *lazyDeadline) begin(set func(time.Time) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lazy && interrupts(d.wanted) {
		return os.ErrDeadlineExceeded
	}
	if d.interrupted {
		d.interrupted = false
		if earlier(d.wanted, d.set) {
			d.set = d.wanted
		}
		if err := set(d.set); err != nil {
			return err
		}
	}
	d.under++
	return nil
}

func (d *lazyDeadline) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.under--
}

// catchUp sets the deadline that is wanted, after one has passed, and reports
// whether there is time left.
func (d *lazyDeadline) catchUp(set func(time.Time) error) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.lazy || !d.wanted.IsZero() && !time.Now().Before(d.wanted) {
		return false
	}
	d.interrupted = false
	d.set = d.wanted
	return set(d.set) == nil
}

// Read is part of net.Conn.
func (c *timedConn) Read(p []byte) (int, error) {
	if err := c.reads.begin(c.Conn.SetReadDeadline); err != nil {
		return 0, err
	}
	defer c.reads.end()
	for {
		n, err := c.Conn.Read(p)
		if n == 0 && errors.Is(err, os.ErrDeadlineExceeded) && c.reads.catchUp(c.Conn.SetReadDeadline) {
			continue
		}
		return n, err
	}
}

// Write is part of net.Conn.
func (c *timedConn) Write(p []byte) (int, error) {
	if err := c.writes.begin(c.Conn.SetWriteDeadline); err != nil {
		return 0, err
	}
	defer c.writes.end()
	written := 0
	for {
		n, err := c.Conn.Write(p[written:])
		written += n
		if errors.Is(err, os.ErrDeadlineExceeded) && c.writes.catchUp(c.Conn.SetWriteDeadline) {
			continue
		}
		return written, err
	}
}

// SetReadDeadline is part of net.Conn.
func (c *timedConn) SetReadDeadline(t time.Time) error {
	return c.reads.move(t, c.Conn.SetReadDeadline)
}

// SetWriteDeadline is part of net.Conn.
func (c *timedConn) SetWriteDeadline(t time.Time) error {
	return c.writes.move(t, c.Conn.SetWriteDeadline)
}

// SetDeadline is part of net.Conn.
func (c *timedConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}
