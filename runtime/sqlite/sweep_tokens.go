package sqlite

import (
	"context"

	"github.com/latchwork/latchwork/engine"
)

const (
	// As sessions, tokens are looked at along the key of the table.
	stepTokens = `SELECT realm, hash, expires FROM tokens WHERE (hash, realm) > (?, ?) ORDER BY hash, realm LIMIT ?`

	// The end of a token never moves: what was over still is.
	sweepToken = `DELETE FROM tokens WHERE realm = ? AND hash = ?`
)

// SweepTokens removes tokens that were over at a moment and says how many. They
// open nothing before it either. It works as Sweep does.
func (db *DB) SweepTokens(ctx context.Context, at engine.Instant) (int, error) {
	return db.sweep(ctx, sweeping{
		what: "sweep tokens",
		step: stepTokens,
		over: func(r row) bool {
			return engine.Instant(r.int(2)) <= at
		},
		remove: func(t *tx, k rowKey) (int, error) {
			n, err := t.exec(sweepToken, k.realm, k.hash)
			return int(n), err
		},
	})
}
