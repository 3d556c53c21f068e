package sqlite

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/outbox"
)

// Outbox is the store of what is to be sent.
func (db *DB) Outbox() outbox.Store { return entries{db} }

type entries struct{ db *DB }

var _ outbox.Store = entries{}

const (
	insertEntry = `INSERT INTO outbox (realm, kind, user_id, body, created, due, tries) VALUES (?, ?, ?, ?, ?, ?, ?)`

	takeEntries = `UPDATE outbox SET due = ?2, tries = tries + 1
		WHERE n IN (SELECT n FROM outbox WHERE due <= ?1 ORDER BY due, n LIMIT ?3)
		RETURNING n, realm, kind, user_id, body, created, due, tries`

	// A number is given again when the entry that had it last is gone.
	sameEntry = ` WHERE n = ?1 AND realm = ?2 AND user_id = ?3 AND created = ?4`

	deleteEntry = `DELETE FROM outbox` + sameEntry
	delayEntry  = `UPDATE outbox SET due = ?6` + sameEntry + ` AND tries = ?5`
)

// Add is part of outbox.Store.
func (s entries) Add(ctx context.Context, e outbox.Entry) error {
	return s.db.write(ctx, "add to the outbox", func(t *tx) error { return putEntry(s.db, t, &e) })
}

// putEntry stores an entry, and tells whoever waits for one when it is committed.
func putEntry(db *DB, t *tx, e *outbox.Entry) error {
	_, err := t.exec(insertEntry, e.Realm, string(e.Kind), e.UserID, string(e.Body), int64(e.Created), int64(e.Due), int64(e.Tries))
	if err != nil {
		return err
	}
	t.onCommit(func() {
		select {
		case db.added <- struct{}{}:
		default:
		}
	})
	return nil
}

// Take is part of outbox.Store.
func (s entries) Take(ctx context.Context, now engine.Instant, lease time.Duration, limit int) ([]outbox.Entry, error) {
	var taken []outbox.Entry
	err := s.db.write(ctx, "take from the outbox", func(t *tx) error {
		taken = nil
		args := []any{int64(now), int64(now) + lease.Milliseconds(), int64(max(limit, 0))}
		return t.each(takeEntries, args, func(r row) error {
			taken = append(taken, scanEntry(r))
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(taken, func(a, b outbox.Entry) int { return cmp.Compare(a.N, b.N) })
	return taken, nil
}

// Done is part of outbox.Store.
func (s entries) Done(ctx context.Context, e outbox.Entry) error {
	return s.db.write(ctx, "remove from the outbox", func(t *tx) error {
		_, err := t.exec(deleteEntry, e.N, e.Realm, e.UserID, int64(e.Created))
		return err
	})
}

// Delay is part of outbox.Store.
func (s entries) Delay(ctx context.Context, e outbox.Entry, until engine.Instant) error {
	return s.db.write(ctx, "delay in the outbox", func(t *tx) error {
		_, err := t.exec(delayEntry, e.N, e.Realm, e.UserID, int64(e.Created), int64(e.Tries), int64(until))
		return err
	})
}

// Added is part of outbox.Store.
func (s entries) Added() <-chan struct{} { return s.db.added }

// scanEntry reads what takeEntries returns.
func scanEntry(r row) outbox.Entry {
	return outbox.Entry{
		N:       r.int(0),
		Realm:   r.text(1),
		Kind:    outbox.Kind(r.text(2)),
		UserID:  r.text(3),
		Body:    []byte(r.text(4)),
		Created: engine.Instant(r.int(5)),
		Due:     engine.Instant(r.int(6)),
		Tries:   int(r.int(7)),
	}
}
