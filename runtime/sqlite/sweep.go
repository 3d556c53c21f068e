package sqlite

import (
	"context"

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

	// sweepStep is how many sessions are looked at in one step. Between two
	// steps other writes have their turn.
	sweepStep = 500
)

// sessionKey tells sessions apart.
type sessionKey struct {
	realm string
	hash  session.Hash
}

// Sweep removes sessions that were over before a moment and says how many.
// They open nothing before it either: sweeping only makes the file smaller.
// It looks at all sessions of the file, in small steps, and ends early when
// ctx does.
func (db *DB) Sweep(ctx context.Context, before engine.Instant) (int, error) {
	swept := 0
	at := sessionKey{}
	for {
		dead, last, err := db.deadSessions(ctx, at, before)
		if err != nil {
			return swept, err
		}
		if len(dead) > 0 {
			var n int
			err := db.write(ctx, "sweep sessions", func(t *tx) (err error) {
				n, err = sweepSessions(db, t, dead, before)
				return err
			})
			if err != nil {
				return swept, err
			}
			swept += n
		}
		if last == nil {
			return swept, nil
		}
		at = *last
	}
}

// deadSessions looks at one step's sessions, those after a key, and gives the
// dead among them and the last one looked at; nil if there are no more.
func (db *DB) deadSessions(ctx context.Context, after sessionKey, before engine.Instant) (dead []sessionKey, last *sessionKey, err error) {
	err = db.read(ctx, "sweep sessions", func(c *conn) error {
		args := []any{after.hash[:], after.realm, int64(sweepStep)}
		seen := 0
		err := c.each(ctx, stepSessions, args, func(r row) error {
			seen++
			last = &sessionKey{r.text(0), session.Hash(r.blob(1))}
			record := session.Record{IdleEnd: engine.Instant(r.int(2)), End: engine.Instant(r.int(3))}
			if !record.Live(before) {
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

// sweepSessions removes those that are still dead.
func sweepSessions(db *DB, t *tx, dead []sessionKey, before engine.Instant) (swept int, err error) {
	for _, key := range dead {
		n, err := (sessions{db}).end(t, sweepSession, key.realm, key.hash[:], int64(before))
		if err != nil {
			return 0, err
		}
		swept += n
	}
	return swept, nil
}
