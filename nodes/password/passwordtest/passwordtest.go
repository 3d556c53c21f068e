// Package passwordtest holds the tests that every password.Store must pass.
package passwordtest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/user"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

const (
	realm      = usertest.Realm
	otherRealm = "other"

	now engine.Instant = 1_700_000_000_000
)

// Stores are the stores of one backend that work together.
type Stores struct {
	Users     user.Store
	Passwords password.Store
	Outbox    outbox.Store
}

// Run tests the stores. open gives empty ones, which live as long as t.
func Run(t *testing.T, open func(t *testing.T) Stores) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Stores)
	}{
		{"hash", testHash},
		{"set", testSet},
		{"unknown end", testUnknownEnd},
		{"R-29 the notice is queued with the password", testNotice},
		{"rehash", testRehash},
		{"R-10 a rehash never overwrites a change", testRehashRace},
		{"R-59 realms", testRealms},
		{"a password goes with its user", testDelete},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

func create(t *testing.T, s Stores, realm string, n int, hash string) string {
	t.Helper()
	if err := s.Users.Create(t.Context(), realm, usertest.New(n), hash); err != nil {
		t.Fatal(err)
	}
	return usertest.ID(n)
}

func set(t *testing.T, s Stores, realm, id, hash string) {
	t.Helper()
	if err := s.Passwords.Set(t.Context(), realm, id, hash, password.EndNone, "", outbox.Entry{}); err != nil {
		t.Fatal(err)
	}
}

func wantHash(t *testing.T, s Stores, realm, id, want string) {
	t.Helper()
	got, err := s.Passwords.Hash(t.Context(), realm, id)
	if err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func wantNone(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, password.ErrNone) {
		t.Errorf("%s: got %v, want password.ErrNone", what, err)
	}
}

func testHash(t *testing.T, s Stores) {
	wantHash(t, s, realm, create(t, s, realm, 1, "$argon2id$one"), "$argon2id$one")
	_, err := s.Passwords.Hash(t.Context(), realm, create(t, s, realm, 2, ""))
	wantNone(t, "a user without a password", err)
	_, err = s.Passwords.Hash(t.Context(), realm, usertest.ID(3))
	wantNone(t, "nobody", err)
}

func testSet(t *testing.T, s Stores) {
	for i, before := range []string{"old", ""} {
		id := create(t, s, realm, i, before)
		set(t, s, realm, id, "new")
		wantHash(t, s, realm, id, "new")
		set(t, s, realm, id, "newer")
		wantHash(t, s, realm, id, "newer")
	}
	err := s.Passwords.Set(t.Context(), realm, usertest.ID(9), "hash", password.EndAll, "", outbox.Entry{})
	wantNone(t, "set for nobody", err)
	_, err = s.Passwords.Hash(t.Context(), realm, usertest.ID(9))
	wantNone(t, "nobody's hash", err)
}

func testUnknownEnd(t *testing.T, s Stores) {
	id := create(t, s, realm, 1, "old")
	if err := s.Passwords.Set(t.Context(), realm, id, "new", "some", "", outbox.Entry{}); err == nil {
		t.Error("got no error")
	}
	wantHash(t, s, realm, id, "old")
}

func testNotice(t *testing.T, s Stores) {
	id := create(t, s, realm, 1, "old")
	notice := outbox.Entry{Realm: realm, Kind: outbox.Mail, UserID: id, Body: []byte(`{"template":"x"}`), Created: now, Due: now}
	try := func(id string, end password.EndSessions) error {
		return s.Passwords.Set(t.Context(), realm, id, "new", end, "", notice)
	}
	wantNone(t, "set for nobody", try(usertest.ID(2), password.EndAll))
	if err := try(id, "some"); err == nil {
		t.Error("an unknown end: got no error")
	}
	if err := try(id, password.EndAll); err != nil {
		t.Fatal(err)
	}
	set(t, s, realm, id, "newer") // without one
	got, err := s.Outbox.Take(t.Context(), now, time.Minute, 10)
	if err != nil || len(got) != 1 || got[0].Realm != realm || got[0].UserID != id || string(got[0].Body) != string(notice.Body) {
		t.Errorf("got %+v, %v, want the notice of the one that was set", got, err)
	}
	select {
	case <-s.Outbox.Added():
	default:
		t.Error("nobody is told of the notice")
	}
}

func testRehash(t *testing.T, s Stores) {
	id := create(t, s, realm, 1, "old")
	for _, test := range []struct {
		id, old, new string
		want         bool
		after        string
	}{
		{id, "older", "x", false, "old"},
		{id, "", "x", false, "old"},
		{usertest.ID(2), "old", "x", false, "old"},
		{id, "old", "new", true, "new"},
		{id, "old", "x", false, "new"},
	} {
		got, err := s.Passwords.Rehash(t.Context(), realm, test.id, test.old, test.new)
		if err != nil || got != test.want {
			t.Errorf("rehash %q: got %t, %v, want %t", test.old, got, err, test.want)
		}
		wantHash(t, s, realm, id, test.after)
	}
}

func testRehashRace(t *testing.T, s Stores) {
	id := create(t, s, realm, 1, "start")
	for round := range 200 {
		old, changed := fmt.Sprint("old", round), fmt.Sprint("changed", round)
		set(t, s, realm, id, old)
		var group sync.WaitGroup
		group.Go(func() { set(t, s, realm, id, changed) })
		for range 4 {
			group.Go(func() {
				if _, err := s.Passwords.Rehash(t.Context(), realm, id, old, "rehashed"); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		wantHash(t, s, realm, id, changed)
	}
}

func testRealms(t *testing.T, s Stores) {
	id := create(t, s, realm, 1, "mine")
	create(t, s, otherRealm, 1, "other")
	create(t, s, otherRealm, 2, "other")

	_, err := s.Passwords.Hash(t.Context(), realm, usertest.ID(2))
	wantNone(t, "another realm's user", err)
	err = s.Passwords.Set(t.Context(), realm, usertest.ID(2), "x", password.EndAll, "", outbox.Entry{})
	wantNone(t, "set across realms", err)
	if done, err := s.Passwords.Rehash(t.Context(), realm, usertest.ID(2), "other", "x"); err != nil || done {
		t.Errorf("rehash across realms: got %t, %v", done, err)
	}
	set(t, s, realm, id, "new")
	wantHash(t, s, otherRealm, id, "other")
	wantHash(t, s, otherRealm, usertest.ID(2), "other")
}

func testDelete(t *testing.T, s Stores) {
	id := create(t, s, realm, 1, "old")
	set(t, s, realm, id, "new")
	if err := s.Users.Delete(t.Context(), realm, id); err != nil {
		t.Fatal(err)
	}
	_, err := s.Passwords.Hash(t.Context(), realm, id)
	wantNone(t, "the deleted user's hash", err)
	create(t, s, realm, 1, "")
	_, err = s.Passwords.Hash(t.Context(), realm, id)
	wantNone(t, "the hash of a new user of that id", err)
}
