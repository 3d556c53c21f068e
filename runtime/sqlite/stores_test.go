package sqlite

import (
	"errors"
	"testing"

	"github.com/latchwork/latchwork/nodes/challenge/challengetest"
	"github.com/latchwork/latchwork/nodes/factor/factortest"
	"github.com/latchwork/latchwork/nodes/key"
	"github.com/latchwork/latchwork/nodes/key/keytest"
	"github.com/latchwork/latchwork/nodes/otp/otptest"
	"github.com/latchwork/latchwork/nodes/outbox/outboxtest"
	"github.com/latchwork/latchwork/nodes/password/passwordtest"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/session/sessiontest"
	"github.com/latchwork/latchwork/nodes/token/tokentest"
	"github.com/latchwork/latchwork/nodes/user"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

// openPlanned opens a new file and looks, at the end of the test, at the plans
// of the statements that the test has used.
func openPlanned(t *testing.T, cfg Config) *DB {
	t.Helper()
	db := open(t, cfg)
	t.Cleanup(func() { checkPlans(t, db) })
	return db
}

func TestUsers(t *testing.T) {
	usertest.Run(t, func(t *testing.T) user.Store { return openPlanned(t, Config{}).Users() })
}

func TestPasswords(t *testing.T) {
	passwordtest.Run(t, func(t *testing.T) passwordtest.Stores {
		db := openPlanned(t, Config{})
		return passwordtest.Stores{Users: db.Users(), Passwords: db.Passwords(), Outbox: db.Outbox()}
	})
}

func TestKeys(t *testing.T) {
	keytest.Run(t, func(t *testing.T) key.Store { return openPlanned(t, Config{}).Keys() })
}

func TestOutbox(t *testing.T) {
	outboxtest.Run(t, func(t *testing.T) outboxtest.Stores {
		db := openPlanned(t, Config{})
		return outboxtest.Stores{Users: db.Users(), Outbox: db.Outbox()}
	})
}

func TestSessions(t *testing.T) {
	for name, cfg := range map[string]Config{
		"without cache":    {},
		"with cache":       {SessionCache: 10_000, normal: true},
		"with small cache": {SessionCache: 1, normal: true},
	} {
		t.Run(name, func(t *testing.T) {
			sessiontest.Run(t, func(t *testing.T) sessiontest.Stores {
				db := openPlanned(t, cfg)
				return sessiontest.Stores{
					Users: db.Users(), Passwords: db.Passwords(), Sessions: db.Sessions(), Keys: db.Keys(),
				}
			})
		})
	}
}

// Sessions of a user who is disabled open nothing, even if they were still
// there: the status is looked at with each of them.
func TestStatusIsLookedAt(t *testing.T) {
	for name, cfg := range map[string]Config{"plain": {}, "with cache": {SessionCache: 100}} {
		t.Run("A-07 "+name, func(t *testing.T) {
			db := open(t, cfg)
			live, _ := fill(t, db, "main", 2)
			err := db.write(t.Context(), "disable", func(tx *tx) error {
				_, err := tx.exec("UPDATE users SET status = 'disabled'")
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Sessions().Find(t.Context(), "main", live[0]); !errors.Is(err, session.ErrNotFound) {
				t.Errorf("find: got %v, want session.ErrNotFound", err)
			}
			list, err := db.Sessions().List(t.Context(), "main", usertest.ID(1), 0)
			if err != nil || len(list) != 0 {
				t.Errorf("list: got %v, %v, want none", list, err)
			}
			_, err = db.Sessions().Update(t.Context(), "main", usertest.ID(1), usertest.ID(1), session.Change{}, 0)
			if !errors.Is(err, session.ErrNotFound) {
				t.Errorf("update: got %v, want session.ErrNotFound", err)
			}
		})
	}
}
func TestTokens(t *testing.T) {
	for name, cfg := range map[string]Config{"without cache": {}, "with cache": {SessionCache: 10_000, normal: true}} {
		t.Run(name, func(t *testing.T) {
			tokentest.Run(t, func(t *testing.T) tokentest.Stores {
				db := openPlanned(t, cfg)
				return tokentest.Stores{
					Users: db.Users(), Passwords: db.Passwords(), Sessions: db.Sessions(), Keys: db.Keys(), Tokens: db.Tokens(),
				}
			})
		})
	}
}

func TestCodes(t *testing.T) {
	otptest.Run(t, func(t *testing.T) otptest.Stores {
		db := openPlanned(t, Config{})
		return otptest.Stores{Codes: db.Codes(), Outbox: db.Outbox()}
	})
}

func TestFactors(t *testing.T) {
	factortest.Run(t, func(t *testing.T) factortest.Stores {
		db := openPlanned(t, Config{})
		return factortest.Stores{Users: db.Users(), Factors: db.Factors(), Outbox: db.Outbox()}
	})
}

func TestChallenges(t *testing.T) {
	for name, cfg := range map[string]Config{"without cache": {}, "with cache": {SessionCache: 10_000, normal: true}} {
		t.Run(name, func(t *testing.T) {
			challengetest.Run(t, func(t *testing.T) challengetest.Stores {
				db := openPlanned(t, cfg)
				return challengetest.Stores{
					Users: db.Users(), Passwords: db.Passwords(), Sessions: db.Sessions(), Tokens: db.Tokens(),
					Factors: db.Factors(), Challenges: db.Challenges(),
				}
			})
		})
	}
}
