package otp

import (
	"context"
	"errors"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/outbox"
)

// ErrNotFound says that there is no such code: it is unknown, replaced, used up, over,
// of another purpose or address, or has no tries left. Nobody is told which.
var ErrNotFound = errors.New("otp: not found")

// Guess is a code that somebody tries.
type Guess struct {
	Binding *Hash  // nil where none is given
	Address string // canonical; "" where none is given. One of the two is.
	Purpose string
	At      engine.Instant
}

// Store keeps codes. All its methods are safe for concurrent use, and each is one
// whole command. The realm is part of every key.
type Store interface {
	// Create stores c in the place of the codes of its address that have one of its
	// purposes, and puts the entry that sends it into the outbox.
	Create(ctx context.Context, realm string, c Code, e outbox.Entry) error
	// Fill gives a code its MAC and its end, when it is sent. The tries that were taken
	// stay taken. A code that is gone is ErrNotFound.
	Fill(ctx context.Context, realm string, binding Hash, mac []byte, expires engine.Instant) error
	// Try takes one of the tries of a code that was sent and is not over, and returns
	// it, or ErrNotFound. What is given of binding and address must both fit; else no try
	// is taken.
	Try(ctx context.Context, realm string, g Guess) (Code, error)
	// Consume removes a code that has this MAC still, or returns ErrNotFound. Of many at
	// once one succeeds.
	Consume(ctx context.Context, realm string, c Code) error
}
