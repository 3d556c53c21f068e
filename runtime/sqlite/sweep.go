package sqlite

import (
	"context"
	"slices"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/session"
)

const (
	// The step goes along the key of the table: no index of ends has to be
	// kept up with each use of a session.
	stepSessions = `SELECT realm, hash, idle_end, final_end FROM sessions WHERE (hash, realm) > (?, ?)
		ORDER BY hash, realm LIMIT ?`

	sweepSession = `DELETE FROM sessions WHERE realm = ?1 AND hash = ?2
		AND (idle_end <= ?3 OR (final_end > 0 AND final_end <= ?3))`

	// sweepStep is how many rows are looked at in one step. Between two
	// steps other writes have their turn.
	sweepStep = 500
)

// Sweep removes sessions that were over before a moment and says how many.
// They open nothing before it either: sweeping only makes the file smaller.
// It looks at all sessions of the file, in small steps, and ends early when
// ctx does.
func (db *DB) Sweep(ctx context.Context, before engine.Instant) (int, error) {
	return db.sweep(ctx, db.sweepingSessions(before))
}

func (db *DB) sweepingSessions(before engine.Instant) sweeping {
	return sweeping{
		what: "sweep sessions",
		step: stepSessions,
		over: func(r row) bool {
			record := session.Record{IdleEnd: engine.Instant(r.int(2)), End: engine.Instant(r.int(3))}
			return !record.Live(before)
		},
		remove: func(t *tx, k rowKey) (int, error) {
			return (sessions{db}).end(t, sweepSession, k.realm, k.hash, int64(before))
		},
	}
}

// sweeping says how rows of one table are removed.
type sweeping struct {
	what string
	step string // realm and hash, then what over looks at, after a hash and a realm
	over func(r row) bool

	// remove takes away a row that was over, if it still is.
	remove func(t *tx, k rowKey) (removed int, err error)
}

// rowKey tells the rows of a table apart.
type rowKey struct {
	realm string
	hash  []byte
}

func (db *DB) sweep(ctx context.Context, s sweeping) (swept int, err error) {
	for after := (&rowKey{hash: []byte{}}); after != nil; {
		var dead []rowKey
		if dead, after, err = db.dead(ctx, s, *after); err != nil {
			return swept, err
		}
		n, err := db.remove(ctx, s, dead)
		if err != nil {
			return swept, err
		}
		swept += n
	}
	return swept, nil
}

// dead looks at one step's rows, those after a key, and gives those among them that
// are over, and the last one looked at; nil if there are no more.
func (db *DB) dead(ctx context.Context, s sweeping, after rowKey) (dead []rowKey, last *rowKey, err error) {
	err = db.read(ctx, s.what, func(c *conn) error {
		seen := 0
		err := c.each(ctx, s.step, []any{after.hash, after.realm, int64(sweepStep)}, func(r row) error {
			seen++
			last = &rowKey{r.text(0), slices.Clone(r.blob(1))}
			if s.over(r) {
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

func (db *DB) remove(ctx context.Context, s sweeping, dead []rowKey) (removed int, err error) {
	if len(dead) == 0 {
		return 0, nil
	}
	err = db.write(ctx, s.what, func(t *tx) error {
		removed = 0
		for _, key := range dead {
			n, err := s.remove(t, key)
			if err != nil {
				return err
			}
			removed += n
		}
		return nil
	})
	return removed, err
}
