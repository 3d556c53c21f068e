package key_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/key"
	"github.com/latchwork/latchwork/nodes/key/keytest"
)

func TestMemory(t *testing.T) {
	keytest.Run(t, func(*testing.T) key.Store { return &memory{} })
}

var start = time.Date(2026, 1, 31, 9, 30, 0, 0, time.UTC)

// clock is a time that a test moves.
type clock struct{ now time.Time }

func newClock() *clock { return &clock{start} }

func (c *clock) add(d time.Duration)     { c.now = c.now.Add(d) }
func (c *clock) instant() engine.Instant { return engine.InstantOf(c.now) }
func (c *clock) world() engine.World     { return engine.World{Now: func() time.Time { return c.now }} }

func (c *clock) context(t testing.TB) context.Context {
	return engine.WithWorld(t.Context(), c.world())
}

func mustMake(t *testing.T, m *key.Manager, c *clock, k key.Key) string {
	t.Helper()
	if k.Kind == "" {
		k.Kind = key.Private
	}
	secret, _, err := m.Create(c.context(t), engine.MainRealm, k)
	if err != nil {
		t.Fatal(err)
	}
	return secret.Reveal()
}

func TestMint(t *testing.T) {
	t.Run("R-32 R-56 secrets", func(t *testing.T) {
		form, seen := regexp.MustCompile(`^lwk_[A-Za-z0-9_-]{43}$`), map[string]bool{}
		for range 100_000 {
			secret, k, err := key.Mint(rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			text := secret.Reveal()
			if !form.MatchString(text) || len(k.ID) != 24 || k.Hash != key.HashSecret(text) || k.Kind != key.Private {
				t.Fatalf("got %q, %+v", text, k)
			}
			if seen[text] || seen[k.ID] {
				t.Fatal("a secret or an id came twice")
			}
			seen[text], seen[k.ID] = true, true
		}
	})
	t.Run("R-32 no randomness, no key", func(t *testing.T) {
		broken := errors.New("no randomness")
		for _, n := range []int64{0, 31, 32, 43} {
			_, _, err := key.Mint(io.MultiReader(io.LimitReader(rand.Reader, n), iotest.ErrReader(broken)))
			if !errors.Is(err, broken) {
				t.Errorf("%d bytes: got %v, want %v", n, err, broken)
			}
		}
	})
	t.Run("R-56 only a hash is stored", func(t *testing.T) {
		store, now := &memory{}, newClock()
		secret := mustMake(t, &key.Manager{Store: store}, now, key.Key{Name: "app"})
		if dump := fmt.Sprintf("%+v", store.keys); strings.Contains(dump, secret) {
			t.Errorf("the secret is in the store: %s", dump)
		}
	})
}

func TestKeyValidate(t *testing.T) {
	good := key.Key{Name: "Mobile app", Kind: key.Private, Scopes: []string{"users:read", "a.b"}, Endpoints: []string{"GET /users/{id}"}, Created: 5, Expires: 6}
	for _, test := range []struct {
		name   string
		change func(*key.Key)
		want   string // a part of the message; "" for nothing wrong
	}{
		{"good", func(*key.Key) {}, ""},
		{"for ever", func(k *key.Key) { k.Expires = 0 }, ""},
		{"public", func(k *key.Key) { k.Kind, k.Scopes = key.Public, nil }, ""},
		{"no name", func(k *key.Key) { k.Name = "" }, "a name has 1 to 64 characters"},
		{"a long name", func(k *key.Key) { k.Name = strings.Repeat("é", 65) }, "a name has 1 to 64 characters"},
		{"blanks", func(k *key.Key) { k.Name = "app " }, "no blanks at its ends"},
		{"a line", func(k *key.Key) { k.Name = "a\nb" }, "a name has"},
		{"no kind", func(k *key.Key) { k.Kind = "" }, "kind must be private or public"},
		{"R-56 public with scopes", func(k *key.Key) { k.Kind = key.Public }, "a public key opens no scope"},
		{"an odd scope", func(k *key.Key) { k.Scopes = []string{"a b"} }, `scope "a b" must be`},
		{"no scope", func(k *key.Key) { k.Scopes = []string{""} }, `scope "" must be`},
		{"a long scope", func(k *key.Key) { k.Scopes = []string{strings.Repeat("a", 65)} }, `scope "aaa`},
		{"as long as one may be", func(k *key.Key) { k.Scopes = []string{strings.Repeat("a", 64)} }, ""},
		{"a scope twice", func(k *key.Key) { k.Scopes = []string{"a", "a"} }, `scope "a" is named twice`},
		{"an endpoint without a method", func(k *key.Key) { k.Endpoints = []string{"/users"} }, `endpoint "/users" must be`},
		{"over before it begins", func(k *key.Key) { k.Expires = 5 }, "before it begins"},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := good
			test.change(&k)
			err := k.Validate()
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if err == nil {
				return
			}
			// The manager says when a key begins, so this one has ended before.
			if _, _, err := (&key.Manager{Store: &memory{}}).Create(t.Context(), engine.MainRealm, k); err == nil {
				t.Error("the manager made the key")
			}
		})
	}
}

func TestCheck(t *testing.T) {
	now := newClock()
	store := &memory{}
	m := &key.Manager{Store: store}
	hour := engine.Instant(3_600_000)
	plain := mustMake(t, m, now, key.Key{Name: "plain"})
	scoped := mustMake(t, m, now, key.Key{Name: "scoped", Scopes: []string{"users:read"}})
	public := mustMake(t, m, now, key.Key{Name: "public", Kind: key.Public})
	bound := mustMake(t, m, now, key.Key{Name: "bound", Endpoints: []string{"GET /users/{id}"}})
	short := mustMake(t, m, now, key.Key{Name: "short", Expires: now.instant() + hour})
	revoked := mustMake(t, m, now, key.Key{Name: "revoked", Expires: now.instant() + hour})
	if _, err := store.Revoke(t.Context(), engine.MainRealm, "revoked", now.instant()); err != nil {
		t.Fatal(err)
	}
	// A public key that got a scope past the manager has none nevertheless.
	sly := "lwk_" + strings.Repeat("B", 42) + "A"
	if err := store.Create(t.Context(), engine.MainRealm, key.Key{ID: "1", Name: "sly", Kind: key.Public, Hash: key.HashSecret(sly), Scopes: []string{"users:read"}}); err != nil {
		t.Fatal(err)
	}
	later := newClock()
	later.add(time.Hour)
	for _, test := range []struct {
		name   string
		secret string
		demand key.Demand
		at     *clock
		want   error
	}{
		{"plain", plain, key.Demand{}, now, nil},
		{"none", "", key.Demand{}, now, key.ErrMissing},
		{"unknown", "lwk_" + strings.Repeat("A", 43), key.Demand{}, now, key.ErrInvalid},
		{"R-56 scope", scoped, key.Demand{Scope: "users:read"}, now, nil},
		{"R-56 no scope", plain, key.Demand{Scope: "users:read"}, now, key.ErrScope},
		{"R-56 another scope", scoped, key.Demand{Scope: "users:write"}, now, key.ErrScope},
		{"R-56 a part of a scope", scoped, key.Demand{Scope: "users"}, now, key.ErrScope},
		{"R-56 public", public, key.Demand{}, now, nil},
		{"R-56 public, scope", public, key.Demand{Scope: "users:read"}, now, key.ErrScope},
		{"R-56 public with a scope", sly, key.Demand{Scope: "users:read"}, now, key.ErrScope},
		{"its endpoint", bound, key.Demand{Route: "GET /users/{id}"}, now, nil},
		{"another endpoint", bound, key.Demand{Route: "POST /users/{id}"}, now, key.ErrEndpoint},
		{"no endpoint", bound, key.Demand{}, now, key.ErrEndpoint},
		{"public only", public, key.Demand{Kind: key.Public}, now, nil},
		{"public only, private", plain, key.Demand{Kind: key.Public}, now, key.ErrInvalid},
		{"R-56 before its end", short, key.Demand{}, now, nil},
		{"R-56 at its end", short, key.Demand{}, later, key.ErrExpired},
		{"R-56 revoked", revoked, key.Demand{}, now, key.ErrInvalid},
		{"R-56 revoked and expired", revoked, key.Demand{}, later, key.ErrInvalid},
	} {
		t.Run(test.name, func(t *testing.T) {
			k, err := m.Check(test.at.context(t), engine.MainRealm, test.secret, test.demand)
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if err != nil && !cmp.Equal(k, key.Key{}) {
				t.Errorf("a refusal gives %+v", k)
			}
		})
	}
	t.Run("R-59 another realm", func(t *testing.T) {
		if _, err := m.Check(now.context(t), "other", plain, key.Demand{}); !errors.Is(err, key.ErrInvalid) {
			t.Errorf("got %v, want %v", err, key.ErrInvalid)
		}
	})
	t.Run("R-61 fails closed", func(t *testing.T) {
		broken := &memory{fail: errors.New("disk on fire")}
		if _, err := (&key.Manager{Store: broken}).Check(now.context(t), engine.MainRealm, plain, key.Demand{}); !errors.Is(err, broken.fail) {
			t.Errorf("got %v, want %v", err, broken.fail)
		}
	})
	t.Run("A-32 odd secrets are not looked up", func(t *testing.T) {
		store.finds = 0
		for _, odd := range []string{"lwk_", plain[4:], plain[:46], plain + "A", "Bearer " + plain, "lws_" + plain[4:], plain[:46] + "\n", strings.Repeat("x", 1<<20)} {
			if _, err := m.Check(now.context(t), engine.MainRealm, odd, key.Demand{}); !errors.Is(err, key.ErrInvalid) {
				t.Errorf("%.60q: got %v, want %v", odd, err, key.ErrInvalid)
			}
		}
		if store.finds != 0 {
			t.Errorf("the store was asked %d times", store.finds)
		}
	})
}

func TestLive(t *testing.T) {
	for _, test := range []struct {
		name string
		k    key.Key
		want bool
	}{
		{"for ever", key.Key{}, true},
		{"before its end", key.Key{Expires: 11}, true},
		{"R-56 at its end", key.Key{Expires: 10}, false},
		{"R-56 revoked", key.Key{Revoked: 10}, false},
		{"R-56 revoked before its end", key.Key{Revoked: 1, Expires: 11}, false},
	} {
		if got := test.k.Live(10); got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

func TestRotate(t *testing.T) {
	t.Run("R-56", func(t *testing.T) {
		store, now := &memory{}, newClock()
		m := &key.Manager{Store: store}
		want := key.Key{Name: "app", Kind: key.Private, Owner: "u", Scopes: []string{"a"}, Endpoints: []string{"GET /x"}, Expires: now.instant() + 10*3_600_000}
		old := mustMake(t, m, now, want)
		now.add(9 * time.Hour)
		secret, next, err := m.Rotate(now.context(t), engine.MainRealm, "app", 30*time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		want.ID, want.Hash, want.Created, want.Expires = next.ID, key.HashSecret(secret.Reveal()), now.instant(), now.instant()+10*3_600_000
		if diff := cmp.Diff(want, next); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		d := key.Demand{Route: "GET /x", Scope: "a"}
		check := func(name, secret string, want error) {
			t.Helper()
			if _, err := m.Check(now.context(t), engine.MainRealm, secret, d); !errors.Is(err, want) {
				t.Errorf("%s: got %v, want %v", name, err, want)
			}
		}
		now.add(30*time.Minute - time.Millisecond)
		check("old in the overlap", old, nil)
		check("new in the overlap", secret.Reveal(), nil)
		now.add(time.Millisecond)
		check("old after the overlap", old, key.ErrExpired)
		check("new after the overlap", secret.Reveal(), nil)

		third, _, err := m.Rotate(now.context(t), engine.MainRealm, "app", 0)
		if err != nil {
			t.Fatal(err)
		}
		check("second without overlap", secret.Reveal(), key.ErrExpired)
		check("third", third.Reveal(), nil)
		if _, err := store.Revoke(t.Context(), engine.MainRealm, "app", now.instant()); err != nil {
			t.Fatal(err)
		}
		check("third, revoked", third.Reveal(), key.ErrInvalid)
		if _, _, err := m.Rotate(now.context(t), engine.MainRealm, "app", 0); !errors.Is(err, key.ErrNotFound) {
			t.Errorf("a revoked name: got %v, want %v", err, key.ErrNotFound)
		}
	})
	m := &key.Manager{Store: &memory{}}
	if _, _, err := m.Rotate(t.Context(), engine.MainRealm, "app", 0); !errors.Is(err, key.ErrNotFound) {
		t.Errorf("no such key: got %v, want %v", err, key.ErrNotFound)
	}
	if _, _, err := m.Rotate(t.Context(), engine.MainRealm, "app", -1); err == nil {
		t.Error("an overlap of less than nothing: got no error")
	}
}

// the last use is known to about a minute, and costs no write a request.
func TestLastUse(t *testing.T) {
	t.Run("R-56", func(t *testing.T) {
		store, now := &memory{}, newClock()
		m := &key.Manager{Store: store}
		secret := mustMake(t, m, now, key.Key{Name: "app"})
		use := func() engine.Instant {
			t.Helper()
			if _, err := m.Check(now.context(t), engine.MainRealm, secret, key.Demand{}); err != nil {
				t.Fatal(err)
			}
			if err := m.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			return store.keys[0].LastUsed
		}
		first := now.instant()
		for _, test := range []struct{ after, want time.Duration }{{0, 0}, {59 * time.Second, 0}, {60 * time.Second, 60 * time.Second}} {
			now.now = start.Add(test.after)
			if got, want := use(), first+engine.Instant(test.want.Milliseconds()); got != want {
				t.Errorf("after %v: got %v, want %v", test.after, got, want)
			}
		}
		now.add(time.Hour)
		if _, err := m.Check(now.context(t), engine.MainRealm, secret, key.Demand{Scope: "x"}); !errors.Is(err, key.ErrScope) {
			t.Fatal(err)
		}
		if err := m.Flush(t.Context()); err != nil || store.keys[0].LastUsed >= now.instant() {
			t.Errorf("a refused use is written down: %v, %v", store.keys[0].LastUsed, err)
		}

		// A use that the store did not take is written down with the next.
		if _, err := m.Check(now.context(t), engine.MainRealm, secret, key.Demand{}); err != nil {
			t.Fatal(err)
		}
		store.fail = errors.New("disk on fire")
		if err := m.Flush(t.Context()); !errors.Is(err, store.fail) {
			t.Errorf("got %v, want the store's error", err)
		}
		store.fail = nil
		if err := m.Flush(t.Context()); err != nil || store.keys[0].LastUsed != now.instant() {
			t.Errorf("a use was lost: %v, %v", store.keys[0].LastUsed, err)
		}
	})
}

func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory{}
		m := &key.Manager{Store: store}
		secret, _, err := m.Create(t.Context(), engine.MainRealm, key.Key{Name: "app", Kind: key.Private})
		if err != nil {
			t.Fatal(err)
		}
		use := func() {
			if _, err := m.Check(t.Context(), engine.MainRealm, secret.Reveal(), key.Demand{}); err != nil {
				t.Error(err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		var reports []error
		done := make(chan struct{})
		go func() {
			defer close(done)
			m.Run(ctx, func(err error) { reports = append(reports, err) })
		}()
		use()
		time.Sleep(1500 * time.Millisecond) // of the bubble's clock
		synctest.Wait()
		first := store.keys[0].LastUsed
		if first == 0 || len(reports) != 0 {
			t.Errorf("got last use %v and %v", first, reports)
		}
		store.mu.Lock()
		store.fail = errors.New("disk on fire")
		store.mu.Unlock()
		m.Note(engine.MainRealm, "x")
		time.Sleep(time.Second)
		synctest.Wait()
		if len(reports) != 1 {
			t.Errorf("got reports %v, want one", reports)
		}
		store.mu.Lock()
		store.fail = nil
		store.mu.Unlock()
		time.Sleep(time.Minute)
		use()
		cancel()
		<-done
		if store.keys[0].LastUsed <= first {
			t.Error("the last use before the end is not written down")
		}
	})
}
