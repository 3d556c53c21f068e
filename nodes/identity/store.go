package identity

import (
	"context"
	"errors"

	"github.com/latchwork/latchwork/engine"
)

var (
	// ErrNotFound says that the identity is nobody's, or that nobody has its address.
	ErrNotFound = errors.New("identity: not found")
	// ErrTaken says that the identity is another user's.
	ErrTaken = errors.New("identity: taken")
	// ErrConflict says that a user has the address of the identity, and may not be
	// linked by it.
	ErrConflict = errors.New("identity: the address is that of an account which cannot be linked by it")
	// ErrNoUser says that the user to link is disabled or gone.
	ErrNoUser = errors.New("identity: no such user")
)

// Store knows whose identities are. All its methods are safe for concurrent use, and
// each is one whole command. The realm is part of every key; so are the issuer and the
// subject, and nothing else: an identity is found whatever its provider is called
// . Identities of a user go with the user.
//
// Those of new users are stored by user.Store.Create.
type Store interface {
	// Find returns the id of the user whose identity it is, who may be disabled, or
	// ErrNotFound.
	Find(ctx context.Context, realm, issuer, subject string) (userID string, err error)
	// Link makes the identity the user's. If it is already, nothing changes; if it is
	// another's, it is ErrTaken. A disabled or unknown user is ErrNoUser.
	Link(ctx context.Context, realm, userID string, i Identity, at engine.Instant) error
	// LinkByEmail makes the identity that of the user who has its address, and returns
	// the id. The address must be verified by the provider and for the user, who must be
	// active, else it is ErrConflict; without an address, and where nobody has it,
	// ErrNotFound. Who has the identity already is returned, and nothing changes.
	//
	// If the user's password was set while nobody had shown to hold the address, it may be
	// that of somebody who made the account beforehand. Then it ends in the same command,
	// with what could have been set up by it: the sessions, the tokens, the keys and the
	// identities that were there. Where such an account has a verified phone
	// number, too, it is ErrConflict: whose the number is is not known.
	LinkByEmail(ctx context.Context, realm string, i Identity, at engine.Instant) (userID string, err error)
}
