package session_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/session"
)

// enrolled is what every user has enrolled.
type enrolled struct {
	factors []string
	err     error
}

func (e enrolled) Enrolled(context.Context, string, string) ([]string, error) {
	return e.factors, e.err
}

// an enrolled factor must be proved on every pathway, in whatever
// order, and besides another one. R-27: the level follows from what was proved.
func testSecondFactor(t *testing.T) {
	for _, test := range []struct {
		name      string
		enrolled  []string
		required  bool
		as        []string
		delegated bool
		level     int      // of the session
		wanted    []string // or the factors of the refusal
		refused   bool
	}{
		{name: "nothing enrolled", as: []string{"password"}, level: 1},
		{name: "nothing enrolled, by mail", as: []string{"mailed"}, level: 1},
		{name: "two factors of one's own accord", as: []string{"password", "totp"}, level: 2},
		{name: "one kind twice", as: []string{"totp", "recovery"}, level: 1},
		{name: "enrolled, password only", enrolled: []string{"totp"}, as: []string{"password"}, refused: true, wanted: []string{"totp"}},
		{name: "enrolled, by mail only", enrolled: []string{"totp"}, as: []string{"mailed"}, refused: true, wanted: []string{"totp"}},
		{name: "enrolled, password and mail", enrolled: []string{"totp"}, as: []string{"password", "mailed"}, refused: true, wanted: []string{"totp"}},
		{name: "enrolled, second factor alone", enrolled: []string{"totp"}, as: []string{"totp"}, refused: true, wanted: []string{"totp"}},
		{name: "enrolled, second factor and its recovery", enrolled: []string{"totp"}, as: []string{"totp", "recovery"}, refused: true, wanted: []string{"totp"}},
		{name: "enrolled, both", enrolled: []string{"totp"}, as: []string{"password", "totp"}, level: 2},
		{name: "enrolled, both, the other way round", enrolled: []string{"totp"}, as: []string{"totp", "password"}, level: 2},
		{name: "enrolled, by mail and both", enrolled: []string{"totp"}, as: []string{"mailed", "totp"}, level: 2},
		{name: "enrolled, recovery", enrolled: []string{"totp"}, as: []string{"password", "recovery"}, level: 2},
		{name: "required, none enrolled", required: true, as: []string{"password", "mailed"}, refused: true},
		{name: "somebody stands in", enrolled: []string{"totp"}, required: true, delegated: true, level: 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			store := newMemory()
			m := &session.Manager{Store: store, Factors: enrolled{factors: test.enrolled}}
			m.Config.RequireFactors = test.required
			s, err := create(t, m, proving{as: test.as, delegated: test.delegated}, session.CreateOptions{})
			var second *session.SecondFactorError
			if errors.As(err, &second) != test.refused || err != nil && !test.refused {
				t.Fatalf("got %v, want refused %v", err, test.refused)
			}
			if test.refused {
				if diff := cmp.Diff(test.wanted, second.Factors); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				if len(store.records()) != 0 {
					t.Error("a session is stored")
				}
				return
			}
			if s.Level != test.level {
				t.Errorf("got level %d, want %d", s.Level, test.level)
			}
		})
	}
}

// A refusal for want of a factor leaves the session that the request came with.
func TestSecondFactorKeepsOldSession(t *testing.T) {
	m := &session.Manager{Store: newMemory()}
	old := mustOpen(t, m, t.Context(), alice).Token.Reveal()
	m = &session.Manager{Store: m.Store, Factors: enrolled{factors: []string{"totp"}}}
	_, err := create(t, m, proving{as: []string{"password"}}, session.CreateOptions{Presented: old})
	if _, ok := err.(*session.SecondFactorError); !ok {
		t.Fatalf("got %v, want a second factor", err)
	}
	if _, err := m.Check(t.Context(), engine.MainRealm, old); err != nil {
		t.Errorf("the old session: %v", err)
	}
}

func TestDelegatedSession(t *testing.T) {
	m := &session.Manager{Store: newMemory()}
	s, err := create(t, m, proving{delegated: true}, session.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Level != 0 || s.Actor == nil || *s.Actor != "key:k1" {
		t.Errorf("got level %d, actor %v, want 0 and key:k1", s.Level, s.Actor)
	}
}

// what was kept in a challenge opens a session together with the second
// factor, in either order, and the store is told which challenge it uses up, and which
// factors were looked at.
func TestChallengeIsUsedUp_R26(t *testing.T) {
	for _, test := range []struct {
		as       []string
		enrolled []string
		refused  bool
	}{
		{[]string{"resumed", "totp"}, []string{"totp"}, false},
		{[]string{"totp", "resumed"}, []string{"totp"}, false},
		{[]string{"resumed", "recovery"}, []string{"totp"}, false},
		{[]string{"resumed", "mailed"}, []string{"totp"}, true},
		{[]string{"resumed", "password"}, []string{"totp"}, true},
		{[]string{"resumed", "password"}, []string{}, false},
	} {
		store := newMemory()
		m := &session.Manager{Store: store, Factors: enrolled{factors: test.enrolled}}
		_, err := create(t, m, proving{as: test.as}, session.CreateOptions{})
		if (err != nil) != test.refused {
			t.Errorf("%v: got %v, want refused %t", test.as, err, test.refused)
		}
		if test.refused {
			continue
		}
		r := store.created[0]
		if diff := cmp.Diff(test.enrolled, r.Factored); diff != "" || r.Challenge != "c1" {
			t.Errorf("%v: got the challenge %q, -want +got:\n%s", test.as, r.Challenge, diff)
		}
	}
	// It is pending, and no more.
	m := &session.Manager{Store: newMemory()}
	if _, err := create(t, m, proving{as: []string{"resumed"}}, session.CreateOptions{}); !errors.Is(err, session.ErrUnproved) {
		t.Errorf("got %v, want session.ErrUnproved", err)
	}
	// Whoever stands in has not been looked at.
	store := newMemory()
	m = &session.Manager{Store: store, Factors: enrolled{factors: []string{"totp"}}}
	if _, err := create(t, m, proving{delegated: true}, session.CreateOptions{}); err != nil || store.created[0].Factored != nil {
		t.Errorf("got %v, %+v", err, store.created)
	}
}
