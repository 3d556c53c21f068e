package sqlite

import (
	"context"
	"sync"
)

// readers is a pool of connections that read. They are opened when they are
// first needed, and the one that was used last is used next, since its pages
// are the warmest.
type readers struct {
	open  func() (*conn, error)
	slots chan struct{} // holds one token for each connection in use

	mu     sync.Mutex
	free   []*conn
	closed chan struct{}
}

func newReaders(n int, open func() (*conn, error)) *readers {
	return &readers{open: open, slots: make(chan struct{}, n), closed: make(chan struct{})}
}

// do calls fn with a connection that nobody else uses. ctx counts while it
// waits for one.
func (r *readers) do(ctx context.Context, fn func(*conn) error) error {
	if err := r.enter(ctx); err != nil {
		return err
	}
	defer func() { <-r.slots }()
	c, err := r.take()
	if err != nil {
		return err
	}
	defer r.give(c)
	return fn(c)
}

func (r *readers) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-r.closed:
		return ErrClosed
	default:
	}
	select {
	case r.slots <- struct{}{}:
		return nil
	default:
	}
	select {
	case r.slots <- struct{}{}:
		return nil
	case <-r.closed:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *readers) take() (*conn, error) {
	r.mu.Lock()
	if n := len(r.free); n > 0 {
		c := r.free[n-1]
		r.free = r.free[:n-1]
		r.mu.Unlock()
		return c, nil
	}
	r.mu.Unlock()
	return r.open()
}

func (r *readers) give(c *conn) {
	r.mu.Lock()
	r.free = append(r.free, c)
	r.mu.Unlock()
}

// close refuses further reads, waits for those under way and closes the
// connections. It may be called once.
func (r *readers) close() error {
	close(r.closed)
	for range cap(r.slots) {
		r.slots <- struct{}{}
	}
	var first error
	for _, c := range r.free {
		if err := c.close(); err != nil && first == nil {
			first = err
		}
	}
	r.free = nil
	return first
}
