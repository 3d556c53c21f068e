package key

import "context"

// Flush writes uses down, as Run does every second.
func (m *Manager) Flush(ctx context.Context) error { return m.touches.flush(ctx, m.Store) }

// Note notes a use, as Check does.
func (m *Manager) Note(realm, id string) { m.touches.note(realm, id, 1) }
