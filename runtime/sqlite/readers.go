package sqlite

import (
	"context"
	"slices"
	"sync"
)

// readers is a pool of connections that read. They are opened when they are
// first needed, and the one that was used last is used next, since its pages
// are the warmest. Callers that find all of them in use wait in a line.
type readers struct {
	open  func() (*conn, error)
	limit int

	mu     sync.Mutex
	opened int // how many connections there are, in use or free
	free   []*conn
	line   []chan *conn // of callers; each takes one connection, or nil for the right to open one
	closed bool
	idle   sync.Cond // signalled when the last connection has been given back; its lock is mu
}

func newReaders(limit int, open func() (*conn, error)) *readers {
	r := &readers{open: open, limit: limit}
	r.idle.L = &r.mu
	return r
}

// do calls fn with a connection that nobody else uses. ctx counts while it
// waits for one.
func (r *readers) do(ctx context.Context, fn func(*conn) error) error {
	c, err := r.take(ctx)
	if err != nil {
		return err
	}
	defer r.give(c)
	return fn(c)
}

func (r *readers) take(ctx context.Context) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil, ErrClosed
	}
	if n := len(r.free); n > 0 {
		c := r.free[n-1]
		r.free = r.free[:n-1]
		r.mu.Unlock()
		return c, nil
	}
	if r.opened < r.limit {
		r.opened++
		r.mu.Unlock()
		return r.openOne()
	}
	turn := make(chan *conn, 1)
	r.line = append(r.line, turn)
	r.mu.Unlock()
	return r.wait(ctx, turn)
}

// wait waits for the caller's turn.
func (r *readers) wait(ctx context.Context, turn chan *conn) (*conn, error) {
	select {
	case c := <-turn:
		if c == nil {
			return r.openOne()
		}
		return c, nil
	case <-ctx.Done():
	}
	r.mu.Lock()
	i := slices.Index(r.line, turn)
	if i >= 0 {
		r.line = slices.Delete(r.line, i, i+1)
	}
	r.mu.Unlock()
	if i < 0 {
		// The turn came all the same: the next one has it.
		r.give(<-turn)
	}
	return nil, ctx.Err()
}

// openOne opens a connection that is counted already.
func (r *readers) openOne() (*conn, error) {
	c, err := r.open()
	if err != nil {
		r.give(nil)
		return nil, err
	}
	return c, nil
}

// give hands a connection to the first in the line, else lays it by. A nil
// stands for one that could not be opened: another caller may try.
func (r *readers) give(c *conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.line) > 0 {
		r.line[0] <- c
		r.line = slices.Delete(r.line, 0, 1)
		return
	}
	if c == nil {
		r.opened--
	} else {
		r.free = append(r.free, c)
	}
	if len(r.free) == r.opened {
		r.idle.Broadcast()
	}
}

// close refuses further reads, waits for those under way and for those in the
// line, and closes the connections.
func (r *readers) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for len(r.free) < r.opened {
		r.idle.Wait()
	}
	var first error
	for _, c := range r.free {
		if err := c.close(); err != nil && first == nil {
			first = err
		}
	}
	r.free, r.opened = nil, 0
	return first
}
