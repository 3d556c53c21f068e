package sqlite

import (
	"context"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/otp"
)

const (
	// As sessions, codes are looked at along the key of the table.
	stepCodes = `SELECT realm, binding, created, expires FROM codes WHERE (binding, realm) > (?, ?) ORDER BY binding, realm LIMIT ?`

	// A code may have been sent again meanwhile.
	sweepCode = `DELETE FROM codes WHERE realm = ?1 AND binding = ?2 AND expires <= ?3`
)

// SweepCodes removes codes that were over at a moment and are not to be sent any more,
// and says how many. They open nothing before it either. It works as Sweep does.
func (db *DB) SweepCodes(ctx context.Context, at engine.Instant) (int, error) {
	return db.sweep(ctx, sweeping{
		what: "sweep codes",
		step: stepCodes,
		over: func(r row) bool {
			kept := engine.Instant(r.int(2)) + engine.Instant(otp.Kept.Milliseconds())
			return max(kept, engine.Instant(r.int(3))) <= at
		},
		remove: func(t *tx, k rowKey) (int, error) {
			n, err := t.exec(sweepCode, k.realm, k.hash, int64(at))
			return int(n), err
		},
	})
}
