package sqlite

import (
	"errors"
	"fmt"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/key"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/user"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

// the status that counts is that of the session's own user, neither
// that of another user of the realm nor that of a user of another realm with the
// same id.
func TestStatusIsOfTheOwnUser(t *testing.T) {
	for name, cfg := range map[string]Config{"plain": {}, "with cache": {SessionCache: 100}} {
		t.Run(name, func(t *testing.T) {
			db := open(t, cfg)
			ctx, hash := t.Context(), numbered(1)
			for realm, users := range map[string][]int{"main": {1, 2}, "other": {1}} {
				for _, n := range users {
					if err := db.Users().Create(ctx, realm, usertest.New(n), ""); err != nil {
						t.Fatal(err)
					}
				}
			}
			r := session.Record{ID: usertest.ID(7), Hash: hash, UserID: usertest.ID(1), IdleEnd: 1000}
			if _, err := db.Sessions().Create(ctx, "main", r, session.Limit{}); err != nil {
				t.Fatal(err)
			}
			err := db.write(ctx, "disable", func(tx *tx) error {
				_, err := tx.exec("UPDATE users SET status = 'disabled' WHERE realm = 'main' AND id = ?", usertest.ID(1))
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Sessions().Find(ctx, "main", hash); !errors.Is(err, session.ErrNotFound) {
				t.Errorf("find: got %v, want session.ErrNotFound", err)
			}
			list, err := db.Sessions().List(ctx, "main", usertest.ID(1), 0)
			if err != nil || len(list) != 0 {
				t.Errorf("list: got %v, %v, want none", list, err)
			}
			if _, err := db.Sessions().Update(ctx, "main", usertest.ID(1), usertest.ID(7), session.Change{}, 0); !errors.Is(err, session.ErrNotFound) {
				t.Errorf("update: got %v, want session.ErrNotFound", err)
			}
			r.ID, r.Hash = usertest.ID(8), numbered(2)
			if _, err := db.Sessions().Create(ctx, "main", r, session.Limit{}); !errors.Is(err, session.ErrDisabled) {
				t.Errorf("create: got %v, want session.ErrDisabled", err)
			}
		})
	}
}

// a session is over at its idle end and at its absolute end, to
// the millisecond, for all that is done to it.
func TestOverIsOver(t *testing.T) {
	for _, c := range []struct {
		idleEnd, end, at engine.Instant
		live             bool
	}{
		{1000, 0, 999, true}, {1000, 0, 1000, false}, {2000, 1000, 999, true}, {2000, 1000, 1000, false}, {2000, 3000, 2000, false},
	} {
		t.Run(fmt.Sprintf("%d %d at %d", c.idleEnd, c.end, c.at), func(t *testing.T) {
			db := open(t, Config{})
			ctx, sessions := t.Context(), db.Sessions()
			if err := db.Users().Create(ctx, "main", usertest.New(1), ""); err != nil {
				t.Fatal(err)
			}
			put := func(n uint64, idleEnd, end, created engine.Instant, limit session.Limit) error {
				return second(sessions.Create(ctx, "main", session.Record{ID: usertest.ID(int(n)), Hash: numbered(n), UserID: usertest.ID(1),
					Created: created, LastSeen: created, IdleEnd: idleEnd, End: end}, limit))
			}
			if err := put(1, c.idleEnd, c.end, 0, session.Limit{}); err != nil {
				t.Fatal(err)
			}
			if list, err := sessions.List(ctx, "main", usertest.ID(1), c.at); err != nil || (len(list) == 1) != c.live {
				t.Errorf("list: got %d, %v", len(list), err)
			}
			if _, err := sessions.Update(ctx, "main", usertest.ID(1), usertest.ID(1), session.Change{}, c.at); (err == nil) != c.live {
				t.Errorf("update: got %v", err)
			}
			var limited *session.LimitError
			if err := put(2, 5000, 0, c.at, session.Limit{Max: 1}); errors.As(err, &limited) != c.live {
				t.Errorf("limit: got %v", err)
			}
			if err := sessions.Touch(ctx, []session.Touch{{Realm: "main", Hash: numbered(1), LastSeen: c.at, IdleEnd: c.at + 500}}); err != nil {
				t.Fatal(err)
			}
			if found, err := sessions.Find(ctx, "main", numbered(1)); err != nil || (found.LastSeen == c.at) != c.live {
				t.Errorf("touch: got %d, %v", found.LastSeen, err)
			}
		})
	}
}

// to keep the limit a live session ends. One that is over anyway, or is of
// somebody else, does not make room, although it was used longer ago.
func TestOldestIsALiveOne_R44(t *testing.T) {
	db := open(t, Config{})
	ctx, sessions := t.Context(), db.Sessions()
	for realm, users := range map[string][]int{"main": {1, 2}, "other": {1}} {
		for _, n := range users {
			if err := db.Users().Create(ctx, realm, usertest.New(n), ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	put := func(realm string, user int, n uint64, lastSeen, idleEnd, end engine.Instant, limit session.Limit) {
		t.Helper()
		_, err := sessions.Create(ctx, realm, session.Record{ID: usertest.ID(int(n)), Hash: numbered(n), UserID: usertest.ID(user),
			Created: lastSeen, LastSeen: lastSeen, IdleEnd: idleEnd, End: end}, limit)
		if err != nil {
			t.Fatal(err)
		}
	}
	put("main", 1, 1, 1, 1000, 0, session.Limit{})
	put("main", 1, 2, 2, 9000, 1000, session.Limit{})
	put("main", 2, 3, 3, 9000, 0, session.Limit{})
	put("other", 1, 4, 4, 9000, 0, session.Limit{})
	put("other", 1, 5, 5, 9000, 0, session.Limit{})
	put("main", 1, 5, 5, 9000, 0, session.Limit{})
	put("main", 1, 6, 6, 9000, 0, session.Limit{})
	put("main", 1, 7, 1000, 9000, 0, session.Limit{Max: 2, EndOldest: true})
	if _, err := sessions.Find(ctx, "other", numbered(5)); err != nil {
		t.Errorf("the same token in another realm: got %v, want it untouched", err)
	}
	for n, want := range map[uint64]bool{1: true, 2: true, 3: true, 4: true, 5: false, 6: true, 7: true} {
		realm := "main"
		if n == 4 {
			realm = "other"
		}
		if _, err := sessions.Find(ctx, realm, numbered(n)); (err == nil) != want {
			t.Errorf("session %d: got %v, want it there: %t", n, err, want)
		}
	}
}

// what is done to a session leaves one of another realm alone, even one with
// the same token, handle and user.
func TestSameSessionInAnotherRealm_R59(t *testing.T) {
	db := open(t, Config{})
	ctx, sessions, u, id, hash, other := t.Context(), db.Sessions(), usertest.ID(1), usertest.ID(7), numbered(1), numbered(2)
	want := session.Record{ID: id, Hash: hash, UserID: u, LastSeen: 1, IdleEnd: 1000}
	for _, realm := range []string{"main", "other"} {
		if err := db.Users().Create(ctx, realm, usertest.New(1), ""); err != nil {
			t.Fatal(err)
		}
		if _, err := sessions.Create(ctx, realm, want, session.Limit{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		do   func() error
	}{
		{"touch", func() error {
			return sessions.Touch(ctx, []session.Touch{{Realm: "main", Hash: hash, LastSeen: 10, IdleEnd: 2000}})
		}},
		{"update", func() error {
			_, err := sessions.Update(ctx, "main", u, id, session.Change{Groups: []string{"staff"}}, 20)
			return err
		}},
		{"rotate", func() error {
			if _, err := sessions.Update(ctx, "main", u, id, session.Change{Hash: &other}, 20); err != nil {
				return err
			}
			_, err := sessions.Update(ctx, "main", u, id, session.Change{Hash: &hash}, 20)
			return err
		}},
		{"end by handle", func() error { _, err := sessions.Delete(ctx, "main", u, session.Selection{ID: id}); return err }},
		{"end by token", func() error { _, err := sessions.Delete(ctx, "main", u, session.Selection{Hash: &hash}); return err }},
		{"end all", func() error { _, err := sessions.Delete(ctx, "main", u, session.Selection{All: true}); return err }},
	} {
		if err := c.do(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		got, err := sessions.Find(ctx, "other", hash)
		if err != nil || got.LastSeen != 1 || got.IdleEnd != 1000 || len(got.Groups) != 0 {
			t.Errorf("%s: got %+v, %v, want it untouched", c.name, got.Record, err)
		}
	}
}

// whether an identifier is taken is a matter of the realm: that a user
// with the same id has it in another realm gives no right to it.
func TestTakenInTheRealm_R59(t *testing.T) {
	db := open(t, Config{})
	ctx, name := t.Context(), "ada"
	put := func(realm string, n int) error {
		u := usertest.New(n)
		u.Username = &name
		return db.Users().Create(ctx, realm, u, "")
	}
	for realm, n := range map[string]int{"a": 1, "main": 2, "z": 1} {
		if err := put(realm, n); err != nil {
			t.Fatal(err)
		}
	}
	var taken *user.TakenError
	if err := put("main", 1); !errors.As(err, &taken) {
		t.Errorf("got %v, want that the name is taken", err)
	}
	if u, err := db.Users().Find(ctx, "main", user.ByUsername, name); err != nil || u.ID != usertest.ID(2) {
		t.Errorf("got %s, %v, want the one who has it", u.ID, err)
	}
}

// that a new user has one identifier for themselves gives no right to another.
func TestTakenBesideAFreeOne_A20(t *testing.T) {
	db := open(t, Config{})
	ctx, name, email := t.Context(), "zed", "a@example.com"
	first, second := usertest.New(2), usertest.New(1)
	first.Username, second.Username, second.Email = &name, &name, &email
	if err := db.Users().Create(ctx, "main", first, ""); err != nil {
		t.Fatal(err)
	}
	var taken *user.TakenError
	if err := db.Users().Create(ctx, "main", second, ""); !errors.As(err, &taken) || taken.Field != user.ByUsername {
		t.Errorf("got %v, want that the username is taken", err)
	}
}

// a change of a user, a new password and an end are of that user only.
func TestOneUserChanges_R59(t *testing.T) {
	db := open(t, Config{})
	ctx, users, passwords := t.Context(), db.Users(), db.Passwords()
	places := []struct {
		realm string
		n     int
	}{{"main", 1}, {"main", 2}, {"other", 1}, {"a", 1}}
	untouched := func(after string) {
		t.Helper()
		for i, p := range places[1:] {
			if _, err := db.Sessions().Find(ctx, p.realm, numbered(uint64(i+1))); err != nil {
				t.Errorf("%s: %s %d: the session: got %v, want it untouched", after, p.realm, p.n, err)
			}
			if k, err := db.Keys().Find(ctx, p.realm, key.Hash(numbered(uint64(i+1)))); err != nil || k.Revoked != 0 {
				t.Errorf("%s: %s %d: the key: got %+v, %v, want it untouched", after, p.realm, p.n, k, err)
			}
			u, err := users.Find(ctx, p.realm, user.ByUsername, fmt.Sprint("user", i+1))
			if err != nil || u.Name != nil || len(u.Groups) != 0 || u.Status != user.Active {
				t.Errorf("%s: %s %d: got %+v, %v, want it untouched", after, p.realm, p.n, u, err)
			}
			err = db.read(ctx, "find notice", func(c *conn) error {
				_, ok, err := c.first("SELECT kind FROM outbox WHERE realm = ? AND user_id = ?", p.realm, usertest.ID(p.n))
				if !ok {
					t.Errorf("%s: %s %d: the notice is gone, want it untouched", after, p.realm, p.n)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if hash, err := passwords.Hash(ctx, p.realm, usertest.ID(p.n)); err != nil || hash != "old" {
				t.Errorf("%s: %s %d: got the hash %q, %v, want it untouched", after, p.realm, p.n, hash, err)
			}
		}
	}
	for i, p := range places {
		u, username := usertest.New(p.n), fmt.Sprint("user", i)
		u.Username = &username
		if err := users.Create(ctx, p.realm, u, "old"); err != nil {
			t.Fatal(err)
		}
		if err := passwords.Set(ctx, p.realm, u.ID, "old", password.EndNone, "", outbox.New(ctx, p.realm, outbox.Mail, u.ID, []byte("{}"))); err != nil {
			t.Fatal(err)
		}
		r := session.Record{ID: usertest.ID(7 + i), Hash: numbered(uint64(i)), UserID: usertest.ID(p.n), IdleEnd: 1000}
		if p.realm != "main" {
			r.Actor = "user:" + usertest.ID(1) // of that realm
		}
		if _, err := db.Sessions().Create(ctx, p.realm, r, session.Limit{}); err != nil {
			t.Fatal(err)
		}
		k := key.Key{ID: usertest.ID(7 + i), Name: fmt.Sprint(i), Kind: key.Private, Owner: usertest.ID(p.n), Hash: key.Hash(numbered(uint64(i)))}
		if err := db.Keys().Create(ctx, p.realm, k); err != nil {
			t.Fatal(err)
		}
	}
	name, id := "Ada", usertest.ID(1)
	if _, err := users.Update(ctx, "main", id, user.Change{Name: &name, AddGroups: []string{"staff"}}, 5); err != nil {
		t.Fatal(err)
	}
	untouched("update")
	if err := passwords.Set(ctx, "main", id, "new", password.EndAll, "", outbox.Entry{}); err != nil {
		t.Fatal(err)
	}
	untouched("password")
	if err := users.Disable(ctx, "main", id, 7); err != nil {
		t.Fatal(err)
	}
	untouched("disable")
	if err := users.Enable(ctx, "main", id, 8); err != nil {
		t.Fatal(err)
	}
	untouched("enable")
	if err := users.Delete(ctx, "main", id); err != nil {
		t.Fatal(err)
	}
	untouched("delete")
}
