package session

import (
	"context"
	"errors"

	"github.com/latchwork/latchwork/engine"
)

type currentOutcomes struct {
	Present engine.Outcome[Session]     `flow:"present" proves:"userId" grade:"session" session:"id" doc:"The request came with a live session."`
	Absent  engine.Outcome[engine.None] `flow:"absent" doc:"It came with none, or with one that opens nothing."`
}

func (m *Manager) currentNode() engine.NodeType {
	return engine.Define("session.current",
		"Looks whether the request came with a session, on an endpoint that does not require one.",
		func(ctx context.Context, _ struct{}, out currentOutcomes) (engine.Exit, error) {
			s, err := m.Check(ctx, engine.Realm(ctx), m.presented(ctx))
			if errors.Is(err, ErrMissing) || errors.Is(err, ErrInvalid) {
				return out.Absent.Exit(engine.None{}), nil
			}
			if err != nil {
				return engine.Exit{}, err
			}
			return s.proving(out.Present.Exit(s)), nil
		}, engine.Silent, engine.ReadsRequest, engine.Example(`
- id: current
  use: session.current
  next: {absent: nobody}
- id: somebody
  use: respond
  with:
    body:
      userId: ${{ current.userId }}
- id: nobody
  use: respond
  with:
    body:
      userId: null
`))
}

// oneWith names one session of a user.
type oneWith struct {
	ID     string `flow:"id" doc:"The handle of the session."`
	UserID string `flow:"userId" needs:"session" doc:"Whose session it is."`
}

type getOutcomes struct {
	Found    engine.Outcome[Session]     `flow:"found" same:"id=with.id,userId=with.userId" doc:"The session is live."`
	NotFound engine.Outcome[engine.None] `flow:"notFound" fails:"404 session_not_found There is no such session." doc:"The user has no such session, or no longer."`
}

func (m *Manager) getNode() engine.NodeType {
	return engine.Define("session.get", "Finds one session of a user by its handle.",
		func(ctx context.Context, in oneWith, out getOutcomes) (engine.Exit, error) {
			found, err := m.Get(ctx, engine.Realm(ctx), in.UserID, in.ID)
			if errors.Is(err, ErrNotFound) {
				return out.NotFound.Exit(engine.None{}), nil
			}
			if err != nil {
				return engine.Exit{}, err
			}
			return out.Found.Exit(found.Session()), nil
		}, engine.Silent, engine.Example(`
- id: other
  use: session.get
  with:
    id: ${{ input.id }}
    userId: ${{ session.userId }}
- id: ok
  use: respond
  with:
    body:
      ip: ${{ other.ip }}
`))
}

type listWith struct {
	UserID string `flow:"userId" needs:"session" doc:"Whose sessions to list."`
}

type listed struct {
	Sessions []Listed `flow:"sessions" doc:"The most recently used first."`
	Count    int      `flow:"count" doc:"How many there are."`
}

type listOutcomes struct {
	Listed engine.Outcome[listed] `flow:"listed" doc:"The live sessions of the user, without their tokens."`
}

func (m *Manager) listNode() engine.NodeType {
	return engine.Define("session.list", "Lists the live sessions of a user.",
		func(ctx context.Context, in listWith, out listOutcomes) (engine.Exit, error) {
			all, err := m.List(ctx, engine.Realm(ctx), in.UserID)
			if err != nil {
				return engine.Exit{}, err
			}
			sessions := make([]Listed, len(all))
			for i := range all {
				sessions[i] = all[i].Listed()
			}
			return out.Listed.Exit(listed{sessions, len(sessions)}), nil
		}, engine.Example(`
- id: open
  use: session.list
  with:
    userId: ${{ session.userId }}
- id: ok
  use: respond
  with:
    body:
      count: ${{ open.count }}
      sessions: ${{ open.sessions }}
`))
}
