package session

import (
	"context"

	"github.com/latchwork/latchwork/engine"
)

// Open opens a session as Create does for a proof with a ceiling.
func (m *Manager) Open(ctx context.Context, userID string, ceiling engine.Instant) (Session, error) {
	return m.open(ctx, claim{userID: userID, factors: []string{"password"}, ceiling: ceiling}, CreateOptions{})
}

// Flush writes uses down, as Run does every second.
func (m *Manager) Flush(ctx context.Context) error { return m.touches.flush(ctx, m.Store) }

// Pending is how many uses are not written down.
func (m *Manager) Pending() int { return len(m.touches.pending) }

// Note notes uses, as Check does.
func (m *Manager) Note(t Touch) { m.touches.note(t) }

const MaxTouches = maxTouches
