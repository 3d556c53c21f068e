package password

import (
	"context"

	"github.com/latchwork/latchwork/engine"
)

// Target is what tries are counted for: an account, by whatever identifier and
// pathway somebody tries to get in, or an identifier that belongs
// to nobody. Either is counted alike, so that neither answers nor their delay
// tell which it is.
type Target struct {
	Realm      string
	UserID     string // of an account
	Identifier string // canonical; counts where UserID is empty

	// Place is what the try comes from: one client of a network. Tries for an account
	// from a place that its right password has come from lately are counted by
	// themselves, so that whoever guesses from elsewhere does not keep the user out
	//
	Place string
}

// Result is how a try ended.
type Result int

// The results.
const (
	Untried Result = iota // the password was not looked at, or nobody learned what came out
	Wrong
	Right
)

// Settle ends the try that was reserved with it, once; a second time is an error.
// A Right one forgives those before it.
type Settle func(ctx context.Context, r Result, at engine.Instant) error

// Tries counts tries to guess passwords. A try is reserved before the password
// is looked at, and settled afterwards, so that tries made at the same time
// cannot pass a limit together. Its methods are safe for concurrent
// use.
//
// MemoryTries counts for its own process only; a store that several processes
// share makes one count of theirs.
type Tries interface {
	// Reserve takes a try that the target has left; what it gives is nil if there is
	// none. While the last ones are under way it waits for them, until ctx ends. A
	// try that was taken must be settled.
	Reserve(ctx context.Context, t Target, at engine.Instant) (Settle, error)
	// Forgive forgets the wrong tries of a target and unlocks it: its user has
	// shown by other means who they are, and has a new password.
	Forgive(ctx context.Context, t Target) error
}
