package session

import (
	"context"
	"fmt"

	"github.com/latchwork/latchwork/nodes/internal/lastuse"
)

// used is a session that was used: whoever finds one knows it by its hash.
type used struct {
	realm string
	hash  Hash
}

// overlay moves r to its last use that is not written down yet. It brings back
// nothing: r was found in the store, just now, and what has ended before a use
// was refused then.
func (m *Manager) overlay(realm string, r *Record) {
	if use, known := m.uses.Find(used{realm, r.Hash}); known && use.At > r.LastSeen {
		r.LastSeen, r.IdleEnd = use.At, use.End
	}
}

// flush writes all uses down. Those that the store does not take stay.
func (m *Manager) flush(ctx context.Context) error { return m.uses.Flush(ctx, m.writeUses) }

func (m *Manager) writeUses(ctx context.Context, uses map[used]lastuse.Use) error {
	touches := make([]Touch, 0, len(uses))
	for key, use := range uses {
		touches = append(touches, Touch{Realm: key.realm, Hash: key.hash, LastSeen: use.At, IdleEnd: use.End})
	}
	if err := m.Store.Touch(ctx, touches); err != nil {
		return fmt.Errorf("session: write last uses: %w", err)
	}
	return nil
}

// Run writes uses of sessions down, every second, until ctx ends, and then once
// more. Writes that the store refuses are reported, and tried again with the
// next. A session's last use moves at most once a minute, so a busy session
// costs no more writes than that.
func (m *Manager) Run(ctx context.Context, report func(error)) { lastuse.Run(ctx, m.flush, report) }
