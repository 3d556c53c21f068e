package sqlite

import (
	"testing"

	"github.com/latchwork/latchwork/nodes/identity/identitytest"
	"github.com/latchwork/latchwork/nodes/provider"
	"github.com/latchwork/latchwork/nodes/provider/providertest"
)

func TestIdentities(t *testing.T) {
	for name, cfg := range map[string]Config{"without cache": {}, "with cache": {SessionCache: 10_000, normal: true}} {
		t.Run(name, func(t *testing.T) {
			identitytest.Run(t, func(t *testing.T) identitytest.Stores {
				db := openPlanned(t, cfg)
				return identitytest.Stores{Users: db.Users(), Passwords: db.Passwords(), Sessions: db.Sessions(), Identities: db.Identities()}
			})
		})
	}
}

func TestLogins(t *testing.T) {
	providertest.Run(t, func(t *testing.T) provider.Store { return openPlanned(t, Config{}).Logins() })
}

func TestSweepLogins(t *testing.T) {
	db := openPlanned(t, Config{})
	const n = 2*sweepStep + 7
	for i := range n {
		l := providertest.New(i)
		if l.Expires = 10; i%2 == 0 {
			l.Expires = 11
		}
		if err := db.Logins().Create(t.Context(), "main", l); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []int{n / 2, 0} {
		if got, err := db.SweepLogins(t.Context(), 10); err != nil || got != want {
			t.Errorf("sweep %d: got %d, %v, want %d", i, got, err, want)
		}
	}
}
