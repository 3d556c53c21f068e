package factor

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/internal/network"
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
	_, err := m.Store.Find(ctx, realm, userID, Enrolled)
	switch {
	case errors.Is(err, ErrNotFound):
		return []string{}, nil
	case err != nil:
		return nil, fmt.Errorf("factor: %w", err)
	}
	return []string{string(TOTP)}, nil
}

// What a client is told who has proved to be the user, and not enough.
var (
	failSecond  = engine.Fail(403, "second_factor_required", "The second factor that is enrolled must be proved first.")
	failActor   = engine.Fail(403, "factor_refused", "Nobody can stand in for the user here.")
	failUnknown = engine.Fail(404, "user_not_found", "There is no such user.")
)

// mayChange looks whether the run has proved enough to change the factors of a user:
// where one is enrolled, that one, or a recovery code. Otherwise whoever has the
// password would bring an app of their own.
func (m *Manager) mayChange(ctx context.Context, userID string) error {
	p, proved := engine.ProofOf(ctx, engine.SubjectUser, userID)
	if !proved || p.Actor() != "" || p.IsDelegated() {
		return failActor
	}
	enrolled, err := m.Enrolled(ctx, engine.Realm(ctx), userID)
	if err != nil {
		return err
	}
	second := slices.Contains(p.Factors(), TOTP) || slices.Contains(p.Factors(), Recovery)
	if len(enrolled) > 0 && !(second && p.Grade().Meets(engine.Fresh)) {
		return failSecond
	}
	return nil
}

// setup is what an app needs to know.
type setup struct{ secret, uri, qr string }

// start begins to enrol an app.
func (m *Manager) start(ctx context.Context, userID string, named *string) (setup, error) {
	if err := m.mayChange(ctx, userID); err != nil {
		return setup{}, err
	}
	realm := engine.Realm(ctx)
	account, err := m.nameOf(ctx, userID)
	if err != nil {
		return setup{}, err
	}
	secret, err := newSecret(engine.Random(ctx))
	if err != nil {
		return setup{}, err
	}
	sealed, err := m.Key.Seal(engine.Random(ctx), secret, place(realm, userID)...)
	if err != nil {
		return setup{}, err
	}
	issuer := ""
	if named != nil {
		issuer = *named
	} else if m.Issuer != nil {
		issuer = m.Issuer(realm)
	}
	s := setup{secret: inBase32(secret), uri: uriOf(secret, issuer, account)}
	if s.qr, err = qrOf(s.uri); err != nil {
		return setup{}, err
	}
	err = m.Store.Start(ctx, realm, Authenticator{UserID: userID, Sealed: sealed, Started: engine.Now(ctx)})
	switch {
	case errors.Is(err, ErrNotFound):
		return setup{}, failUnknown
	case err != nil:
		return setup{}, fmt.Errorf("factor: start: %w", err)
	}
	return s, nil
}

// nameOf is what a user is called in an app.
func (m *Manager) nameOf(ctx context.Context, userID string) (string, error) {
	u, err := m.Users.Find(ctx, engine.Realm(ctx), user.ByID, userID)
	switch {
	case errors.Is(err, user.ErrNotFound):
		return "", failUnknown
	case err != nil:
		return "", fmt.Errorf("factor: %w", err)
	}
	for _, name := range []*string{u.Email, u.Username, u.Phone} {
		if name != nil {
			return *name, nil
		}
	}
	return u.ID, nil
}

// confirm enrols the app that was started, if the code is its, and gives the recovery
// codes.
func (m *Manager) confirm(ctx context.Context, userID, text string, endOthers bool) (codes []string, err error) {
	realm, now := engine.Realm(ctx), engine.Now(ctx)
	code, ok := typedCode(text)
	if !ok {
		return nil, errMismatch
	}
	p, proved := engine.ProofOf(ctx, engine.SubjectUser, userID)
	if !proved || p.Actor() != "" || p.IsDelegated() {
		return nil, failActor
	}
	err = m.tried(ctx, userID, func() error {
		a, step, err := m.match(ctx, userID, code, Started)
		if err != nil {
			return err
		}
		a.Step = step
		if codes, err = newRecoveryCodes(engine.Random(ctx)); err != nil {
			return err
		}
		macs := make([][]byte, len(codes))
		for i, c := range codes {
			if macs[i], err = macOf(m.Key, realm, userID, c); err != nil {
				return err
			}
		}
		c := m.change(ctx, p, endOthers)
		err = m.Store.Confirm(ctx, realm, a, now-engine.Instant(Setup.Milliseconds()), macs, c)
		if errors.Is(err, ErrNotFound) {
			return errMismatch // begun anew, confirmed or over meanwhile
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}

// change is what comes with a change of factors that the run of a proof makes.
func (m *Manager) change(ctx context.Context, p engine.Proof, endOthers bool) Change {
	return Change{
		At: engine.Now(ctx), EndOthers: endOthers, Session: p.Session(), Challenge: p.Challenge(),
		Notice: letter.Notice(ctx, engine.Realm(ctx), letter.FactorChanged, p.Value()),
	}
}

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

// disable removes the factors of a user who has proved one of them.
func (m *Manager) disable(ctx context.Context, userID string, endOthers bool) error {
	if err := m.mayChange(ctx, userID); err != nil {
		return err
	}
	p, _ := engine.ProofOf(ctx, engine.SubjectUser, userID)
	err := m.Store.Remove(ctx, engine.Realm(ctx), userID, m.change(ctx, p, endOthers))
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
