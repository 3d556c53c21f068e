package user

import (
	"context"
	"errors"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/address"
)

type confirmWith struct {
	Address address.Verified `flow:"address" needs:"carried" subject:"address" doc:"An address that the caller has shown to hold, by a code that came with the words that an account has it."`
}

type confirmOutcomes struct {
	Confirmed engine.Outcome[User]        `flow:"confirmed" public:"" doc:"The address of this user is verified now. The caller is not proved to be the user."`
	NotFound  engine.Outcome[engine.None] `flow:"notFound" doc:"Nobody has it, or who has it cannot be told by it."`
}

func confirmNode(store Store) engine.NodeType {
	return engine.Define("user.confirm",
		"Marks the address of an account as verified, for whoever holds it. Password and sessions stay as they are, and nobody is signed in by it.",
		func(ctx context.Context, in confirmWith, out confirmOutcomes) (engine.Exit, error) {
			a, err := newAddress(in.Address)
			if err != nil {
				return engine.Exit{}, err
			}
			u, err := confirmed(ctx, store, a)
			switch {
			case errors.Is(err, ErrNotFound):
				return out.NotFound.Exit(engine.None{}), nil
			case err != nil:
				return engine.Exit{}, err
			}
			return out.Confirmed.Exit(u), nil
		},
		engine.Effect, engine.Silent,
		engine.Example(`
- id: code
  use: otp.check
  with:
    email: ${{ input.email }}
    code: ${{ input.code }}
    purpose: confirm
  next: {mismatch: reject}
- id: user
  use: user.confirm
  with:
    address: ${{ code.address }}
  next: {notFound: reject}
- id: ok
  use: respond
  with:
    body:
      verified: ${{ user.emailVerified }}
- id: reject
  use: fail
  with:
    status: 401
    code: invalid_code
    message: The code is wrong or has expired.
`))
}

// confirmed is the user of an address that its holder confirms. Whoever is proved to be
// that user by something else may confirm any account; see Claimable. Else nothing is
// shown of one that is disabled, or asks for a second factor.
func confirmed(ctx context.Context, store Store, a NewAddress) (User, error) {
	u, err := store.Find(ctx, engine.Realm(ctx), a.By, a.Value)
	if err != nil {
		return User{}, err
	}
	proof, _ := engine.ProofOf(ctx, engine.SubjectUser, u.ID)
	a.Confirm = !proof.Grade().Meets(engine.Live) || proof.IsStandIn()
	if a.Confirm && (u.Status != Active || len(u.Factors) > 0) {
		return User{}, ErrNotFound
	}
	return store.SetAddress(ctx, engine.Realm(ctx), u.ID, a, engine.Now(ctx))
}
