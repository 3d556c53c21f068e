package password

import (
	"context"

	"github.com/latchwork/latchwork/engine"
)

type policyWith struct {
	Password engine.Secret `flow:"password" secret:"typed" doc:"The password that somebody wants to have."`
	Context  []string      `flow:"context,optional" doc:"What an attacker would try, such as the user's names and addresses."`
}

type policyOutcomes struct {
	Strong engine.Outcome[engine.None] `flow:"strong" doc:"The password may be set."`
	Weak   engine.Outcome[rejection]   `flow:"weak" public:"" fails:"422 password_rejected The password is too easy to guess." doc:"It may not."`
}

func policyNode(i Intake) engine.NodeType {
	return engine.Define("password.policy", "Judges a password before anything is done, such as using up the token of a link.",
		func(ctx context.Context, in policyWith, out policyOutcomes) (engine.Exit, error) {
			if reasons := i.In(engine.Realm(ctx)).reasons(in.Password, in.Context); len(reasons) > 0 {
				return out.Weak.Exit(rejection{reasons}), nil
			}
			return out.Strong.Exit(engine.None{}), nil
		},
		engine.Pure,
		engine.Example(`
- id: judged
  use: password.policy
  with:
    password: ${{ input.password }}
- id: ok
  use: respond
  with:
    status: 204
`))
}
