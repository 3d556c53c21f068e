package otp

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/address"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/seal"
	"github.com/latchwork/latchwork/nodes/user"
)

// Manager checks codes. It is safe for concurrent use.
type Manager struct {
	Store Store
	Users user.Store // knows the addresses of users
	Key   *seal.Key  // hashes digits; without one nothing is sent, and nothing fits

	// Tries counts wrong codes by address, whoever types them and whichever code they
	// are meant for. It is one of its own, so that codes and passwords do not lock each
	// other.
	Tries password.Tries
}

// errMismatch says that a code does not fit. Nobody is told why.
var errMismatch = errors.New("otp: no match")

// check is the address of a code that fits and is used up by this, or errMismatch.
func (m *Manager) check(ctx context.Context, g Guess, text string) (held Code, err error) {
	text, ok := typed(text)
	if !ok {
		return Code{}, errMismatch
	}
	c, err := m.Store.Try(ctx, engine.Realm(ctx), g)
	if errors.Is(err, ErrNotFound) {
		return Code{}, errMismatch
	}
	if err != nil {
		return Code{}, fmt.Errorf("otp: try: %w", err)
	}
	settle, err := m.Tries.Reserve(ctx, password.Target{Realm: engine.Realm(ctx), UserID: "code " + c.Address}, engine.Now(ctx))
	if err != nil {
		return Code{}, err
	}
	if settle == nil {
		return Code{}, errMismatch
	}
	result := password.Untried
	defer func() {
		// The end of the request must not leave the try open.
		if failed := settle(context.WithoutCancel(ctx), result, engine.Now(ctx)); failed != nil {
			held, err = Code{}, errors.Join(err, failed)
		}
	}()
	switch err := m.consume(ctx, c, text); {
	case err == nil:
		result = password.Right
		return c, nil
	case errors.Is(err, errMismatch):
		result = password.Wrong
		return Code{}, errMismatch
	default:
		return Code{}, err
	}
}

// consume uses a code up if the digits are its.
func (m *Manager) consume(ctx context.Context, c Code, text string) error {
	realm := engine.Realm(ctx)
	mac, err := m.Key.MAC(text, place(realm, c.Binding, c.Address)...)
	if err != nil {
		return err
	}
	if !hmac.Equal(mac, c.MAC) {
		return errMismatch
	}
	err = m.Store.Consume(ctx, realm, c)
	if errors.Is(err, ErrNotFound) {
		// Somebody else was quicker with the same digits.
		return errMismatch
	}
	if err != nil {
		return fmt.Errorf("otp: consume: %w", err)
	}
	return nil
}

// errNoAddress says that a user has nothing to send a code to.
var errNoAddress = engine.Fail(409, "no_address", "The account has no address to send a code to.")

// addressOf is what a user is reached by: the e-mail address, else the number.
func (m *Manager) addressOf(ctx context.Context, userID string) (address.Kind, string, error) {
	u, err := m.Users.Find(ctx, engine.Realm(ctx), user.ByID, userID)
	switch {
	case errors.Is(err, user.ErrNotFound):
		return "", "", errNoAddress
	case err != nil:
		return "", "", fmt.Errorf("otp: %w", err)
	case u.Email != nil:
		return address.Email, *u.Email, nil
	case u.Phone != nil:
		return address.Phone, *u.Phone, nil
	}
	return "", "", errNoAddress
}
