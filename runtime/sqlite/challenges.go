package sqlite

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/challenge"
	"github.com/latchwork/latchwork/nodes/session"
)

// Challenges is the store of challenges.
func (db *DB) Challenges() challenge.Store { return challenges{db} }

type challenges struct{ db *DB }

var _ challenge.Store = challenges{}

const (
	challengeColumns = `hash, user_id, return_to, factors, ceiling, tries, created, expires, origin`

	insertChallenge = `INSERT INTO challenges (realm, ` + challengeColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	useChallenge = `DELETE FROM challenges WHERE realm = ? AND hash = ? AND user_id = ?`

	deleteChallengesOfUser = `DELETE FROM challenges WHERE realm = ? AND user_id = ?`
	deleteOtherChallenges  = `DELETE FROM challenges WHERE realm = ? AND user_id = ? AND hash <> ?`
)

// One statement takes a try, so that no two take the same one.
var resumeChallenge = `UPDATE challenges SET tries = tries + 1 WHERE realm = ?1 AND hash = ?2 AND expires > ?3
	AND tries < ` + strconv.Itoa(challenge.Tries) + `
	AND EXISTS (SELECT 1 FROM users u WHERE u.realm = ?1 AND u.id = challenges.user_id AND u.status = 'active')
	RETURNING ` + challengeColumns

// Create is part of challenge.Store.
func (s challenges) Create(ctx context.Context, realm string, c challenge.Challenge) error {
	return s.db.write(ctx, "create challenge", func(t *tx) error {
		_, active, err := t.first(isActive, realm, c.UserID)
		if err != nil {
			return err
		}
		if !active {
			return challenge.ErrDisabled
		}
		same, err := hasPassword(t, realm, c.UserID, c.Checked)
		if err != nil {
			return err
		}
		if !same {
			return challenge.ErrChanged
		}
		_, err = t.exec(insertChallenge, realm, c.Hash[:], c.UserID, c.ReturnTo, encodeList(c.Factors), int64(c.Ceiling),
			int64(c.Tries), int64(c.Created), int64(c.Expires), c.Origin)
		return err
	})
}

// Resume is part of challenge.Store.
func (s challenges) Resume(ctx context.Context, realm string, hash challenge.Hash, at engine.Instant) (challenge.Challenge, error) {
	var resumed challenge.Challenge
	err := s.db.write(ctx, "resume challenge", func(t *tx) error {
		r, ok, err := t.first(resumeChallenge, realm, hash[:], int64(at))
		if err == nil && !ok {
			err = challenge.ErrNotFound
		}
		if err != nil {
			return err
		}
		resumed, err = scanChallenge(r)
		return err
	})
	if err != nil {
		return challenge.Challenge{}, err
	}
	return resumed, nil
}

// scanChallenge reads challengeColumns.
func scanChallenge(r row) (challenge.Challenge, error) {
	c := challenge.Challenge{
		Hash:     challenge.Hash(r.blob(0)),
		UserID:   r.text(1),
		ReturnTo: r.text(2),
		Ceiling:  engine.Instant(r.int(4)),
		Tries:    int(r.int(5)),
		Created:  engine.Instant(r.int(6)),
		Expires:  engine.Instant(r.int(7)),
		Origin:   r.text(8),
	}
	var err error
	if c.Factors, err = decodeList(r.text(3)); err != nil {
		return challenge.Challenge{}, fmt.Errorf("challenge of user %s: %w", c.UserID, err)
	}
	return c, nil
}

// useUp removes the challenge by which a session is opened, if it is opened by one.
func (s challenges) useUp(t *tx, realm string, r *session.Record) error {
	if r.Challenge == "" {
		return nil
	}
	hash, err := hex.DecodeString(r.Challenge)
	if err != nil {
		return err
	}
	n, err := t.exec(useChallenge, realm, hash, r.UserID)
	if err == nil && n == 0 {
		err = session.ErrChallenge
	}
	return err
}
