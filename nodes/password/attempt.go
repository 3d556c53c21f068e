package password

import (
	"context"
	"errors"
	"strings"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/internal/network"
	"github.com/latchwork/latchwork/nodes/user"
)

// try looks at a password if the target has a try left. encoded is the hash to
// compare it with, or "" where there is none. It takes the same time in any
// case, and what it finds is a mismatch unless everything is right.
func (d Deps) try(ctx context.Context, t Target, password, encoded string) (match bool, err error) {
	if ip := engine.CallerOf(ctx).IP; ip != "" {
		t.Place = network.Of(ip)
	}
	settle, err := d.Tries.Reserve(ctx, t, engine.Now(ctx))
	if err != nil {
		return false, err
	}
	if settle == nil {
		// To the caller it is a wrong password like any other; the operator wants to
		// know that it was not looked at.
		d.Log.WarnContext(ctx, "tries are locked", "realm", t.Realm, "user", t.UserID, "ip", engine.CallerOf(ctx).IP)
		return false, refusal(d.Hasher.Decoy(ctx, password))
	}
	result := Untried
	defer func() {
		// The end of the request must not leave the try open.
		if failed := settle(context.WithoutCancel(ctx), result, engine.Now(ctx)); failed != nil {
			match, err = false, errors.Join(err, failed)
		}
	}()
	if encoded == "" {
		err = d.Hasher.Decoy(ctx, password)
	} else {
		match, err = d.Hasher.Verify(ctx, password, encoded)
	}
	switch {
	case err != nil:
		return false, refusal(err)
	case match:
		result = Right
	default:
		result = Wrong
	}
	return match, nil
}

// rehash replaces a hash, to which the password fits, by one with today's
// parameters. That it cannot is no reason to turn the user away. It gives the
// hash that is stored then, and whether the password fits that: it need not where
// somebody has set another meanwhile.
func (d Deps) rehash(ctx context.Context, realm, userID, password, old string) (current string, match bool, err error) {
	encoded, failed := d.Hasher.Hash(ctx, password)
	done := false
	if failed == nil {
		done, failed = d.Store.Rehash(ctx, realm, userID, old, encoded)
	}
	switch {
	case failed != nil:
		d.Log.WarnContext(ctx, "a password hash could not be replaced", "user", userID, "error", failed)
		return old, true, nil
	case done:
		return encoded, true, nil
	}
	current, err = d.Store.Hash(ctx, realm, userID)
	if errors.Is(err, ErrNone) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	match, err = d.Hasher.Verify(ctx, password, current)
	return current, match, refusal(err)
}

// canonical is an identifier of nobody in the form in which tries for it are
// counted. What cannot be an identifier counts as it is.
func canonical(identifier string) string {
	c, err := user.Canonical(user.ByAny, identifier)
	if err != nil {
		return strings.TrimSpace(identifier)
	}
	return c
}
