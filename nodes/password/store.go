package password

import (
	"context"
	"errors"

	"github.com/latchwork/latchwork/nodes/outbox"
)

// ErrNone says that the user is unknown or has no password.
var ErrNone = errors.New("password: none")

// EndSessions says which sessions of a user a new password ends.
type EndSessions string

// The sessions that a new password may end.
const (
	EndOthers EndSessions = "others"
	EndAll    EndSessions = "all"
	EndNone   EndSessions = "none"
)

// Store keeps the hashes of passwords. All its methods are safe for concurrent
// use, and each is one whole command.
type Store interface {
	// Hash returns the encoded hash of a user's password, or ErrNone.
	Hash(ctx context.Context, realm, userID string) (string, error)
	// Set replaces the hash, ends the sessions that end names, save the session
	// keep where end is EndOthers, and puts the notice to the user into the outbox,
	// as one command. Where it ends sessions it ends all tokens of the user, too. A
	// notice without a kind is none. An unknown user is ErrNone.
	Set(ctx context.Context, realm, userID, hash string, end EndSessions, keep string, notice outbox.Entry) error
	// Rehash replaces the hash only if it is still the old one, and says whether
	// it was. A password changed meanwhile is never overwritten.
	Rehash(ctx context.Context, realm, userID, old, new string) (bool, error)
}
