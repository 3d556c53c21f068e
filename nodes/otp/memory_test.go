package otp_test

import (
	"context"
	"slices"
	"sync"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/otp"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/user"
)

// memory is an otp.Store for tests of the nodes.
type memory struct {
	mu      sync.Mutex
	codes   []otp.Code // of one realm
	entries []outbox.Entry
	fail    error // what every method returns, if set
}

var _ otp.Store = (*memory)(nil)

func (m *memory) Create(_ context.Context, _ string, c otp.Code, e outbox.Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	m.codes = slices.DeleteFunc(m.codes, func(o otp.Code) bool {
		return o.Address == c.Address && slices.ContainsFunc(o.Purposes, func(p string) bool { return slices.Contains(c.Purposes, p) })
	})
	m.codes, m.entries = append(m.codes, c), append(m.entries, e)
	return nil
}

func (m *memory) Fill(_ context.Context, _ string, binding otp.Hash, mac []byte, expires engine.Instant) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := slices.IndexFunc(m.codes, func(c otp.Code) bool { return c.Binding == binding })
	switch {
	case m.fail != nil:
		return m.fail
	case i < 0:
		return otp.ErrNotFound
	}
	m.codes[i].MAC, m.codes[i].Expires = mac, expires
	return nil
}

func (m *memory) Try(_ context.Context, _ string, g otp.Guess) (otp.Code, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return otp.Code{}, m.fail
	}
	for i := range m.codes {
		c := &m.codes[i]
		named := (g.Binding == nil || *g.Binding == c.Binding) && (g.Address == "" || g.Address == c.Address)
		if named && slices.Contains(c.Purposes, g.Purpose) && g.At < c.Expires && c.Tries < otp.Tries {
			c.Tries++
			return *c, nil
		}
	}
	return otp.Code{}, otp.ErrNotFound
}

func (m *memory) Consume(_ context.Context, _ string, c otp.Code) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := slices.IndexFunc(m.codes, func(o otp.Code) bool { return o.Binding == c.Binding })
	switch {
	case m.fail != nil:
		return m.fail
	case i < 0:
		return otp.ErrNotFound
	}
	m.codes = slices.Delete(m.codes, i, i+1)
	return nil
}

// people is a user.Store of which only Find works.
type people struct {
	user.Store
	all []user.User
}

func (p *people) Find(_ context.Context, _ string, by user.Identifier, value string) (user.User, error) {
	for _, u := range p.all {
		own := &u.ID
		switch by {
		case user.ByEmail:
			own = u.Email
		case user.ByPhone:
			own = u.Phone
		}
		if own != nil && *own == value {
			return u, nil
		}
	}
	return user.User{}, user.ErrNotFound
}
