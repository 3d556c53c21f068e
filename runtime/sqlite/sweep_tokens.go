package sqlite

import (
	"context"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/token"
)

const (
	// As sessions, tokens are looked at along the key of the table.
	stepTokens = `SELECT realm, hash, expires FROM tokens WHERE (hash, realm) > (?, ?) ORDER BY hash, realm LIMIT ?`

	// The end of a token never moves: what was over still is.
	sweepToken = `DELETE FROM tokens WHERE realm = ? AND hash = ?`
)

// tokenKey tells tokens apart.
type tokenKey struct {
	realm string
	hash  token.Hash
}

// SweepTokens removes tokens that were over at a moment and says how many. They
// open nothing before it either. It works as Sweep does.
func (db *DB) SweepTokens(ctx context.Context, at engine.Instant) (int, error) {
	swept := 0
	for after := (tokenKey{}); ; {
		dead, last, err := db.deadTokens(ctx, after, at)
		if err != nil {
			return swept, err
		}
		if len(dead) > 0 {
			n, err := db.sweepTokens(ctx, dead)
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

// deadTokens looks at one step's tokens, those after a key, and gives those among
// them that are over, and the last one looked at; nil if there are no more.
func (db *DB) deadTokens(ctx context.Context, after tokenKey, at engine.Instant) (dead []tokenKey, last *tokenKey, err error) {
	err = db.read(ctx, "sweep tokens", func(c *conn) error {
		seen := 0
		err := c.each(ctx, stepTokens, []any{after.hash[:], after.realm, int64(sweepStep)}, func(r row) error {
			seen++
			last = &tokenKey{r.text(0), token.Hash(r.blob(1))}
			if engine.Instant(r.int(2)) <= at {
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

func (db *DB) sweepTokens(ctx context.Context, dead []tokenKey) (swept int, err error) {
	err = db.write(ctx, "sweep tokens", func(t *tx) error {
		swept = 0
		for _, key := range dead {
			n, err := t.exec(sweepToken, key.realm, key.hash[:])
			if err != nil {
				return err
			}
			swept += int(n)
		}
		return nil
	})
	return swept, err
}
