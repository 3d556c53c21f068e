package user

import (
	"context"
	"errors"
	"log/slog"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/outbox"
)

// Deps is what the node types of this group work with.
type Deps struct {
	Store     Store
	Passwords Passwords
	Log       *slog.Logger // told of reserved keys that were dropped; nil tells nobody

	// Replaced makes the notice to an address of a user that another one has replaced.
	// Nil makes none.
	Replaced func(ctx context.Context, realm, userID string, by Identifier, old string) outbox.Entry
}

// Passwords judges and hashes the passwords of new users.
type Passwords interface {
	// Accept returns the hash of a password to store, or the reasons why it is
	// too weak. A password must not be made of the words.
	Accept(ctx context.Context, password engine.Secret, words []string) (hash string, reasons []string, err error)
}

// Nodes are the node types user.* and group.*.
func Nodes(d Deps) []engine.NodeType {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return []engine.NodeType{
		getNode(d.Store), listNode(d.Store), createNode(d), updateNode(d),
		ofNode(d.Store), confirmNode(d.Store), setAddressNode(d), disableNode(d.Store), deleteNode(d.Store),
		groupNode(d.Store, "group.add", "Adds a user to access groups; the user's sessions follow at once.",
			func(keys []string) Change { return Change{AddGroups: keys} }),
		groupNode(d.Store, "group.remove", "Removes a user from access groups; the user's sessions follow at once.",
			func(keys []string) Change { return Change{RemoveGroups: keys} }),
	}
}

// invalid is the answer to an input that the caller has to mend.
func invalid(field, message string) error {
	f := engine.Fail(400, "validation_error", message)
	f.Details = map[string]any{"field": field}
	return f
}

var failUnknown = engine.Fail(404, "user_not_found", "There is no such user.")

// known makes the answer to an unknown user of ErrNotFound, for node types that
// have no outcome for it: whoever gets there has proved to be the user, or acts
// for the application.
func known(err error) error {
	if errors.Is(err, ErrNotFound) {
		return failUnknown
	}
	return err
}
