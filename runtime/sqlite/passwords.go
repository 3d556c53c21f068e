package sqlite

import (
	"context"
	"fmt"

	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/password"
)

// Passwords is the store of password hashes.
func (db *DB) Passwords() password.Store { return passwords{db} }

type passwords struct{ db *DB }

var _ password.Store = passwords{}

const (
	findPassword   = `SELECT hash FROM passwords WHERE realm = ? AND user_id = ?`
	insertPassword = `INSERT INTO passwords (realm, user_id, hash, unshown) VALUES (?, ?, ?, ?)`

	// Who knows a password may set another: one in the place of an unshown one is unshown.
	setPassword = `INSERT INTO passwords (realm, user_id, hash, unshown)
		SELECT realm, id, ?3, email_verified = 0 FROM users WHERE realm = ?1 AND id = ?2
		ON CONFLICT (realm, user_id) DO UPDATE SET hash = excluded.hash`
	rehashPassword = `UPDATE passwords SET hash = ?4 WHERE realm = ?1 AND user_id = ?2 AND hash = ?3`
)

// Hash is part of password.Store.
func (s passwords) Hash(ctx context.Context, realm, userID string) (string, error) {
	var hash string
	err := s.db.read(ctx, "find password", func(c *conn) error {
		r, ok, err := c.first(findPassword, realm, userID)
		if err != nil {
			return err
		}
		if !ok {
			return password.ErrNone
		}
		hash = r.text(0)
		return nil
	})
	return hash, err
}

// Set is part of password.Store.
func (s passwords) Set(
	ctx context.Context, realm, userID, hash string, end password.EndSessions, keep string, notice outbox.Entry,
) error {
	return s.db.write(ctx, "set password", func(t *tx) error {
		set, err := t.exec(setPassword, realm, userID, hash)
		if err != nil {
			return err
		}
		if set == 0 {
			return password.ErrNone
		}
		// Whatever goes on, a sign-in with the old password does not.
		if _, err := t.exec(deleteChallengesOfUser, realm, userID); err != nil {
			return err
		}
		if err := s.endSessions(t, realm, userID, end, keep); err != nil {
			return err
		}
		if notice.Kind == "" {
			return nil
		}
		return putEntry(s.db, t, &notice)
	})
}

func (s passwords) endSessions(t *tx, realm, userID string, end password.EndSessions, keep string) error {
	switch end {
	case password.EndNone:
		return nil
	case password.EndAll:
		keep = ""
	case password.EndOthers:
	default:
		return fmt.Errorf("no sessions are named %q", end)
	}
	if _, err := (sessions{s.db}).end(t, deleteSessionsExcept, realm, userID, keep); err != nil {
		return err
	}
	_, err := t.exec(deleteTokensOfUser, realm, userID)
	return err
}

// Rehash is part of password.Store.
func (s passwords) Rehash(ctx context.Context, realm, userID, old, new string) (bool, error) {
	var changed int64
	err := s.db.write(ctx, "rehash password", func(t *tx) (err error) {
		changed, err = t.exec(rehashPassword, realm, userID, old, new)
		return err
	})
	return err == nil && changed == 1, err
}

// hasPassword reports whether a user still has the password hash that was checked;
// nothing checked is no claim, and holds.
func hasPassword(t *tx, realm, userID, checked string) (bool, error) {
	if checked == "" {
		return true, nil
	}
	r, ok, err := t.first(findPassword, realm, userID)
	return ok && r.text(0) == checked, err
}
