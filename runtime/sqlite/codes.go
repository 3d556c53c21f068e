package sqlite

import (
	"context"
	"fmt"
	"strconv"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/letter"
	"github.com/latchwork/latchwork/nodes/otp"
	"github.com/latchwork/latchwork/nodes/outbox"
)

// Codes is the store of codes.
func (db *DB) Codes() otp.Store { return codes{db} }

type codes struct{ db *DB }

var _ otp.Store = codes{}

const (
	codeColumns = `binding, channel, address, purposes, mac, tries, created, expires`

	insertCode = `INSERT INTO codes (realm, ` + codeColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`

	replaceCodes = `DELETE FROM codes WHERE realm = ?1 AND address = ?2 AND EXISTS (
		SELECT 1 FROM json_each(codes.purposes) AS old JOIN json_each(?3) AS new ON new.value = old.value)`

	fillCode = `UPDATE codes SET mac = ?3, expires = ?4 WHERE realm = ?1 AND binding = ?2`

	// A code that was not sent yet ends at 0, so it cannot be tried.
	canBeTried = ` AND expires > ?3 AND EXISTS (SELECT 1 FROM json_each(codes.purposes) AS own WHERE own.value = ?4)
		RETURNING ` + codeColumns

	consumeCode = `DELETE FROM codes WHERE realm = ? AND binding = ? AND mac = ?`
)

// One statement takes a try, so that no two take the same one.
var (
	takeTry      = `UPDATE codes SET tries = tries + 1 WHERE tries < ` + strconv.Itoa(otp.Tries) + ` AND realm = ?1`
	tryByBinding = takeTry + ` AND binding = ?2 AND (?5 = '' OR address = ?5)` + canBeTried
	tryByAddress = takeTry + ` AND address = ?2` + canBeTried
)

// Create is part of otp.Store.
func (s codes) Create(ctx context.Context, realm string, c otp.Code, e outbox.Entry) error {
	purposes := encodeList(c.Purposes)
	return s.db.write(ctx, "create code", func(t *tx) error {
		if _, err := t.exec(replaceCodes, realm, c.Address, purposes); err != nil {
			return err
		}
		_, err := t.exec(insertCode, realm, c.Binding[:], string(c.Channel), c.Address, purposes, macOf(c), int64(c.Tries),
			int64(c.Created), int64(c.Expires))
		if err != nil {
			return err
		}
		return putEntry(s.db, t, &e)
	})
}

// macOf is the MAC of a code, which is never NULL.
func macOf(c otp.Code) []byte { return append([]byte{}, c.MAC...) }

// Fill is part of otp.Store.
func (s codes) Fill(ctx context.Context, realm string, binding otp.Hash, mac []byte, expires engine.Instant) error {
	return s.db.write(ctx, "fill code", func(t *tx) error {
		return oneCode(t.exec(fillCode, realm, binding[:], mac, int64(expires)))
	})
}

// oneCode is otp.ErrNotFound where a statement has changed nothing.
func oneCode(n int64, err error) error {
	if err == nil && n == 0 {
		return otp.ErrNotFound
	}
	return err
}

// Try is part of otp.Store.
func (s codes) Try(ctx context.Context, realm string, g otp.Guess) (otp.Code, error) {
	statement, args := tryByAddress, []any{realm, g.Address, int64(g.At), g.Purpose}
	if g.Binding != nil {
		statement, args = tryByBinding, []any{realm, g.Binding[:], int64(g.At), g.Purpose, g.Address}
	}
	var tried otp.Code
	err := s.db.write(ctx, "try code", func(t *tx) error {
		r, ok, err := t.first(statement, args...)
		if err == nil && !ok {
			err = otp.ErrNotFound
		}
		if err != nil {
			return err
		}
		tried, err = scanCode(r)
		return err
	})
	if err != nil {
		return otp.Code{}, err
	}
	return tried, nil
}

// Consume is part of otp.Store.
func (s codes) Consume(ctx context.Context, realm string, c otp.Code) error {
	return s.db.write(ctx, "consume code", func(t *tx) error {
		return oneCode(t.exec(consumeCode, realm, c.Binding[:], macOf(c)))
	})
}

// scanCode reads codeColumns.
func scanCode(r row) (otp.Code, error) {
	c := otp.Code{
		Binding: otp.Hash(r.blob(0)),
		Channel: letter.Channel(r.text(1)),
		Address: r.text(2),
		MAC:     append([]byte(nil), r.blob(4)...),
		Tries:   int(r.int(5)),
		Created: engine.Instant(r.int(6)),
		Expires: engine.Instant(r.int(7)),
	}
	var err error
	if c.Purposes, err = decodeList(r.text(3)); err != nil {
		return otp.Code{}, fmt.Errorf("code for %s: %w", c.Channel, err)
	}
	return c, nil
}
