package factor

import (
	"context"
	"errors"
	"fmt"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/letter"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/seal"
	"github.com/latchwork/latchwork/nodes/user"
)

// Manager enrols and checks second factors. It is safe for concurrent use; its fields
// must not be changed once it is used.
type Manager struct {
	Store Store
	Users user.Store // knows what to call a user in an app
	Key   *seal.Key  // seals secrets and hashes recovery codes; without one nothing is enrolled, and nothing fits

	// Tries counts wrong codes by account, of apps and recovery codes together, whichever
	// challenge they are meant for. It is one of its own, so that codes and
	// passwords do not lock each other.
	Tries password.Tries
	// Issuer is what apps call a realm. Nil, and "", call it nothing.
	Issuer func(realm string) string
}

// errMismatch says that a code does not fit. Nobody is told why.
var errMismatch = errors.New("factor: no match")

// Enrolled are the factors of a user that a sign-in asks for. It is part of
// session.Factors. An unknown user has none.
func (m *Manager) Enrolled(ctx context.Context, realm, userID string) ([]string, error) {
	_, enrolled, err := m.enrolled(ctx, realm, userID)
	switch {
	case err != nil:
		return nil, err
	case !enrolled:
		return []string{}, nil
	}
	return []string{string(TOTP)}, nil
}

// enrolled is the app of a user that is enrolled, and whether there is one.
func (m *Manager) enrolled(ctx context.Context, realm, userID string) (Authenticator, bool, error) {
	a, err := m.Store.Find(ctx, realm, userID, Enrolled)
	switch {
	case errors.Is(err, ErrNotFound):
		return Authenticator{}, false, nil
	case err != nil:
		return Authenticator{}, false, fmt.Errorf("factor: %w", err)
	}
	return a, true, nil
}

// What a client is told who has proved to be the user, and not enough.
var (
	failActor   = engine.Fail(403, "factor_refused", "Nobody can stand in for the user here.")
	failUnknown = engine.Fail(404, "user_not_found", "There is no such user.")
)

// mayChange looks whether the run has proved enough to change the factors of a user:
// where one is enrolled, that one, or a recovery code. Otherwise whoever has the
// password would bring an app of their own. It gives the sealed secret of the app
// that is enrolled, or nil where none is.
func (m *Manager) mayChange(ctx context.Context, userID string) (over []byte, err error) {
	p, proved := engine.ProofOf(ctx, engine.SubjectUser, userID)
	if !proved || p.IsOfAnother() {
		return nil, failActor
	}
	a, enrolled, err := m.enrolled(ctx, engine.Realm(ctx), userID)
	if err != nil {
		return nil, err
	}
	if enrolled && !engine.Checked(ctx, userID, TOTP, Recovery) {
		return nil, user.FailSecond
	}
	return a.Sealed, nil
}

// disable removes the factors of a user who has proved one of them.
func (m *Manager) disable(ctx context.Context, userID string, endOthers bool) error {
	over, err := m.mayChange(ctx, userID)
	if err != nil || over == nil {
		return err // where none is enrolled, one that is meanwhile stays
	}
	p, _ := engine.ProofOf(ctx, engine.SubjectUser, userID)
	err = m.Store.Remove(ctx, engine.Realm(ctx), userID, m.change(ctx, p, endOthers))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("factor: remove: %w", err)
	}
	return nil
}

// Remove removes the factors of a user for an operator, ends all that the user has open,
// and forgives the wrong codes that were tried. A user who has none is ErrNotFound.
func (m *Manager) Remove(ctx context.Context, realm, userID string) error {
	c := Change{At: engine.Now(ctx), EndOthers: true, Notice: letter.Notice(ctx, realm, letter.FactorChanged, userID)}
	if err := m.Store.Remove(ctx, realm, userID, c); err != nil {
		return fmt.Errorf("factor: remove: %w", err)
	}
	return m.Tries.Forgive(ctx, m.target(realm, userID))
}
