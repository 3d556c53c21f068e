package runtime

import (
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// connected is both ends of a connection over TCP, of which the server's is timed.
func connected(t testing.TB) (client net.Conn, server *timedConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); c.Close() })
	return client, newTimedConn(c)
}

const (
	soon  = 30 * time.Millisecond
	later = 4 * soon
)

// wantTimeout wants an operation to end by its deadline, not before.
func wantTimeout(t *testing.T, at time.Time, err error) {
	t.Helper()
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v, want the end of the time", err)
	}
	if now := time.Now(); now.Before(at) {
		t.Errorf("ended %v too early", at.Sub(now))
	}
}

func TestTimedReads(t *testing.T) {
	read := func(c *timedConn) error {
		_, err := io.ReadFull(c, make([]byte, 1))
		return err
	}
	t.Run("a deadline", func(t *testing.T) {
		_, c := connected(t)
		at := time.Now().Add(soon)
		c.SetReadDeadline(at)
		wantTimeout(t, at, read(c))
		wantTimeout(t, at, read(c))
	})
	t.Run("moved to later", func(t *testing.T) {
		_, c := connected(t)
		c.SetReadDeadline(time.Now().Add(soon))
		at := time.Now().Add(later)
		c.SetReadDeadline(at)
		wantTimeout(t, at, read(c))
	})
	t.Run("moved to earlier", func(t *testing.T) {
		_, c := connected(t)
		c.SetDeadline(time.Now().Add(time.Hour))
		at := time.Now().Add(soon)
		c.SetDeadline(at)
		wantTimeout(t, at, read(c))
	})
	t.Run("moved to later once it is over", func(t *testing.T) {
		client, c := connected(t)
		at := time.Now().Add(soon)
		c.SetReadDeadline(at)
		wantTimeout(t, at, read(c))
		c.SetReadDeadline(time.Now().Add(time.Hour))
		client.Write([]byte("x"))
		if err := read(c); err != nil {
			t.Error(err)
		}
	})
	t.Run("taken away", func(t *testing.T) {
		client, c := connected(t)
		c.SetReadDeadline(time.Now().Add(soon))
		c.SetReadDeadline(time.Time{})
		time.AfterFunc(later, func() { client.Write([]byte("x")) })
		if err := read(c); err != nil {
			t.Error(err)
		}
	})
	t.Run("interrupted", func(t *testing.T) {
		client, c := connected(t)
		c.SetReadDeadline(time.Now().Add(time.Hour))
		time.AfterFunc(soon, func() { c.SetReadDeadline(time.Unix(1, 0)) })
		wantTimeout(t, time.Time{}, read(c))
		wantTimeout(t, time.Time{}, read(c))
		at := time.Now().Add(soon)
		c.SetReadDeadline(at) // earlier than what was set before
		wantTimeout(t, at, read(c))
		c.SetReadDeadline(time.Unix(1, 0))
		wantTimeout(t, time.Time{}, read(c))
		c.SetReadDeadline(time.Time{}) // later than what was set before
		client.Write([]byte("x"))
		if err := read(c); err != nil {
			t.Error(err)
		}
	})
	t.Run("closed", func(t *testing.T) {
		client, c := connected(t)
		c.SetReadDeadline(time.Now().Add(time.Hour))
		client.Close()
		if err := read(c); !errors.Is(err, io.EOF) {
			t.Errorf("got %v, want the end of the connection", err)
		}
		c.SetReadDeadline(time.Unix(1, 0))
		c.Close()
		c.SetReadDeadline(time.Time{})
		if err := read(c); !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v, want a closed connection", err)
		}
	})
}

// A write that has been cut short by a deadline that was too early goes on where
// it stopped.
func TestTimedWrites(t *testing.T) {
	client, c := connected(t)
	all := make([]byte, 16<<20) // more than the buffers between take
	for i := range all {
		all[i] = byte(i % 251)
	}
	c.SetWriteDeadline(time.Now().Add(soon))
	c.SetWriteDeadline(time.Now().Add(time.Hour))
	written := make(chan error, 1)
	go func() {
		n, err := c.Write(all)
		if n != len(all) && err == nil {
			err = io.ErrShortWrite
		}
		written <- errors.Join(err, c.Close())
	}()
	time.Sleep(later)
	got, err := io.ReadAll(client)
	if err := errors.Join(err, <-written); err != nil {
		t.Fatal(err)
	}
	if string(got) != string(all) {
		t.Errorf("got %d bytes, which are not the %d that were written", len(got), len(all))
	}

	_, c = connected(t)
	at := time.Now().Add(soon)
	c.SetWriteDeadline(at)
	n, err := c.Write(all)
	wantTimeout(t, at, err)
	if n == 0 || n == len(all) {
		t.Errorf("%d of %d bytes were written", n, len(all))
	}
}

// A write is interrupted as a read is, before it begins and while it is under way.
func TestTimedWriteIsInterrupted(t *testing.T) {
	_, c := connected(t)
	c.SetWriteDeadline(time.Unix(1, 0))
	if n, err := c.Write([]byte("x")); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %d, %v, want nothing written", n, err)
	}
	c.SetWriteDeadline(time.Time{})
	time.AfterFunc(soon, func() { c.SetWriteDeadline(time.Unix(1, 0)) })
	_, err := c.Write(make([]byte, 16<<20)) // more than the buffers between take
	wantTimeout(t, time.Time{}, err)
	c.SetWriteDeadline(time.Now().Add(soon))
	at := time.Now().Add(soon / 2)
	c.SetWriteDeadline(at)
	_, err = c.Write(make([]byte, 16<<20))
	wantTimeout(t, at, err)
}

// deadlineCounter counts deadlines that are set.
type deadlineCounter struct {
	net.Conn
	n atomic.Int64
}

func (c *deadlineCounter) SetReadDeadline(t time.Time) error {
	c.n.Add(1)
	return c.Conn.SetReadDeadline(t)
}

func (c *deadlineCounter) SetWriteDeadline(t time.Time) error {
	c.n.Add(1)
	return c.Conn.SetWriteDeadline(t)
}

// A connection that is not known to go on after a deadline has its own as they
// are asked for.
func TestTimedOthers(t *testing.T) {
	_, server := connected(t)
	counted := &deadlineCounter{Conn: server.Conn}
	c := newTimedConn(counted)
	for i := range 5 {
		c.SetDeadline(time.Now().Add(time.Duration(i) * time.Hour))
	}
	if n := counted.n.Load(); n != 10 {
		t.Errorf("%d deadlines were set, want 10", n)
	}
	at := time.Now().Add(soon)
	c.SetReadDeadline(at)
	_, err := c.Read(make([]byte, 1))
	wantTimeout(t, at, err)
}

// Of the deadlines that net/http moves in a request, few are set.
func TestTimedConnIsLazy(t *testing.T) {
	_, server := connected(t)
	counted := &deadlineCounter{Conn: server.Conn}
	c := &timedConn{Conn: counted}
	c.reads.lazy, c.writes.lazy = true, true
	const requests = 100
	for range requests {
		now := time.Now()
		c.SetReadDeadline(now.Add(headerTimeout))
		c.SetReadDeadline(now.Add(readTimeout))
		c.SetWriteDeadline(now.Add(time.Minute))
		c.SetReadDeadline(time.Time{})
		c.SetReadDeadline(time.Unix(1, 0))
		c.Read(make([]byte, 1))
		c.SetReadDeadline(time.Time{})
		c.SetWriteDeadline(time.Time{})
		c.SetReadDeadline(now.Add(idleTimeout))
		if err := c.reads.begin(counted.SetReadDeadline); err != nil {
			t.Fatal(err)
		}
		c.reads.end()
	}
	if n, most := counted.n.Load(), int64(2); n > most {
		t.Errorf("%d requests set %d deadlines, want at most %d", requests, n, most)
	}
}

// The clock of a bubble stands at 2000-01-01, as that of a machine without a battery
// may: a deadline to come is none that interrupts.
func TestTimedConnEarlyClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		defer client.Close()
		c := newTimedConn(server)
		defer c.Close()
		c.reads.lazy = true
		_ = c.SetReadDeadline(time.Now().Add(time.Hour))
		go func() { _, _ = client.Write([]byte("x")) }()
		if _, err := c.Read(make([]byte, 1)); err != nil {
			t.Errorf("got %v, want what was sent", err)
		}
	})
}
