package password

import (
	"context"
	"log/slog"

	"github.com/latchwork/latchwork/engine"
)

// Deps is what the node types of this group work with.
type Deps struct {
	Store Store
	Tries Tries
	Intake

	// Words are the texts that somebody who knows the user would try as the
	// password, such as names and addresses. Nil means that nothing is known.
	Words func(ctx context.Context, realm, userID string) ([]string, error)
	// Session is the id of the session that the run proves the user by, or "". It
	// is the one that stays where a new password ends the others. Nil means that
	// none stays.
	Session func(ctx context.Context, userID string) string
	// Log is told of hashes that could not be replaced. Nil means nobody is.
	Log *slog.Logger
}

// Nodes are the node types password.*.
func Nodes(d Deps) []engine.NodeType {
	if d.Words == nil {
		d.Words = func(context.Context, string, string) ([]string, error) { return nil, nil }
	}
	if d.Session == nil {
		d.Session = func(context.Context, string) string { return "" }
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return []engine.NodeType{policyNode(d.Intake), checkNode(d), decoyNode(d), setNode(d)}
}

type rejection struct {
	Reasons []string `flow:"reasons" doc:"too_short, too_long, common or context."`
}
