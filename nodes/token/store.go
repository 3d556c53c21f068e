package token

import (
	"context"
	"errors"

	"github.com/latchwork/latchwork/engine"
)

var (
	// ErrNotFound says that there is nothing to redeem: the token is unknown, over, used
	// up, of another purpose or for another audience. Nobody is told which.
	ErrNotFound = errors.New("token: not found")
	// ErrDisabled says that the user is disabled or gone.
	ErrDisabled = errors.New("token: user is disabled")
	// ErrSession says that the session in which a token was to be made is over, or that
	// somebody stands in for the user there.
	ErrSession = errors.New("token: no token can be made in this session")
	// ErrChanged says that the user's password is not the one that was checked any more.
	ErrChanged = errors.New("token: the password was changed meanwhile")
)

// Use is what a token has to be good for.
type Use struct {
	Purposes []string // of which it must have one
	Audience string   // "" is good for a token that is for anybody, and for no other
	// Claims are those of the purposes by which whoever reads the mail becomes the user.
	// The address that such a token was sent to must be the user's still. Where it is
	// not verified, the token claims the account; see user.NewAddress.
	Claims []string
	At     engine.Instant
}

// Store keeps tokens. All its methods are safe for concurrent use, and each is one
// whole command. The realm is part of every key. Whatever ends the sessions of a user
// for safety ends the user's tokens, too, in the same command: a new password, a new
// address, and the end of the account.
//
// A token of a session is good only while that session is live and nobody stands in
// for the user there, and any token only while its user is active.
type Store interface {
	// Create stores t and returns it as it is stored. Where t names a session, its
	// factors and its ceiling are those of the session, which must be live and the
	// user's, else it is ErrSession; and it ends no later than its ceiling. A disabled or
	// unknown user is ErrDisabled, and one whose password has not the hash t.Checked any
	// more, if that is not "", ErrChanged.
	Create(ctx context.Context, realm string, t Token) (Token, error)
	// Redeem removes the token and returns it, or ErrNotFound. Of many at once one gets
	// it. A token that is not good for this use stays.
	Redeem(ctx context.Context, realm string, hash Hash, u Use) (Token, error)
	// Peek returns a token of one of the purposes, whatever its audience, or
	// ErrNotFound.
	Peek(ctx context.Context, realm string, hash Hash, purposes []string, at engine.Instant) (Token, error)
}
