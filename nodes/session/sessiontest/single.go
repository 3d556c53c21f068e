package sessiontest

import (
	"errors"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

// full is a session with every field set.
func full(n, userNumber int) session.Record {
	r := New(n, userNumber)
	r.Created, r.End = now-3, now+9*idle
	r.IP, r.UserAgent = "2001:db8::1", `Mozilla/5.0 "quoted"`
	r.Groups, r.Factors = []string{"a", `b, "c"`}, []string{"password", "totp"}
	r.Actor, r.Note = "user:000000000000000000000009", "at the desk"
	r.Data = map[string]any{"cart": []any{1.0, "x"}, "deep": map[string]any{"k": nil}}
	return r
}

func testCreate(t *testing.T, s Stores) {
	mustCreate(t, s, realm, full(1, 1), New(2, 1), New(3, 2))
	wantFound(t, s, realm, full(1, 1), New(2, 1), New(3, 2))

	again := New(4, 1)
	again.Hash = New(2, 1).Hash
	if _, err := s.Sessions.Create(t.Context(), realm, again, session.Limit{}); err == nil {
		t.Error("a second session of one token: got no error")
	}
	wantFound(t, s, realm, New(2, 1))
}

func testUnknown(t *testing.T, s Stores) {
	mustCreate(t, s, realm, New(1, 1))
	wantGone(t, s, realm, New(2, 1), session.Record{})
}

func testDisabled(t *testing.T, s Stores) {
	if err := s.Users.Disable(t.Context(), realm, usertest.ID(2), now); err != nil {
		t.Fatal(err)
	}
	for _, r := range []session.Record{New(1, 2), New(2, 99)} {
		_, err := s.Sessions.Create(t.Context(), realm, r, session.Limit{})
		wantError(t, "create", err, session.ErrDisabled)
		wantGone(t, s, realm, r)
	}
}

func testChecked(t *testing.T, s Stores) {
	id := usertest.ID(1)
	r := New(1, 1)
	r.Checked = "a hash"
	create := func() error {
		_, err := s.Sessions.Create(t.Context(), realm, r, session.Limit{})
		return err
	}
	wantError(t, "create for a user without a password", create(), session.ErrChanged)
	for _, hash := range []string{"a hash", "another"} {
		if err := s.Passwords.Set(t.Context(), realm, id, hash, password.EndAll, "", outbox.Entry{}); err != nil {
			t.Fatal(err)
		}
		if hash == r.Checked {
			if err := create(); err != nil {
				t.Fatal(err)
			}
			stored := r
			stored.Checked = ""
			wantFound(t, s, realm, stored)
		}
	}
	wantError(t, "create with the password before", create(), session.ErrChanged)
	wantGone(t, s, realm, r)
}

func testLastLogin(t *testing.T, s Stores) {
	for i, at := range []engine.Instant{now, now + 5} {
		r := New(i, 1)
		r.Created = at
		mustCreate(t, s, realm, r)
		u, err := s.Users.Find(t.Context(), realm, "id", usertest.ID(1))
		if err != nil {
			t.Fatal(err)
		}
		equal(t, u.LastLoginAt, &at)
	}
	u, err := s.Users.Find(t.Context(), realm, "id", usertest.ID(2))
	if err != nil {
		t.Fatal(err)
	}
	if u.LastLoginAt != nil {
		t.Errorf("a user who never signed in: got %v, want nil", u.LastLoginAt)
	}
}

// A caller can so tell a session that is over from one that never was.
func testDead(t *testing.T, s Stores) {
	idleOver, ended := New(1, 1), New(2, 1)
	idleOver.IdleEnd = 1
	ended.End = 1
	mustCreate(t, s, realm, idleOver, ended)
	wantFound(t, s, realm, idleOver, ended)
}

func testList(t *testing.T, s Stores) {
	at := func(n int, lastSeen, idleEnd, end engine.Instant) session.Record {
		r := New(n, 1)
		r.LastSeen, r.IdleEnd, r.End = lastSeen, idleEnd, end
		return r
	}
	live := []session.Record{
		at(1, now+4, now+idle, 0),
		at(2, now+3, now+6, now+6),
		at(3, now+2, now+idle, 0),
		at(4, now+1, now+idle, now+idle),
	}
	dead := []session.Record{
		at(5, now+4, now+5, 0),        // idle from the very moment on
		at(6, now+4, now+idle, now+5), // over from the very moment on
		at(7, now+4, 1, 1),
	}
	mustCreate(t, s, realm, live[2], dead[0], live[0], New(8, 2), dead[1], live[3], dead[2], live[1])
	list, err := s.Sessions.List(t.Context(), realm, usertest.ID(1), now+5)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, ids(list), idsOf(live...))
	for i, found := range list {
		equal(t, found.Record, live[i])
	}
	none, err := s.Sessions.List(t.Context(), realm, usertest.ID(99), now)
	if err != nil || len(none) != 0 {
		t.Errorf("nobody's sessions: got %v, %v", none, err)
	}
}

func touch(t *testing.T, s Stores, touches ...session.Touch) {
	t.Helper()
	if err := s.Sessions.Touch(t.Context(), touches); err != nil {
		t.Fatal(err)
	}
}

// used is a touch of a session that was used at a moment.
func used(r session.Record, at engine.Instant) session.Touch {
	return session.Touch{Realm: realm, Hash: r.Hash, LastSeen: at, IdleEnd: at + idle}
}

func testTouch(t *testing.T, s Stores) {
	a, b, untouched := full(1, 1), New(2, 2), New(3, 1)
	mustCreate(t, s, realm, a, b, untouched)
	touch(t, s)
	touch(t, s, used(a, now+5), used(New(9, 1), now+5), used(b, now+6), used(b, now+4))
	a.LastSeen, a.IdleEnd = now+5, now+5+idle
	b.LastSeen, b.IdleEnd = now+6, now+6+idle
	wantFound(t, s, realm, a, b, untouched)
	touch(t, s, used(a, now+4), used(b, now+6))
	wantFound(t, s, realm, a, b, untouched)
	wantGone(t, s, realm, New(9, 1))

	elsewhere := used(a, now+7)
	elsewhere.Realm = otherRealm
	touch(t, s, elsewhere)
	wantFound(t, s, realm, a)
}

func testTouchDead(t *testing.T, s Stores) {
	idleOver, ended := New(1, 1), New(2, 1)
	ended.End = now + 5
	mustCreate(t, s, realm, idleOver, ended)
	touch(t, s, used(idleOver, idleOver.IdleEnd), used(ended, ended.End))
	wantFound(t, s, realm, idleOver, ended)

	// A use in the last moment counts, even if it is written down late.
	touch(t, s, used(idleOver, idleOver.IdleEnd-1), used(ended, ended.End-1))
	idleOver.LastSeen, idleOver.IdleEnd = now+idle-1, now+2*idle-1
	ended.LastSeen, ended.IdleEnd = now+4, now+4+idle
	wantFound(t, s, realm, idleOver, ended)
}

func testUpdate(t *testing.T, s Stores) {
	r := full(1, 1)
	mustCreate(t, s, realm, r, New(2, 1))
	for _, test := range []struct {
		change session.Change
		apply  func()
	}{
		{session.Change{}, func() {}},
		{session.Change{Data: map[string]any{"a": "b"}}, func() { r.Data = map[string]any{"a": "b"} }},
		{session.Change{Data: map[string]any{}}, func() { r.Data = nil }},
		{session.Change{Groups: []string{"z"}}, func() { r.Groups = []string{"z"} }},
		{session.Change{Groups: []string{}}, func() { r.Groups = nil }},
		{session.Change{Factors: []string{"totp"}}, func() { r.Factors = []string{"totp"} }},
	} {
		mustFind(t, s, realm, r) // so that a cache has it
		got, err := s.Sessions.Update(t.Context(), realm, r.UserID, r.ID, test.change, now)
		if err != nil {
			t.Fatal(err)
		}
		test.apply()
		equal(t, got.Record, r)
		wantFound(t, s, realm, r)
	}
	wantFound(t, s, realm, New(2, 1))
}

func testNewToken(t *testing.T, s Stores) {
	old := full(1, 1)
	mustCreate(t, s, realm, old, New(2, 1))
	wantFound(t, s, realm, old)
	fresh, hash := old, session.HashToken("fresh")
	fresh.Hash = hash
	got, err := s.Sessions.Update(t.Context(), realm, old.UserID, old.ID, session.Change{Hash: &hash}, now)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got.Record, fresh)
	wantGone(t, s, realm, old)
	wantFound(t, s, realm, fresh)

	touch(t, s, used(old, now+1))
	wantGone(t, s, realm, old)
	wantFound(t, s, realm, fresh)

	taken := New(2, 1).Hash
	if _, err := s.Sessions.Update(t.Context(), realm, old.UserID, old.ID, session.Change{Hash: &taken}, now); err == nil {
		t.Error("the token of another session: got no error")
	}
	wantFound(t, s, realm, fresh, New(2, 1))
}

func testUpdateNone(t *testing.T, s Stores) {
	r, dead := New(1, 1), New(2, 1)
	dead.IdleEnd = now
	mustCreate(t, s, realm, r, dead)
	for _, test := range []struct{ name, realm, userID, id string }{
		{"unknown", realm, r.UserID, New(9, 1).ID},
		{"another's", realm, usertest.ID(2), r.ID},
		{"another realm's", otherRealm, r.UserID, r.ID},
		{"over", realm, dead.UserID, dead.ID},
		{"empty", realm, r.UserID, ""},
	} {
		_, err := s.Sessions.Update(t.Context(), test.realm, test.userID, test.id, session.Change{Groups: []string{"x"}}, now)
		wantError(t, test.name, err, session.ErrNotFound)
	}
	wantFound(t, s, realm, r, dead)
}

// remove deletes sessions of a user and wants a number of them ended.
func remove(t *testing.T, s Stores, userNumber int, which session.Selection, want int) {
	t.Helper()
	got, err := s.Sessions.Delete(t.Context(), realm, usertest.ID(userNumber), which)
	if err != nil || got != want {
		t.Errorf("delete: got %d, %v, want %d", got, err, want)
	}
}

func testDelete(t *testing.T, s Stores) {
	var own []session.Record
	for n := range 6 {
		own = append(own, New(n, 1))
	}
	others := New(10, 2)
	mustCreate(t, s, realm, append(own, others)...)
	wantFound(t, s, realm, own...)

	remove(t, s, 1, session.Selection{ID: own[0].ID}, 1)
	remove(t, s, 1, session.Selection{ID: own[0].ID}, 0)
	wantGone(t, s, realm, own[0])
	remove(t, s, 1, session.Selection{Hash: &own[1].Hash}, 1)
	remove(t, s, 1, session.Selection{Hash: &own[1].Hash}, 0)
	wantGone(t, s, realm, own[:2]...)
	wantFound(t, s, realm, own[2:]...)
	remove(t, s, 1, session.Selection{All: true, Except: own[3].ID}, 3)
	wantGone(t, s, realm, own[2], own[4], own[5])
	wantFound(t, s, realm, own[3])
	remove(t, s, 1, session.Selection{All: true, Except: others.ID}, 1)
	wantGone(t, s, realm, own...)
	remove(t, s, 1, session.Selection{All: true}, 0)
	wantFound(t, s, realm, others)

	mustCreate(t, s, realm, own[0], own[1])
	if n, err := s.Sessions.Delete(t.Context(), realm, usertest.ID(1), session.Selection{}); err == nil || n != 0 {
		t.Errorf("a selection that names nothing: got %d, %v, want an error", n, err)
	}
	wantFound(t, s, realm, own[0], own[1])
	remove(t, s, 1, session.Selection{All: true}, 2)
}

func testDeleteForeign(t *testing.T, s Stores) {
	r := New(1, 2)
	mustCreate(t, s, realm, r)
	remove(t, s, 1, session.Selection{ID: r.ID}, 0)
	remove(t, s, 1, session.Selection{Hash: &r.Hash}, 0)
	remove(t, s, 1, session.Selection{All: true}, 0)
	wantFound(t, s, realm, r)
}

// limited is a session for tests of limits: n is also when it was last used.
func limited(n int) session.Record {
	r := New(n, 1)
	r.LastSeen += engine.Instant(n)
	return r
}

func testLimitRefuses(t *testing.T, s Stores) {
	limit := session.Limit{Max: 2}
	mustCreate(t, s, realm, New(20, 2), New(21, 2))
	for n := range 4 {
		_, err := s.Sessions.Create(t.Context(), realm, limited(n), limit)
		var limitErr *session.LimitError
		switch {
		case n < 2 && err != nil:
			t.Errorf("session %d: got %v", n, err)
		case n >= 2 && !errors.As(err, &limitErr):
			t.Errorf("session %d: got %v, want a limit error", n, err)
		case n >= 2:
			equal(t, *limitErr, session.LimitError{Active: 2, Max: 2})
		}
	}
	wantFound(t, s, realm, limited(0), limited(1))
	wantGone(t, s, realm, limited(2), limited(3))
	remove(t, s, 1, session.Selection{ID: limited(0).ID}, 1)
	if _, err := s.Sessions.Create(t.Context(), realm, limited(2), limit); err != nil {
		t.Error(err)
	}
}

func testLimitEndsOldest(t *testing.T, s Stores) {
	for n := range 5 {
		mustCreate(t, s, realm, limited(n))
	}
	mustCreate(t, s, realm, New(20, 2))
	touch(t, s, used(limited(0), now+10)) // no longer the oldest
	newest := limited(5)
	if _, err := s.Sessions.Create(t.Context(), realm, newest, session.Limit{Max: 3, EndOldest: true}); err != nil {
		t.Fatal(err)
	}
	wantGone(t, s, realm, limited(1), limited(2), limited(3))
	wantFound(t, s, realm, limited(4), newest, New(20, 2))
	mustFind(t, s, realm, limited(0))
}

func testLimitCountsLive(t *testing.T, s Stores) {
	idleOver, ended, live := New(1, 1), New(2, 1), New(3, 1)
	idleOver.IdleEnd = now
	ended.End = now
	idleOver.LastSeen, ended.LastSeen = now-9, now-9 // long before the live one
	live.LastSeen = now - 1
	mustCreate(t, s, realm, idleOver, ended, live)
	if _, err := s.Sessions.Create(t.Context(), realm, New(4, 1), session.Limit{Max: 2}); err != nil {
		t.Error(err)
	}
	if _, err := s.Sessions.Create(t.Context(), realm, New(5, 1), session.Limit{Max: 2, EndOldest: true}); err != nil {
		t.Error(err)
	}
	wantGone(t, s, realm, live)
	wantFound(t, s, realm, New(4, 1), New(5, 1))
}

func testOwned(t *testing.T, s Stores) {
	want := full(1, 1)
	created, err := s.Sessions.Create(t.Context(), realm, full(1, 1), session.Limit{})
	if err != nil {
		t.Fatal(err)
	}
	spoil := func(f session.Found) {
		f.Groups[0], f.Factors[0] = "admin", "passkey"
		f.Data["cart"].([]any)[0] = "spoilt"
		f.Data["more"] = true
		wantFound(t, s, realm, want)
	}
	spoil(created)
	list, err := s.Sessions.List(t.Context(), realm, want.UserID, now)
	if err != nil || len(list) != 1 {
		t.Fatalf("got %d sessions, %v", len(list), err)
	}
	spoil(list[0])
	updated, err := s.Sessions.Update(t.Context(), realm, want.UserID, want.ID, session.Change{}, now)
	if err != nil {
		t.Fatal(err)
	}
	spoil(updated)
}
