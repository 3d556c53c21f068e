package user

import (
	"context"
	"errors"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/address"
)

type ofWith struct {
	Address address.Verified `flow:"address" needs:"fresh,reset" subject:"address" doc:"An address that the caller has shown to hold, by a code that may sign in or set a password."`
}

type ofOutcomes struct {
	Found    engine.Outcome[User]        `flow:"found" proves:"id" grade:"with.address" public:"" doc:"The user has this address, verified. The caller is the user."`
	NotFound engine.Outcome[engine.None] `flow:"notFound" doc:"Nobody has it, or who has it cannot be told by it."`
}

func ofNode(store Store) engine.NodeType {
	return engine.Define("user.of",
		"Finds the user of an address that the caller holds. If it was not verified it becomes so, and what the account had before ends: password, sessions, tokens, keys.",
		func(ctx context.Context, in ofWith, out ofOutcomes) (engine.Exit, error) {
			a, err := newAddress(in.Address)
			if err != nil {
				return engine.Exit{}, err
			}
			// The engine has looked that the address was checked in this run. A token that is
			// redeemed names its user, and would prove more by its address than it does by
			// itself.
			proof, proved := engine.ProofOf(ctx, engine.SubjectAddress, a.Value)
			if !proved {
				return engine.Exit{}, errUnchecked
			}
			u, err := claimed(ctx, store, a)
			switch {
			case errors.Is(err, ErrNotFound):
				return out.NotFound.Exit(engine.None{}), nil
			case err != nil:
				return engine.Exit{}, err
			}
			// What was checked was the address, and that is what the user is proved by.
			kept := engine.Kept{Factors: proof.Factors(), Actor: proof.Actor(), Ceiling: proof.Ceiling()}
			return out.Found.Exit(u).Keeping(kept), nil
		},
		engine.Effect, engine.Silent,
		engine.Example(`
- id: code
  use: otp.check
  with:
    email: ${{ input.email }}
    code: ${{ input.code }}
    purpose: sign-in
  next: {mismatch: reject}
- id: user
  use: user.of
  with:
    address: ${{ code.address }}
  next: {notFound: reject}
- id: ok
  use: respond
  with:
    body:
      name: ${{ user.name }}
- id: reject
  use: fail
  with:
    status: 401
    code: invalid_code
    message: The code is wrong or has expired.
`))
}

// errUnchecked says that an address was not checked in this run.
var errUnchecked = errors.New("user: this run has not checked the address; a redeemed token names its user itself")

// claimed is the user of an address that somebody holds, who is active or not.
func claimed(ctx context.Context, store Store, a NewAddress) (User, error) {
	u, err := store.Find(ctx, engine.Realm(ctx), a.By, a.Value)
	if err != nil {
		return User{}, err
	}
	if _, verified := u.Address(a.By); verified {
		return u, nil
	}
	a.Claim = true
	return store.SetAddress(ctx, engine.Realm(ctx), u.ID, a, engine.Now(ctx))
}
