package otp

import (
	"context"
	"errors"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/address"
	"github.com/latchwork/latchwork/nodes/internal/opaque"
)

type checkWith struct {
	Code    engine.Secret  `flow:"code,evidence" secret:"typed" doc:"The digits as the caller has typed them."`
	Purpose string         `flow:"purpose,literal" format:"purpose" example:"sign-in" doc:"What the code must have been sent for."`
	Binding *engine.Secret `flow:"binding,optional,evidence" secret:"typed" doc:"What otp.send gave: the code is taken from this browser only."`
	Email   *engine.Secret `flow:"email,optional,evidence" doc:"The address that the code was sent to. With a binding, both must fit."`
	Phone   *engine.Secret `flow:"phone,optional,evidence" doc:"The number that the code was sent to. With a binding, both must fit."`
}

type matched struct {
	Address address.Verified `flow:"address" doc:"The address, which the caller has shown to hold. What it is good for, the class of the purpose says: signIn and reset for user.of, address for user.confirm."`
	Channel string           `flow:"channel" doc:"mail or message."`
}

type checkOutcomes struct {
	Match    engine.Outcome[matched]     `flow:"match" proves:"address" subject:"address" factor:"mailbox" public:"" doc:"The code was right, and is used up."`
	Mismatch engine.Outcome[engine.None] `flow:"mismatch" doc:"It is wrong, over, used up, for something else, or was tried too often. Nobody is told which."`
}

func (m *Manager) checkNode() engine.NodeType {
	return engine.Define("otp.check", "Checks a code, which shows that the caller holds the address. A code can be tried five times.",
		func(ctx context.Context, in checkWith, out checkOutcomes) (engine.Exit, error) {
			g, ok := in.guess()
			if !ok {
				return out.Mismatch.Exit(engine.None{}), nil
			}
			g.At = engine.Now(ctx)
			c, err := m.check(ctx, g, in.Code.Reveal())
			switch {
			case errors.Is(err, errMismatch):
				return out.Mismatch.Exit(engine.None{}), nil
			case err != nil:
				return engine.Exit{}, err
			}
			return out.Match.Exit(matched{c.verified(), string(c.Channel)}), nil
		},
		engine.Effect, engine.Silent, engine.AtLeastOne("binding", "email", "phone"), engine.Example(`
- id: code
  use: otp.check
  with:
    email: ${{ input.email }}
    code: ${{ input.code }}
    purpose: sign-in
  next: {mismatch: wrong}
- id: ok
  use: respond
  with:
    body:
      channel: ${{ code.channel }}
- id: wrong
  use: fail
  with:
    status: 401
    code: invalid_code
    message: The code is wrong or has expired.
`))
}

// guess is what the inputs name a code by, and whether they can name one. An empty
// text is given, and fits nothing: it must not pass for none.
func (in checkWith) guess() (g Guess, ok bool) {
	g.Purpose = in.Purpose
	if in.Binding != nil {
		if !opaque.Is(in.Binding.Reveal(), Prefix) {
			return g, false
		}
		hash := HashBinding(in.Binding.Reveal())
		g.Binding = &hash
	}
	switch {
	case in.Email != nil && in.Phone != nil:
		return g, false
	case in.Email != nil:
		return g, g.of(address.Email, in.Email)
	case in.Phone != nil:
		return g, g.of(address.Phone, in.Phone)
	}
	return g, g.Binding != nil
}

// of names an address.
func (g *Guess) of(kind address.Kind, text *engine.Secret) bool {
	_, value, err := canonical(kind, text.Reveal())
	g.Address = value
	return err == nil
}
