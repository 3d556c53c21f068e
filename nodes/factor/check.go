package factor

import (
	"context"
	"errors"
	"fmt"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/internal/network"
	"github.com/latchwork/latchwork/nodes/password"
)

// check uses the code of an app up.
func (m *Manager) check(ctx context.Context, userID, text string) error {
	code, ok := typedCode(text)
	if !ok {
		return errMismatch
	}
	return m.tried(ctx, userID, func() error {
		a, step, err := m.match(ctx, userID, code, Enrolled)
		if err != nil {
			return err
		}
		a.Step = step
		if err = m.Store.Use(ctx, engine.Realm(ctx), a); errors.Is(err, ErrUsed) {
			return errMismatch
		}
		return err
	})
}

// match is the app of a user and the step whose code this is, or errMismatch.
func (m *Manager) match(ctx context.Context, userID, code string, s State) (Authenticator, int64, error) {
	realm := engine.Realm(ctx)
	a, err := m.Store.Find(ctx, realm, userID, s)
	if errors.Is(err, ErrNotFound) {
		return Authenticator{}, 0, errMismatch
	}
	if err != nil {
		return Authenticator{}, 0, err
	}
	secret, err := m.Key.Open(a.Sealed, place(realm, userID)...)
	if err != nil {
		return Authenticator{}, 0, err
	}
	step, ok := stepOf(secret, code, engine.Now(ctx), a.Step)
	if !ok {
		return Authenticator{}, 0, errMismatch
	}
	return a, step, nil
}

// checkRecovery uses a recovery code up.
func (m *Manager) checkRecovery(ctx context.Context, userID, text string) error {
	code, ok := typedRecovery(text)
	if !ok {
		return errMismatch
	}
	return m.tried(ctx, userID, func() error {
		mac, err := macOf(m.Key, engine.Realm(ctx), userID, code)
		if err != nil {
			return err
		}
		if err = m.Store.UseCode(ctx, engine.Realm(ctx), userID, mac); errors.Is(err, ErrNotFound) {
			return errMismatch
		}
		return err
	})
}

// tried counts what check finds as a try of the account.
func (m *Manager) tried(ctx context.Context, userID string, check func() error) (err error) {
	t := m.target(engine.Realm(ctx), userID)
	if ip := engine.CallerOf(ctx).IP; ip != "" {
		t.Place = network.Of(ip)
	}
	settle, err := m.Tries.Reserve(ctx, t, engine.Now(ctx))
	if err != nil {
		return err
	}
	if settle == nil {
		return errMismatch
	}
	result := password.Untried
	defer func() {
		// The end of the request must not leave the try open.
		if failed := settle(context.WithoutCancel(ctx), result, engine.Now(ctx)); failed != nil {
			err = errors.Join(err, failed)
		}
	}()
	switch err = check(); {
	case err == nil:
		result = password.Right
	case errors.Is(err, errMismatch):
		result = password.Wrong
	default:
		err = fmt.Errorf("factor: %w", err)
	}
	return err
}

func (m *Manager) target(realm, userID string) password.Target {
	return password.Target{Realm: realm, UserID: userID}
}
