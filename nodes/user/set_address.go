package user

import (
	"context"
	"errors"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/address"
	"github.com/latchwork/latchwork/nodes/outbox"
)

type setAddressWith struct {
	UserID  string            `flow:"userId" needs:"session" doc:"The user to change."`
	Address *address.Verified `flow:"address,optional" doc:"An address that the caller has shown to hold."`
	Email   *string           `flow:"email,optional,unverified" format:"email" doc:"An e-mail address that nobody has shown to hold. It counts as verified all the same."`
}

type setAddressOutcomes struct {
	Changed engine.Outcome[User]  `flow:"changed" same:"id=with.userId" public:"" doc:"The user as it is now. An address that was there before is told of it."`
	Taken   engine.Outcome[taken] `flow:"taken" public:"" fails:"409 taken Another account has this already." doc:"Another user has the address."`
}

func setAddressNode(d Deps) engine.NodeType {
	return engine.Define("user.setAddress",
		"Gives a user an address, verified. One in the place of another ends the user's tokens.",
		func(ctx context.Context, in setAddressWith, out setAddressOutcomes) (engine.Exit, error) {
			a, err := in.only()
			if err != nil {
				return engine.Exit{}, err
			}
			if err := errors.Join(NotByStandIn(ctx, in.UserID), SecondFactor(ctx, d.Store, in.UserID)); err != nil {
				return engine.Exit{}, err
			}
			if d.Replaced != nil {
				a.Replaced = func(old string) outbox.Entry { return d.Replaced(ctx, engine.Realm(ctx), in.UserID, a.By, old) }
			}
			u, err := d.Store.SetAddress(ctx, engine.Realm(ctx), in.UserID, a, engine.Now(ctx))
			var other *TakenError
			switch {
			case errors.As(err, &other):
				return out.Taken.Exit(taken{string(other.Field)}), nil
			case err != nil:
				return engine.Exit{}, known(err)
			}
			return out.Changed.Exit(u), nil
		},
		engine.Effect, engine.Refuses, engine.MayFail(failUnknown, FailStandIn, FailSecond), engine.ExactlyOne("address", "email"),
		engine.Example(`
- id: changed
  use: user.setAddress
  allow: {unverified: Staff have seen the letterhead., unproved: Staff look after accounts.}
  with:
    userId: ${{ input.userId }}
    email: ${{ input.email }}
- id: ok
  use: respond
  with:
    status: 204
`))
}

// FailStandIn is what somebody is told who stands in for a user and would give the user an
// address.
var FailStandIn = engine.Fail(403, "address_refused", "Nobody can stand in for the user here.")

// NotByStandIn refuses a session that somebody has opened who stands in for the user. An
// address of theirs would let them in as the user from then on, and nobody could tell.
func NotByStandIn(ctx context.Context, userID string) error {
	if p, _ := engine.ProofOf(ctx, engine.SubjectUser, userID); p.IsStandIn() {
		return FailStandIn
	}
	return nil
}

// only is the one address that is given.
func (in setAddressWith) only() (NewAddress, error) {
	switch {
	case (in.Address == nil) == (in.Email == nil):
		return NewAddress{}, engine.Fail(400, "validation_error", "Give exactly one address.")
	case in.Address != nil:
		return newAddress(*in.Address)
	}
	value, err := Canonical(ByEmail, *in.Email)
	if err != nil {
		return NewAddress{}, invalid("email", "This is not a valid "+describe[ByEmail]+".")
	}
	return NewAddress{By: ByEmail, Value: value}, nil
}
