package sqlite

import (
	"context"

	"github.com/latchwork/latchwork/engine"
)

const (
	// As sessions, challenges are looked at along the key of the table.
	stepChallenges = `SELECT realm, hash, expires FROM challenges WHERE (hash, realm) > (?, ?) ORDER BY hash, realm LIMIT ?`

	sweepChallenge = `DELETE FROM challenges WHERE realm = ? AND hash = ?`
)

// SweepChallenges removes challenges that were over at a moment and says how many. They
// open nothing before it either. It works as Sweep does.
func (db *DB) SweepChallenges(ctx context.Context, at engine.Instant) (int, error) {
	return db.sweep(ctx, sweeping{
		what: "sweep challenges",
		step: stepChallenges,
		over: func(r row) bool { return engine.Instant(r.int(2)) <= at },
		remove: func(t *tx, k rowKey) (int, error) {
			n, err := t.exec(sweepChallenge, k.realm, k.hash)
			return int(n), err
		},
	})
}
