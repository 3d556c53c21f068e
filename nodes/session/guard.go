package session

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/latchwork/latchwork/engine"
)

type guardWith struct {
	Groups []string `flow:"groups,optional,literal" doc:"Access groups of which the session must have one."`
}

type guardOutcomes struct {
	Passed engine.Outcome[Session] `flow:"passed" proves:"userId" grade:"session" session:"id" doc:"The request came with a live session."`
}

// Guard is the node type that the compiler puts in front of an endpoint that
// requires a session. What it cannot find out, it refuses.
func Guard(m *Manager) engine.NodeType {
	return engine.Define("guard.session", "Lets a request pass that came with a live session.",
		func(ctx context.Context, in guardWith, out guardOutcomes) (engine.Exit, error) {
			s, err := m.Check(ctx, engine.Realm(ctx), m.presented(ctx))
			switch {
			case errors.Is(err, ErrMissing):
				return engine.Exit{}, failMissing
			case errors.Is(err, ErrInvalid):
				return engine.Exit{}, failInvalid
			case err != nil:
				return engine.Exit{}, err
			case len(in.Groups) > 0 && !slices.ContainsFunc(in.Groups, func(g string) bool { return slices.Contains(s.AccessGroupKeys, g) }):
				return engine.Exit{}, fmt.Errorf("%w (session %s of user %s)", failGroups, s.ID, s.UserID)
			}
			return s.proving(out.Passed.Exit(s)), nil
		}, engine.ReadsRequest, engine.MayFail(failMissing, failInvalid), engine.MayFailFor("groups", failGroups))
}

// What a client is told of a session that does not open an endpoint.
var (
	failMissing = engine.Fail(401, "missing_session_token", "A session is required.")
	failInvalid = engine.Fail(401, "invalid_session_token", "The session is not valid.")
	failGroups  = engine.Fail(403, "access_denied", "The session is in none of the access groups that this endpoint requires.")
)
