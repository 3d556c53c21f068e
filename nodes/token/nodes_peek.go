package token

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/address"
)

type peekWith struct {
	Token   engine.Secret `flow:"token,evidence" secret:"typed" doc:"What the caller presents."`
	Purpose []string      `flow:"purpose,literal" format:"purpose" doc:"The purposes that are taken."`
}

type peeked struct {
	Purpose     string  `flow:"purpose,trusted" doc:"Which of the purposes it has."`
	MaskedEmail *string `flow:"maskedEmail,optional" doc:"The e-mail address that it was sent to, as a***@example.com; null where it was sent to none."`
}

type peekOutcomes struct {
	Valid   engine.Outcome[peeked]      `flow:"valid" public:"" doc:"The token can be redeemed still."`
	Invalid engine.Outcome[engine.None] `flow:"invalid" fails:"401 invalid_token The token is invalid or has expired." doc:"The token is unknown, used up, over, or for something else."`
}

func (m *Manager) peekNode() engine.NodeType {
	return engine.Define("token.peek", "Looks at a token without using it up, for the page that a link in a mail opens.",
		func(ctx context.Context, in peekWith, out peekOutcomes) (engine.Exit, error) {
			t, err := m.Peek(ctx, in.Token.Reveal(), in.Purpose)
			switch {
			case errors.Is(err, ErrInvalid):
				return out.Invalid.Exit(engine.None{}), nil
			case err != nil:
				return engine.Exit{}, err
			}
			p := peeked{Purpose: t.Purpose}
			if t.AddressKind == address.Email {
				masked := mask(t.Address)
				p.MaskedEmail = &masked
			}
			return out.Valid.Exit(p), nil
		},
		engine.Example(`
- id: link
  use: token.peek
  with:
    token: ${{ input.token }}
    purpose: hand-over
- id: ok
  use: respond
  with:
    body:
      for: ${{ link.maskedEmail }}
`))
}

// mask leaves of an e-mail address what its holder knows it by. The stars are always
// three, so that they do not tell how long it is.
func mask(email string) string {
	local, domain, _ := strings.Cut(email, "@")
	_, first := utf8.DecodeRuneInString(local)
	if first == len(local) {
		first = 0
	}
	return local[:first] + "***@" + domain
}
