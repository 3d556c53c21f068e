package provider_test

import (
	"context"
	"sync"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/identity"
	"github.com/latchwork/latchwork/nodes/provider"
	"github.com/latchwork/latchwork/nodes/user"
)

// memory is the stores of a test, of one realm.
type memory struct {
	mu     sync.Mutex
	logins map[provider.Hash]provider.Login
	owners map[[2]string]string // of identities, by issuer and subject
	users  []user.User
}

func (m *memory) Create(_ context.Context, _ string, l provider.Login) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.logins[l.State] = l
	return nil
}

func (m *memory) Take(_ context.Context, _ string, r provider.Return) (provider.Login, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l, known := m.logins[r.State]
	if !known || l.Binding != r.Binding || l.Provider != r.Provider || r.At >= l.Expires {
		return provider.Login{}, provider.ErrNotFound
	}
	delete(m.logins, r.State)
	return l, nil
}

// people and owners are the memory as other stores.
type (
	people struct {
		user.Store // of which only Find works
		m          *memory
	}
	owners struct{ *memory }
)

func (p people) Find(_ context.Context, _ string, _ user.Identifier, id string) (user.User, error) {
	for _, u := range p.m.users {
		if u.ID == id {
			return u, nil
		}
	}
	return user.User{}, user.ErrNotFound
}

func (m owners) Find(_ context.Context, _, issuer, subject string) (string, error) {
	if id := m.owners[[2]string{issuer, subject}]; id != "" {
		return id, nil
	}
	return "", identity.ErrNotFound
}

func (m owners) Link(_ context.Context, _, userID string, i identity.Identity, _ engine.Instant) error {
	key := [2]string{i.Issuer, i.Subject}
	if own := m.owners[key]; own != "" && own != userID {
		return identity.ErrTaken
	}
	m.owners[key] = userID
	return nil
}

func (m owners) LinkByEmail(_ context.Context, _ string, i identity.Identity, _ engine.Instant) (string, error) {
	for _, u := range m.users {
		switch {
		case i.Email == "" || u.Email == nil || *u.Email != i.Email:
		case !u.EmailVerified:
			return "", identity.ErrConflict
		default:
			m.owners[[2]string{i.Issuer, i.Subject}] = u.ID
			return u.ID, nil
		}
	}
	return "", identity.ErrNotFound
}
