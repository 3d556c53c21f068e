package key_test

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/key"
)

// of the keys of several names, and of one name, the newest of that name is
// the one that is replaced, and its successor may do what it may.
func TestRotateTheNewestOfTheName(t *testing.T) {
	store, now := &memory{}, newClock()
	m := &key.Manager{Store: store}
	mustMake(t, m, now, key.Key{Name: "app", Scopes: []string{"everything"}})
	if _, err := store.Revoke(t.Context(), engine.MainRealm, "app", now.instant()); err != nil {
		t.Fatal(err)
	}
	now.add(time.Hour)
	mustMake(t, m, now, key.Key{Name: "app", Scopes: []string{"little"}})
	now.add(time.Hour)
	other := mustMake(t, m, now, key.Key{Name: "zoo", Scopes: []string{"another"}})
	_, next, err := m.Rotate(now.context(t), engine.MainRealm, "app", 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"little"}, next.Scopes); diff != "" || next.Name != "app" {
		t.Errorf("%s: -want +got:\n%s", next.Name, diff)
	}
	if _, err := m.Check(now.context(t), engine.MainRealm, other, key.Demand{Scope: "another"}); err != nil {
		t.Errorf("the other name: got %v, want it untouched", err)
	}
}

// An overlap of less than nothing is refused before anything has changed.
func TestRotateRefusesAnOverlap(t *testing.T) {
	store, now := &memory{}, newClock()
	m := &key.Manager{Store: store}
	secret := mustMake(t, m, now, key.Key{Name: "app"})
	if _, _, err := m.Rotate(now.context(t), engine.MainRealm, "app", -time.Hour); err == nil || len(store.keys) != 1 {
		t.Errorf("got %v and %d keys, want an error and one", err, len(store.keys))
	}
	if _, err := m.Check(now.context(t), engine.MainRealm, secret, key.Demand{}); err != nil {
		t.Errorf("got %v, want the key as it was", err)
	}
}

// a key that was not stored, or could not be made, is none.
func TestFailuresMakeNoKey(t *testing.T) {
	fire, dry := errors.New("disk on fire"), errors.New("no randomness")
	now := newClock()
	world := now.world()
	world.Random = io.MultiReader(io.LimitReader(rand.Reader, 31), iotest.ErrReader(dry))
	for _, c := range []struct {
		name string
		fail error
		want error
	}{{"R-32", nil, dry}, {"A-34", fire, fire}} {
		t.Run(c.name, func(t *testing.T) {
			store := &memory{}
			m := &key.Manager{Store: store}
			mustMake(t, m, now, key.Key{Name: "app"})
			store.fail = c.fail
			ctx := now.context(t)
			if c.want == dry {
				ctx = engine.WithWorld(t.Context(), world)
			}
			secret, _, err := m.Create(ctx, engine.MainRealm, key.Key{Name: "new", Kind: key.Private})
			if !errors.Is(err, c.want) || !secret.IsEmpty() {
				t.Errorf("create: got %v, want %v", err, c.want)
			}
			secret, _, err = m.Rotate(ctx, engine.MainRealm, "app", 0)
			if !errors.Is(err, c.want) || !secret.IsEmpty() {
				t.Errorf("rotate: got %v, want %v", err, c.want)
			}
			if len(store.keys) != 1 {
				t.Errorf("got %d keys, want one", len(store.keys))
			}
		})
	}
}

// unlisted is a store that cannot list its keys.
type unlisted struct {
	*memory
	err error
}

func (u unlisted) List(context.Context, string) ([]key.Key, error) { return nil, u.err }

// that the keys of a name cannot be listed does not mean that there are none.
func TestRotateFails_A34(t *testing.T) {
	fire := errors.New("disk on fire")
	m := &key.Manager{Store: unlisted{&memory{}, fire}}
	if _, _, err := m.Rotate(t.Context(), engine.MainRealm, "app", 0); !errors.Is(err, fire) {
		t.Errorf("got %v, want %v", err, fire)
	}
}

// what a realm configures is what counts in it.
func TestGuardOfARealm_R59(t *testing.T) {
	store, now := &memory{}, newClock()
	shop := &key.Config{From: []key.Carrier{{Header: "X-Shop-Key", Kind: key.Public}}}
	m := &key.Manager{Store: store, Realms: map[string]*key.Config{engine.MainRealm: shop}}
	secret := mustMake(t, m, now, key.Key{Name: "app"})
	public := mustMake(t, m, now, key.Key{Name: "browser", Kind: key.Public})
	for name, c := range map[string]struct {
		from   source
		status int
	}{
		"its header":                    {header("X-Shop-Key", public), 204},
		"a private key, where none is":  {header("X-Shop-Key", secret), 401},
		"the header of other realms":    {header("Authorization", public), 401},
		"the parameter of other realms": {query("apikey", public), 401},
	} {
		if a, _ := guarded(t, m, now.world(), "", c.from); a.Status != c.status {
			t.Errorf("%s: got %d, want %d", name, a.Status, c.status)
		}
	}
}
