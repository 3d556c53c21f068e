// Package keytest holds the tests that every key.Store must pass.
package keytest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/key"
)

const (
	realm      = "main"
	otherRealm = "other"

	now engine.Instant = 1_700_000_000_000
)

// Run tests a store. open gives an empty one, which lives as long as t.
func Run(t *testing.T, open func(t *testing.T) key.Store) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, key.Store)
	}{
		{"create and find", testCreate},
		{"taken", testTaken},
		{"one of many wins", testParallelCreate},
		{"R-56 rotate", testRotate},
		{"R-56 rotate twice", testRotateTwice},
		{"parallel rotations", testParallelRotate},
		{"R-56 revoke", testRevoke},
		{"list", testList},
		{"touch", testTouch},
		{"R-59 realms", testRealms},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// New is a private key that never expires. n makes its id and its secret.
func New(n int, name string) key.Key {
	return key.Key{
		ID:      fmt.Sprintf("%024x", n),
		Name:    name,
		Kind:    key.Private,
		Hash:    sha256.Sum256([]byte(fmt.Sprint("secret", n))),
		Created: now + engine.Instant(n),
	}
}

func mustCreate(t *testing.T, s key.Store, realm string, k key.Key) {
	t.Helper()
	if err := s.Create(t.Context(), realm, k); err != nil {
		t.Fatal(err)
	}
}

func mustFind(t *testing.T, s key.Store, realm string, hash key.Hash) key.Key {
	t.Helper()
	k, err := s.Find(t.Context(), realm, hash)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func equal(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func wantError(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func testCreate(t *testing.T, s key.Store) {
	full := New(1, "full")
	full.Kind, full.Owner = key.Public, "000000000000000000000007"
	full.Scopes, full.Endpoints = []string{"users:read", "x"}, []string{"GET /users/{id}"}
	full.Expires, full.LastUsed = now+99, now+3
	expired, revoked := New(2, "expired"), New(3, "revoked")
	expired.Expires, revoked.Revoked = 5, 6
	for _, want := range []key.Key{full, New(4, "plain"), expired, revoked} {
		mustCreate(t, s, realm, want)
		equal(t, mustFind(t, s, realm, want.Hash), want)
	}
	for _, hash := range []key.Hash{New(9, "").Hash, {}} {
		_, err := s.Find(t.Context(), realm, hash)
		wantError(t, "an unknown key", err, key.ErrNotFound)
	}
	again := New(1, "another name")
	if err := s.Create(t.Context(), realm, again); err == nil || errors.Is(err, key.ErrTaken) {
		t.Errorf("the same secret twice: got %v, want an error other than taken", err)
	}
}

func testTaken(t *testing.T, s key.Store) {
	expired := New(1, "app")
	expired.Expires = now
	mustCreate(t, s, realm, expired)
	wantError(t, "a name in force", s.Create(t.Context(), realm, New(2, "app")), key.ErrTaken)
	_, err := s.Find(t.Context(), realm, New(2, "").Hash)
	wantError(t, "the refused key", err, key.ErrNotFound)
	if _, err := s.Revoke(t.Context(), realm, "app", now); err != nil {
		t.Fatal(err)
	}
	mustCreate(t, s, realm, New(3, "app"))
	wantError(t, "a name in force again", s.Create(t.Context(), realm, New(4, "app")), key.ErrTaken)
}

func testParallelCreate(t *testing.T, s key.Store) {
	const callers = 50
	errs := make([]error, callers)
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() { errs[i] = s.Create(t.Context(), realm, New(i, "app")) })
	}
	group.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			wantError(t, "a loser", err, key.ErrTaken)
		}
	}
	if won != 1 {
		t.Errorf("got %d keys of one name, want 1", won)
	}
}

func testRotate(t *testing.T, s key.Store) {
	for i, test := range []struct{ expires, until, want engine.Instant }{
		{0, now + 50, now + 50},
		{now + 20, now + 50, now + 20},
		{now + 80, now + 50, now + 50},
		{0, now, now},
	} {
		name := fmt.Sprint("app", i)
		old, next := New(2*i, name), New(2*i+1, name)
		old.Expires = test.expires
		mustCreate(t, s, realm, old)
		if err := s.Rotate(t.Context(), realm, next, test.until); err != nil {
			t.Fatal(err)
		}
		old.Expires = test.want
		equal(t, mustFind(t, s, realm, old.Hash), old)
		equal(t, mustFind(t, s, realm, next.Hash), next)
		wantError(t, "the name stays taken", s.Create(t.Context(), realm, New(90+i, name)), key.ErrTaken)
	}
	wantError(t, "rotate nothing", s.Rotate(t.Context(), realm, New(50, "none"), now), key.ErrNotFound)
	_, err := s.Find(t.Context(), realm, New(50, "").Hash)
	wantError(t, "the key of a refused rotation", err, key.ErrNotFound)
	if _, err := s.Revoke(t.Context(), realm, "app0", now); err != nil {
		t.Fatal(err)
	}
	wantError(t, "rotate a revoked key", s.Rotate(t.Context(), realm, New(51, "app0"), now), key.ErrNotFound)
}

func testRotateTwice(t *testing.T, s key.Store) {
	mustCreate(t, s, realm, New(1, "app"))
	for n := 2; n <= 3; n++ {
		if err := s.Rotate(t.Context(), realm, New(n, "app"), now+engine.Instant(10*(n-1))); err != nil {
			t.Fatal(err)
		}
	}
	for n, want := range map[int]engine.Instant{1: now + 10, 2: now + 20, 3: 0} {
		if got := mustFind(t, s, realm, New(n, "").Hash).Expires; got != want {
			t.Errorf("key %d: got end %d, want %d: an overlap never grows", n, got, want)
		}
	}
	revoked, err := s.Revoke(t.Context(), realm, "app", now+5)
	if err != nil || revoked != 3 {
		t.Errorf("got %d, %v, want 3: those in their overlap are revoked too", revoked, err)
	}
}

func testParallelRotate(t *testing.T, s key.Store) {
	mustCreate(t, s, realm, New(0, "app"))
	const callers = 20
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() {
			if err := s.Rotate(t.Context(), realm, New(i+1, "app"), now+10); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	endless := 0
	for i := range callers + 1 {
		if mustFind(t, s, realm, New(i, "").Hash).Expires == 0 {
			endless++
		}
	}
	if endless != 1 {
		t.Errorf("got %d keys without an end, want 1", endless)
	}
}

func testRevoke(t *testing.T, s key.Store) {
	k := New(1, "app")
	mustCreate(t, s, realm, k)
	mustCreate(t, s, realm, New(2, "other"))
	for _, want := range []int{1, 0} {
		if got, err := s.Revoke(t.Context(), realm, "app", now+engine.Instant(7-want)); err != nil || got != want {
			t.Errorf("got %d, %v, want %d", got, err, want)
		}
		k.Revoked = now + 6
		equal(t, mustFind(t, s, realm, k.Hash), k)
	}
	equal(t, mustFind(t, s, realm, New(2, "").Hash), New(2, "other"))
	if got, err := s.Revoke(t.Context(), realm, "unknown", now); err != nil || got != 0 {
		t.Errorf("unknown name: got %d, %v, want 0", got, err)
	}
}

func testList(t *testing.T, s key.Store) {
	want := []key.Key{New(3, "a"), New(1, "b"), New(4, "b"), New(2, "c")}
	mustCreate(t, s, realm, New(2, "c"))
	mustCreate(t, s, realm, New(3, "a"))
	mustCreate(t, s, realm, New(1, "b"))
	if err := s.Rotate(t.Context(), realm, New(4, "b"), now+9); err != nil {
		t.Fatal(err)
	}
	want[1].Expires = now + 9
	mustCreate(t, s, otherRealm, New(9, "a"))
	got, err := s.List(t.Context(), realm)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, want)
}

func testTouch(t *testing.T, s key.Store) {
	k := New(1, "app")
	mustCreate(t, s, realm, k)
	mustCreate(t, s, realm, New(2, "other"))
	for _, test := range []struct {
		used map[string]engine.Instant
		want engine.Instant
	}{
		{nil, 0},
		{map[string]engine.Instant{k.ID: now, New(7, "").ID: now}, now},
		{map[string]engine.Instant{k.ID: now - 1}, now},
		{map[string]engine.Instant{k.ID: now + 1}, now + 1},
	} {
		if err := s.Touch(t.Context(), realm, test.used); err != nil {
			t.Fatal(err)
		}
		if got := mustFind(t, s, realm, k.Hash).LastUsed; got != test.want {
			t.Errorf("got %d, want %d", got, test.want)
		}
	}
	equal(t, mustFind(t, s, realm, New(2, "").Hash), New(2, "other"))
	_, err := s.Find(t.Context(), realm, New(7, "").Hash)
	wantError(t, "a touch makes no key", err, key.ErrNotFound)
}

func testRealms(t *testing.T, s key.Store) {
	ctx := t.Context()
	other := New(1, "app")
	mustCreate(t, s, otherRealm, other)

	_, err := s.Find(ctx, realm, other.Hash)
	wantError(t, "another realm's key", err, key.ErrNotFound)
	wantError(t, "rotate across realms", s.Rotate(ctx, realm, New(2, "app"), now), key.ErrNotFound)
	if got, err := s.Revoke(ctx, realm, "app", now); err != nil || got != 0 {
		t.Errorf("revoke across realms: got %d, %v, want 0", got, err)
	}
	if err := s.Touch(ctx, realm, map[string]engine.Instant{other.ID: now}); err != nil {
		t.Fatal(err)
	}
	equal(t, mustFind(t, s, otherRealm, other.Hash), other)

	mine := New(1, "app")
	mine.Scopes = []string{"mine"}
	mustCreate(t, s, realm, mine)
	equal(t, mustFind(t, s, realm, mine.Hash), mine)
	equal(t, mustFind(t, s, otherRealm, other.Hash), other)
}
