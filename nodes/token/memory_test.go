package token_test

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/token"
)

// memory is a token.Store for tests of the nodes.
type memory struct {
	mu       sync.Mutex
	tokens   map[place]token.Token
	sessions map[string]token.Token // what a token keeps of a session, by its handle
	disabled map[string]bool        // users
	hashes   map[string]string      // of passwords, by user
	uses     []token.Use            // of each Redeem
	peeks    int
	fail     error // what every method returns, if set
}

type place struct {
	realm string
	hash  token.Hash
}

var _ token.Store = (*memory)(nil)

func newMemory() *memory {
	return &memory{tokens: map[place]token.Token{}, sessions: map[string]token.Token{}, disabled: map[string]bool{}, hashes: map[string]string{}}
}

func (m *memory) Create(_ context.Context, realm string, t token.Token) (token.Token, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	kept, live := m.sessions[t.Session]
	switch {
	case m.fail != nil:
		return token.Token{}, m.fail
	case m.disabled[t.UserID]:
		return token.Token{}, token.ErrDisabled
	case t.Checked != "" && t.Checked != m.hashes[t.UserID]:
		return token.Token{}, token.ErrChanged
	case t.Session != "" && !live:
		return token.Token{}, token.ErrSession
	case t.Session != "":
		t.Factors, t.Ceiling = kept.Factors, kept.Ceiling
	}
	if t.Ceiling != 0 {
		t.Expires = min(t.Expires, t.Ceiling)
	}
	m.tokens[place{realm, t.Hash}] = t
	return t, nil
}

func (m *memory) Redeem(_ context.Context, realm string, hash token.Hash, u token.Use) (token.Token, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.uses = append(m.uses, u)
	t, known := m.tokens[place{realm, hash}]
	if !known || m.fail != nil || u.At >= t.Expires || !slices.Contains(u.Purposes, t.Purpose) || u.Audience != t.Audience || m.disabled[t.UserID] {
		return token.Token{}, cmp.Or(m.fail, token.ErrNotFound)
	}
	delete(m.tokens, place{realm, hash})
	return t, nil
}

func (m *memory) Peek(_ context.Context, realm string, hash token.Hash, purposes []string, at engine.Instant) (token.Token, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.peeks++
	t, known := m.tokens[place{realm, hash}]
	if !known || m.fail != nil || at >= t.Expires || !slices.Contains(purposes, t.Purpose) {
		return token.Token{}, cmp.Or(m.fail, token.ErrNotFound)
	}
	return t, nil
}

// only is the one token that is stored.
func (m *memory) only() token.Token {
	for _, t := range m.tokens {
		return t
	}
	return token.Token{}
}
