package challenge_test

import (
	"context"
	"sync"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/challenge"
)

// memory is a challenge.Store for tests of the nodes.
type memory struct {
	mu         sync.Mutex
	challenges map[challenge.Hash]challenge.Challenge
	fail       error // what every method returns, if set
}

var _ challenge.Store = (*memory)(nil)

func (m *memory) Create(_ context.Context, _ string, c challenge.Challenge) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail == nil {
		m.challenges[c.Hash] = c
	}
	return m.fail
}

func (m *memory) Resume(_ context.Context, _ string, hash challenge.Hash, at engine.Instant) (challenge.Challenge, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.challenges[hash]
	switch {
	case m.fail != nil:
		return challenge.Challenge{}, m.fail
	case !ok || c.Tries >= challenge.Tries || at >= c.Expires:
		return challenge.Challenge{}, challenge.ErrNotFound
	}
	c.Tries++
	m.challenges[hash] = c
	return c, nil
}

// enrolled is what every user has enrolled.
type enrolled struct {
	factors []string
	err     error
}

func (e enrolled) Enrolled(context.Context, string, string) ([]string, error) {
	return e.factors, e.err
}
