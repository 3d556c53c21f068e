package session

import (
	"context"
	"errors"

	"github.com/latchwork/latchwork/engine"
)

type createWith struct {
	UserID string   `flow:"userId" needs:"carried" doc:"Whose session it becomes."`
	Groups []string `flow:"groups,optional,trusted" doc:"Access groups of this session, besides the user's."`
	Note   *string  `flow:"note,optional" doc:"Kept with the session, for the operator."`
}

type createOutcomes struct {
	Created      engine.Outcome[Session]       `flow:"created" same:"userId=with.userId" doc:"The session is open. Its token is known only now."`
	SecondFactor engine.Outcome[factorsWanted] `flow:"secondFactor" fails:"401 second_factor_required A second factor is required." doc:"The user must prove a second factor first."`
	Limited      engine.Outcome[limitReached]  `flow:"limited" fails:"409 session_limit There are too many sessions." doc:"The user has as many sessions as are allowed."`
}

type factorsWanted struct {
	Factors []string `flow:"factors" doc:"The factors that the user has enrolled; none if one has to be enrolled first."`
}

type limitReached struct {
	Active int `flow:"active" doc:"How many sessions the user has."`
	Max    int `flow:"max" doc:"How many are allowed."`
}

// What a client is told where no session is opened for somebody who was proved.
var (
	failDisabled = engine.Fail(403, "user_disabled", "The account is disabled.")
	failChanged  = engine.Fail(409, "password_changed", "The password was changed meanwhile. Sign in again.")
	failFactors  = engine.Fail(409, "factor_changed", "The second factor was changed meanwhile. Sign in again.")
	failOrigin   = engine.Fail(401, "session_ended", "The session that this sign-in comes from is over. Sign in again.")
	failOver     = engine.Fail(401, "invalid_challenge", "The sign-in has to begin anew.")
)

func (m *Manager) createNode() engine.NodeType {
	return engine.Define("session.create",
		"Opens a session for a user whom this run has proved. A session of the same user that the request came with ends. One that is opened by a token springs from the session that the token was made in.",
		func(ctx context.Context, in createWith, out createOutcomes) (engine.Exit, error) {
			// The engine has checked that there is a proof; the manager checks again.
			proof, _ := engine.ProofOf(ctx, engine.SubjectUser, in.UserID)
			o := CreateOptions{Groups: in.Groups, Presented: m.presented(ctx)}
			if in.Note != nil {
				o.Note = *in.Note
			}
			s, err := m.Create(ctx, proof, o)
			var second *SecondFactorError
			var limit *LimitError
			switch {
			case errors.As(err, &second):
				return out.SecondFactor.Exit(factorsWanted{second.Factors}), nil
			case errors.As(err, &limit):
				return out.Limited.Exit(limitReached{limit.Active, limit.Max}), nil
			case errors.Is(err, ErrDisabled):
				return engine.Exit{}, failDisabled
			case errors.Is(err, ErrChanged):
				return engine.Exit{}, failChanged
			case errors.Is(err, ErrFactors):
				return engine.Exit{}, failFactors
			case errors.Is(err, ErrOrigin):
				return engine.Exit{}, failOrigin
			case errors.Is(err, ErrChallenge):
				return engine.Exit{}, failOver
			case err != nil:
				return engine.Exit{}, err
			}
			return out.Created.Exit(s), nil
		}, engine.Effect, engine.ReadsRequest, engine.MayFail(failDisabled, failChanged, failFactors, failOrigin, failOver), engine.Example(`
- id: user
  use: user.get
  with:
    email: ${{ input.email }}
  next: {notFound: decoy}
- id: check
  use: password.check
  with:
    userId: ${{ user.id }}
    password: ${{ input.password }}
  next: {mismatch: reject}
- id: opened
  use: session.create
  with:
    userId: ${{ user.id }}
- id: ok
  use: respond
  reveal: [opened.token]
  with:
    body:
      session: ${{ opened }}
- id: decoy
  use: password.decoy
  with:
    identifier: ${{ input.email }}
    password: ${{ input.password }}
- id: reject
  use: fail
  with:
    status: 401
    code: invalid_credentials
    message: The e-mail address or the password is wrong.
`))
}

// presented is the token that the request of the run came with.
func (m *Manager) presented(ctx context.Context) string {
	r := engine.RequestOf(ctx)
	if r == nil || r.Source == nil {
		return ""
	}
	token, _ := m.config(r.Realm).Find(r.Source)
	return token
}
