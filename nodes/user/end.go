package user

import (
	"context"

	"github.com/latchwork/latchwork/engine"
)

type endWith struct {
	UserID string `flow:"userId" needs:"fresh" doc:"The user whose account ends."`
}

type endOutcomes struct {
	Done engine.Outcome[engine.None] `flow:"done" doc:"It is so."`
}

func disableNode(store Store) engine.NodeType {
	return engine.Define("user.disable", "Locks an account and ends its sessions, tokens and keys.",
		func(ctx context.Context, in endWith, out endOutcomes) (engine.Exit, error) {
			if err := store.Disable(ctx, engine.Realm(ctx), in.UserID, engine.Now(ctx)); err != nil {
				return engine.Exit{}, known(err)
			}
			endOwnSession(ctx, in.UserID)
			return out.Done.Exit(engine.None{}), nil
		},
		engine.Effect,
		engine.Example(`
- id: disabled
  use: user.disable
  allow: {unproved: Staff lock accounts.}
  with:
    userId: ${{ input.userId }}
- id: ok
  use: respond
  with:
    status: 204
`))
}

func deleteNode(store Store) engine.NodeType {
	return engine.Define("user.delete", "Removes an account with all that belongs to it; its sessions, tokens and keys end.",
		func(ctx context.Context, in endWith, out endOutcomes) (engine.Exit, error) {
			if err := store.Delete(ctx, engine.Realm(ctx), in.UserID); err != nil {
				return engine.Exit{}, known(err)
			}
			endOwnSession(ctx, in.UserID)
			return out.Done.Exit(engine.None{}), nil
		},
		engine.Effect,
		engine.Example(`
- id: deleted
  use: user.delete
  allow: {unproved: Staff remove accounts on request.}
  with:
    userId: ${{ input.userId }}
- id: ok
  use: respond
  with:
    status: 204
`))
}

// endOwnSession tells the host that the session of the request is over, if it
// was the user's.
func endOwnSession(ctx context.Context, userID string) {
	if proof, _ := engine.ProofOf(ctx, engine.SubjectUser, userID); proof.Session() != "" {
		engine.EndSession(ctx)
	}
}
