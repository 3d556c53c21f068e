package sqlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/key"
)

// Keys is the store of API keys.
func (db *DB) Keys() key.Store { return keys{db} }

type keys struct{ db *DB }

var _ key.Store = keys{}

const (
	keyColumns = `hash, id, name, kind, owner, scopes, endpoints, created, expires, revoked, last_used`

	findKey  = `SELECT ` + keyColumns + ` FROM keys WHERE realm = ? AND hash = ?`
	listKeys = `SELECT ` + keyColumns + ` FROM keys WHERE realm = ? ORDER BY name, created, id`

	insertKey = `INSERT INTO keys (realm, hash, id, name, kind, owner, scopes, endpoints, created, expires, revoked,
		replaced, last_used) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)`
	keyInForce = `SELECT id FROM keys WHERE realm = ? AND name = ? AND revoked = 0 AND replaced = 0`

	// A key that was replaced before keeps its end, unless the new one is earlier.
	replaceKeys = `UPDATE keys SET replaced = max(replaced, ?3, 1),
		expires = CASE WHEN expires = 0 THEN ?4 ELSE min(expires, ?4) END
		WHERE realm = ?1 AND name = ?2 AND revoked = 0`
	revokeKeys = `UPDATE keys SET revoked = ?3 WHERE realm = ?1 AND name = ?2 AND revoked = 0`
	touchKey   = `UPDATE keys SET last_used = ?3 WHERE realm = ?1 AND id = ?2 AND last_used < ?3`
)

// Create is part of key.Store.
func (s keys) Create(ctx context.Context, realm string, k key.Key) error {
	return s.db.write(ctx, "create key", func(t *tx) error {
		_, taken, err := t.first(keyInForce, realm, k.Name)
		if err != nil {
			return err
		}
		if taken {
			return key.ErrTaken
		}
		return putKey(t, realm, &k)
	})
}

func putKey(t *tx, realm string, k *key.Key) error {
	_, err := t.exec(insertKey, realm, k.Hash[:], k.ID, k.Name, string(k.Kind), k.Owner, encodeList(k.Scopes),
		encodeList(k.Endpoints), int64(k.Created), int64(k.Expires), int64(k.Revoked), int64(k.LastUsed))
	return err
}

// Find is part of key.Store.
func (s keys) Find(ctx context.Context, realm string, hash key.Hash) (key.Key, error) {
	var k key.Key
	err := s.db.read(ctx, "find key", func(c *conn) error {
		r, ok, err := c.first(findKey, realm, hash[:])
		if err != nil {
			return err
		}
		if !ok {
			return key.ErrNotFound
		}
		k, err = scanKey(r)
		return err
	})
	return k, err
}

// List is part of key.Store.
func (s keys) List(ctx context.Context, realm string) ([]key.Key, error) {
	list := []key.Key{}
	err := s.db.read(ctx, "list keys", func(c *conn) error {
		return c.each(ctx, listKeys, []any{realm}, func(r row) error {
			k, err := scanKey(r)
			list = append(list, k)
			return err
		})
	})
	return list, err
}

// Rotate is part of key.Store.
func (s keys) Rotate(ctx context.Context, realm string, next key.Key, oldUntil engine.Instant) error {
	return s.db.write(ctx, "rotate key", func(t *tx) error {
		replaced, err := t.exec(replaceKeys, realm, next.Name, int64(next.Created), int64(oldUntil))
		if err != nil {
			return err
		}
		if replaced == 0 {
			return key.ErrNotFound
		}
		return putKey(t, realm, &next)
	})
}

// Revoke is part of key.Store.
func (s keys) Revoke(ctx context.Context, realm, name string, at engine.Instant) (int, error) {
	var revoked int64
	err := s.db.write(ctx, "revoke key", func(t *tx) (err error) {
		revoked, err = t.exec(revokeKeys, realm, name, int64(at))
		return err
	})
	if err != nil {
		return 0, err
	}
	return int(revoked), nil
}

// Touch is part of key.Store.
func (s keys) Touch(ctx context.Context, realm string, used map[string]engine.Instant) error {
	if len(used) == 0 {
		return nil
	}
	return s.db.write(ctx, "touch keys", func(t *tx) error {
		for id, at := range used {
			if _, err := t.exec(touchKey, realm, id, int64(at)); err != nil {
				return err
			}
		}
		return nil
	})
}

// scanKey reads keyColumns.
func scanKey(r row) (key.Key, error) {
	var errs [2]error
	k := key.Key{
		Hash:     key.Hash(r.blob(0)),
		ID:       r.text(1),
		Name:     r.text(2),
		Kind:     key.Kind(r.text(3)),
		Owner:    r.text(4),
		Created:  engine.Instant(r.int(7)),
		Expires:  engine.Instant(r.int(8)),
		Revoked:  engine.Instant(r.int(9)),
		LastUsed: engine.Instant(r.int(10)),
	}
	k.Scopes, errs[0] = decodeList(r.text(5))
	k.Endpoints, errs[1] = decodeList(r.text(6))
	if err := errors.Join(errs[:]...); err != nil {
		return key.Key{}, fmt.Errorf("key %s: %w", k.ID, err)
	}
	return k, nil
}
