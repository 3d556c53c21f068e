package session_test

import (
	"context"
	"errors"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/session"
)

// what was proved in a session opens one that ends with it where the flow says so,
// whichever of them is named, and whatever the request came with.
func TestFamily_R38(t *testing.T) {
	for _, test := range []struct {
		name   string
		family bool
		named  func(first, sprung session.Session) string
		left   int
		ended  bool
	}{
		{"by the first", true, func(first, _ session.Session) string { return first.ID }, 1, true},
		{"by one that springs from it", true, func(_, sprung session.Session) string { return sprung.ID }, 1, true},
		{"by its token", true, func(_, sprung session.Session) string { return sprung.Token.Reveal() }, 1, true},
		{"one alone", false, func(_, sprung session.Session) string { return sprung.ID }, 2, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			store, now := newMemory(), newClock()
			m := &session.Manager{Store: store}
			first, alone := mustOpen(t, m, now.context(t), alice), mustOpen(t, m, now.context(t), alice)
			sprung, err := create(t, m, proving{as: []string{"of-" + first.ID}, world: now.world()}, session.CreateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			with := map[string]any{"userId": alice, "id": test.named(first, sprung), "family": test.family}
			r := node(t, m, now, "session.delete", with, request(first.Token.Reveal()))
			wantOutcome(t, r, "deleted")
			if got := len(store.records()); got != test.left || r.Answer.Ended != test.ended {
				t.Errorf("got %d sessions left, ended %t, want %d and %t", got, r.Answer.Ended, test.left, test.ended)
			}
			wantCheck(t, m, now, alone.Token.Reveal(), nil)
		})
	}
}

// what the run hands over after it has opened a session springs from that.
func TestCreateNotesTheSession_R38(t *testing.T) {
	m, now := &session.Manager{Store: newMemory()}, newClock()
	proving{user: alice, as: []string{"password"}, world: now.world()}.run(t, func(ctx context.Context, p engine.Proof) {
		if got := engine.OpenedFor(ctx, alice); got != "" {
			t.Errorf("before: got %q, want none", got)
		}
		s, err := m.Create(ctx, p, session.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := engine.OpenedFor(ctx, alice); got != s.ID {
			t.Errorf("got %q, want %q", got, s.ID)
		}
	})
}

// a session that is over is none to spring from, whatever was proved in it.
func TestOriginOver_R38(t *testing.T) {
	store, now := newMemory(), newClock()
	m := &session.Manager{Store: store}
	first := mustOpen(t, m, now.context(t), alice)
	if err := m.Delete(now.context(t), engine.MainRealm, alice, first.ID); err != nil {
		t.Fatal(err)
	}
	for _, as := range [][]string{{"of-" + first.ID}, {"of-" + first.ID, "password"}, {"password", "of-" + first.ID}} {
		_, err := create(t, m, proving{as: as, world: now.world()}, session.CreateOptions{})
		if !errors.Is(err, session.ErrOrigin) || len(store.records()) != 0 {
			t.Errorf("%v: got %v and %d sessions, want session.ErrOrigin and none", as, err, len(store.records()))
		}
	}
}
