package key

import (
	"context"

	"github.com/latchwork/latchwork/nodes/internal/lastuse"
)

// Flush writes uses down, as Run does every second.
func (m *Manager) Flush(ctx context.Context) error { return m.flush(ctx) }

// Note notes a use, as Check does.
func (m *Manager) Note(realm, id string) { m.uses.Note(used{realm, id}, lastuse.Use{At: 1}) }
