// Package providertest holds the tests that every provider.Store must pass.
package providertest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/provider"
)

const (
	realm = "main"

	now engine.Instant = 1_700_000_000_000
)

// Run tests the store. open gives an empty one, which lives as long as t.
func Run(t *testing.T, open func(t *testing.T) provider.Store) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, provider.Store)
	}{
		{"R-52 once", testOnce},
		{"R-52 one of many wins", testOneWins},
		{"R-52 A-36 another browser, provider, state, or too late", testOthers},
		{"R-59 realms", testRealms},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// New is a sign-in by the provider "acme". n makes its state.
func New(n int) provider.Login {
	return provider.Login{
		State: provider.HashOf(fmt.Sprint("state", n)), Binding: provider.HashOf(fmt.Sprint("binding", n)), Provider: "acme",
		Callback: "https://app.example.com/acme/callback", ReturnTo: "/welcome", Expires: now + 1,
	}
}

// Back is the return of a sign-in.
func Back(l provider.Login) provider.Return {
	return provider.Return{State: l.State, Binding: l.Binding, Provider: l.Provider, At: now}
}

func create(t *testing.T, s provider.Store, realm string, l provider.Login) provider.Login {
	t.Helper()
	if err := s.Create(t.Context(), realm, l); err != nil {
		t.Fatal(err)
	}
	return l
}

func wantNone(t *testing.T, s provider.Store, what, realm string, r provider.Return) {
	t.Helper()
	if got, err := s.Take(t.Context(), realm, r); !errors.Is(err, provider.ErrNotFound) || got != (provider.Login{}) {
		t.Errorf("%s: got %+v, %v, want provider.ErrNotFound", what, got, err)
	}
}

func wantTaken(t *testing.T, s provider.Store, l provider.Login) {
	t.Helper()
	got, err := s.Take(t.Context(), realm, Back(l))
	if diff := cmp.Diff(l, got); diff != "" || err != nil {
		t.Errorf("got %v, -want +got:\n%s", err, diff)
	}
}

func testOnce(t *testing.T, s provider.Store) {
	l := create(t, s, realm, New(1))
	other := create(t, s, realm, New(2))
	wantTaken(t, s, l)
	wantNone(t, s, "again", realm, Back(l))
	wantTaken(t, s, other)
}

func testOneWins(t *testing.T, s provider.Store) {
	for n := range 50 {
		l := create(t, s, realm, New(n))
		var won atomic.Int32
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if _, err := s.Take(t.Context(), realm, Back(l)); err == nil {
					won.Add(1)
				} else if !errors.Is(err, provider.ErrNotFound) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Fatalf("got %d winners, want 1", won.Load())
		}
	}
}

// What does not fit uses nothing up.
func testOthers(t *testing.T, s provider.Store) {
	l, other := create(t, s, realm, New(1)), create(t, s, realm, New(2))
	for what, change := range map[string]func(*provider.Return){
		"another browser":  func(r *provider.Return) { r.Binding = other.Binding },
		"another provider": func(r *provider.Return) { r.Provider = "evil" },
		"no provider":      func(r *provider.Return) { r.Provider = "" },
		"another state":    func(r *provider.Return) { r.State = other.State },
		"no binding":       func(r *provider.Return) { r.Binding = provider.Hash{} },
		"too late":         func(r *provider.Return) { r.At = l.Expires },
	} {
		r := Back(l)
		change(&r)
		wantNone(t, s, what, realm, r)
	}
	wantTaken(t, s, l)
}

func testRealms(t *testing.T, s provider.Store) {
	l := create(t, s, realm, New(1))
	create(t, s, "other", l)
	wantNone(t, s, "no realm", "third", Back(l))
	wantTaken(t, s, l)
	wantNone(t, s, "again", realm, Back(l))
	if _, err := s.Take(t.Context(), "other", Back(l)); err != nil {
		t.Errorf("the other realm: %v", err)
	}
}
