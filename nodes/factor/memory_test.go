package factor_test

import (
	"bytes"
	"context"
	"slices"
	"sync"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/factor"
	"github.com/latchwork/latchwork/nodes/user"
)

// memory is a factor.Store for tests of the nodes.
type memory struct {
	mu      sync.Mutex
	apps    map[place]factor.Authenticator
	codes   map[place][][]byte // of Enrolled
	changes []factor.Change
	fail    error  // what every method returns, if set
	before  func() // is called before an app is started or removed, if set
}

type place struct {
	realm, userID string
	state         factor.State
}

var _ factor.Store = (*memory)(nil)

func newMemory() *memory {
	return &memory{apps: map[place]factor.Authenticator{}, codes: map[place][][]byte{}}
}

func (m *memory) Find(_ context.Context, realm, userID string, s factor.State) (factor.Authenticator, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, ok := m.apps[place{realm, userID, s}]
	switch {
	case m.fail != nil:
		return factor.Authenticator{}, m.fail
	case !ok:
		return factor.Authenticator{}, factor.ErrNotFound
	}
	return a, nil
}

func (m *memory) Start(_ context.Context, realm string, a factor.Authenticator, over []byte) error {
	if m.before != nil {
		m.before()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	old, enrolled := m.apps[place{realm, a.UserID, factor.Enrolled}]
	switch {
	case m.fail != nil:
		return m.fail
	case enrolled != (over != nil) || !bytes.Equal(old.Sealed, over):
		return factor.ErrChanged
	}
	m.apps[place{realm, a.UserID, factor.Started}] = a
	return nil
}

func (m *memory) Confirm(_ context.Context, realm string, a factor.Authenticator, since engine.Instant, codes [][]byte, c factor.Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	from, to := place{realm, a.UserID, factor.Started}, place{realm, a.UserID, factor.Enrolled}
	old, ok := m.apps[from]
	switch {
	case m.fail != nil:
		return m.fail
	case !ok || !bytes.Equal(old.Sealed, a.Sealed) || old.Started <= since:
		return factor.ErrNotFound
	}
	delete(m.apps, from)
	m.apps[to], m.codes[to], m.changes = a, codes, append(m.changes, c)
	return nil
}

func (m *memory) Use(_ context.Context, realm string, a factor.Authenticator) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := place{realm, a.UserID, factor.Enrolled}
	old, ok := m.apps[p]
	switch {
	case m.fail != nil:
		return m.fail
	case !ok || !bytes.Equal(old.Sealed, a.Sealed) || old.Step >= a.Step:
		return factor.ErrUsed
	}
	m.apps[p] = a
	return nil
}

func (m *memory) UseCode(_ context.Context, realm, userID string, mac []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := place{realm, userID, factor.Enrolled}
	i := slices.IndexFunc(m.codes[p], func(c []byte) bool { return bytes.Equal(c, mac) })
	switch {
	case m.fail != nil:
		return m.fail
	case i < 0:
		return factor.ErrNotFound
	}
	m.codes[p] = slices.Delete(m.codes[p], i, i+1)
	return nil
}

func (m *memory) Remove(_ context.Context, realm, userID string, c factor.Change) error {
	if m.before != nil {
		m.before()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	p := place{realm, userID, factor.Enrolled}
	_, ok := m.apps[p]
	switch {
	case m.fail != nil:
		return m.fail
	case !ok:
		return factor.ErrNotFound
	}
	delete(m.apps, p)
	delete(m.codes, p)
	m.changes = append(m.changes, c)
	return nil
}

// people is a user.Store of which only Find works, by id.
type people struct {
	user.Store
	all []user.User
}

func (p people) Find(_ context.Context, _ string, by user.Identifier, value string) (user.User, error) {
	for _, u := range p.all {
		if by == user.ByID && u.ID == value {
			return u, nil
		}
	}
	return user.User{}, user.ErrNotFound
}
