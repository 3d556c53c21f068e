package user

import (
	"context"
	"errors"
	"fmt"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/identity"
)

// ErrNotFound says that the realm has no such user.
var ErrNotFound = errors.New("user: not found")

// TakenError says that another user of the realm has an identifier already.
type TakenError struct {
	Field Identifier
}

// Error names the field.
func (e *TakenError) Error() string { return fmt.Sprintf("user: %s is taken", e.Field) }

// Identifier is a kind of name by which a user is found.
type Identifier string

// The identifiers. ByAny looks a value up whatever its kind.
const (
	ByID       Identifier = "id"
	ByEmail    Identifier = "email"
	ByPhone    Identifier = "phone"
	ByUsername Identifier = "username"
	ByAny      Identifier = "identifier"

	// ByIdentity stands for the identity of a provider where it is taken. Users are not
	// found by it here: see identity.Store.
	ByIdentity Identifier = "identity"
)

// Change is what Update sets. A nil field stays as it is.
type Change struct {
	Name, Picture *string        // "" removes
	Data          map[string]any // replaces the whole
	AddGroups     []string
	RemoveGroups  []string
}

// Store keeps users. All its methods are safe for concurrent use, and each is
// one whole command: it happens altogether or not at all. The realm is part of
// every key: no method ever reads or changes a user of another realm.
//
// Identifiers arrive canonical (see Canonical) and are unique within a realm
// across all kinds: nobody may take as a username what is another's address.
type Store interface {
	// Create stores u, whose ID is set, with the encoded password hash, which is
	// "" for a user without one. It returns a *TakenError, naming the first of
	// email, phone, username in that order, if an identifier is another user's.
	Create(ctx context.Context, realm string, u User, passwordHash string) error
	// CreateIdentified is Create of a user with an identity of a provider, which
	// identity.Store then finds, as one command. One that is another user's is a
	// *TakenError of ByIdentity.
	CreateIdentified(ctx context.Context, realm string, u User, passwordHash string, i identity.Identity) error
	// Find returns the user or ErrNotFound. Disabled users are found too.
	Find(ctx context.Context, realm string, by Identifier, value string) (User, error)
	// List returns up to limit users in the order of their ids, those after the
	// given id only; "" starts at the first.
	List(ctx context.Context, realm, after string, limit int) ([]User, error)
	// Update changes a user and returns what it is afterwards. Groups are added
	// before others are removed; sessions follow the user's groups at once.
	Update(ctx context.Context, realm, id string, c Change, at engine.Instant) (User, error)
	// Disable sets the status and ends the user's sessions, tokens and keys.
	// Disabling a disabled user is not an error; an unknown one is ErrNotFound.
	Disable(ctx context.Context, realm, id string, at engine.Instant) error
	// Enable sets the status back. What Disable ended stays ended. Enabling an active
	// user is not an error; an unknown one is ErrNotFound.
	Enable(ctx context.Context, realm, id string, at engine.Instant) error
	// Delete removes the user and all that belongs to them. An unknown user is
	// ErrNotFound. The identifiers are free afterwards.
	Delete(ctx context.Context, realm, id string) error
	// SetAddress gives the user an address, verified, and returns what the user is
	// afterwards. One that another user has is a *TakenError. An address in the place of
	// another one frees that, queues the notice to it, and ends the user's tokens. What
	// a claim and a confirmation do, see NewAddress; one that may not be is ErrNotFound.
	SetAddress(ctx context.Context, realm, id string, a NewAddress, at engine.Instant) (User, error)
}
