package session

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/internal/opaque"
)

// ErrForeign says that a token is that of another user's session.
var ErrForeign = errors.New("session: of another user")

// Get finds a live session of a user by its handle, or returns ErrNotFound.
func (m *Manager) Get(ctx context.Context, realm, userID, id string) (Found, error) {
	all, err := m.List(ctx, realm, userID)
	if err != nil {
		return Found{}, err
	}
	for _, f := range all {
		if f.ID == id {
			return f, nil
		}
	}
	return Found{}, ErrNotFound
}

// List gives the live sessions of a user with their last uses, written down or
// not, the most recently used first.
func (m *Manager) List(ctx context.Context, realm, userID string) ([]Found, error) {
	now := engine.Now(ctx)
	all, err := m.Store.List(ctx, realm, userID, now)
	if err != nil {
		return nil, fmt.Errorf("session: list: %w", err)
	}
	config := m.config(realm)
	for i := range all {
		m.overlay(realm, &all[i].Record)
		config.bound(&all[i].Record)
	}
	all = slices.DeleteFunc(all, func(f Found) bool { return !f.Live(now) })
	slices.SortStableFunc(all, func(a, b Found) int { return int(b.LastSeen - a.LastSeen) })
	return all, nil
}

// update changes a live session of a user, or returns ErrNotFound.
func (m *Manager) update(ctx context.Context, realm, userID, id string, c Change) (Found, error) {
	found, err := m.Store.Update(ctx, realm, userID, id, c, engine.Now(ctx))
	if err != nil {
		return Found{}, fmt.Errorf("session: update: %w", err)
	}
	m.overlay(realm, &found.Record)
	return found, nil
}

// Raise adds the factors of p, which must be fresh and the user's own, to a
// session of that user and gives it a new token. The old token is dead from then
// on, so that whoever may have learnt it gains nothing. Idle and absolute end
// stay.
//
// The old token has to be presented: else a password would be enough to come by a
// session in which another factor was proved. An unknown session, another
// user's and one whose token was not presented are ErrNotFound.
func (m *Manager) Raise(ctx context.Context, p engine.Proof, id, presented string) (Session, error) {
	if p.Subject() != engine.SubjectUser || p.Value() == "" || !p.Grade().Meets(engine.Fresh) || p.IsDelegated() {
		return Session{}, fmt.Errorf("%w: it is %q of grade %q", ErrUnproved, p.Subject(), p.Grade())
	}
	realm, c := engine.Realm(ctx), claimOf(p)
	old, err := m.Get(ctx, realm, c.userID, id)
	if err != nil {
		return Session{}, err
	}
	if !isToken(presented) || HashToken(presented) != old.Hash {
		return Session{}, ErrNotFound
	}
	token, err := newToken(engine.Random(ctx))
	if err != nil {
		return Session{}, err
	}
	factors := slices.Compact(slices.Sorted(slices.Values(slices.Concat(old.Factors, c.factors))))
	hash := HashToken(token)
	found, err := m.update(ctx, realm, c.userID, id, Change{Factors: factors, Hash: &hash})
	if err != nil {
		return Session{}, err
	}
	s := found.Session()
	s.Token = engine.NewSecret(token)
	return s, nil
}

// Delete ends a session of a user by its handle or its token. It returns
// ErrForeign for a token of another user's live session, and ErrNotFound for
// anything else that is none of the user's.
func (m *Manager) Delete(ctx context.Context, realm, userID, idOrToken string) error {
	return m.delete(ctx, realm, userID, idOrToken, Selection{})
}

// DeleteFamily ends, with a session of a user, all that have sprung from the same
// sign-in. It names the session and fails as Delete does.
func (m *Manager) DeleteFamily(ctx context.Context, realm, userID, idOrToken string) error {
	return m.delete(ctx, realm, userID, idOrToken, Selection{Family: true})
}

func (m *Manager) delete(ctx context.Context, realm, userID, idOrToken string, which Selection) error {
	var hash Hash
	switch {
	case opaque.IsID(idOrToken):
		which.ID = idOrToken
	case isToken(idOrToken):
		hash = HashToken(idOrToken)
		which.Hash = &hash
	default:
		return ErrNotFound
	}
	n, err := m.Store.Delete(ctx, realm, userID, which)
	if err != nil {
		return fmt.Errorf("session: delete: %w", err)
	}
	if n > 0 {
		return nil
	}
	if which.Hash == nil {
		return ErrNotFound
	}
	found, err := m.Store.Find(ctx, realm, hash)
	if err != nil {
		return fmt.Errorf("session: delete: %w", err)
	}
	if found.Live(engine.Now(ctx)) {
		return ErrForeign
	}
	return ErrNotFound
}

// DeleteAll ends the sessions of a user, save the one with the handle except,
// and says how many there were.
func (m *Manager) DeleteAll(ctx context.Context, realm, userID, except string) (int, error) {
	n, err := m.Store.Delete(ctx, realm, userID, Selection{All: true, Except: except})
	if err != nil {
		return 0, fmt.Errorf("session: delete all: %w", err)
	}
	return n, nil
}
