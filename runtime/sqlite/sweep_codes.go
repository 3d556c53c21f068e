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

// codeKey tells codes apart.
type codeKey struct {
	realm   string
	binding otp.Hash
}

// SweepCodes removes codes that were over at a moment and are not to be sent any more,
// and says how many. They open nothing before it either. It works as Sweep does.
func (db *DB) SweepCodes(ctx context.Context, at engine.Instant) (int, error) {
	swept := 0
	for after := (codeKey{}); ; {
		dead, last, err := db.deadCodes(ctx, after, at)
		if err != nil {
			return swept, err
		}
		if len(dead) > 0 {
			n, err := db.sweepCodes(ctx, dead, at)
			if err != nil {
				return swept, err
			}
			swept += n
		}
		if last == nil {
			return swept, nil
		}
		after = *last
	}
}

// deadCodes looks at one step's codes, those after a key, and gives those among
// them that are over, and the last one looked at; nil if there are no more.
func (db *DB) deadCodes(ctx context.Context, after codeKey, at engine.Instant) (dead []codeKey, last *codeKey, err error) {
	err = db.read(ctx, "sweep codes", func(c *conn) error {
		seen := 0
		err := c.each(ctx, stepCodes, []any{after.binding[:], after.realm, int64(sweepStep)}, func(r row) error {
			seen++
			last = &codeKey{r.text(0), otp.Hash(r.blob(1))}
			kept := engine.Instant(r.int(2)) + engine.Instant(otp.Kept.Milliseconds())
			if max(kept, engine.Instant(r.int(3))) <= at {
				dead = append(dead, *last)
			}
			return nil
		})
		if seen < sweepStep {
			last = nil
		}
		return err
	})
	return dead, last, err
}

func (db *DB) sweepCodes(ctx context.Context, dead []codeKey, at engine.Instant) (swept int, err error) {
	err = db.write(ctx, "sweep codes", func(t *tx) error {
		swept = 0
		for _, key := range dead {
			n, err := t.exec(sweepCode, key.realm, key.binding[:], int64(at))
			if err != nil {
				return err
			}
			swept += int(n)
		}
		return nil
	})
	return swept, err
}
