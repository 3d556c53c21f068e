package sqlite

import (
	"errors"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/challenge"
	"github.com/latchwork/latchwork/nodes/factor"
	"github.com/latchwork/latchwork/nodes/factor/factortest"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/user"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

// pending is a challenge of user 1.
func pending(n uint64, expires engine.Instant) challenge.Challenge {
	return challenge.Challenge{Hash: challenge.Hash(numbered(n)), UserID: usertest.ID(1), Created: 1, Expires: expires}
}

func putChallenge(t *testing.T, db *DB, realm string, c challenge.Challenge) {
	t.Helper()
	if err := db.Challenges().Create(t.Context(), realm, c); err != nil {
		t.Fatal(err)
	}
}

// confirm confirms an app that was started, with all that can come with it.
func confirm(t *testing.T, db *DB) error {
	t.Helper()
	app := factortest.New(1, 1)
	c := factor.Change{EndOthers: true, Notice: outbox.New(t.Context(), "main", outbox.Mail, app.UserID, []byte("{}"))}
	return db.Factors().Confirm(t.Context(), "main", app, app.Started-1, [][]byte{factortest.MAC(1)}, c)
}

func TestSweepChallenges(t *testing.T) {
	db := openPlanned(t, Config{})
	for _, realm := range []string{"main", "other"} {
		putUser(t, db, realm, 1)
	}
	const n = 2*sweepStep + 7
	for i := range uint64(n) {
		putChallenge(t, db, "main", pending(i, 500+engine.Instant(i%2)))
	}
	putChallenge(t, db, "other", pending(n, 500))
	for i, want := range []int{n/2 + 2, 0} {
		if got, err := db.SweepChallenges(t.Context(), 500); err != nil || got != want {
			t.Errorf("sweep %d: got %d, %v, want %d", i, got, err, want)
		}
	}
	if _, err := db.Challenges().Resume(t.Context(), "main", challenge.Hash(numbered(1)), 500); err != nil {
		t.Errorf("a challenge that lives: %v", err)
	}
}

// the status of the user is looked at when a challenge is resumed, even if the
// challenge were still there.
func TestStatusIsLookedAtForChallenges_R40(t *testing.T) {
	db := open(t, Config{})
	for _, realm := range []string{"main", "other"} {
		putUser(t, db, realm, 1)
		putChallenge(t, db, realm, pending(1, 500))
	}
	err := db.write(t.Context(), "disable", func(tx *tx) error {
		_, err := tx.exec("UPDATE users SET status = 'disabled' WHERE realm = 'main'")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for realm, want := range map[string]error{"main": challenge.ErrNotFound, "other": nil} {
		if _, err := db.Challenges().Resume(t.Context(), realm, challenge.Hash(numbered(1)), 1); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", realm, err, want)
		}
	}
}

// what ends the challenges of a user ends those of nobody else, nor of another realm.
func TestChallengesOfOneUserEnd_R59(t *testing.T) {
	app := factortest.New(1, 1)
	for name, end := range map[string]func(db *DB) error{
		"password": func(db *DB) error {
			return db.Passwords().Set(t.Context(), "main", usertest.ID(1), "new", password.EndNone, "", outbox.Entry{})
		},
		"address": func(db *DB) error {
			return second(db.Users().SetAddress(t.Context(), "main", usertest.ID(1), user.NewAddress{By: user.ByEmail, Value: "a@example.com"}, 1))
		},
		"disable": func(db *DB) error { return db.Users().Disable(t.Context(), "main", usertest.ID(1), 1) },
		"delete":  func(db *DB) error { return db.Users().Delete(t.Context(), "main", usertest.ID(1)) },
		"confirm": func(db *DB) error {
			return db.Factors().Confirm(t.Context(), "main", app, app.Started-1, nil, factor.Change{At: 1, EndOthers: true})
		},
		"session": func(db *DB) error {
			r := session.Record{ID: usertest.ID(7), Hash: numbered(7), UserID: usertest.ID(1), IdleEnd: 1000, Challenge: pending(1, 0).Hash.Name()}
			return second(db.Sessions().Create(t.Context(), "main", r, session.Limit{}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t, Config{})
			for realm, users := range map[string][]int{"main": {1, 2}, "other": {1}} {
				for _, n := range users {
					putUser(t, db, realm, n)
				}
			}
			if err := db.Factors().Start(t.Context(), "main", app, nil); err != nil {
				t.Fatal(err)
			}
			others := pending(2, 500)
			others.UserID = usertest.ID(2)
			putChallenge(t, db, "main", pending(1, 500))
			putChallenge(t, db, "main", others)
			putChallenge(t, db, "other", pending(1, 500))
			if err := end(db); err != nil {
				t.Fatal(err)
			}
			for _, c := range []struct {
				realm string
				n     uint64
				want  error
			}{{"main", 1, challenge.ErrNotFound}, {"main", 2, nil}, {"other", 1, nil}} {
				if _, err := db.Challenges().Resume(t.Context(), c.realm, challenge.Hash(numbered(c.n)), 1); !errors.Is(err, c.want) {
					t.Errorf("%s %d: got %v, want %v", c.realm, c.n, err, c.want)
				}
			}
		})
	}
}
