package session_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/session"
)

// a session that is opened by what was proved in another one, as by a token, ends
// when that one does, and has the level of what was proved there.
func TestKeptProofBoundsTheSession_R37(t *testing.T) {
	m, now := &session.Manager{Store: newMemory()}, newClock()
	bounded := proving{user: alice, as: []string{"bounded"}, world: now.world()}
	bounded.run(t, func(ctx context.Context, p engine.Proof) {
		s, err := m.Create(ctx, p, session.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if s.Level != 2 {
			t.Errorf("got level %d, want 2 of a mailbox and an authenticator", s.Level)
		}
		now.add(time.Hour - time.Millisecond)
		if _, err := m.Check(now.context(t), engine.MainRealm, s.Token.Reveal()); err != nil {
			t.Errorf("before the end: %v", err)
		}
		now.add(time.Millisecond)
		if _, err := m.Check(now.context(t), engine.MainRealm, s.Token.Reveal()); !errors.Is(err, session.ErrInvalid) {
			t.Errorf("at the end: got %v, want session.ErrInvalid", err)
		}
		if _, err := m.Create(ctx, p, session.CreateOptions{}); !errors.Is(err, session.ErrUnproved) {
			t.Errorf("create at the end: got %v, want session.ErrUnproved", err)
		}
	})
	// Another proof besides does not lift the bound.
	now = newClock()
	both := proving{user: alice, as: []string{"bounded", "password"}, world: now.world()}
	both.run(t, func(ctx context.Context, p engine.Proof) {
		if p.Ceiling() != bound.Ceiling || p.Grade() != engine.Fresh {
			t.Errorf("got a proof of grade %s that ends at %d", p.Grade(), p.Ceiling())
		}
	})
}
