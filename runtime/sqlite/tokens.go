package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/address"
	"github.com/latchwork/latchwork/nodes/token"
	"github.com/latchwork/latchwork/nodes/user"
)

// Tokens is the store of tokens.
func (db *DB) Tokens() token.Store { return tokens{db} }

type tokens struct{ db *DB }

var _ token.Store = tokens{}

const (
	tokenColumns = `hash, purpose, user_id, address_kind, address, audience, return_to, data, factors, session, ceiling,
		created, expires`

	// goodToken is a token that can be redeemed for one of some purposes: its user is
	// active, and the session it was made in, if it was made in one, is live. At the
	// absolute end of the session, which never moves, the token is over itself.
	goodToken = ` WHERE realm = ?1 AND hash = ?2 AND expires > ?3 AND purpose IN (SELECT value FROM json_each(?4))
		AND EXISTS (SELECT 1 FROM users u WHERE u.realm = ?1 AND u.id = tokens.user_id AND u.status = 'active')
		AND (session = '' OR EXISTS (SELECT 1 FROM sessions s WHERE s.realm = ?1 AND s.user_id = tokens.user_id
			AND s.id = tokens.session AND s.idle_end > ?3))`

	redeemToken = `DELETE FROM tokens` + goodToken + ` AND audience = ?5 RETURNING ` + tokenColumns
	peekToken   = `SELECT ` + tokenColumns + ` FROM tokens` + goodToken

	isActive = `SELECT 1 FROM users WHERE realm = ? AND id = ? AND status = 'active'`

	// What a token keeps of the session that it is made in.
	sessionToKeep = `SELECT factors, final_end FROM sessions
		WHERE realm = ?1 AND user_id = ?2 AND id = ?3 AND actor = '' AND idle_end > ?4 AND (final_end = 0 OR final_end > ?4)`

	insertToken = `INSERT INTO tokens (realm, ` + tokenColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	deleteTokensOfUser = `DELETE FROM tokens WHERE realm = ? AND user_id = ?`
)

// Create is part of token.Store.
func (s tokens) Create(ctx context.Context, realm string, made token.Token) (token.Token, error) {
	data, err := encodeData(made.Data)
	if err != nil {
		return token.Token{}, wrap("create token", err)
	}
	var stored token.Token
	err = s.db.write(ctx, "create token", func(t *tx) error {
		stored = made // the write may be run twice
		stored.Checked = ""
		if err := mayHaveToken(t, realm, &made); err != nil {
			return err
		}
		if err := keepSession(t, realm, &stored); err != nil {
			return err
		}
		if stored.Ceiling != 0 {
			stored.Expires = min(stored.Expires, stored.Ceiling)
		}
		_, err := t.exec(insertToken, realm, stored.Hash[:], stored.Purpose, stored.UserID, string(stored.AddressKind), stored.Address,
			stored.Audience, stored.ReturnTo, data, encodeList(stored.Factors), stored.Session, int64(stored.Ceiling),
			int64(stored.Created), int64(stored.Expires))
		return err
	})
	if err != nil {
		return token.Token{}, err
	}
	return stored, nil
}

// mayHaveToken looks whether a token may be made for its user.
func mayHaveToken(t *tx, realm string, made *token.Token) error {
	_, active, err := t.first(isActive, realm, made.UserID)
	if err != nil {
		return err
	}
	if !active {
		return token.ErrDisabled
	}
	same, err := hasPassword(t, realm, made.UserID, made.Checked)
	if err == nil && !same {
		err = token.ErrChanged
	}
	return err
}

// keepSession gives a token that is made in a session what was proved there.
func keepSession(t *tx, realm string, made *token.Token) error {
	if made.Session == "" {
		return nil
	}
	r, ok, err := t.first(sessionToKeep, realm, made.UserID, made.Session, int64(made.Created))
	if err != nil {
		return err
	}
	if !ok {
		return token.ErrSession
	}
	made.Ceiling = engine.Instant(r.int(1))
	made.Factors, err = decodeList(r.text(0))
	return err
}

// Redeem is part of token.Store.
func (s tokens) Redeem(ctx context.Context, realm string, hash token.Hash, u token.Use) (token.Token, error) {
	var redeemed token.Token
	err := s.db.write(ctx, "redeem token", func(t *tx) error {
		r, ok, err := t.first(redeemToken, realm, hash[:], int64(u.At), encodeList(u.Purposes), u.Audience)
		if err != nil {
			return err
		}
		if !ok {
			return token.ErrNotFound
		}
		if redeemed, err = scanToken(r); err != nil {
			return err
		}
		return s.claim(t, realm, &redeemed, u)
	})
	if err != nil {
		return token.Token{}, err
	}
	return redeemed, nil
}

// claim lets a token that was sent to an address, and opens the account, claim it.
func (s tokens) claim(t *tx, realm string, redeemed *token.Token, u token.Use) error {
	if redeemed.Address == "" || !slices.Contains(u.Claims, redeemed.Purpose) {
		return nil
	}
	a := user.NewAddress{By: user.By(redeemed.AddressKind), Value: redeemed.Address, Claim: true}
	_, err := (users{s.db}).setAddress(t, realm, redeemed.UserID, a, u.At)
	if errors.Is(err, user.ErrNotFound) {
		return token.ErrNotFound
	}
	return err
}

// Peek is part of token.Store.
func (s tokens) Peek(ctx context.Context, realm string, hash token.Hash, purposes []string, at engine.Instant) (token.Token, error) {
	var found token.Token
	err := s.db.read(ctx, "peek at token", func(c *conn) error {
		r, ok, err := c.first(peekToken, realm, hash[:], int64(at), encodeList(purposes))
		if err != nil {
			return err
		}
		if !ok {
			return token.ErrNotFound
		}
		found, err = scanToken(r)
		return err
	})
	return found, err
}

// scanToken reads tokenColumns.
func scanToken(r row) (token.Token, error) {
	var errs [2]error
	t := token.Token{
		Hash:        token.Hash(r.blob(0)),
		Purpose:     r.text(1),
		UserID:      r.text(2),
		AddressKind: address.Kind(r.text(3)),
		Address:     r.text(4),
		Audience:    r.text(5),
		ReturnTo:    r.text(6),
		Session:     r.text(9),
		Ceiling:     engine.Instant(r.int(10)),
		Created:     engine.Instant(r.int(11)),
		Expires:     engine.Instant(r.int(12)),
	}
	t.Data, errs[0] = decodeData(r.text(7))
	t.Factors, errs[1] = decodeList(r.text(8))
	if err := errors.Join(errs[:]...); err != nil {
		return token.Token{}, fmt.Errorf("token of user %s: %w", t.UserID, err)
	}
	return t, nil
}
