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
	// Log is told of tries that were not looked at because of those before, and of
	// hashes that could not be replaced. Nil means nobody is.
	Log *slog.Logger
}

// Nodes are the node types password.*.
func Nodes(d Deps) []engine.NodeType {
	if d.Words == nil {
		d.Words = func(context.Context, string, string) ([]string, error) { return nil, nil }
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return []engine.NodeType{policyNode(d.Intake), checkNode(d), decoyNode(d), setNode(d)}
}

type rejection struct {
	Reasons []string `flow:"reasons" doc:"too_short, too_long, common or context."`
}
