package runtime

import (
	"context"
	"sync"
	"time"
)

// deadline is a context that ends at a moment, as that of context.WithDeadline
// does, but sets no timer before somebody waits for its end: most runs are over
// before they wait for anything.
type deadline struct {
	context.Context
	at time.Time

	mu     sync.Mutex
	timed  context.Context // nil before somebody waits
	cancel context.CancelFunc
	over   bool
}

var _ context.Context = (*deadline)(nil)

func withDeadline(parent context.Context, at time.Time) *deadline {
	return &deadline{Context: parent, at: at}
}

// Deadline is part of context.Context.
func (d *deadline) Deadline() (time.Time, bool) {
	if at, ok := d.Context.Deadline(); ok && at.Before(d.at) {
		return at, true
	}
	return d.at, true
}

// Done is part of context.Context.
func (d *deadline) Done() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.timed != nil:
	case d.over:
		d.timed, d.cancel = context.WithCancel(d.Context)
		d.cancel()
	default:
		d.timed, d.cancel = context.WithDeadline(d.Context, d.at)
	}
	return d.timed.Done()
}

// Err is part of context.Context.
func (d *deadline) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.timed != nil:
		return d.timed.Err()
	case d.over:
		return context.Canceled
	}
	if err := d.Context.Err(); err != nil {
		return err
	}
	if time.Until(d.at) <= 0 {
		return context.DeadlineExceeded
	}
	return nil
}

// end cancels the context, as the function of context.WithDeadline does.
func (d *deadline) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.over = true
	if d.cancel != nil {
		d.cancel()
	}
}
