package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/session"
)

// Sessions is the store of sessions.
func (db *DB) Sessions() session.Store { return sessions{db} }

type sessions struct{ db *DB }

var _ session.Store = sessions{}

const (
	sessionColumns = `s.hash, s.id, s.user_id, s.created, s.last_seen, s.idle_end, s.final_end, s.ip, s.user_agent,
		s.groups, s.factors, s.actor, s.note, s.data, u.groups`

	sessionsOfActiveUsers = ` FROM sessions s JOIN users u ON u.realm = s.realm AND u.id = s.user_id AND u.status = 'active'`

	// The casts say nothing new of the values. Without them SQLite plans the
	// join anew for every token, in the hope that the values tell something,
	// and that takes longer than the look-up.
	findSession = `SELECT ` + sessionColumns + sessionsOfActiveUsers + `
		WHERE s.realm = CAST(?1 AS TEXT) AND s.hash = CAST(?2 AS BLOB)`

	listSessions = `SELECT ` + sessionColumns + sessionsOfActiveUsers + `
		WHERE s.realm = CAST(?1 AS TEXT) AND s.user_id = CAST(?2 AS TEXT)
		AND s.idle_end > ?3 AND (s.final_end = 0 OR s.final_end > ?3)
		ORDER BY s.last_seen DESC, s.created DESC, s.id`

	findUserSession = `SELECT ` + sessionColumns + sessionsOfActiveUsers + `
		WHERE s.realm = CAST(?1 AS TEXT) AND s.user_id = CAST(?2 AS TEXT) AND s.id = CAST(?3 AS TEXT)
		AND s.idle_end > ?4 AND (s.final_end = 0 OR s.final_end > ?4)`

	logIn = `UPDATE users SET last_login_at = ?3 WHERE realm = ?1 AND id = ?2 AND status = 'active' RETURNING groups, factors`

	insertSession = `INSERT INTO sessions (realm, hash, id, user_id, created, last_seen, idle_end, final_end, ip,
		user_agent, groups, factors, actor, note, data, family) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	// A session that has sprung from none is the first of its family.
	familyOf = `SELECT iif(family = '', id, family) FROM sessions WHERE realm = ?1 AND user_id = ?2
		AND idle_end > ?4 AND (final_end = 0 OR final_end > ?4) AND `
	familyByID   = familyOf + `id = ?3`
	familyByHash = familyOf + `hash = ?3`

	countLiveSessions = `SELECT count(*) FROM sessions
		WHERE realm = ?1 AND user_id = ?2 AND idle_end > ?3 AND (final_end = 0 OR final_end > ?3)`

	endOldestSessions = `DELETE FROM sessions WHERE realm = ?1 AND hash IN (SELECT hash FROM sessions
		WHERE realm = ?1 AND user_id = ?2 AND idle_end > ?3 AND (final_end = 0 OR final_end > ?3)
		ORDER BY last_seen, created, id LIMIT ?4)`

	// A use counts only if the session was still live at that moment.
	touchSession = `UPDATE sessions SET last_seen = ?3, idle_end = ?4
		WHERE realm = ?1 AND hash = ?2 AND last_seen < ?3 AND idle_end > ?3 AND (final_end = 0 OR final_end > ?3)`

	updateSession = `UPDATE sessions SET hash = ?3, groups = ?4, factors = ?5, data = ?6 WHERE realm = ?1 AND hash = ?2`

	deleteFamily = `DELETE FROM sessions WHERE realm = ?1 AND user_id = ?2 AND iif(family = '', id, family) =
		(SELECT iif(family = '', id, family) FROM sessions WHERE realm = ?1 AND user_id = ?2 AND `

	deleteSessionByID    = `DELETE FROM sessions WHERE realm = ? AND user_id = ? AND id = ?`
	deleteSessionByHash  = `DELETE FROM sessions WHERE realm = ? AND user_id = ? AND hash = ?`
	deleteFamilyByID     = deleteFamily + `id = ?3)`
	deleteFamilyByHash   = deleteFamily + `hash = ?3)`
	deleteSessionsExcept = `DELETE FROM sessions WHERE realm = ? AND user_id = ? AND id <> ?`
)

// Create is part of session.Store.
func (s sessions) Create(ctx context.Context, realm string, r session.Record, limit session.Limit) (session.Found, error) {
	found := session.Found{Record: r}
	found.Checked, found.Challenge, found.Factored = "", "", nil
	found.Origin, found.Replaces = "", nil
	data, err := encodeData(r.Data)
	if err != nil {
		return session.Found{}, wrap("create session", err)
	}
	err = s.db.write(ctx, "create session", func(t *tx) error {
		active, ok, err := t.first(logIn, realm, r.UserID, int64(r.Created))
		if err != nil {
			return err
		}
		if !ok {
			return session.ErrDisabled
		}
		same, err := hasPassword(t, realm, r.UserID, r.Checked)
		if err != nil {
			return err
		}
		if !same {
			return session.ErrChanged
		}
		if found.UserGroups, err = decodeList(active.text(0)); err != nil {
			return err
		}
		if r.Factored != nil && active.text(1) != encodeList(r.Factored) {
			return session.ErrFactors
		}
		if err := (challenges{s.db}).useUp(t, realm, &r); err != nil {
			return err
		}
		family, err := joins(t, realm, &r)
		if err != nil {
			return err
		}
		if r.Replaces != nil { // which may be the origin
			if _, err := s.end(t, deleteSessionByHash, realm, r.UserID, r.Replaces[:]); err != nil {
				return err
			}
		}
		if err := s.makeRoom(t, realm, &r, limit); err != nil {
			return err
		}
		_, err = t.exec(insertSession, realm, r.Hash[:], r.ID, r.UserID, int64(r.Created), int64(r.LastSeen),
			int64(r.IdleEnd), int64(r.End), r.IP, r.UserAgent, encodeList(r.Groups), encodeList(r.Factors), r.Actor,
			r.Note, data, family)
		return err
	})
	if err != nil {
		return session.Found{}, err
	}
	return found, nil
}

// joins is the family that a new session joins; "" where it begins one.
func joins(t *tx, realm string, r *session.Record) (string, error) {
	var family row
	var live bool
	var err error
	switch {
	case r.Origin != "":
		family, live, err = t.first(familyByID, realm, r.UserID, r.Origin, int64(r.Created))
		if err == nil && !live {
			err = session.ErrOrigin
		}
	case r.Replaces != nil:
		family, live, err = t.first(familyByHash, realm, r.UserID, r.Replaces[:], int64(r.Created))
	}
	if err != nil || !live {
		return "", err
	}
	return family.text(0), nil
}

// makeRoom sees to it that one more session keeps the limit.
func (s sessions) makeRoom(t *tx, realm string, r *session.Record, limit session.Limit) error {
	if limit.Max <= 0 {
		return nil
	}
	counted, _, err := t.first(countLiveSessions, realm, r.UserID, int64(r.Created))
	if err != nil {
		return err
	}
	active := int(counted.int(0))
	switch {
	case active < limit.Max:
		return nil
	case !limit.EndOldest:
		return &session.LimitError{Active: active, Max: limit.Max}
	}
	_, err = s.end(t, endOldestSessions, realm, r.UserID, int64(r.Created), int64(active-limit.Max+1))
	return err
}

// end runs a statement that deletes sessions, and says how many there were. Those
// that it deletes leave the cache.
func (s sessions) end(t *tx, sql string, args ...any) (ended int, err error) {
	if s.db.cache == nil {
		// Rows to show for it would be half as much work again.
		n, err := t.exec(sql, args...)
		return int(n), err
	}
	err = t.each(sql+" RETURNING hash", args, func(r row) error {
		ended++
		s.db.forget(t, session.Hash(r.blob(0)))
		return nil
	})
	return ended, err
}

// Find is part of session.Store.
func (s sessions) Find(ctx context.Context, realm string, hash session.Hash) (*session.Found, error) {
	e, version := s.db.cache.get(realm, hash)
	if e == nil {
		var err error
		if e, err = s.find(ctx, realm, hash); err != nil {
			return nil, err
		}
		s.db.cache.put(e, version)
	}
	return &e.found, nil
}

// find asks the tables.
func (s sessions) find(ctx context.Context, realm string, hash session.Hash) (*cacheEntry, error) {
	e := &cacheEntry{realm: realm}
	err := s.db.read(ctx, "find session", func(c *conn) error {
		r, ok, err := c.first(findSession, realm, hash[:])
		if err != nil {
			return err
		}
		if !ok {
			return session.ErrNotFound
		}
		e.size = len(r.text(sessionData))
		e.found, err = scanSession(r)
		return err
	})
	if err != nil {
		return nil, err
	}
	return e, nil
}

// List is part of session.Store.
func (s sessions) List(ctx context.Context, realm, userID string, at engine.Instant) ([]session.Found, error) {
	list := []session.Found{}
	err := s.db.read(ctx, "list sessions", func(c *conn) error {
		return c.each(ctx, listSessions, []any{realm, userID, int64(at)}, func(r row) error {
			found, err := scanSession(r)
			list = append(list, found)
			return err
		})
	})
	return list, err
}

// touchesAtOnce bounds how long touches hold up the writes beside them.
const touchesAtOnce = 256

// Touch is part of session.Store.
func (s sessions) Touch(ctx context.Context, touches []session.Touch) error {
	for part := range slices.Chunk(touches, touchesAtOnce) {
		err := s.db.write(ctx, "touch sessions", func(t *tx) error {
			for _, touch := range part {
				_, err := t.exec(touchSession, touch.Realm, touch.Hash[:], int64(touch.LastSeen), int64(touch.IdleEnd))
				if err != nil {
					return err
				}
				s.db.forget(t, touch.Hash)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Update is part of session.Store.
func (s sessions) Update(
	ctx context.Context, realm, userID, id string, c session.Change, at engine.Instant,
) (session.Found, error) {
	var found session.Found
	err := s.db.write(ctx, "update session", func(t *tx) error {
		r, ok, err := t.first(findUserSession, realm, userID, id, int64(at))
		if err != nil {
			return err
		}
		if !ok {
			return session.ErrNotFound
		}
		if found, err = scanSession(r); err != nil {
			return err
		}
		old := found.Hash
		applyToSession(&found, c)
		data, err := encodeData(found.Data)
		if err != nil {
			return err
		}
		s.db.forget(t, old)
		_, err = t.exec(updateSession, realm, old[:], found.Hash[:], encodeList(found.Groups), encodeList(found.Factors), data)
		return err
	})
	if err != nil {
		return session.Found{}, err
	}
	return found, nil
}

func applyToSession(f *session.Found, c session.Change) {
	if c.Data != nil {
		f.Data = c.Data
	}
	if c.Groups != nil {
		f.Groups = c.Groups
	}
	if c.Factors != nil {
		f.Factors = c.Factors
	}
	if c.Hash != nil {
		f.Hash = *c.Hash
	}
}

// Delete is part of session.Store.
func (s sessions) Delete(ctx context.Context, realm, userID string, which session.Selection) (int, error) {
	var ended int
	err := s.db.write(ctx, "delete sessions", func(t *tx) (err error) {
		switch {
		case which.All:
			// No session has an empty id, so this spares none where none is named.
			ended, err = s.end(t, deleteSessionsExcept, realm, userID, which.Except)
		case which.ID != "" && which.Family:
			ended, err = s.end(t, deleteFamilyByID, realm, userID, which.ID)
		case which.Hash != nil && which.Family:
			ended, err = s.end(t, deleteFamilyByHash, realm, userID, which.Hash[:])
		case which.ID != "":
			ended, err = s.end(t, deleteSessionByID, realm, userID, which.ID)
		case which.Hash != nil:
			ended, err = s.end(t, deleteSessionByHash, realm, userID, which.Hash[:])
		default:
			err = errors.New("no session is named")
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	return ended, nil
}

// sessionData is the place of the data among sessionColumns.
const sessionData = 13

// scanSession reads sessionColumns.
func scanSession(r row) (session.Found, error) {
	var errs [4]error
	f := session.Found{Record: session.Record{
		Hash:      session.Hash(r.blob(0)),
		ID:        r.text(1),
		UserID:    r.text(2),
		Created:   engine.Instant(r.int(3)),
		LastSeen:  engine.Instant(r.int(4)),
		IdleEnd:   engine.Instant(r.int(5)),
		End:       engine.Instant(r.int(6)),
		IP:        r.text(7),
		UserAgent: r.text(8),
		Actor:     r.text(11),
		Note:      r.text(12),
	}}
	f.Groups, errs[0] = decodeList(r.text(9))
	f.Factors, errs[1] = decodeList(r.text(10))
	f.Data, errs[2] = decodeData(r.text(sessionData))
	f.UserGroups, errs[3] = decodeList(r.text(14))
	if err := errors.Join(errs[:]...); err != nil {
		return session.Found{}, fmt.Errorf("session %s: %w", f.ID, err)
	}
	return f, nil
}
