package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/identity"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/user"
)

// Users is the store of users.
func (db *DB) Users() user.Store { return users{db} }

type users struct{ db *DB }

var _ user.Store = users{}

const (
	userColumns = `u.id, u.status, u.groups, u.email, u.email_verified, u.phone, u.phone_verified, u.username, u.name,
		u.picture, u.provider, u.provider_user_id, u.sign_up_at, u.updated_at, u.last_login_at, u.slug, u.factors, u.data`

	findUser = `SELECT ` + userColumns + ` FROM users u WHERE u.realm = ? AND u.id = ?`

	// See findSession for the casts.
	findUserByIdentifier = `SELECT ` + userColumns + ` FROM identifiers i
		JOIN users u ON u.realm = i.realm AND u.id = i.user_id
		WHERE i.realm = CAST(?1 AS TEXT) AND i.value = CAST(?2 AS TEXT)`

	listUsers = `SELECT ` + userColumns + ` FROM users u WHERE u.realm = ? AND u.id > ? ORDER BY u.id LIMIT ?`

	insertUser = `INSERT INTO users (realm, id, status, groups, email, email_verified, phone, phone_verified, username,
		name, picture, provider, provider_user_id, sign_up_at, updated_at, last_login_at, slug, factors, data)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	insertIdentifier = `INSERT INTO identifiers (realm, value, user_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`
	ownerOf          = `SELECT user_id FROM identifiers WHERE realm = ? AND value = ?`

	updateUser = `UPDATE users SET name = ?3, picture = ?4, groups = ?5, data = ?6, updated_at = ?7
		WHERE realm = ?1 AND id = ?2`
	disableUser = `UPDATE users SET status = 'disabled', updated_at = ?3 WHERE realm = ?1 AND id = ?2`
	enableUser  = `UPDATE users SET status = 'active', updated_at = ?3 WHERE realm = ?1 AND id = ?2`

	sessionsOfUser = `SELECT hash FROM sessions WHERE realm = ? AND user_id = ?`

	// A session in which the user stands in for another ends with the user.
	deleteSessionsOfUser  = `DELETE FROM sessions WHERE realm = ? AND user_id = ?`
	deleteSessionsByActor = `DELETE FROM sessions WHERE realm = ? AND actor = 'user:' || ? AND actor <> ''`

	revokeKeysOfUser = `UPDATE keys SET revoked = ?3 WHERE realm = ?1 AND owner = ?2 AND owner <> '' AND revoked = 0`
)

// deleteUser removes a user and what belongs to them, what refers to the user
// first. Each statement takes the realm and the id.
var deleteUser = []string{
	`DELETE FROM keys WHERE realm = ? AND owner = ? AND owner <> ''`,
	`DELETE FROM outbox WHERE realm = ? AND user_id = ? AND user_id <> ''`,
	deleteTokensOfUser,
	deleteChallengesOfUser,
	deleteAuthenticatorsOfUser,
	deleteRecoveryCodesOfUser,
	deleteIdentitiesOfUser,
	`DELETE FROM passwords WHERE realm = ? AND user_id = ?`,
	`DELETE FROM identifiers WHERE realm = ? AND user_id = ?`,
	`DELETE FROM users WHERE realm = ? AND id = ?`,
}

// Create is part of user.Store.
func (s users) Create(ctx context.Context, realm string, u user.User, passwordHash string) error {
	return s.CreateIdentified(ctx, realm, u, passwordHash, identity.Identity{})
}

// CreateIdentified is part of user.Store.
func (s users) CreateIdentified(
	ctx context.Context, realm string, u user.User, passwordHash string, i identity.Identity,
) error {
	data, err := encodeData(u.Data)
	if err != nil {
		return wrap("create user", err)
	}
	return s.db.write(ctx, "create user", func(t *tx) error {
		_, err := t.exec(insertUser, realm, u.ID, string(u.Status), encodeList(u.Groups), encodeText(u.Email),
			encodeBool(u.EmailVerified), encodeText(u.Phone), encodeBool(u.PhoneVerified), encodeText(u.Username),
			encodeText(u.Name), encodeText(u.Picture), u.Provider, u.ProviderUserID, int64(u.SignUpAt),
			int64(u.UpdatedAt), encodeInstant(u.LastLoginAt), u.Slug, encodeList(u.Factors), data)
		if err != nil {
			return err
		}
		if err := takeIdentifiers(t, realm, &u); err != nil {
			return err
		}
		if err := takeFirst(t, realm, u.ID, i, u.SignUpAt); err != nil {
			return err
		}
		if passwordHash == "" {
			return nil
		}
		_, err = t.exec(insertPassword, realm, u.ID, passwordHash, encodeBool(!u.EmailVerified))
		return err
	})
}

// takeIdentifiers makes the identifiers of a new user lead to the user. Two of
// them may be the same text.
func takeIdentifiers(t *tx, realm string, u *user.User) error {
	for _, identifier := range []struct {
		kind  user.Identifier
		value *string
	}{{user.ByEmail, u.Email}, {user.ByPhone, u.Phone}, {user.ByUsername, u.Username}} {
		if identifier.value == nil {
			continue
		}
		if err := takeIdentifier(t, realm, u.ID, identifier.kind, *identifier.value); err != nil {
			return err
		}
	}
	return nil
}

// takeIdentifier makes an identifier lead to a user, if it does not already.
func takeIdentifier(t *tx, realm, id string, kind user.Identifier, value string) error {
	taken, err := t.exec(insertIdentifier, realm, value, id)
	if err != nil || taken == 1 {
		return err
	}
	owner, _, err := t.first(ownerOf, realm, value)
	if err == nil && owner.text(0) != id {
		err = &user.TakenError{Field: kind}
	}
	return err
}

// Find is part of user.Store.
func (s users) Find(ctx context.Context, realm string, by user.Identifier, value string) (user.User, error) {
	query := findUserByIdentifier
	if by == user.ByID {
		query = findUser
	}
	var u user.User
	err := s.db.read(ctx, "find user", func(c *conn) error {
		r, ok, err := c.first(query, realm, value)
		if err != nil {
			return err
		}
		if !ok {
			return user.ErrNotFound
		}
		found, err := scanUser(r)
		if err != nil {
			return err
		}
		switch named, err := isNamed(&found, by, value); {
		case err != nil:
			return err
		case !named:
			return user.ErrNotFound
		}
		u = found
		return nil
	})
	return u, err
}

// isNamed reports whether the value is the user's identifier of that kind: an
// identifier leads to its user whatever its kind.
func isNamed(u *user.User, by user.Identifier, value string) (bool, error) {
	is := func(own *string) bool { return own != nil && *own == value }
	switch by {
	case user.ByID, user.ByAny:
		return true, nil
	case user.ByEmail:
		return is(u.Email), nil
	case user.ByPhone:
		return is(u.Phone), nil
	case user.ByUsername:
		return is(u.Username), nil
	}
	return false, fmt.Errorf("no identifier is named %q", by)
}

// List is part of user.Store.
func (s users) List(ctx context.Context, realm, after string, limit int) ([]user.User, error) {
	list := []user.User{}
	err := s.db.read(ctx, "list users", func(c *conn) error {
		return c.each(ctx, listUsers, []any{realm, after, int64(max(limit, 0))}, func(r row) error {
			u, err := scanUser(r)
			list = append(list, u)
			return err
		})
	})
	return list, err
}

// Update is part of user.Store.
func (s users) Update(
	ctx context.Context, realm, id string, c user.Change, at engine.Instant,
) (user.User, error) {
	var u user.User
	err := s.db.write(ctx, "update user", func(t *tx) error {
		r, ok, err := t.first(findUser, realm, id)
		if err != nil {
			return err
		}
		if !ok {
			return user.ErrNotFound
		}
		if u, err = scanUser(r); err != nil {
			return err
		}
		applyToUser(&u, c, at)
		data, err := encodeData(u.Data)
		if err != nil {
			return err
		}
		if err := s.forgetSessions(t, realm, id); err != nil {
			return err
		}
		_, err = t.exec(updateUser, realm, id, encodeText(u.Name), encodeText(u.Picture), encodeList(u.Groups), data, int64(at))
		return err
	})
	if err != nil {
		return user.User{}, err
	}
	return u, nil
}

func applyToUser(u *user.User, c user.Change, at engine.Instant) {
	if c.Name != nil {
		u.Name = textOrNone(*c.Name)
	}
	if c.Picture != nil {
		u.Picture = textOrNone(*c.Picture)
	}
	if c.Data != nil {
		u.Data = c.Data
	}
	for _, group := range c.AddGroups {
		if !slices.Contains(u.Groups, group) {
			u.Groups = append(u.Groups, group)
		}
	}
	u.Groups = slices.DeleteFunc(u.Groups, func(group string) bool { return slices.Contains(c.RemoveGroups, group) })
	u.UpdatedAt = at
}

func textOrNone(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// forgetSessions takes the user's sessions out of the cache, which shows what
// the user is in them.
func (s users) forgetSessions(t *tx, realm, id string) error {
	if s.db.cache == nil {
		return nil
	}
	return t.each(sessionsOfUser, []any{realm, id}, func(r row) error {
		s.db.forget(t, session.Hash(r.blob(0)))
		return nil
	})
}

// Disable is part of user.Store.
func (s users) Disable(ctx context.Context, realm, id string, at engine.Instant) error {
	return s.db.write(ctx, "disable user", func(t *tx) error {
		known, err := t.exec(disableUser, realm, id, int64(at))
		if err != nil {
			return err
		}
		if known == 0 {
			return user.ErrNotFound
		}
		if err := s.endSessions(t, realm, id); err != nil {
			return err
		}
		return endCredentials(t, realm, id, at)
	})
}

// endCredentials ends the keys, the tokens and the challenges of a user.
func endCredentials(t *tx, realm, id string, at engine.Instant) error {
	if _, err := t.exec(revokeKeysOfUser, realm, id, int64(at)); err != nil {
		return err
	}
	return endTokens(t, realm, id)
}

// endTokens ends the tokens and the challenges of a user.
func endTokens(t *tx, realm, id string) error {
	if _, err := t.exec(deleteTokensOfUser, realm, id); err != nil {
		return err
	}
	_, err := t.exec(deleteChallengesOfUser, realm, id)
	return err
}

// Enable is part of user.Store.
func (s users) Enable(ctx context.Context, realm, id string, at engine.Instant) error {
	return s.db.write(ctx, "enable user", func(t *tx) error {
		known, err := t.exec(enableUser, realm, id, int64(at))
		if err == nil && known == 0 {
			err = user.ErrNotFound
		}
		return err
	})
}

// Delete is part of user.Store.
func (s users) Delete(ctx context.Context, realm, id string) error {
	return s.db.write(ctx, "delete user", func(t *tx) error {
		if err := s.endSessions(t, realm, id); err != nil {
			return err
		}
		var deleted int64
		for _, statement := range deleteUser {
			var err error
			if deleted, err = t.exec(statement, realm, id); err != nil {
				return err
			}
		}
		if deleted == 0 {
			return user.ErrNotFound
		}
		return nil
	})
}

// endSessions ends the sessions of a user and those in which the user acts.
func (s users) endSessions(t *tx, realm, id string) error {
	for _, statement := range []string{deleteSessionsOfUser, deleteSessionsByActor} {
		if _, err := (sessions{s.db}).end(t, statement, realm, id); err != nil {
			return err
		}
	}
	return nil
}

// scanUser reads userColumns.
func scanUser(r row) (user.User, error) {
	var errs [3]error
	u := user.User{
		ID:             r.text(0),
		Status:         user.Status(r.text(1)),
		Email:          r.optional(3),
		EmailVerified:  r.bool(4),
		Phone:          r.optional(5),
		PhoneVerified:  r.bool(6),
		Username:       r.optional(7),
		Name:           r.optional(8),
		Picture:        r.optional(9),
		Provider:       r.text(10),
		ProviderUserID: r.text(11),
		SignUpAt:       engine.Instant(r.int(12)),
		UpdatedAt:      engine.Instant(r.int(13)),
		LastLoginAt:    decodeInstant(r.int(14)),
		Slug:           r.text(15),
	}
	u.Groups, errs[0] = decodeList(r.text(2))
	u.Factors, errs[1] = decodeList(r.text(16))
	u.Data, errs[2] = decodeData(r.text(17))
	if err := errors.Join(errs[:]...); err != nil {
		return user.User{}, fmt.Errorf("user %s: %w", u.ID, err)
	}
	return u, nil
}

func encodeInstant(at *engine.Instant) int64 {
	if at == nil {
		return 0
	}
	return int64(*at)
}

func decodeInstant(at int64) *engine.Instant {
	if at == 0 {
		return nil
	}
	instant := engine.Instant(at)
	return &instant
}
