package session

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	// flushEvery is how often uses are written down, in one write for all.
	flushEvery = time.Second
	// maxTouches bounds the memory of uses that are not written down yet. Beyond
	// it they are dropped: a store that takes nothing for that long has worse
	// troubles, and sessions end early rather than late.
	maxTouches = 100_000
)

// touches collects uses of sessions. It keeps each until the store has taken it,
// so that a use counts from the moment it happens. The zero value is ready.
type touches struct {
	mu      sync.RWMutex
	pending map[touchKey]Touch
}

type touchKey struct {
	realm string
	hash  Hash
}

// note keeps a use until the next flush.
func (t *touches) note(touch Touch) {
	key := touchKey{touch.Realm, touch.Hash}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.pending == nil {
		t.pending = map[touchKey]Touch{}
	}
	if old, known := t.pending[key]; !known && len(t.pending) >= maxTouches || old.LastSeen >= touch.LastSeen {
		return
	}
	t.pending[key] = touch
}

// overlay moves r to its last use that is not written down yet. It brings back
// nothing: r was found in the store, just now, and what has ended before a use
// was refused then.
func (t *touches) overlay(realm string, r *Record) {
	t.mu.RLock()
	touch, known := t.pending[touchKey{realm, r.Hash}]
	t.mu.RUnlock()
	if known && touch.LastSeen > r.LastSeen {
		r.LastSeen, r.IdleEnd = touch.LastSeen, touch.IdleEnd
	}
}

// flush writes all uses down. Those that the store does not take stay.
func (t *touches) flush(ctx context.Context, store Store) error {
	t.mu.RLock()
	batch := slices.Collect(maps.Values(t.pending))
	t.mu.RUnlock()
	if len(batch) == 0 {
		return nil
	}
	if err := store.Touch(ctx, batch); err != nil {
		return fmt.Errorf("session: write last uses: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, touch := range batch {
		key := touchKey{touch.Realm, touch.Hash}
		if t.pending[key] == touch { // not used again meanwhile
			delete(t.pending, key)
		}
	}
	return nil
}

// Run writes uses of sessions down, every second, until ctx ends, and then once
// more. Writes that the store refuses are reported, and tried again with the
// next. A session's last use moves at most once a minute, so a busy session
// costs no more writes than that.
func (m *Manager) Run(ctx context.Context, report func(error)) {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
		if err := m.touches.flush(context.WithoutCancel(ctx), m.Store); err != nil {
			report(err)
		}
	}
}
