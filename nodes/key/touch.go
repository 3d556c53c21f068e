package key

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/latchwork/latchwork/engine"
)

const (
	touchEvery = time.Minute // the least time between two uses that are written down
	flushEvery = time.Second // how often they are
)

// touches collects uses of keys. There are no more of them than there are keys.
// The zero value is ready.
type touches struct {
	mu      sync.Mutex
	pending map[string]map[string]engine.Instant // realm → id → use
}

// note keeps a use until the next flush.
func (t *touches) note(realm, id string, at engine.Instant) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.pending == nil {
		t.pending = map[string]map[string]engine.Instant{}
	}
	if t.pending[realm] == nil {
		t.pending[realm] = map[string]engine.Instant{}
	}
	t.pending[realm][id] = max(at, t.pending[realm][id])
}

// flush writes all uses down. Those that the store does not take are lost: the
// next use of the key is as good.
func (t *touches) flush(ctx context.Context, store Store) error {
	t.mu.Lock()
	all := t.pending
	t.pending = nil
	t.mu.Unlock()
	var errs []error
	for realm, used := range all {
		if err := store.Touch(ctx, realm, used); err != nil {
			errs = append(errs, fmt.Errorf("key: write last uses: %w", err))
		}
	}
	return errors.Join(errs...)
}

// Run writes uses of keys down, every second, until ctx ends, and then once
// more. Writes that the store refuses are reported. A key's last use moves at
// most about once a minute.
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
