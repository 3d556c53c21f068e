package challenge

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/latchwork/latchwork/engine"
)

// Nodes are the node types challenge.*.
func Nodes(m *Manager) []engine.NodeType { return []engine.NodeType{m.createNode(), m.resumeNode()} }

type createWith struct {
	UserID   string  `flow:"userId" needs:"carried" doc:"Whose sign-in it is."`
	ReturnTo *string `flow:"returnTo,optional,trusted" doc:"Where to go when the sign-in is done."`
}

type created struct {
	Token    engine.Secret `flow:"token" secret:"minted" credential:"with.userId" doc:"The challenge, for a cookie or the answer. It is known only now: a hash is stored."`
	Factors  []string      `flow:"factors" doc:"The factors that the user has enrolled; none if one has to be enrolled first."`
	Enrolled bool          `flow:"enrolled" doc:"Whether there are any."`
}

type createOutcomes struct {
	Created engine.Outcome[created] `flow:"created" doc:"What was proved is kept, for five minutes and five tries."`
}

// What a client is told where no challenge is made for somebody who was proved.
var (
	failDisabled = engine.Fail(403, "user_disabled", "The account is disabled.")
	failChanged  = engine.Fail(409, "password_changed", "The password was changed meanwhile. Sign in again.")
	failUnproved = engine.Fail(403, "challenge_refused", "Nobody can stand in for the user here.")
)

func (m *Manager) createNode() engine.NodeType {
	return engine.Define("challenge.create", "Keeps what a sign-in has proved, for a later request that proves the second factor.",
		func(ctx context.Context, in createWith, out createOutcomes) (engine.Exit, error) {
			factors, err := m.factors(ctx, in.UserID)
			if err != nil {
				return engine.Exit{}, err
			}
			// The engine has checked that there is a proof; the manager checks again.
			proof, _ := engine.ProofOf(ctx, engine.SubjectUser, in.UserID)
			token, err := m.Create(ctx, proof, *cmp.Or(in.ReturnTo, new(string)))
			switch {
			case errors.Is(err, ErrDisabled):
				return engine.Exit{}, failDisabled
			case errors.Is(err, ErrChanged):
				return engine.Exit{}, failChanged
			case errors.Is(err, ErrUnproved):
				return engine.Exit{}, fmt.Errorf("%w (%w)", failUnproved, err)
			case err != nil:
				return engine.Exit{}, err
			}
			return out.Created.Exit(created{token, factors, len(factors) > 0}), nil
		},
		engine.Effect, engine.MayFail(failDisabled, failChanged, failUnproved), engine.Example(`
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
  next: {secondFactor: challenge}
- id: ok
  use: respond
  reveal: [opened.token]
  with:
    body:
      session: ${{ opened }}
- id: challenge
  use: challenge.create
  with:
    userId: ${{ user.id }}
- id: second
  use: respond
  reveal: [challenge.token]
  with:
    status: 202
    body:
      challenge: ${{ challenge.token }}
      factors: ${{ challenge.factors }}
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

type resumeWith struct {
	Token engine.Secret `flow:"token,evidence" secret:"typed" doc:"What the caller presents."`
}

type resumed struct {
	UserID   string   `flow:"userId" doc:"Whose sign-in it is. What was proved before is not enough for a session."`
	Factors  []string `flow:"factors" doc:"The factors that the user has enrolled; none if one has to be enrolled first."`
	ReturnTo *string  `flow:"returnTo,optional,trusted" doc:"Where to go when the sign-in is done."`
}

type resumeOutcomes struct {
	Resumed engine.Outcome[resumed]     `flow:"resumed" proves:"userId" grade:"pending" public:"" doc:"The sign-in goes on. One try was taken."`
	Invalid engine.Outcome[engine.None] `flow:"invalid" fails:"401 invalid_challenge The sign-in has to begin anew." doc:"The challenge is unknown, over, used up, or was tried too often."`
}

func (m *Manager) resumeNode() engine.NodeType {
	return engine.Define("challenge.resume", "Goes on with a sign-in that has to prove a second factor. session.create then uses the challenge up.",
		func(ctx context.Context, in resumeWith, out resumeOutcomes) (engine.Exit, error) {
			c, err := m.Resume(ctx, in.Token.Reveal())
			switch {
			case errors.Is(err, ErrNotFound):
				return out.Invalid.Exit(engine.None{}), nil
			case err != nil:
				return engine.Exit{}, err
			}
			r := resumed{UserID: c.UserID}
			if r.Factors, err = m.factors(ctx, c.UserID); err != nil {
				return engine.Exit{}, err
			}
			if c.ReturnTo != "" {
				r.ReturnTo = &c.ReturnTo
			}
			return out.Resumed.Exit(r).Keeping(c.kept()), nil
		},
		engine.Effect, engine.Silent, engine.Example(`
- id: pending
  use: challenge.resume
  with:
    token: ${{ input.challenge }}
  next: {invalid: again}
- id: check
  use: totp.check
  with:
    userId: ${{ pending.userId }}
    code: ${{ input.code }}
  next: {mismatch: wrong}
- id: opened
  use: session.create
  with:
    userId: ${{ pending.userId }}
- id: on
  use: redirect
  with:
    to: ${{ pending.returnTo ?? '/' }}
    session: ${{ opened.token }}
- id: again
  use: redirect
  with:
    to: /sign-in
- id: wrong
  use: fail
  with:
    status: 401
    code: invalid_code
    message: The code is wrong or has expired.
`))
}
