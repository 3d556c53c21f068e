package key

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/internal/lastuse"
)

// touchEvery is the least time between two uses of a key that are written down.
const touchEvery = time.Minute

// used is a key that was used.
type used struct{ realm, id string }

// flush writes all uses down. Those that the store does not take stay.
func (m *Manager) flush(ctx context.Context) error { return m.uses.Flush(ctx, m.writeUses) }

func (m *Manager) writeUses(ctx context.Context, uses map[used]lastuse.Use) error {
	byRealm := map[string]map[string]engine.Instant{}
	for key, use := range uses {
		if byRealm[key.realm] == nil {
			byRealm[key.realm] = map[string]engine.Instant{}
		}
		byRealm[key.realm][key.id] = use.At
	}
	var errs []error
	for realm, ids := range byRealm {
		if err := m.Store.Touch(ctx, realm, ids); err != nil {
			errs = append(errs, fmt.Errorf("key: write last uses: %w", err))
		}
	}
	return errors.Join(errs...)
}

// Run writes uses of keys down, every second, until ctx ends, and then once
// more. Writes that the store refuses are reported, and tried again with the
// next. A key's last use moves at most about once a minute.
func (m *Manager) Run(ctx context.Context, report func(error)) { lastuse.Run(ctx, m.flush, report) }
