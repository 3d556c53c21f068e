package factor

import (
	"context"
	"errors"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/outbox"
)

var (
	// ErrNotFound says that there is no such app, or no longer, or no such recovery code.
	ErrNotFound = errors.New("factor: not found")
	// ErrUsed says that the code of this step, or of a later one, was taken already.
	ErrUsed = errors.New("factor: the code was used")
	// ErrChanged says that another app is enrolled than the one that was looked at.
	ErrChanged = errors.New("factor: another app was enrolled meanwhile")
)

// State says which of a user's two apps is meant.
type State string

// The states. A user has at most one app in each.
const (
	Enrolled State = "enrolled" // asked for at each sign-in
	Started  State = "started"  // shown a secret, and not confirmed
)

// Change is what happens together with a change of factors.
type Change struct {
	At engine.Instant

	// EndOthers ends the user's sessions but Session, the tokens, and the challenges but
	// Challenge.
	EndOthers bool
	Session   string // handle; "" for none
	Challenge string // name; "" for none

	Notice outbox.Entry // to the user
}

// Store keeps second factors. All its methods are safe for concurrent use, and each is
// one whole command. The realm is part of every key. The factors that a user shows
// (user.User.Factors) are those that are enrolled here.
type Store interface {
	// Find returns an app of a user, or ErrNotFound.
	Find(ctx context.Context, realm, userID string, s State) (Authenticator, error)
	// Start stores a as the started app of its user, in the place of another, if the app
	// that is enrolled still has the sealed secret over, or none is where that is nil; else
	// it is ErrChanged. An unknown user is ErrNotFound.
	Start(ctx context.Context, realm string, a Authenticator, over []byte) error
	// Confirm makes the started app, if it has this secret still and was started after
	// since, the enrolled one, with a.Step as its last step, in the place of another. The
	// recovery codes, by their MACs, take the place of those before. Else it is ErrNotFound.
	Confirm(ctx context.Context, realm string, a Authenticator, since engine.Instant, codes [][]byte, c Change) error
	// Use notes that the code of a.Step was taken, if the enrolled app has this secret still
	// and its last step is an earlier one, else it returns ErrUsed. Of many at once one
	// succeeds.
	Use(ctx context.Context, realm string, a Authenticator) error
	// UseCode removes a recovery code, or returns ErrNotFound. Of many at once one succeeds.
	UseCode(ctx context.Context, realm, userID string, mac []byte) error
	// Remove removes the apps and the recovery codes of a user, or returns ErrNotFound where
	// none is enrolled.
	Remove(ctx context.Context, realm, userID string, c Change) error
}
