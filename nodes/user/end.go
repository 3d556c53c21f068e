package user

import (
	"context"

	"github.com/latchwork/latchwork/engine"
)

type endWith struct {
	UserID string `flow:"userId" needs:"fresh" doc:"The user whose account ends."`
}

type endOutcomes struct {
	Done engine.Outcome[engine.None] `flow:"done" doc:"Nothing of the user is open any more."`
}

func disableNode(store Store) engine.NodeType {
	return endNode(store, "user.disable", "Disables an account and ends its sessions, tokens and keys.", "Staff disable accounts.",
		func(ctx context.Context, userID string) error {
			return store.Disable(ctx, engine.Realm(ctx), userID, engine.Now(ctx))
		})
}

func deleteNode(store Store) engine.NodeType {
	return endNode(store, "user.delete", "Removes an account with all that belongs to it; its sessions, tokens and keys end.",
		"Staff remove accounts on request.",
		func(ctx context.Context, userID string) error { return store.Delete(ctx, engine.Realm(ctx), userID) })
}

// endNode is a node type by which an account ends. Reason is that of the example.
func endNode(store Store, name, doc, reason string, end func(ctx context.Context, userID string) error) engine.NodeType {
	return engine.Define(name, doc,
		func(ctx context.Context, in endWith, out endOutcomes) (engine.Exit, error) {
			if err := SecondFactor(ctx, store, in.UserID); err != nil {
				return engine.Exit{}, err
			}
			if err := end(ctx, in.UserID); err != nil {
				return engine.Exit{}, known(err)
			}
			endOwnSession(ctx, in.UserID)
			return out.Done.Exit(engine.None{}), nil
		},
		engine.Effect, engine.EndsSession, engine.MayFail(failUnknown, FailSecond),
		engine.Example(`
- id: ended
  use: `+name+`
  allow: {unproved: `+reason+`}
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
