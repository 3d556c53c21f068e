package token

import (
	"context"
	"errors"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/address"
)

type redeemWith struct {
	Token    engine.Secret `flow:"token,evidence" secret:"typed" doc:"What the caller presents."`
	Purpose  []string      `flow:"purpose,literal" format:"purpose" doc:"The purposes that are taken."`
	Audience *string       `flow:"audience,optional,trusted" class:"handOver" doc:"Who redeems it. It must be given, and be equal, where the token was made for somebody."`
}

type redeemed struct {
	UserID   string            `flow:"userId" doc:"Whose token it was."`
	Purpose  string            `flow:"purpose,trusted" doc:"Which of the purposes it had."`
	Address  *address.Verified `flow:"address,optional" doc:"The address that it was sent to; the caller has shown to hold it. For user.setAddress; the user is userId."`
	ReturnTo *string           `flow:"returnTo,optional,trusted" doc:"Where to go then, as it was said when the token was made."`
	Data     map[string]any    `flow:"data" doc:"What was kept with the token."`
}

type redeemOutcomes struct {
	Redeemed engine.Outcome[redeemed]    `flow:"redeemed" proves:"userId" grade:"carried" public:"" doc:"The token was good, and is used up."`
	Invalid  engine.Outcome[engine.None] `flow:"invalid" fails:"401 invalid_token The token is invalid or has expired." doc:"The token is unknown, used up, over, or for something else."`
}

func (m *Manager) redeemNode() engine.NodeType {
	return engine.Define("token.redeem", "Uses a token up, and takes the proof that it was made from.",
		func(ctx context.Context, in redeemWith, out redeemOutcomes) (engine.Exit, error) {
			audience := ""
			if in.Audience != nil {
				if audience = *in.Audience; audience == "" {
					// Nobody's name is no name: it must not pass for none.
					return out.Invalid.Exit(engine.None{}), nil
				}
			}
			t, err := m.Redeem(ctx, in.Token.Reveal(), in.Purpose, audience)
			switch {
			case errors.Is(err, ErrInvalid):
				return out.Invalid.Exit(engine.None{}), nil
			case err != nil:
				return engine.Exit{}, err
			}
			r := redeemed{UserID: t.UserID, Purpose: t.Purpose, Data: t.Data}
			if t.Address != "" {
				held := address.Verify(t.AddressKind, t.Address)
				r.Address = &held
			}
			if t.ReturnTo != "" {
				r.ReturnTo = &t.ReturnTo
			}
			return out.Redeemed.Exit(r).Keeping(t.kept()), nil
		},
		engine.Effect, engine.Checks("audience", checkAudience), engine.Example(`
- id: ticket
  use: token.redeem
  with:
    token: ${{ input.token }}
    purpose: hand-over
    audience: shop
- id: opened
  use: session.create
  with:
    userId: ${{ ticket.userId }}
- id: ok
  use: respond
  reveal: [opened.token]
  with:
    body:
      session: ${{ opened }}
`))
}
