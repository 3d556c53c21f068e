package sessiontest

import (
	"testing"

	"github.com/latchwork/latchwork/nodes/key"
	"github.com/latchwork/latchwork/nodes/key/keytest"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/user"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

func testUserGroups(t *testing.T, s Stores) {
	r := New(1, 1)
	r.Groups = []string{"session"}
	mustCreate(t, s, realm, r)
	for _, test := range []struct {
		change user.Change
		want   []string
	}{
		{user.Change{}, nil},
		{user.Change{AddGroups: []string{"a", "b"}}, []string{"a", "b"}},
		{user.Change{RemoveGroups: []string{"a"}}, []string{"b"}},
		{user.Change{RemoveGroups: []string{"b"}}, nil},
	} {
		mustFind(t, s, realm, r) // so that a cache has it
		if _, err := s.Users.Update(t.Context(), realm, r.UserID, test.change, now); err != nil {
			t.Fatal(err)
		}
		found := mustFind(t, s, realm, r)
		equal(t, found.UserGroups, test.want)
		equal(t, found.Record, r)
		list, err := s.Sessions.List(t.Context(), realm, r.UserID, now)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, list, []session.Found{found})
		updated, err := s.Sessions.Update(t.Context(), realm, r.UserID, r.ID, session.Change{}, now)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, updated, found)
	}
}

func testRealms(t *testing.T, s Stores) {
	if err := s.Users.Create(t.Context(), otherRealm, usertest.New(1), ""); err != nil {
		t.Fatal(err)
	}
	// The same token, handle and user in two realms are two sessions.
	mine, other, others := New(1, 1), New(1, 1), New(2, 1)
	mine.Note, other.Note = "mine", "other"
	mustCreate(t, s, realm, mine)
	mustCreate(t, s, otherRealm, other, others)
	wantFound(t, s, realm, mine)
	wantFound(t, s, otherRealm, other, others)
	wantGone(t, s, realm, others)
	wantGone(t, s, "", mine)

	for realm, want := range map[string][]string{realm: idsOf(mine), otherRealm: idsOf(other, others)} {
		list, err := s.Sessions.List(t.Context(), realm, mine.UserID, now)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, ids(list), want)
	}
	remove(t, s, 1, session.Selection{ID: others.ID}, 0)
	remove(t, s, 1, session.Selection{Hash: &others.Hash}, 0)
	remove(t, s, 1, session.Selection{All: true}, 1)
	wantGone(t, s, realm, mine)
	wantFound(t, s, otherRealm, other, others)

	// Limits do not count across realms.
	if _, err := s.Sessions.Create(t.Context(), realm, mine, session.Limit{Max: 1}); err != nil {
		t.Error(err)
	}
	if err := s.Users.Disable(t.Context(), realm, mine.UserID, now); err != nil {
		t.Fatal(err)
	}
	wantGone(t, s, realm, mine)
	wantFound(t, s, otherRealm, other, others)
	if err := s.Users.Delete(t.Context(), realm, mine.UserID); err != nil {
		t.Fatal(err)
	}
	wantFound(t, s, otherRealm, other, others)
}

// withKeys stores a key of user 1, one of user 2 and one of the application.
func withKeys(t *testing.T, s Stores) (own, others, app key.Key) {
	t.Helper()
	own, others, app = keytest.New(1, "own"), keytest.New(2, "others"), keytest.New(3, "app")
	own.Owner, others.Owner = usertest.ID(1), usertest.ID(2)
	for _, k := range []key.Key{own, others, app} {
		if err := s.Keys.Create(t.Context(), realm, k); err != nil {
			t.Fatal(err)
		}
	}
	return own, others, app
}

func wantKey(t *testing.T, s Stores, want key.Key) {
	t.Helper()
	got, err := s.Keys.Find(t.Context(), realm, want.Hash)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, want)
}

func testDisableUser(t *testing.T, s Stores) {
	own, others, app := withKeys(t, s)
	mustCreate(t, s, realm, New(1, 1), New(2, 1), New(3, 2))
	wantFound(t, s, realm, New(1, 1), New(2, 1), New(3, 2))
	if err := s.Users.Disable(t.Context(), realm, usertest.ID(1), now+7); err != nil {
		t.Fatal(err)
	}
	wantGone(t, s, realm, New(1, 1), New(2, 1))
	wantFound(t, s, realm, New(3, 2))
	own.Revoked = now + 7
	wantKey(t, s, own)
	wantKey(t, s, others)
	wantKey(t, s, app)
	list, err := s.Sessions.List(t.Context(), realm, usertest.ID(1), now)
	if err != nil || len(list) != 0 {
		t.Errorf("got %v, %v, want none", list, err)
	}

	// Disabling again neither fails nor moves the moment of revocation.
	if err := s.Users.Disable(t.Context(), realm, usertest.ID(1), now+8); err != nil {
		t.Fatal(err)
	}
	wantKey(t, s, own)
}

func testDeleteUser(t *testing.T, s Stores) {
	own, others, app := withKeys(t, s)
	mustCreate(t, s, realm, New(1, 1), New(2, 2))
	wantFound(t, s, realm, New(1, 1), New(2, 2))
	err := s.Passwords.Set(t.Context(), realm, usertest.ID(1), "new", password.EndNone, "", outbox.Entry{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Users.Delete(t.Context(), realm, usertest.ID(1)); err != nil {
		t.Fatal(err)
	}
	wantGone(t, s, realm, New(1, 1))
	wantFound(t, s, realm, New(2, 2))
	_, err = s.Keys.Find(t.Context(), realm, own.Hash)
	wantError(t, "the deleted user's key", err, key.ErrNotFound)
	wantKey(t, s, others)
	wantKey(t, s, app)

	if err := s.Users.Create(t.Context(), realm, usertest.New(1), ""); err != nil {
		t.Fatal(err)
	}
	wantGone(t, s, realm, New(1, 1))
	list, err := s.Sessions.List(t.Context(), realm, usertest.ID(1), now)
	if err != nil || len(list) != 0 {
		t.Errorf("a new user of that id: got %v, %v, want none", list, err)
	}
}

// Who stands in for another does so no longer once disabled or deleted.
func testActor(t *testing.T, s Stores) {
	r, byKey, ordinary := New(1, 2), New(2, 2), New(3, 2)
	r.Actor = "user:" + usertest.ID(1)
	byKey.Actor = "key:" + usertest.ID(1)
	mustCreate(t, s, realm, r, byKey, ordinary)
	wantFound(t, s, realm, r, byKey, ordinary)
	if err := s.Users.Disable(t.Context(), realm, usertest.ID(1), now); err != nil {
		t.Fatal(err)
	}
	wantGone(t, s, realm, r)
	wantFound(t, s, realm, byKey, ordinary)

	mustCreate(t, s, realm, r)
	wantFound(t, s, realm, r)
	if err := s.Users.Delete(t.Context(), realm, usertest.ID(1)); err != nil {
		t.Fatal(err)
	}
	wantGone(t, s, realm, r)
	wantFound(t, s, realm, byKey, ordinary)
}

func testSetPassword(t *testing.T, s Stores) {
	current, second, third, others := New(1, 1), New(2, 1), New(3, 1), New(4, 2)
	all := []session.Record{current, second, third}
	mustCreate(t, s, realm, others)
	for _, test := range []struct {
		end  password.EndSessions
		keep string
		left []session.Record
	}{
		{password.EndNone, "", all},
		{password.EndOthers, current.ID, []session.Record{current}},
		{password.EndOthers, "", nil},
		{password.EndOthers, others.ID, nil},
		{password.EndAll, current.ID, nil},
	} {
		remove(t, s, 1, session.Selection{All: true}, len(mustList(t, s)))
		mustCreate(t, s, realm, all...)
		wantFound(t, s, realm, all...)
		if err := s.Passwords.Set(t.Context(), realm, usertest.ID(1), "new", test.end, test.keep, outbox.Entry{}); err != nil {
			t.Fatal(err)
		}
		equal(t, ids(mustList(t, s)), idsOf(test.left...))
		for _, r := range all {
			if len(test.left) == 0 || (len(test.left) == 1 && r.ID != current.ID) {
				wantGone(t, s, realm, r)
			}
		}
		wantFound(t, s, realm, append(test.left, others)...)
	}

	// A refused change ends nothing.
	mustCreate(t, s, realm, current)
	if err := s.Passwords.Set(t.Context(), realm, usertest.ID(1), "x", "some", "", outbox.Entry{}); err == nil {
		t.Error("an unknown choice of sessions: got no error")
	}
	wantFound(t, s, realm, current)
}

// mustList are the sessions of user 1.
func mustList(t *testing.T, s Stores) []session.Found {
	t.Helper()
	list, err := s.Sessions.List(t.Context(), realm, usertest.ID(1), now)
	if err != nil {
		t.Fatal(err)
	}
	return list
}
