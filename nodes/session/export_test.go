package session

import (
	"context"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/internal/lastuse"
)

// Open opens a session as Create does for a proof with a ceiling.
func (m *Manager) Open(ctx context.Context, userID string, ceiling engine.Instant) (Session, error) {
	return m.open(ctx, claim{userID: userID, factors: []string{"password"}, ceiling: ceiling}, CreateOptions{})
}

// Flush writes uses down, as Run does every second.
func (m *Manager) Flush(ctx context.Context) error { return m.flush(ctx) }

// Pending is how many uses are not written down.
func (m *Manager) Pending() int { return m.uses.Len() }

// Note notes uses, as Check does.
func (m *Manager) Note(t Touch) {
	m.uses.Note(used{t.Realm, t.Hash}, lastuse.Use{At: t.LastSeen, End: t.IdleEnd})
}

const MaxTouches = lastuse.Max
