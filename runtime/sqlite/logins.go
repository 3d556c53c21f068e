package sqlite

import (
	"context"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/provider"
)

// Logins is the store of sign-ins that are with a provider.
func (db *DB) Logins() provider.Store { return logins{db} }

type logins struct{ db *DB }

var _ provider.Store = logins{}

const (
	insertLogin = `INSERT INTO logins (realm, state, binding, provider, callback, return_to, expires) VALUES (?, ?, ?, ?, ?, ?, ?)`

	// One statement takes it, so that of many at once one gets it.
	takeLogin = `DELETE FROM logins WHERE realm = ?1 AND state = ?2 AND binding = ?3 AND provider = ?4 AND expires > ?5
		RETURNING callback, return_to, expires`

	// As sessions, sign-ins are looked at along the key of the table.
	stepLogins = `SELECT realm, state, expires FROM logins WHERE (state, realm) > (?, ?) ORDER BY state, realm LIMIT ?`

	// The end of a sign-in never moves: what was over still is.
	sweepLogin = `DELETE FROM logins WHERE realm = ? AND state = ?`
)

// Create is part of provider.Store.
func (s logins) Create(ctx context.Context, realm string, l provider.Login) error {
	return s.db.write(ctx, "create login", func(t *tx) error {
		_, err := t.exec(insertLogin, realm, l.State[:], l.Binding[:], l.Provider, l.Callback, l.ReturnTo, int64(l.Expires))
		return err
	})
}

// Take is part of provider.Store.
func (s logins) Take(ctx context.Context, realm string, back provider.Return) (provider.Login, error) {
	l := provider.Login{State: back.State, Binding: back.Binding, Provider: back.Provider}
	err := s.db.write(ctx, "take login", func(t *tx) error {
		r, ok, err := t.first(takeLogin, realm, back.State[:], back.Binding[:], back.Provider, int64(back.At))
		if err == nil && !ok {
			err = provider.ErrNotFound
		}
		if err != nil {
			return err
		}
		l.Callback, l.ReturnTo, l.Expires = r.text(0), r.text(1), engine.Instant(r.int(2))
		return nil
	})
	if err != nil {
		return provider.Login{}, err
	}
	return l, nil
}

// SweepLogins removes sign-ins that were over at a moment and says how many. They open
// nothing before it either. It works as Sweep does.
func (db *DB) SweepLogins(ctx context.Context, at engine.Instant) (int, error) {
	return db.sweep(ctx, sweeping{
		what: "sweep logins",
		step: stepLogins,
		over: func(r row) bool { return engine.Instant(r.int(2)) <= at },
		remove: func(t *tx, k rowKey) (int, error) {
			n, err := t.exec(sweepLogin, k.realm, k.hash)
			return int(n), err
		},
	})
}
