package session

import (
	"context"
	"errors"

	"github.com/latchwork/latchwork/engine"
)

type updateWith struct {
	ID     string         `flow:"id" doc:"The handle of the session."`
	UserID string         `flow:"userId" needs:"session" doc:"Whose session it is."`
	Data   map[string]any `flow:"data,optional" doc:"Replaces all of the application's own fields."`
	Groups []string       `flow:"groups,optional,trusted" doc:"Replaces the access groups that the session has besides the user's."`
}

type updateOutcomes struct {
	Updated  engine.Outcome[Session]     `flow:"updated" same:"id=with.id,userId=with.userId" doc:"The session as it is now."`
	NotFound engine.Outcome[engine.None] `flow:"notFound" fails:"404 session_not_found There is no such session." doc:"The user has no such session, or no longer."`
}

func (m *Manager) updateNode() engine.NodeType {
	return engine.Define("session.update", "Changes the fields or the access groups of a session, from its next request on.",
		func(ctx context.Context, in updateWith, out updateOutcomes) (engine.Exit, error) {
			found, err := m.update(ctx, engine.Realm(ctx), in.UserID, in.ID, Change{Data: in.Data, Groups: in.Groups})
			if errors.Is(err, ErrNotFound) {
				return out.NotFound.Exit(engine.None{}), nil
			}
			if err != nil {
				return engine.Exit{}, err
			}
			return out.Updated.Exit(found.Session()), nil
		}, engine.Effect, engine.Silent, engine.Example(`
- id: changed
  use: session.update
  with:
    id: ${{ session.id }}
    userId: ${{ session.userId }}
    data:
      theme: dark
- id: ok
  use: respond
  with:
    status: 204
`))
}

type raiseWith struct {
	ID     string `flow:"id" doc:"The handle of the session, which must be the one that the request came with."`
	UserID string `flow:"userId" needs:"fresh" doc:"Whose session it is, and who has just been proved."`
}

type raiseOutcomes struct {
	Raised  engine.Outcome[Session]     `flow:"raised" same:"id=with.id,userId=with.userId" doc:"The session has a new token and the factors just proved; the old token is dead."`
	Foreign engine.Outcome[engine.None] `flow:"foreign" fails:"404 session_not_found There is no such session." doc:"The user has no such session, or no longer, or the request did not come with it."`
}

func (m *Manager) raiseNode() engine.NodeType {
	return engine.Define("session.raise", "Adds the factors that this run has proved to the session that the request came with, and replaces its token.",
		func(ctx context.Context, in raiseWith, out raiseOutcomes) (engine.Exit, error) {
			proof, _ := engine.ProofOf(ctx, engine.SubjectUser, in.UserID)
			s, err := m.Raise(ctx, proof, in.ID, m.presented(ctx))
			if errors.Is(err, ErrNotFound) {
				return out.Foreign.Exit(engine.None{}), nil
			}
			if err != nil {
				return engine.Exit{}, err
			}
			return out.Raised.Exit(s), nil
		}, engine.Effect, engine.Silent, engine.ReadsRequest, engine.Example(`
- id: check
  use: password.check
  with:
    userId: ${{ session.userId }}
    password: ${{ input.password }}
  next: {mismatch: reject}
- id: raised
  use: session.raise
  with:
    id: ${{ session.id }}
    userId: ${{ session.userId }}
- id: ok
  use: respond
  reveal: [raised.token]
  with:
    body:
      session: ${{ raised }}
- id: reject
  use: fail
  with:
    status: 401
    code: invalid_credentials
    message: The password is wrong.
`))
}
