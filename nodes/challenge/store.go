package challenge

import (
	"context"
	"errors"

	"github.com/latchwork/latchwork/engine"
)

var (
	// ErrNotFound says that there is no such challenge: it is unknown, over, used up, or
	// has no tries left. Nobody is told which.
	ErrNotFound = errors.New("challenge: not found")
	// ErrDisabled says that the user is disabled or gone.
	ErrDisabled = errors.New("challenge: user is disabled")
	// ErrChanged says that the user's password is not the one that was checked any more.
	ErrChanged = errors.New("challenge: the password was changed meanwhile")
)

// Store keeps challenges. All its methods are safe for concurrent use, and each is one
// whole command. The realm is part of every key. Whatever ends the sessions of a user
// for safety ends the user's challenges, too, in the same command, and so does any new
// password. A session that is opened by a challenge uses it up: see session.Store.
type Store interface {
	// Create stores c. A disabled or unknown user is ErrDisabled, and one whose password
	// has not the hash c.Checked any more, if that is not "", ErrChanged.
	Create(ctx context.Context, realm string, c Challenge) error
	// Resume takes one of the tries of a challenge that is not over, and returns it, or
	// ErrNotFound. That of a user who is not active is not found.
	Resume(ctx context.Context, realm string, hash Hash, at engine.Instant) (Challenge, error)
}
