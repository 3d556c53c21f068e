package challenge

import (
	"context"
	"errors"
	"fmt"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/internal/opaque"
	"github.com/latchwork/latchwork/nodes/session"
)

// Manager makes and resumes challenges. It is safe for concurrent use; its fields must
// not be changed once it is used.
type Manager struct {
	Store   Store
	Factors session.Factors // nil means that nobody has enrolled any
}

// ErrUnproved says that a proof is too weak to be kept.
var ErrUnproved = errors.New("challenge: the proof is not enough")

// Create keeps the proof p in a challenge. The token is known only now.
func (m *Manager) Create(ctx context.Context, p engine.Proof, returnTo string) (engine.Secret, error) {
	switch {
	case p.Subject() != engine.SubjectUser || p.Value() == "" || !p.Grade().Meets(engine.Carried):
		return engine.Secret{}, fmt.Errorf("%w: it is %q of grade %q", ErrUnproved, p.Subject(), p.Grade())
	case p.IsOfAnother():
		return engine.Secret{}, fmt.Errorf("%w: somebody stands in for the user", ErrUnproved)
	}
	token, err := opaque.New(engine.Random(ctx), Prefix)
	if err != nil {
		return engine.Secret{}, fmt.Errorf("challenge: %w", err)
	}
	now := engine.Now(ctx)
	c := Challenge{Hash: HashToken(token), UserID: p.Value(), ReturnTo: returnTo, Ceiling: p.Ceiling(), Origin: p.Origin(),
		Created: now, Expires: now + engine.Instant(Lifetime.Milliseconds()), Checked: engine.StampOf(ctx, p.Value())}
	for _, f := range p.Factors() {
		c.Factors = append(c.Factors, string(f))
	}
	if err := m.Store.Create(ctx, engine.Realm(ctx), c); err != nil {
		return engine.Secret{}, fmt.Errorf("challenge: create: %w", err)
	}
	return engine.NewSecret(token), nil
}

// Resume takes a try of a challenge and returns it, or ErrNotFound. Any other error
// leaves open whether there is one, and the caller must then refuse.
func (m *Manager) Resume(ctx context.Context, token string) (Challenge, error) {
	if !opaque.Is(token, Prefix) {
		return Challenge{}, ErrNotFound
	}
	c, err := m.Store.Resume(ctx, engine.Realm(ctx), HashToken(token), engine.Now(ctx))
	if err != nil {
		return Challenge{}, fmt.Errorf("challenge: resume: %w", err)
	}
	return c, nil
}

// factors are those that the user has enrolled.
func (m *Manager) factors(ctx context.Context, userID string) ([]string, error) {
	if m.Factors == nil {
		return []string{}, nil
	}
	enrolled, err := m.Factors.Enrolled(ctx, engine.Realm(ctx), userID)
	if err != nil {
		return nil, fmt.Errorf("challenge: %w", err)
	}
	return enrolled, nil
}
