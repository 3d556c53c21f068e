package sqlite

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/latchwork/latchwork/nodes/challenge"
	"github.com/latchwork/latchwork/nodes/factor"
	"github.com/latchwork/latchwork/nodes/factor/factortest"
	"github.com/latchwork/latchwork/nodes/key"
	"github.com/latchwork/latchwork/nodes/otp"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/token"
	"github.com/latchwork/latchwork/nodes/user"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

// a statement that fails is an error of its own, whichever of a command's it
// is. It is neither a success nor taken for "not found", "disabled", "taken" or a
// full limit.
func TestEachStatementsErrorSurfaces_A34(t *testing.T) {
	record := func(n uint64, data map[string]any) session.Record {
		return session.Record{ID: usertest.ID(int(n)), Hash: numbered(n), UserID: usertest.ID(1), IdleEnd: 1000, Data: data}
	}
	odd := map[string]any{"odd": make(chan int)}
	for _, c := range []struct {
		name, without string // without is a table that is not there
		do            func(t *testing.T, db *DB) error
	}{
		{"create a session", "users", func(t *testing.T, db *DB) error {
			return second(db.Sessions().Create(t.Context(), "main", record(2, nil), session.Limit{}))
		}},
		{"create a session", "sessions", func(t *testing.T, db *DB) error {
			return second(db.Sessions().Create(t.Context(), "main", record(2, nil), session.Limit{}))
		}},
		{"count sessions", "sessions", func(t *testing.T, db *DB) error {
			return second(db.Sessions().Create(t.Context(), "main", record(2, nil), session.Limit{Max: 1}))
		}},
		{"create a session with odd data", "", func(t *testing.T, db *DB) error {
			return second(db.Sessions().Create(t.Context(), "main", record(2, odd), session.Limit{}))
		}},
		{"touch", "sessions", func(t *testing.T, db *DB) error {
			return db.Sessions().Touch(t.Context(), []session.Touch{{Realm: "main", Hash: numbered(1), LastSeen: 1, IdleEnd: 2}})
		}},
		{"find a session", "sessions", func(t *testing.T, db *DB) error {
			_, err := db.Sessions().Find(t.Context(), "main", numbered(1))
			return err
		}},
		{"list sessions", "sessions", func(t *testing.T, db *DB) error {
			_, err := db.Sessions().List(t.Context(), "main", usertest.ID(1), 0)
			return err
		}},
		{"update a session", "sessions", func(t *testing.T, db *DB) error {
			_, err := db.Sessions().Update(t.Context(), "main", usertest.ID(1), usertest.ID(1), session.Change{}, 0)
			return err
		}},
		{"update a session with odd data", "", func(t *testing.T, db *DB) error {
			_, err := db.Sessions().Update(t.Context(), "main", usertest.ID(1), usertest.ID(1), session.Change{Data: odd}, 0)
			return err
		}},
		{"delete a session", "sessions", func(t *testing.T, db *DB) error {
			_, err := db.Sessions().Delete(t.Context(), "main", usertest.ID(1), session.Selection{All: true})
			return err
		}},
		{"create a user", "identifiers", func(t *testing.T, db *DB) error {
			u, name := usertest.New(2), "ada"
			u.Username = &name
			return db.Users().Create(t.Context(), "main", u, "")
		}},
		{"create a user", "passwords", func(t *testing.T, db *DB) error {
			return db.Users().Create(t.Context(), "main", usertest.New(2), "hash")
		}},
		{"find a user", "users", func(t *testing.T, db *DB) error {
			_, err := db.Users().Find(t.Context(), "main", user.ByID, usertest.ID(1))
			return err
		}},
		{"update a user", "users", func(t *testing.T, db *DB) error {
			_, err := db.Users().Update(t.Context(), "main", usertest.ID(1), user.Change{}, 1)
			return err
		}},
		{"disable a user", "users", func(t *testing.T, db *DB) error { return db.Users().Disable(t.Context(), "main", usertest.ID(1), 1) }},
		{"disable a user", "sessions", func(t *testing.T, db *DB) error { return db.Users().Disable(t.Context(), "main", usertest.ID(1), 1) }},
		{"disable a user", "keys", func(t *testing.T, db *DB) error { return db.Users().Disable(t.Context(), "main", usertest.ID(1), 1) }},
		{"enable a user", "users", func(t *testing.T, db *DB) error { return db.Users().Enable(t.Context(), "main", usertest.ID(1), 1) }},
		{"delete a user", "sessions", func(t *testing.T, db *DB) error { return db.Users().Delete(t.Context(), "main", usertest.ID(1)) }},
		{"delete a user", "keys", func(t *testing.T, db *DB) error { return db.Users().Delete(t.Context(), "main", usertest.ID(1)) }},
		{"delete a user", "passwords", func(t *testing.T, db *DB) error { return db.Users().Delete(t.Context(), "main", usertest.ID(1)) }},
		{"find a password", "passwords", func(t *testing.T, db *DB) error {
			_, err := db.Passwords().Hash(t.Context(), "main", usertest.ID(1))
			return err
		}},
		{"set a password", "passwords", func(t *testing.T, db *DB) error {
			return db.Passwords().Set(t.Context(), "main", usertest.ID(1), "new", password.EndAll, "", outbox.Entry{})
		}},
		{"set a password", "sessions", func(t *testing.T, db *DB) error {
			return db.Passwords().Set(t.Context(), "main", usertest.ID(1), "new", password.EndAll, "", outbox.Entry{})
		}},
		{"set a password", "outbox", func(t *testing.T, db *DB) error {
			return db.Passwords().Set(t.Context(), "main", usertest.ID(1), "new", password.EndAll, "", outbox.New(t.Context(), "main", outbox.Mail, usertest.ID(1), []byte("{}")))
		}},
		{"add to the outbox", "outbox", func(t *testing.T, db *DB) error { return db.Outbox().Add(t.Context(), outbox.Entry{}) }},
		{"take from the outbox", "outbox", func(t *testing.T, db *DB) error {
			_, err := db.Outbox().Take(t.Context(), 1, 0, 1)
			return err
		}},
		{"remove from the outbox", "outbox", func(t *testing.T, db *DB) error { return db.Outbox().Done(t.Context(), outbox.Entry{}) }},
		{"delay in the outbox", "outbox", func(t *testing.T, db *DB) error { return db.Outbox().Delay(t.Context(), outbox.Entry{}, 1) }},
		{"delete a user", "outbox", func(t *testing.T, db *DB) error { return db.Users().Delete(t.Context(), "main", usertest.ID(1)) }},
		{"set a password", "tokens", func(t *testing.T, db *DB) error {
			return db.Passwords().Set(t.Context(), "main", usertest.ID(1), "new", password.EndAll, "", outbox.Entry{})
		}},
		{"disable a user", "tokens", func(t *testing.T, db *DB) error { return db.Users().Disable(t.Context(), "main", usertest.ID(1), 1) }},
		{"delete a user", "tokens", func(t *testing.T, db *DB) error { return db.Users().Delete(t.Context(), "main", usertest.ID(1)) }},
		{"set an address", "users", func(t *testing.T, db *DB) error { return setAddress(t, db, false) }},
		{"set an address", "identifiers", func(t *testing.T, db *DB) error { return setAddress(t, db, false) }},
		{"set an address", "tokens", func(t *testing.T, db *DB) error { return setAddress(t, db, false) }},
		{"set an address", "outbox", func(t *testing.T, db *DB) error { return setAddress(t, db, false) }},
		{"claim an account", "passwords", func(t *testing.T, db *DB) error { return setAddress(t, db, true) }},
		{"claim an account", "sessions", func(t *testing.T, db *DB) error { return setAddress(t, db, true) }},
		{"claim an account", "keys", func(t *testing.T, db *DB) error { return setAddress(t, db, true) }},
		{"create a token", "tokens", func(t *testing.T, db *DB) error { return createToken(t, db, token.Token{}) }},
		{"create a token", "users", func(t *testing.T, db *DB) error { return createToken(t, db, token.Token{}) }},
		{"create a token", "sessions", func(t *testing.T, db *DB) error { return createToken(t, db, token.Token{Session: "s"}) }},
		{"create a token", "passwords", func(t *testing.T, db *DB) error { return createToken(t, db, token.Token{Checked: "old"}) }},
		{"redeem a token", "tokens", func(t *testing.T, db *DB) error {
			_, err := db.Tokens().Redeem(t.Context(), "main", token.Hash{}, token.Use{})
			return err
		}},
		{"peek at a token", "tokens", func(t *testing.T, db *DB) error {
			_, err := db.Tokens().Peek(t.Context(), "main", token.Hash{}, nil, 0)
			return err
		}},
		{"sweep tokens", "tokens", func(t *testing.T, db *DB) error {
			_, err := db.SweepTokens(t.Context(), 0)
			return err
		}},
		{"create a code", "codes", func(t *testing.T, db *DB) error { return createCode(t, db) }},
		{"create a code", "outbox", func(t *testing.T, db *DB) error { return createCode(t, db) }},
		{"fill a code", "codes", func(t *testing.T, db *DB) error { return db.Codes().Fill(t.Context(), "main", otp.Hash{}, []byte{}, 1) }},
		{"try a code", "codes", func(t *testing.T, db *DB) error {
			_, err := db.Codes().Try(t.Context(), "main", otp.Guess{})
			return err
		}},
		{"consume a code", "codes", func(t *testing.T, db *DB) error { return db.Codes().Consume(t.Context(), "main", otp.Code{}) }},
		{"sweep codes", "codes", func(t *testing.T, db *DB) error {
			_, err := db.SweepCodes(t.Context(), 0)
			return err
		}},
		{"find an app", "authenticators", func(t *testing.T, db *DB) error {
			return second(db.Factors().Find(t.Context(), "main", usertest.ID(1), factor.Enrolled))
		}},
		{"start an app", "authenticators", func(t *testing.T, db *DB) error {
			return db.Factors().Start(t.Context(), "main", factortest.New(1, 1), nil)
		}},
		{"start an app", "users", func(t *testing.T, db *DB) error {
			return db.Factors().Start(t.Context(), "main", factortest.New(1, 1), nil)
		}},
		{"confirm an app", "authenticators", func(t *testing.T, db *DB) error { return confirm(t, db) }},
		{"confirm an app", "recovery_codes", func(t *testing.T, db *DB) error { return confirm(t, db) }},
		{"confirm an app", "users", func(t *testing.T, db *DB) error { return confirm(t, db) }},
		{"confirm an app", "sessions", func(t *testing.T, db *DB) error { return confirm(t, db) }},
		{"confirm an app", "tokens", func(t *testing.T, db *DB) error { return confirm(t, db) }},
		{"confirm an app", "challenges", func(t *testing.T, db *DB) error { return confirm(t, db) }},
		{"confirm an app", "outbox", func(t *testing.T, db *DB) error { return confirm(t, db) }},
		{"use an app", "authenticators", func(t *testing.T, db *DB) error { return db.Factors().Use(t.Context(), "main", factortest.New(1, 1)) }},
		{"use a recovery code", "recovery_codes", func(t *testing.T, db *DB) error {
			return db.Factors().UseCode(t.Context(), "main", usertest.ID(1), factortest.MAC(1))
		}},
		{"remove factors", "authenticators", func(t *testing.T, db *DB) error {
			return db.Factors().Remove(t.Context(), "main", usertest.ID(1), factor.Change{})
		}},
		{"create a challenge", "users", func(t *testing.T, db *DB) error { return db.Challenges().Create(t.Context(), "main", pending(1, 2)) }},
		{"create a challenge", "challenges", func(t *testing.T, db *DB) error { return db.Challenges().Create(t.Context(), "main", pending(1, 2)) }},
		{"create a challenge", "passwords", func(t *testing.T, db *DB) error {
			c := pending(1, 2)
			c.Checked = "old"
			return db.Challenges().Create(t.Context(), "main", c)
		}},
		{"resume a challenge", "challenges", func(t *testing.T, db *DB) error {
			return second(db.Challenges().Resume(t.Context(), "main", pending(1, 2).Hash, 0))
		}},
		{"use a challenge up", "challenges", func(t *testing.T, db *DB) error {
			r := record(2, nil)
			r.Challenge = pending(1, 2).Hash.Name()
			return second(db.Sessions().Create(t.Context(), "main", r, session.Limit{}))
		}},
		{"sweep challenges", "challenges", func(t *testing.T, db *DB) error { return second(db.SweepChallenges(t.Context(), 0)) }},
		{"set a password", "challenges", func(t *testing.T, db *DB) error {
			return db.Passwords().Set(t.Context(), "main", usertest.ID(1), "new", password.EndNone, "", outbox.Entry{})
		}},
		{"disable", "challenges", func(t *testing.T, db *DB) error { return db.Users().Disable(t.Context(), "main", usertest.ID(1), 1) }},
		{"create a key", "keys", func(t *testing.T, db *DB) error { return db.Keys().Create(t.Context(), "main", key.Key{Name: "app"}) }},
		{"find a key", "keys", func(t *testing.T, db *DB) error {
			_, err := db.Keys().Find(t.Context(), "main", key.Hash{})
			return err
		}},
		{"rotate a key", "keys", func(t *testing.T, db *DB) error {
			return db.Keys().Rotate(t.Context(), "main", key.Key{Name: "app"}, 1)
		}},
		{"revoke a key", "keys", func(t *testing.T, db *DB) error {
			_, err := db.Keys().Revoke(t.Context(), "main", "app", 1)
			return err
		}},
	} {
		t.Run(c.name+" without "+c.without, func(t *testing.T) {
			db := open(t, Config{})
			if err := db.Users().Create(t.Context(), "main", usertest.New(1), "old"); err != nil {
				t.Fatal(err)
			}
			if _, err := db.Sessions().Create(t.Context(), "main", record(1, nil), session.Limit{}); err != nil {
				t.Fatal(err)
			}
			if err := db.Factors().Start(t.Context(), "main", factortest.New(1, 1), nil); err != nil {
				t.Fatal(err)
			}
			if c.without != "" {
				err := db.write(t.Context(), "rename", func(tx *tx) error {
					_, err := tx.exec("ALTER TABLE " + c.without + " RENAME TO gone")
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			err := c.do(t, db)
			if err == nil {
				t.Fatal("got no error")
			}
			var taken *user.TakenError
			var limited *session.LimitError
			for _, other := range []error{session.ErrNotFound, session.ErrDisabled, user.ErrNotFound, password.ErrNone, key.ErrNotFound, key.ErrTaken,
				token.ErrNotFound, token.ErrDisabled, token.ErrSession, token.ErrChanged, session.ErrChallenge, session.ErrFactors,
				factor.ErrNotFound, factor.ErrUsed, challenge.ErrNotFound, challenge.ErrDisabled, challenge.ErrChanged} {
				if errors.Is(err, other) {
					t.Errorf("got %v, want an error of the file", err)
				}
			}
			if errors.As(err, &taken) || errors.As(err, &limited) {
				t.Errorf("got %v, want an error of the file", err)
			}
		})
	}
}

// A disk that is full takes writes away from those who are told so, and from nobody
// else; when there is room again, writes go on.
func TestFullDisk_A34(t *testing.T) {
	db := openNumbers(t, Config{})
	var pages int64
	limit := func(most int64) {
		t.Helper()
		err := db.write(t.Context(), "limit pages", func(tx *tx) error {
			r, _, err := tx.first("PRAGMA page_count")
			if err != nil {
				return err
			}
			pages = r.int(0)
			_, _, err = tx.first(fmt.Sprintf("PRAGMA max_page_count = %d", pages+most))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	err := db.write(t.Context(), "make table", func(tx *tx) error {
		_, err := tx.exec("CREATE TABLE texts (n INTEGER PRIMARY KEY, text TEXT) STRICT")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	limit(8)

	const callers, each = 8, 50
	text := strings.Repeat("x", 700)
	var all sync.WaitGroup
	var mu sync.Mutex
	var kept []int
	full := 0
	for caller := range callers {
		all.Go(func() {
			for i := range each {
				n := caller*each + i
				err := db.write(t.Context(), "insert", func(tx *tx) error {
					if err := insert(tx, n); err != nil {
						return err
					}
					_, err := tx.exec("INSERT INTO texts (n, text) VALUES (?, ?)", int64(n), text)
					return err
				})
				mu.Lock()
				if err == nil {
					kept = append(kept, n)
				} else {
					full++
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if full == 0 || len(kept) == 0 {
		t.Fatalf("got %d writes that found room and %d that did not, want some of both", len(kept), full)
	}
	slices.Sort(kept)
	wantNumbers(t, db, kept...)

	limit(1000)
	if err := db.write(t.Context(), "insert", func(tx *tx) error { return insert(tx, callers*each) }); err != nil {
		t.Errorf("when there is room again: got %v", err)
	}
	wantNumbers(t, db, append(kept, callers*each)...)
}

// setAddress gives user 1 an address in the place of another, or claims the account by
// one.
func setAddress(t *testing.T, db *DB, claim bool) error {
	first, second := user.NewAddress{By: user.ByEmail, Value: "a@example.com"}, user.NewAddress{By: user.ByEmail, Value: "b@example.com"}
	second.Replaced = func(string) outbox.Entry { return outbox.Entry{Kind: outbox.Mail} }
	if claim {
		err := db.write(t.Context(), "address", func(tx *tx) error {
			_, err := tx.exec("UPDATE users SET email = 'b@example.com'")
			return err
		})
		if err != nil {
			return err
		}
		second.Claim = true
	} else if _, err := db.Users().SetAddress(t.Context(), "main", usertest.ID(1), first, 1); err != nil {
		return err
	}
	_, err := db.Users().SetAddress(t.Context(), "main", usertest.ID(1), second, 1)
	return err
}

func createToken(t *testing.T, db *DB, made token.Token) error {
	made.UserID, made.Expires = usertest.ID(1), 9
	_, err := db.Tokens().Create(t.Context(), "main", made)
	return err
}
