package token

import (
	"context"
	"errors"
	"fmt"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/session"
)

// Nodes are the node types token.*.
func Nodes(m *Manager) []engine.NodeType {
	return []engine.NodeType{m.createNode(), m.redeemNode(), m.peekNode()}
}

type createWith struct {
	UserID   string         `flow:"userId" doc:"Whose token it becomes."`
	Purpose  string         `flow:"purpose,literal" format:"purpose" doc:"What it is good for, by a name of app.yaml."`
	Data     map[string]any `flow:"data,optional" doc:"Kept with the token, for whoever redeems it."`
	Audience *string        `flow:"audience,optional,trusted" class:"handOver" doc:"Who alone may redeem it: the id of a client, or a host."`
}

type created struct {
	Value     engine.Secret  `flow:"value" secret:"minted" credential:"with.userId" doc:"The token. It is known only now: a hash is stored."`
	ExpiresAt engine.Instant `flow:"expiresAt" doc:"When it is over."`
}

type createOutcomes struct {
	Created engine.Outcome[created] `flow:"created" doc:"The token can be redeemed once."`
}

func (m *Manager) createNode() engine.NodeType {
	return engine.Define("token.create",
		"Makes a token that keeps the run's proof of the user; without one it shows, when redeemed, that somebody reads the user's mail.",
		func(ctx context.Context, in createWith, out createOutcomes) (engine.Exit, error) {
			o := Options{Data: in.Data}
			if in.Audience != nil {
				if *in.Audience == "" {
					// It would be a token for anybody, and was meant for somebody.
					return engine.Exit{}, errAudience
				}
				o.Audience = *in.Audience
			}
			value, t, err := m.make(ctx, in, o)
			if err != nil {
				return engine.Exit{}, refusal(err)
			}
			return out.Created.Exit(created{value, t.Expires}), nil
		},
		engine.Effect, engine.MayFail(failDisabled, failChanged, failRefused, failSecond), engine.Checks("audience", checkAudience), engine.Example(`
- id: ticket
  use: token.create
  with:
    userId: ${{ session.userId }}
    purpose: hand-over
    audience: shop
- id: ok
  use: respond
  reveal: [ticket.value]
  with:
    body:
      token: ${{ ticket.value }}
`))
}

// errAudience says that a flow has made nobody the audience of a token.
var errAudience = errors.New("token: the audience is empty; name one, or, but for the class handOver, leave it out for a token that anybody may redeem")

// checkAudience refuses the name of nobody where a flow has written it, which makes no
// token and redeems none.
func checkAudience(c engine.Constant) *engine.Mistake {
	if c.Open || c.Text != "" {
		return nil
	}
	return &engine.Mistake{
		Message: "is empty, and nobody has that name",
		Hint:    "name a client or a host; or, but for purposes of the class handOver, leave it out",
	}
}

// make makes a token of the run's proof, or one to be sent.
func (m *Manager) make(ctx context.Context, in createWith, o Options) (engine.Secret, Token, error) {
	if proof, proved := engine.ProofOf(ctx, engine.SubjectUser, in.UserID); proved {
		return m.Create(ctx, proof, in.Purpose, o)
	}
	p, class, err := purposeOf(ctx, in.Purpose)
	if err != nil {
		return engine.Secret{}, Token{}, err
	}
	value, t, err := m.Send(ctx, engine.Realm(ctx), Sent{UserID: in.UserID, Purpose: in.Purpose, Class: class, Lifetime: p.Lifetime, Options: o})
	if errors.Is(err, ErrDisabled) {
		// Nobody who has proved nothing is told that an account is locked. The
		// token opens nothing.
		return value, t, nil
	}
	return value, t, err
}

// What a client is told where no token is made.
var (
	failDisabled = engine.Fail(403, "user_disabled", "The account is disabled.")
	failChanged  = engine.Fail(409, "password_changed", "The password was changed meanwhile. Sign in again.")
	failRefused  = engine.Fail(403, "token_refused", "No such token can be made here.")
	failSecond   = engine.Fail(401, "second_factor_required", "A second factor is required.")
)

// refusal is what a client may know of an error.
func refusal(err error) error {
	f := failRefused
	var second *session.SecondFactorError
	switch {
	case errors.As(err, &second):
		f = failSecond
	case errors.Is(err, ErrDisabled):
		f = failDisabled
	case errors.Is(err, ErrChanged):
		f = failChanged
	case !errors.Is(err, ErrUnproved) && !errors.Is(err, ErrSession):
		return err
	}
	return fmt.Errorf("%w (%w)", f, err)
}
