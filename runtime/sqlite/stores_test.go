package sqlite

import (
	"testing"

	"github.com/latchwork/latchwork/nodes/key"
	"github.com/latchwork/latchwork/nodes/key/keytest"
	"github.com/latchwork/latchwork/nodes/password/passwordtest"
	"github.com/latchwork/latchwork/nodes/session/sessiontest"
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
		return passwordtest.Stores{Users: db.Users(), Passwords: db.Passwords()}
	})
}

func TestKeys(t *testing.T) {
	keytest.Run(t, func(t *testing.T) key.Store { return openPlanned(t, Config{}).Keys() })
}

func TestSessions(t *testing.T) {
	for name, cfg := range map[string]Config{
		"without cache":    {},
		"with cache":       {SessionCache: 10_000, Synchronous: Normal},
		"with small cache": {SessionCache: 1, Synchronous: Normal},
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
