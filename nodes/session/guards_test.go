package session_test

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/session"
)

var errFire = errors.New("disk on fire")

// failing is a store of which one method fails.
type failing struct {
	*memory
	method string
}

func (f *failing) Create(ctx context.Context, realm string, r session.Record, l session.Limit) (session.Found, error) {
	if f.method == "Create" {
		return session.Found{}, errFire
	}
	return f.memory.Create(ctx, realm, r, l)
}

func (f *failing) Find(ctx context.Context, realm string, hash session.Hash) (*session.Found, error) {
	if f.method == "Find" {
		return nil, errFire
	}
	return f.memory.Find(ctx, realm, hash)
}

func (f *failing) List(ctx context.Context, realm, userID string, at engine.Instant) ([]session.Found, error) {
	if f.method == "List" {
		return nil, errFire
	}
	return f.memory.List(ctx, realm, userID, at)
}

func (f *failing) Touch(ctx context.Context, touches []session.Touch) error {
	if f.method == "Touch" {
		return errFire
	}
	return f.memory.Touch(ctx, touches)
}

func (f *failing) Update(
	ctx context.Context, realm, userID, id string, c session.Change, at engine.Instant,
) (session.Found, error) {
	if f.method == "Update" {
		return session.Found{}, errFire
	}
	return f.memory.Update(ctx, realm, userID, id, c, at)
}

func (f *failing) Delete(ctx context.Context, realm, userID string, which session.Selection) (int, error) {
	if f.method == "Delete" {
		return 0, errFire
	}
	return f.memory.Delete(ctx, realm, userID, which)
}

// whichever of its methods the store fails in, what rests on it fails
// with that error. It is neither a success nor taken for "not found".
func TestEachFailureIsOne(t *testing.T) {
	fresh := func(m *session.Manager, now *clock, f func(context.Context, engine.Proof) error) func(*testing.T) error {
		return func(t *testing.T) (err error) {
			proving{user: alice, as: []string{"password"}, world: now.world()}.run(t, func(ctx context.Context, p engine.Proof) { err = f(ctx, p) })
			return err
		}
	}
	for _, c := range []struct {
		name, method string
		do           func(m *session.Manager, now *clock, mine, foreign session.Session) func(*testing.T) error
	}{
		{"a family", "Delete", func(m *session.Manager, now *clock, mine, _ session.Session) func(*testing.T) error {
			return func(t *testing.T) error {
				return m.DeleteFamily(now.context(t), engine.MainRealm, alice, mine.ID)
			}
		}},
		{"the session to raise cannot be looked at", "List", func(m *session.Manager, now *clock, mine, _ session.Session) func(*testing.T) error {
			return fresh(m, now, func(ctx context.Context, p engine.Proof) error {
				_, err := m.Raise(ctx, p, mine.ID, mine.Token.Reveal())
				return err
			})
		}},
		{"the session to raise cannot be changed", "Update", func(m *session.Manager, now *clock, mine, _ session.Session) func(*testing.T) error {
			return fresh(m, now, func(ctx context.Context, p engine.Proof) error {
				_, err := m.Raise(ctx, p, mine.ID, mine.Token.Reveal())
				return err
			})
		}},
		{"a list", "List", func(m *session.Manager, now *clock, _, _ session.Session) func(*testing.T) error {
			return func(t *testing.T) error { _, err := m.List(now.context(t), engine.MainRealm, alice); return err }
		}},
		{"one of a list", "List", func(m *session.Manager, now *clock, mine, _ session.Session) func(*testing.T) error {
			return func(t *testing.T) error {
				_, err := m.Get(now.context(t), engine.MainRealm, alice, mine.ID)
				return err
			}
		}},
		{"whose a token is", "Find", func(m *session.Manager, now *clock, _, foreign session.Session) func(*testing.T) error {
			return func(t *testing.T) error {
				return m.Delete(now.context(t), engine.MainRealm, alice, foreign.Token.Reveal())
			}
		}},
		{"whether the session of the request is over", "Find", func(m *session.Manager, now *clock, mine, _ session.Session) func(*testing.T) error {
			return func(t *testing.T) error {
				return node(t, m, now, "session.deleteAll", map[string]any{"userId": alice, "except": mine.ID}, request(mine.Token.Reveal())).Err
			}
		}},
		{"the use that a session lives on by", "Touch", func(m *session.Manager, now *clock, mine, _ session.Session) func(*testing.T) error {
			return func(t *testing.T) error {
				now.add(session.DefaultIdle - time.Hour)
				_, _ = m.Check(now.context(t), engine.MainRealm, mine.Token.Reveal()) // noted, not written
				now.add(2 * time.Hour)
				_, err := m.Check(now.context(t), engine.MainRealm, mine.Token.Reveal())
				return err
			}
		}},
	} {
		t.Run("A-34 "+c.name, func(t *testing.T) {
			store, now := &failing{memory: newMemory()}, newClock()
			m := &session.Manager{Store: store}
			mine, foreign := mustOpen(t, m, now.context(t), alice), mustOpen(t, m, now.context(t), bob)
			store.method = c.method
			if err := c.do(m, now, mine, foreign)(t); !errors.Is(err, errFire) || errors.Is(err, session.ErrNotFound) {
				t.Errorf("got %v, want %v", err, errFire)
			}
			if got := len(store.records()); got != 2 {
				t.Errorf("got %d sessions, want 2", got)
			}
		})
	}
}

// faulty is randomness of which one read fails.
type faulty struct{ reads, fails int }

var errDry = errors.New("no randomness")

func (f *faulty) Read(b []byte) (int, error) {
	if f.reads++; f.reads == f.fails {
		return 0, errDry
	}
	return rand.Read(b)
}

// without randomness there is no session, nor a new token of one, whichever
// read fails.
func TestNoRandomness_R32(t *testing.T) {
	store, now := newMemory(), newClock()
	m := &session.Manager{Store: store}
	old := mustOpen(t, m, now.context(t), alice)
	world := func(fails int) engine.World {
		w := now.world()
		w.Random = &faulty{fails: fails}
		return w
	}
	for _, fails := range []int{1, 2} {
		if _, err := m.Open(engine.WithWorld(t.Context(), world(fails)), alice, 0); !errors.Is(err, errDry) {
			t.Errorf("open, read %d: got %v, want %v", fails, err, errDry)
		}
	}
	proving{user: alice, as: []string{"password"}, world: world(1)}.run(t, func(ctx context.Context, p engine.Proof) {
		if _, err := m.Raise(ctx, p, old.ID, old.Token.Reveal()); !errors.Is(err, errDry) {
			t.Errorf("raise: got %v, want %v", err, errDry)
		}
	})
	if got := len(store.records()); got != 1 {
		t.Errorf("got %d sessions, want the old one", got)
	}
	wantCheck(t, m, now, old.Token.Reveal(), nil)
}

// A session that the store could not keep is not handed over.
func TestCreateFails(t *testing.T) {
	m := &session.Manager{Store: &failing{memory: newMemory(), method: "Create"}}
	if s, err := m.Open(t.Context(), alice, 0); !errors.Is(err, errFire) || !s.Token.IsEmpty() {
		t.Errorf("got %v, want %v and no token", err, errFire)
	}
}

// Behind the guard of an endpoint, the host is told that the session is over if it
// is the one of the request that was ended, and not if it was another.
func TestDeleteBehindTheGuard(t *testing.T) {
	for _, own := range []bool{true, false} {
		store, now := newMemory(), newClock()
		m := &session.Manager{Store: store}
		mine, other := mustOpen(t, m, now.context(t), alice), mustOpen(t, m, now.context(t), alice)
		id := other.ID
		if own {
			id = mine.ID
		}
		var types engine.Registry
		add(t, &types, append(session.Nodes(m), end())...)
		c := &engine.Compiler{Types: &types, World: now.world(), Guards: engine.Guards{Session: session.Guard(m)}}
		a := serve(t, c, "version: 1\nflow: f\nendpoints:\n  - {method: POST, path: /, require: session}\nnodes:\n  - id: drop\n    use: session.delete\n"+
			"    with:\n      userId: ${{ session.userId }}\n      id: "+id+"\n  - id: end\n    use: test.end\n", request(mine.Token.Reveal()))
		if a.Status != 204 || a.Ended != own || len(store.records()) != 1 {
			t.Errorf("own %t: got %d, ended %t, %d sessions left", own, a.Status, a.Ended, len(store.records()))
		}
	}
}
