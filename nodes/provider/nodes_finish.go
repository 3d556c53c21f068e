package provider

import (
	"context"
	"errors"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/identity"
)

type finishWith struct {
	Provider string         `flow:"provider" doc:"The provider by whose path the answer came; it must be the one that was asked."`
	State    engine.Secret  `flow:"state,evidence" doc:"The parameter state of the answer."`
	Binding  engine.Secret  `flow:"binding,evidence" secret:"typed" doc:"What provider.start gave the browser to keep."`
	Code     *engine.Secret `flow:"code,optional,evidence" secret:"typed" doc:"The parameter code."`
	Issuer   *string        `flow:"iss,optional" doc:"The parameter iss. Providers that say that they send it are not believed without."`
	Failure  *string        `flow:"failure,optional" doc:"The parameter error: the provider has confirmed nobody."`
}

type identifiedAs struct {
	Identity      identity.Verified `flow:"identity" doc:"Who the caller is with the provider. identity.resolve finds the user."`
	ReturnTo      *string           `flow:"returnTo,optional,trusted" doc:"Where to go, as provider.start was told."`
	Email         *string           `flow:"email,optional" doc:"The e-mail address that the provider knows, verified or not."`
	EmailVerified bool              `flow:"emailVerified" doc:"Whether the provider says that it is verified."`
	Name          *string           `flow:"name,optional" doc:"The name to show."`
	Picture       *string           `flow:"picture,optional" doc:"URL of a picture; https only."`
}

type finishOutcomes struct {
	Identified engine.Outcome[identifiedAs] `flow:"identified" proves:"identity" subject:"identity" factor:"provider" public:"" doc:"The provider has confirmed who it is, for this sign-in of this browser."`
	Denied     engine.Outcome[engine.None]  `flow:"denied" fails:"401 sign_in_denied The provider did not confirm who you are." doc:"The person has said no, or the provider has."`
	Invalid    engine.Outcome[engine.None]  `flow:"invalid" fails:"400 invalid_state The sign-in has to begin anew." doc:"The answer belongs to no sign-in of this browser, or does not prove anything. The log says what was wrong."`
}

func (m *Manager) finishNode() engine.NodeType {
	return engine.Define("provider.finish", "Takes the caller back from a provider. A sign-in can be finished once, within ten minutes.",
		func(ctx context.Context, in finishWith, out finishOutcomes) (engine.Exit, error) {
			one, l, err := m.finish(ctx, in)
			switch {
			case errors.Is(err, errDenied):
				return out.Denied.Exit(engine.None{}), nil
			case errors.Is(err, errRefused):
				m.refuse(ctx, in.Provider, err)
				return out.Invalid.Exit(engine.None{}), nil
			case errors.Is(err, errInvalid):
				return out.Invalid.Exit(engine.None{}), nil
			case err != nil:
				return engine.Exit{}, m.report(ctx, in.Provider, err)
			}
			return out.Identified.Exit(identifiedAs{
				Identity: identity.Verify(one.Identity), ReturnTo: orNone(l.ReturnTo), Email: orNone(one.Email),
				EmailVerified: one.Identity.Email != "", Name: orNone(one.Name), Picture: orNone(one.Picture),
			}), nil
		},
		engine.Effect, engine.Silent, engine.MayFail(failUnavailable), engine.Example(`
- id: back
  use: provider.finish
  with:
    provider: ${{ input.provider }}
    state: ${{ input.state }}
    code: ${{ input.code }}
    iss: ${{ input.iss }}
    binding: ${{ input.binding }}
- id: ok
  use: respond
  with:
    body:
      name: ${{ back.name }}
`))
}

// orNone is nil for an empty text.
func orNone(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
