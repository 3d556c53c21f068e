package sqlite

import (
	"context"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/user"
)

const (
	updateAddresses = `UPDATE users SET email = ?3, email_verified = ?4, phone = ?5, phone_verified = ?6, updated_at = ?7
		WHERE realm = ?1 AND id = ?2`

	freeIdentifier = `DELETE FROM identifiers WHERE realm = ? AND value = ?`
	deletePassword = `DELETE FROM passwords WHERE realm = ? AND user_id = ?`
)

// SetAddress is part of user.Store.
func (s users) SetAddress(
	ctx context.Context, realm, id string, a user.NewAddress, at engine.Instant,
) (user.User, error) {
	var u user.User
	err := s.db.write(ctx, "set address", func(t *tx) (err error) {
		u, err = s.setAddress(t, realm, id, a, at)
		return err
	})
	if err != nil {
		return user.User{}, err
	}
	return u, nil
}

func (s users) setAddress(t *tx, realm, id string, a user.NewAddress, at engine.Instant) (user.User, error) {
	r, ok, err := t.first(findUser, realm, id)
	if err != nil {
		return user.User{}, err
	}
	if !ok {
		return user.User{}, user.ErrNotFound
	}
	u, err := scanUser(r)
	if err != nil {
		return user.User{}, err
	}
	old, verified := u.Address(a.By)
	byHolder, identified := a.Claim || a.Confirm, false
	if byHolder && !verified {
		if _, identified, err = t.first(anyIdentity, realm, id); err != nil {
			return user.User{}, err
		}
	}
	switch {
	case byHolder && !u.Has(a):
		return user.User{}, user.ErrNotFound
	case byHolder && verified:
		return u, nil
	case byHolder && (identified || !u.Claimable()):
		return user.User{}, user.ErrNotFound
	case a.Claim:
		err = s.claim(t, realm, &u, at)
	case !u.Has(a):
		err = s.replaceAddress(t, realm, &u, a, old)
	}
	if err != nil {
		return user.User{}, err
	}
	u.SetAddress(a.By, a.Value)
	u.UpdatedAt = at
	_, err = t.exec(updateAddresses, realm, id, encodeText(u.Email), encodeBool(u.EmailVerified), encodeText(u.Phone),
		encodeBool(u.PhoneVerified), int64(at))
	return u, err
}

// claim ends what was set up before anybody has shown to hold the address.
func (s users) claim(t *tx, realm string, u *user.User, at engine.Instant) error {
	return s.endAll(t, realm, u.ID, at)
}

// endAll ends the password, the sessions, the tokens and the keys of a user.
func (s users) endAll(t *tx, realm, id string, at engine.Instant) error {
	if _, err := t.exec(deletePassword, realm, id); err != nil {
		return err
	}
	if err := s.endSessions(t, realm, id); err != nil {
		return err
	}
	return endCredentials(t, realm, id, at)
}

// replaceAddress makes the address lead to the user in the place of the old one, which
// is told of it.
func (s users) replaceAddress(t *tx, realm string, u *user.User, a user.NewAddress, old *string) error {
	if err := takeIdentifier(t, realm, u.ID, a.By, a.Value); err != nil {
		return err
	}
	if err := endTokens(t, realm, u.ID); err != nil || old == nil {
		return err
	}
	if u.Username == nil || *u.Username != *old {
		if _, err := t.exec(freeIdentifier, realm, *old); err != nil {
			return err
		}
	}
	if a.Replaced == nil {
		return nil
	}
	notice := a.Replaced(*old)
	return putEntry(s.db, t, &notice)
}
