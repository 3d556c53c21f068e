package sqlite

import (
	"bytes"
	"context"
	"encoding/hex"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/factor"
)

// Factors is the store of second factors.
func (db *DB) Factors() factor.Store { return factors{db} }

type factors struct{ db *DB }

var _ factor.Store = factors{}

const (
	findAuthenticator = `SELECT secret, step, started FROM authenticators WHERE realm = ? AND user_id = ? AND state = ?`

	startAuthenticator = `INSERT INTO authenticators (realm, user_id, state, secret, step, started)
		SELECT realm, id, 'started', ?3, 0, ?4 FROM users WHERE realm = ?1 AND id = ?2
		ON CONFLICT (realm, user_id, state) DO UPDATE SET secret = excluded.secret, step = 0, started = excluded.started`

	takeStarted = `DELETE FROM authenticators
		WHERE realm = ? AND user_id = ? AND state = 'started' AND secret = ? AND started > ?`

	enrolAuthenticator = `INSERT INTO authenticators (realm, user_id, state, secret, step, started) VALUES (?, ?, 'enrolled', ?, ?, ?)
		ON CONFLICT (realm, user_id, state) DO UPDATE SET secret = excluded.secret, step = excluded.step, started = excluded.started`

	// The step decides, so of many with one code one changes a row.
	useAuthenticator = `UPDATE authenticators SET step = ?4
		WHERE realm = ?1 AND user_id = ?2 AND state = 'enrolled' AND secret = ?3 AND step < ?4`

	deleteEnrolled = `DELETE FROM authenticators WHERE realm = ? AND user_id = ? AND state = 'enrolled'`

	insertRecoveryCode = `INSERT INTO recovery_codes (realm, user_id, mac) VALUES (?, ?, ?)`
	useRecoveryCode    = `DELETE FROM recovery_codes WHERE realm = ? AND user_id = ? AND mac = ?`

	setFactors = `UPDATE users SET factors = ?3, updated_at = ?4 WHERE realm = ?1 AND id = ?2`

	deleteAuthenticatorsOfUser = `DELETE FROM authenticators WHERE realm = ? AND user_id = ?`
	deleteRecoveryCodesOfUser  = `DELETE FROM recovery_codes WHERE realm = ? AND user_id = ?`
)

// Find is part of factor.Store.
func (s factors) Find(ctx context.Context, realm, userID string, state factor.State) (factor.Authenticator, error) {
	a := factor.Authenticator{UserID: userID}
	err := s.db.read(ctx, "find authenticator", func(c *conn) error {
		r, ok, err := c.first(findAuthenticator, realm, userID, string(state))
		if err == nil && !ok {
			err = factor.ErrNotFound
		}
		if err != nil {
			return err
		}
		a.Sealed, a.Step, a.Started = append([]byte(nil), r.blob(0)...), r.int(1), engine.Instant(r.int(2))
		return nil
	})
	if err != nil {
		return factor.Authenticator{}, err
	}
	return a, nil
}

// Start is part of factor.Store.
func (s factors) Start(ctx context.Context, realm string, a factor.Authenticator, over []byte) error {
	return s.db.write(ctx, "start authenticator", func(t *tx) error {
		r, enrolled, err := t.first(findAuthenticator, realm, a.UserID, string(factor.Enrolled))
		if err != nil {
			return err
		}
		if enrolled != (over != nil) || enrolled && !bytes.Equal(r.blob(0), over) {
			return factor.ErrChanged
		}
		return noFactor(t.exec(startAuthenticator, realm, a.UserID, a.Sealed, int64(a.Started)))
	})
}

// noFactor is factor.ErrNotFound where a statement has changed nothing.
func noFactor(n int64, err error) error {
	if err == nil && n == 0 {
		return factor.ErrNotFound
	}
	return err
}

// Confirm is part of factor.Store.
func (s factors) Confirm(
	ctx context.Context, realm string, a factor.Authenticator, since engine.Instant, codes [][]byte, c factor.Change,
) error {
	return s.db.write(ctx, "confirm authenticator", func(t *tx) error {
		if err := noFactor(t.exec(takeStarted, realm, a.UserID, a.Sealed, int64(since))); err != nil {
			return err
		}
		if _, err := t.exec(enrolAuthenticator, realm, a.UserID, a.Sealed, a.Step, int64(a.Started)); err != nil {
			return err
		}
		if _, err := t.exec(deleteRecoveryCodesOfUser, realm, a.UserID); err != nil {
			return err
		}
		for _, mac := range codes {
			if _, err := t.exec(insertRecoveryCode, realm, a.UserID, mac); err != nil {
				return err
			}
		}
		return s.changed(t, realm, a.UserID, []string{string(factor.TOTP)}, c)
	})
}

// changed notes which factors a user has now, and does what comes with it.
func (s factors) changed(t *tx, realm, userID string, enrolled []string, c factor.Change) error {
	if _, err := t.exec(setFactors, realm, userID, encodeList(enrolled), int64(c.At)); err != nil {
		return err
	}
	if c.EndOthers {
		if _, err := (sessions{s.db}).end(t, deleteSessionsExcept, realm, userID, c.Session); err != nil {
			return err
		}
		if _, err := t.exec(deleteTokensOfUser, realm, userID); err != nil {
			return err
		}
		kept, err := hex.DecodeString(c.Challenge)
		if err != nil {
			return err
		}
		if _, err := t.exec(deleteOtherChallenges, realm, userID, append([]byte{}, kept...)); err != nil {
			return err
		}
	}
	if c.Notice.Kind == "" {
		return nil
	}
	return putEntry(s.db, t, &c.Notice)
}

// Use is part of factor.Store.
func (s factors) Use(ctx context.Context, realm string, a factor.Authenticator) error {
	return s.db.write(ctx, "use authenticator", func(t *tx) error {
		n, err := t.exec(useAuthenticator, realm, a.UserID, a.Sealed, a.Step)
		if err == nil && n == 0 {
			err = factor.ErrUsed
		}
		return err
	})
}

// UseCode is part of factor.Store.
func (s factors) UseCode(ctx context.Context, realm, userID string, mac []byte) error {
	return s.db.write(ctx, "use recovery code", func(t *tx) error {
		return noFactor(t.exec(useRecoveryCode, realm, userID, mac))
	})
}

// Remove is part of factor.Store.
func (s factors) Remove(ctx context.Context, realm, userID string, c factor.Change) error {
	return s.db.write(ctx, "remove factors", func(t *tx) error {
		if err := noFactor(t.exec(deleteEnrolled, realm, userID)); err != nil {
			return err
		}
		for _, statement := range []string{deleteAuthenticatorsOfUser, deleteRecoveryCodesOfUser} {
			if _, err := t.exec(statement, realm, userID); err != nil {
				return err
			}
		}
		return s.changed(t, realm, userID, nil, c)
	})
}
