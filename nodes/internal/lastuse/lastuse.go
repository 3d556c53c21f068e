// Package lastuse collects when sessions and API keys were last used, so that
// many uses are written down at a time.
package lastuse

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/latchwork/latchwork/engine"
)

const (
	// flushEvery is how often uses are written down, in one write for all.
	flushEvery = time.Second

	// Max bounds the memory of uses that are not written down yet. Beyond it they
	// are dropped: a store that takes nothing for that long has worse troubles, and
	// what depends on a last use ends early rather than late.
	Max = 100_000
)

// Use is a use of something.
type Use struct {
	At  engine.Instant
	End engine.Instant // when it ends if it is not used again; 0 where nothing follows from a use
}

// Uses collects uses by what is used. It keeps each until the store has taken
// it, so that a use counts from the moment it happens. The zero value is ready.
type Uses[K comparable] struct {
	mu      sync.RWMutex
	pending map[K]Use
}

// Note keeps a use until the next flush, unless a later one is known.
func (u *Uses[K]) Note(key K, use Use) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.pending == nil {
		u.pending = map[K]Use{}
	}
	if old, known := u.pending[key]; !known && len(u.pending) >= Max || old.At >= use.At {
		return
	}
	u.pending[key] = use
}

// Find is the last use that is not written down yet, and whether there is one.
func (u *Uses[K]) Find(key K) (Use, bool) {
	u.mu.RLock()
	defer u.mu.RUnlock()
	use, known := u.pending[key]
	return use, known
}

// Len is how many uses are not written down yet.
func (u *Uses[K]) Len() int {
	u.mu.RLock()
	defer u.mu.RUnlock()
	return len(u.pending)
}

// Flush writes all uses down. If that fails they stay.
func (u *Uses[K]) Flush(ctx context.Context, write func(context.Context, map[K]Use) error) error {
	u.mu.RLock()
	batch := maps.Clone(u.pending)
	u.mu.RUnlock()
	if len(batch) == 0 {
		return nil
	}
	if err := write(ctx, batch); err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for key, use := range batch {
		if u.pending[key] == use { // not used again meanwhile
			delete(u.pending, key)
		}
	}
	return nil
}

// Run flushes every second until ctx ends, and then once more. Failures are
// reported; what was not written down is written with the next.
func Run(ctx context.Context, flush func(context.Context) error, report func(error)) {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
		if err := flush(context.WithoutCancel(ctx)); err != nil {
			report(err)
		}
	}
}
