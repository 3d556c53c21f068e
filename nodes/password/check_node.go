package password

import (
	"context"
	"errors"

	"github.com/latchwork/latchwork/engine"
)

type checkWith struct {
	UserID   string        `flow:"userId" doc:"The user whose password is checked."`
	Password engine.Secret `flow:"password,evidence" secret:"typed" doc:"What the caller typed."`
}

type checkOutcomes struct {
	Match    engine.Outcome[engine.None] `flow:"match" proves:"with.userId" factor:"password" doc:"The password is right."`
	Mismatch engine.Outcome[engine.None] `flow:"mismatch" doc:"It is wrong, or the user has none, or too many wrong ones were tried."`
}

func checkNode(d Deps) engine.NodeType {
	return engine.Define("password.check", "Compares a password with the user's stored hash.",
		func(ctx context.Context, in checkWith, out checkOutcomes) (engine.Exit, error) {
			realm, password := engine.Realm(ctx), in.Password.Reveal()
			encoded, err := d.Store.Hash(ctx, realm, in.UserID)
			if err != nil && !errors.Is(err, ErrNone) {
				return engine.Exit{}, err
			}
			match, err := d.try(ctx, Target{Realm: realm, UserID: in.UserID}, password, encoded)
			if err != nil {
				return engine.Exit{}, err
			}
			if !match {
				return out.Mismatch.Exit(engine.None{}), nil
			}
			if d.Hasher.Stale(encoded) {
				if encoded, match, err = d.rehash(ctx, realm, in.UserID, password, encoded); err != nil {
					return engine.Exit{}, err
				}
				if !match {
					return out.Mismatch.Exit(engine.None{}), nil
				}
			}
			engine.Stamp(ctx, in.UserID, encoded)
			return out.Match.Exit(engine.None{}), nil
		},
		engine.Effect, engine.Tells, engine.Costs(engine.PasswordCheck),
		engine.Example(`
- id: check
  use: password.check
  with:
    userId: ${{ session.userId }}
    password: ${{ input.password }}
  next: {mismatch: reject}
- id: ok
  use: respond
  with:
    status: 204
- id: reject
  use: fail
  with:
    status: 401
    code: invalid_credentials
    message: The password is wrong.
`))
}

type decoyWith struct {
	Password   engine.Secret `flow:"password" secret:"typed" doc:"What the caller typed."`
	Identifier *string       `flow:"identifier,optional" doc:"The address or name that belongs to nobody, to count tries for it as for an account."`
}

type decoyOutcomes struct {
	Done engine.Outcome[engine.None] `flow:"done" doc:"As much time has passed as a check takes."`
}

func decoyNode(d Deps) engine.NodeType {
	return engine.Define("password.decoy", "Spends the time of a password check where there is no user to check one for.",
		func(ctx context.Context, in decoyWith, out decoyOutcomes) (engine.Exit, error) {
			realm, password := engine.Realm(ctx), in.Password.Reveal()
			// A check reads the user's hash first, so a decoy reads one too.
			if _, err := d.Store.Hash(ctx, realm, ""); err != nil && !errors.Is(err, ErrNone) {
				return engine.Exit{}, err
			}
			var err error
			if in.Identifier == nil {
				err = refusal(d.Hasher.Decoy(ctx, password))
			} else {
				_, err = d.try(ctx, Target{Realm: realm, Identifier: canonical(*in.Identifier)}, password, "")
			}
			if err != nil {
				return engine.Exit{}, err
			}
			return out.Done.Exit(engine.None{}), nil
		},
		engine.Effect, engine.Costs(engine.PasswordCheck),
		engine.Example(`
- id: decoy
  use: password.decoy
  with:
    password: ${{ input.password }}
    identifier: ${{ input.email }}
- id: reject
  use: fail
  with:
    status: 401
    code: invalid_credentials
    message: The e-mail address or the password is wrong.
`))
}
