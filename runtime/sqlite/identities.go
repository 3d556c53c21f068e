package sqlite

import (
	"context"
	"errors"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/identity"
	"github.com/latchwork/latchwork/nodes/user"
)

// Identities is the store of identities.
func (db *DB) Identities() identity.Store { return identities{db} }

type identities struct{ db *DB }

var _ identity.Store = identities{}

const (
	// See findSession for the casts.
	findIdentity = `SELECT user_id FROM identities
		WHERE subject = CAST(?3 AS TEXT) AND issuer = CAST(?2 AS TEXT) AND realm = CAST(?1 AS TEXT)`

	insertIdentity = `INSERT INTO identities (realm, issuer, subject, user_id, provider, created) VALUES (?, ?, ?, ?, ?, ?)`

	anyIdentity            = `SELECT 1 FROM identities WHERE realm = ? AND user_id = ? LIMIT 1`
	deleteIdentitiesOfUser = `DELETE FROM identities WHERE realm = ? AND user_id = ?`
	unshownPassword        = `SELECT 1 FROM passwords WHERE realm = ? AND user_id = ? AND unshown = 1`
)

// Find is part of identity.Store.
func (s identities) Find(ctx context.Context, realm, issuer, subject string) (string, error) {
	var userID string
	err := s.db.read(ctx, "find identity", func(c *conn) error {
		r, ok, err := c.first(findIdentity, realm, issuer, subject)
		if err == nil && !ok {
			err = identity.ErrNotFound
		}
		if err == nil {
			userID = r.text(0)
		}
		return err
	})
	return userID, err
}

// Link is part of identity.Store.
func (s identities) Link(ctx context.Context, realm, userID string, i identity.Identity, at engine.Instant) error {
	return s.db.write(ctx, "link identity", func(t *tx) error {
		_, active, err := t.first(isActive, realm, userID)
		if err == nil && !active {
			err = identity.ErrNoUser
		}
		if err != nil {
			return err
		}
		return takeIdentity(t, realm, userID, i, at)
	})
}

// takeIdentity makes an identity lead to a user, if it does not already.
func takeIdentity(t *tx, realm, userID string, i identity.Identity, at engine.Instant) error {
	owner, taken, err := t.first(findIdentity, realm, i.Issuer, i.Subject)
	switch {
	case err != nil:
		return err
	case taken && owner.text(0) == userID:
		return nil
	case taken:
		return identity.ErrTaken
	}
	_, err = t.exec(insertIdentity, realm, i.Issuer, i.Subject, userID, i.Provider, int64(at))
	return err
}

// takeFirst makes the identity of a new user lead to the user, if there is one.
func takeFirst(t *tx, realm, userID string, i identity.Identity, at engine.Instant) error {
	if i == (identity.Identity{}) {
		return nil
	}
	err := takeIdentity(t, realm, userID, i, at)
	if errors.Is(err, identity.ErrTaken) {
		err = &user.TakenError{Field: user.ByIdentity}
	}
	return err
}

// LinkByEmail is part of identity.Store.
func (s identities) LinkByEmail(ctx context.Context, realm string, i identity.Identity, at engine.Instant) (string, error) {
	var userID string
	err := s.db.write(ctx, "link identity by address", func(t *tx) (err error) {
		userID, err = s.linkByEmail(t, realm, i, at)
		return err
	})
	if err != nil {
		return "", err
	}
	return userID, nil
}

func (s identities) linkByEmail(t *tx, realm string, i identity.Identity, at engine.Instant) (string, error) {
	owner, taken, err := t.first(findIdentity, realm, i.Issuer, i.Subject)
	if err != nil {
		return "", err
	}
	if taken {
		return owner.text(0), nil
	}
	if i.Email == "" {
		return "", identity.ErrNotFound
	}
	r, ok, err := t.first(findUserByIdentifier, realm, i.Email)
	if err != nil {
		return "", err
	}
	if !ok {
		return "", identity.ErrNotFound
	}
	u, err := scanUser(r)
	switch {
	case err != nil:
		return "", err
	case u.Email == nil || *u.Email != i.Email || !u.EmailVerified || u.Status != user.Active:
		return "", identity.ErrConflict
	}
	if err := s.dropUnshown(t, realm, &u, at); err != nil {
		return "", err
	}
	return u.ID, takeIdentity(t, realm, u.ID, i, at)
}

// dropUnshown ends a password that was set before the address was verified, and what
// could have been set up by it. A phone number may be that of whoever set the password,
// and sign them in again; it is not known whose the account is then.
func (s identities) dropUnshown(t *tx, realm string, u *user.User, at engine.Instant) error {
	_, unshown, err := t.first(unshownPassword, realm, u.ID)
	if err != nil || !unshown {
		return err
	}
	if u.PhoneVerified {
		return identity.ErrConflict
	}
	if _, err := t.exec(deleteIdentitiesOfUser, realm, u.ID); err != nil {
		return err
	}
	return (users{s.db}).endAll(t, realm, u.ID, at)
}
