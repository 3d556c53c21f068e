package sqlite

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/letter"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/token"
	"github.com/latchwork/latchwork/nodes/user"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

// link is a token of user 1.
func link(n uint64, expires engine.Instant) token.Token {
	return token.Token{Hash: token.Hash(numbered(n)), Purpose: "link", UserID: usertest.ID(1), Created: 1, Expires: expires}
}

func putToken(t *testing.T, db *DB, realm string, made token.Token) {
	t.Helper()
	if _, err := db.Tokens().Create(t.Context(), realm, made); err != nil {
		t.Fatal(err)
	}
}

func putUser(t *testing.T, db *DB, realm string, n int) {
	t.Helper()
	if err := db.Users().Create(t.Context(), realm, usertest.New(n), "old"); err != nil {
		t.Fatal(err)
	}
}

func TestSweepTokens(t *testing.T) {
	db := openPlanned(t, Config{})
	for _, realm := range []string{"main", "other"} {
		putUser(t, db, realm, 1)
	}
	const n = 2*sweepStep + 7
	for i := range uint64(n) {
		putToken(t, db, "main", link(i, 500+engine.Instant(i%2)))
	}
	putToken(t, db, "other", link(n, 500))
	for i, want := range []int{n/2 + 2, 0} {
		if got, err := db.SweepTokens(t.Context(), 500); err != nil || got != want {
			t.Errorf("sweep %d: got %d, %v, want %d", i, got, err, want)
		}
	}
	if _, err := db.Tokens().Peek(t.Context(), "main", token.Hash(numbered(1)), []string{"link"}, 500); err != nil {
		t.Errorf("a token that lives: %v", err)
	}
}

// the status of a token's own user is looked at when it is redeemed, not
// that of another user, nor of another realm.
func TestStatusIsLookedAtForTokens_R40(t *testing.T) {
	db := open(t, Config{})
	ctx := t.Context()
	for realm, users := range map[string][]int{"main": {1, 2}, "other": {1}} {
		for _, n := range users {
			putUser(t, db, realm, n)
		}
	}
	for _, realm := range []string{"main", "other"} {
		putToken(t, db, realm, link(1, 500))
	}
	err := db.write(ctx, "disable", func(tx *tx) error {
		_, err := tx.exec("UPDATE users SET status = 'disabled' WHERE realm = 'main' AND id = ?", usertest.ID(1))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	use := token.Use{Purposes: []string{"link"}, At: 1}
	for _, c := range []struct {
		realm string
		want  error
	}{{"main", token.ErrNotFound}, {"other", nil}} {
		if _, err := db.Tokens().Peek(ctx, c.realm, token.Hash(numbered(1)), use.Purposes, 1); !errors.Is(err, c.want) {
			t.Errorf("%s: peek: got %v, want %v", c.realm, err, c.want)
		}
		if _, err := db.Tokens().Redeem(ctx, c.realm, token.Hash(numbered(1)), use); !errors.Is(err, c.want) {
			t.Errorf("%s: redeem: got %v, want %v", c.realm, err, c.want)
		}
	}
	if _, err := db.Tokens().Create(ctx, "main", link(2, 500)); !errors.Is(err, token.ErrDisabled) {
		t.Errorf("create: got %v, want token.ErrDisabled", err)
	}
}

// what ends the tokens of a user ends those of nobody else.
func TestTokensOfOneUserEnd_R59(t *testing.T) {
	ends := map[string]func(db *DB) error{
		"password": func(db *DB) error {
			return db.Passwords().Set(t.Context(), "main", usertest.ID(1), "new", password.EndAll, "", outbox.Entry{})
		},
		"address": func(db *DB) error {
			return second(db.Users().SetAddress(t.Context(), "main", usertest.ID(1), user.NewAddress{By: user.ByEmail, Value: "a@example.com"}, 1))
		},
		"disable": func(db *DB) error { return db.Users().Disable(t.Context(), "main", usertest.ID(1), 1) },
		"delete":  func(db *DB) error { return db.Users().Delete(t.Context(), "main", usertest.ID(1)) },
		"redeem": func(db *DB) error {
			return second(db.Tokens().Redeem(t.Context(), "main", token.Hash(numbered(1)), token.Use{Purposes: []string{"link"}, At: 1}))
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			db := open(t, Config{})
			for realm, users := range map[string][]int{"main": {1, 2}, "other": {1}} {
				for _, n := range users {
					putUser(t, db, realm, n)
				}
			}
			others := link(2, 500)
			others.UserID = usertest.ID(2)
			putToken(t, db, "main", link(1, 500))
			putToken(t, db, "main", others)
			putToken(t, db, "other", link(1, 500))
			if err := end(db); err != nil {
				t.Fatal(err)
			}
			for _, c := range []struct {
				realm string
				n     uint64
				want  error
			}{{"main", 1, token.ErrNotFound}, {"main", 2, nil}, {"other", 1, nil}} {
				if _, err := db.Tokens().Peek(t.Context(), c.realm, token.Hash(numbered(c.n)), []string{"link"}, 1); !errors.Is(err, c.want) {
					t.Errorf("%s %d: got %v, want %v", c.realm, c.n, err, c.want)
				}
			}
		})
	}
}

// the session of a token is one of its own realm.
func TestSessionOfATokenIsTheUsersOwn(t *testing.T) {
	db := open(t, Config{})
	putUser(t, db, "main", 1)
	putUser(t, db, "other", 1)
	r := session.Record{ID: usertest.ID(7), Hash: numbered(1), UserID: usertest.ID(1), IdleEnd: 1000}
	for _, realm := range []string{"main", "other"} {
		if _, err := db.Sessions().Create(t.Context(), realm, r, session.Limit{}); err != nil {
			t.Fatal(err)
		}
	}
	made := link(1, 500)
	made.Session = r.ID
	putToken(t, db, "main", made)
	if _, err := db.Sessions().Delete(t.Context(), "main", r.UserID, session.Selection{ID: r.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Tokens().Peek(t.Context(), "main", made.Hash, []string{"link"}, 1); !errors.Is(err, token.ErrNotFound) {
		t.Errorf("got %v, want token.ErrNotFound: the session is of another realm", err)
	}
}

// the address that was there before is told of the one in its place, in the same
// command.
func TestOldAddressIsTold_R29(t *testing.T) {
	db := open(t, Config{})
	putUser(t, db, "main", 1)
	putUser(t, db, "main", 2)
	set := func(n int, by user.Identifier, value string) error {
		a := user.NewAddress{By: by, Value: value, Replaced: func(old string) outbox.Entry {
			return letter.Replaced(t.Context(), "main", usertest.ID(n), by, old)
		}}
		return second(db.Users().SetAddress(t.Context(), "main", usertest.ID(n), a, 7))
	}
	for _, value := range []string{"a@example.com", "b@example.com", "b@example.com"} {
		if err := set(1, user.ByEmail, value); err != nil {
			t.Fatal(err)
		}
	}
	var taken *user.TakenError
	if err := set(2, user.ByEmail, "b@example.com"); !errors.As(err, &taken) {
		t.Errorf("got %v, want that it is taken", err)
	}
	for n, hash := range map[int]string{3: "planted", 4: ""} {
		u, email := usertest.New(n), fmt.Sprintf("%d@example.com", n)
		u.Email = &email
		if err := db.Users().Create(t.Context(), "main", u, hash); err != nil {
			t.Fatal(err)
		}
		a := user.NewAddress{By: user.ByEmail, Value: email, Claim: true}
		for range 2 {
			if _, err := db.Users().SetAddress(t.Context(), "main", u.ID, a, 7); err != nil {
				t.Fatal(err)
			}
		}
	}
	var got []string
	err := db.read(t.Context(), "list", func(c *conn) error {
		return c.each(t.Context(), "SELECT user_id, kind, body FROM outbox ORDER BY n", nil, func(r row) error {
			got = append(got, r.text(0)+" "+r.text(1)+" "+r.text(2))
			return nil
		})
	})
	want := []string{usertest.ID(1) + ` mail {"template":"address-replaced","to":"a@example.com"}`}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
}
