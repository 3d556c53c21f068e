package factor

import (
	"context"
	"errors"
	"fmt"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/letter"
	"github.com/latchwork/latchwork/nodes/user"
)

// setup is what an app needs to know.
type setup struct{ secret, uri, qr string }

// start begins to enrol an app.
func (m *Manager) start(ctx context.Context, userID string, named *string) (setup, error) {
	over, err := m.mayChange(ctx, userID)
	if err != nil {
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
	err = m.Store.Start(ctx, realm, Authenticator{UserID: userID, Sealed: sealed, Started: engine.Now(ctx)}, over)
	switch {
	case errors.Is(err, ErrChanged):
		return setup{}, user.FailSecond // the run has not proved what is enrolled now
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
	if !proved || p.IsOfAnother() {
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
