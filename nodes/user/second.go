package user

import (
	"context"
	"errors"
	"slices"

	"github.com/latchwork/latchwork/engine"
)

// FailSecond is what somebody is told who has proved to be a user by one factor, where the
// user has enrolled a second one.
var FailSecond = engine.Fail(403, "second_factor_required", "The second factor that is enrolled must be proved first.")

// SecondFactor refuses who has checked a credential of a user in this run, and comes with no
// session, which was opened by all factors, where one that the user has enrolled is missing:
// who has a password alone ends no account, and brings no address or identity.
func SecondFactor(ctx context.Context, store Store, userID string) error {
	p, _ := engine.ProofOf(ctx, engine.SubjectUser, userID)
	if p.Grade() != engine.Fresh || p.Session() != "" || p.IsDelegated() || slices.ContainsFunc(p.Factors(), isSecond) {
		return nil
	}
	u, err := store.Find(ctx, engine.Realm(ctx), ByID, userID)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil // which the node tells itself
	case err != nil:
		return err
	case len(u.Factors) > 0:
		return FailSecond
	}
	return nil
}

func isSecond(f engine.Factor) bool { return f == "totp" || f == "recovery" }
