// Package outbox keeps what is to be sent until it was sent. Whoever sends writes an
// entry, together with the state that it tells of; a worker delivers it after the
// answer, so that neither the answer nor its time tells of an account.
package outbox

import (
	"context"
	"errors"
	"time"

	"github.com/latchwork/latchwork/engine"
)

// Kind says what becomes of an entry.
type Kind string

// The kinds of entries.
const (
	Link    Kind = "link"    // a token is made and mailed
	Code    Kind = "code"    // digits are made and sent
	Mail    Kind = "mail"    // a letter is mailed
	Message Kind = "message" // a letter goes out as a short message
)

// Entry is something to be sent.
type Entry struct {
	N       int64 // the store's number, by which later entries have higher ones; it may come again
	Realm   string
	Kind    Kind
	UserID  string // whom it concerns and with whom it goes; "" for nobody
	Body    []byte // JSON, in which what is secret is sealed
	Created engine.Instant
	Due     engine.Instant // when it is to be taken
	Tries   int            // how often it was taken
}

// New is an entry that is due now.
func New(ctx context.Context, realm string, kind Kind, userID string, body []byte) Entry {
	now := engine.Now(ctx)
	return Entry{Realm: realm, Kind: kind, UserID: userID, Body: body, Created: now, Due: now}
}

// Store keeps entries. All its methods are safe for concurrent use, and each is one
// whole command. An entry of a user is gone when the user is.
type Store interface {
	// Add stores an entry. Its number is the store's to choose.
	Add(ctx context.Context, e Entry) error
	// Take gives up to limit entries that are due, those first that have been for
	// longest, and has each of them become due again after the lease, unless it is
	// done by then. Of many who take at once, one gets an entry. The try that begins
	// is among its Tries.
	Take(ctx context.Context, now engine.Instant, lease time.Duration, limit int) ([]Entry, error)
	// Done removes an entry that was taken. One that is gone already is no error.
	Done(ctx context.Context, e Entry) error
	// Delay says when an entry that was taken becomes due again. Nothing happens if
	// somebody else has taken it since, or it is gone.
	Delay(ctx context.Context, e Entry, until engine.Instant) error
	// Added has something in it when entries were added since it was last looked at.
	// An entry that another process adds need not show there.
	Added() <-chan struct{}
}

// ErrDrop says that an entry is not to be delivered, now or ever, and nobody has to
// know: its user is gone, or has no address.
var ErrDrop = errors.New("outbox: not to be delivered")
