package session_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/session"
)

// create opens a session in a run that has proved the user.
func create(t *testing.T, m *session.Manager, p proving, o session.CreateOptions) (s session.Session, err error) {
	t.Helper()
	if p.user == "" {
		p.user = alice
	}
	p.run(t, func(ctx context.Context, proof engine.Proof) { s, err = m.Create(ctx, proof, o) })
	return s, err
}

// mustOpen opens a session for a user outside of a run.
func mustOpen(t *testing.T, m *session.Manager, ctx context.Context, user string) session.Session {
	t.Helper()
	s, err := m.Open(ctx, user, 0)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCreate(t *testing.T) {
	store, now := newMemory(), newClock()
	store.groups[alice] = []string{"staff"}
	m := &session.Manager{Store: store, Config: session.Config{Idle: time.Hour, Absolute: 24 * time.Hour}}
	p := proving{as: []string{"password"}, world: now.world()}
	s, err := create(t, m, p, session.CreateOptions{Groups: []string{"beta", "staff"}, Note: "at the desk"})
	if err != nil {
		t.Fatal(err)
	}
	token := s.Token.Reveal()
	got := store.records()
	if len(got) != 1 {
		t.Fatalf("got %d sessions, want 1", len(got))
	}
	want := session.Record{
		ID: s.ID, Hash: session.HashToken(token), UserID: alice, Created: now.instant(), LastSeen: now.instant(),
		IdleEnd: now.instant() + 3_600_000, End: now.instant() + 24*3_600_000, IP: "192.0.2.7", UserAgent: chrome,
		Groups: []string{"beta", "staff"}, Factors: []string{"password"}, Note: "at the desk",
	}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Errorf("stored: -want +got:\n%s", diff)
	}
	s.Token = engine.Secret{}
	shown := session.Session{Listed: session.Listed{
		ID: want.ID, UserID: alice, CreationDtm: want.Created, LastSeenDtm: want.Created, ExpiryDtm: want.IdleEnd,
		IP: want.IP, UserAgent: session.ParseUserAgent(chrome), AccessGroupKeys: []string{"staff", "beta"}, Level: 1,
		Data: map[string]any{},
	}}
	if diff := cmp.Diff(shown, s, cmpopts.EquateComparable(engine.Secret{})); diff != "" {
		t.Errorf("shown: -want +got:\n%s", diff)
	}
	if _, err := m.Check(now.context(t), engine.MainRealm, token); err != nil {
		t.Errorf("the new session: %v", err)
	}
}

// a node without its proof gets no session, and neither does a proof of
// something else or of too low a grade.
func testCreateProof(t *testing.T) {
	for _, test := range []struct {
		name string
		as   []string
		want error
	}{
		{"none", nil, session.ErrUnproved},
		{"of an address", []string{"address"}, session.ErrUnproved},
		{"pending", []string{"pending"}, session.ErrUnproved},
		{"a live session", []string{"live"}, session.ErrUnproved},
		{"reset", []string{"reset"}, session.ErrUnproved},
		{"carried", []string{"mailed"}, nil},
		{"fresh", []string{"password"}, nil},
		{"pending, then fresh", []string{"pending", "totp"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			store := newMemory()
			_, err := create(t, &session.Manager{Store: store}, proving{as: test.as}, session.CreateOptions{})
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if made := len(store.records()); (made == 1) != (test.want == nil) {
				t.Errorf("got %d sessions", made)
			}
		})
	}
	if _, err := (&session.Manager{Store: newMemory()}).Create(t.Context(), engine.Proof{}, session.CreateOptions{}); !errors.Is(err, session.ErrUnproved) {
		t.Errorf("the zero proof: got %v, want %v", err, session.ErrUnproved)
	}
}

var tokenForm = regexp.MustCompile(`^lws_[A-Za-z0-9_-]{43}$`)

// tokens come out of the source of randomness alone, and there is
// no session without it.
func testTokens(t *testing.T) {
	seen := map[string]bool{}
	m := &session.Manager{Store: newMemory()}
	for range 100_000 {
		s := mustOpen(t, m, t.Context(), alice)
		token := s.Token.Reveal()
		if !tokenForm.MatchString(token) || len(s.ID) != 24 {
			t.Fatalf("got token %q and id %q", token, s.ID)
		}
		if seen[token] || seen[s.ID] {
			t.Fatal("a token or an id came twice")
		}
		seen[token], seen[s.ID] = true, true
	}
	broken := errors.New("no randomness")
	for _, n := range []int64{0, 16, 31, 32, 43} {
		store := newMemory()
		random := io.MultiReader(io.LimitReader(rand.Reader, n), iotest.ErrReader(broken))
		ctx := engine.WithWorld(t.Context(), engine.World{Random: random})
		if _, err := (&session.Manager{Store: store}).Open(ctx, alice, 0); !errors.Is(err, broken) {
			t.Errorf("a source that ends after %d bytes: got %v, want %v", n, err, broken)
		}
		if len(store.records()) != 0 {
			t.Errorf("a source that ends after %d bytes: a session is stored", n)
		}
	}
}

// nothing of a token is stored but its hash.
func testOnlyHashStored(t *testing.T) {
	store := newMemory()
	s := mustOpen(t, &session.Manager{Store: store}, t.Context(), alice)
	dump := fmt.Sprintf("%+v", store.records())
	if token := s.Token.Reveal(); regexp.MustCompile(regexp.QuoteMeta(token)).MatchString(dump) {
		t.Errorf("the token is in the store: %s", dump)
	}
	if got := fmt.Sprintf("%v %+v %#v", s, s, s); regexp.MustCompile(`lws_`).MatchString(got) {
		t.Errorf("a session prints its token: %s", got)
	}
}

// the session that the request came with is not carried on
// but ended, and its token, or one that the caller has made up, is never used.
func testReplace(t *testing.T) {
	madeUp := "lws_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	for _, test := range []struct {
		name      string
		config    session.Config
		owner     string // of the session presented
		delegated bool
		live      bool // afterwards
	}{
		{name: "the same user's", owner: alice},
		{name: "another user's", owner: bob, live: true},
		{name: "kept by configuration", config: session.Config{OnSignIn: session.Add}, owner: alice, live: true},
		{name: "somebody stands in", owner: alice, delegated: true, live: true},
		{name: "within a limit of one", config: session.Config{Limit: session.LimitConfig{Max: 1}}, owner: alice},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := &session.Manager{Store: newMemory(), Config: test.config}
			old := mustOpen(t, m, t.Context(), test.owner).Token.Reveal()
			p := proving{as: []string{"password"}, delegated: test.delegated}
			s, err := create(t, m, p, session.CreateOptions{Presented: old})
			if err != nil {
				t.Fatal(err)
			}
			if s.Token.Reveal() == old {
				t.Error("the new session has the old token")
			}
			if _, err := m.Check(t.Context(), engine.MainRealm, old); (err == nil) != test.live {
				t.Errorf("the old session: got %v, want live %v", err, test.live)
			}
		})
	}
	m := &session.Manager{Store: newMemory()}
	s, err := create(t, m, proving{as: []string{"password"}}, session.CreateOptions{Presented: madeUp})
	if err != nil || s.Token.Reveal() == madeUp {
		t.Errorf("R-35: got %q, %v", s.Token.Reveal(), err)
	}
	if _, err := m.Check(t.Context(), engine.MainRealm, madeUp); !errors.Is(err, session.ErrInvalid) {
		t.Errorf("R-35 a made-up token: got %v, want %v", err, session.ErrInvalid)
	}
}

// a disabled user gets no session by any pathway, and keeps none.
func testDisabled(t *testing.T) {
	store := newMemory()
	m := &session.Manager{Store: store}
	token := mustOpen(t, m, t.Context(), alice).Token.Reveal()
	store.disabled[alice] = true
	for _, p := range []proving{{as: []string{"password"}}, {as: []string{"mailed"}}, {delegated: true}} {
		if _, err := create(t, m, p, session.CreateOptions{}); !errors.Is(err, session.ErrDisabled) {
			t.Errorf("%+v: got %v, want %v", p, err, session.ErrDisabled)
		}
	}
	if _, err := m.Check(t.Context(), engine.MainRealm, token); !errors.Is(err, session.ErrInvalid) {
		t.Errorf("check: got %v, want %v", err, session.ErrInvalid)
	}
}

// the limit is part of creating, so no two callers pass it together.
func testLimit(t *testing.T) {
	store := newMemory()
	m := &session.Manager{Store: store, Config: session.Config{Limit: session.LimitConfig{Max: 3}}}
	var group sync.WaitGroup
	var mu sync.Mutex
	refused := 0
	for range 50 {
		group.Go(func() {
			_, err := m.Open(t.Context(), alice, 0)
			var limit *session.LimitError
			if errors.As(err, &limit) && *limit == (session.LimitError{Active: 3, Max: 3}) {
				mu.Lock()
				refused++
				mu.Unlock()
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := len(store.records()); got != 3 || refused != 47 {
		t.Errorf("got %d sessions and %d refusals, want 3 and 47", got, refused)
	}

	now := newClock()
	m = &session.Manager{Store: newMemory(), Config: session.Config{Limit: session.LimitConfig{Max: 2, Policy: session.EndOldest}}}
	var tokens []string
	for range 3 {
		tokens = append(tokens, mustOpen(t, m, now.context(t), alice).Token.Reveal())
		now.add(time.Second)
	}
	for i, token := range tokens {
		if _, err := m.Check(now.context(t), engine.MainRealm, token); (err == nil) != (i > 0) {
			t.Errorf("session %d: got %v", i, err)
		}
	}
}

// what a proof was made under bounds the session.
func testCeiling(t *testing.T) {
	now := newClock()
	m := &session.Manager{Store: newMemory(), Config: session.Config{Idle: time.Hour, Absolute: 2 * time.Hour}}
	for _, test := range []struct {
		ceiling time.Duration
		want    time.Duration // 0 for no session
	}{
		{3 * time.Hour, 2 * time.Hour},
		{90 * time.Minute, 90 * time.Minute},
		{time.Minute, time.Minute},
		{0, 0},
		{-time.Minute, 0},
	} {
		ceiling := now.instant() + engine.Instant(test.ceiling.Milliseconds())
		s, err := m.Open(now.context(t), alice, ceiling)
		if test.want == 0 {
			if !errors.Is(err, session.ErrUnproved) {
				t.Errorf("%v: got %v, want %v", test.ceiling, err, session.ErrUnproved)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got, want := s.ExpiryDtm, now.instant()+engine.Instant(min(test.want, time.Hour).Milliseconds()); got != want {
			t.Errorf("%v: got expiry %v, want %v", test.ceiling, got, want)
		}
		token := s.Token.Reveal()
		later := newClock()
		for used := time.Duration(0); used < test.want; used += test.want / 4 { // a user who never rests
			if _, err := m.Check(later.context(t), engine.MainRealm, token); err != nil {
				t.Errorf("%v: after %v: %v", test.ceiling, used, err)
			}
			later.add(test.want / 4)
		}
		if _, err := m.Check(later.context(t), engine.MainRealm, token); !errors.Is(err, session.ErrInvalid) {
			t.Errorf("%v: at its end: got %v, want %v", test.ceiling, err, session.ErrInvalid)
		}
	}
}

func TestCreateFailsClosed(t *testing.T) {
	broken := errors.New("disk on fire")
	for name, m := range map[string]*session.Manager{
		"store":   {Store: &memory{fail: broken}},
		"factors": {Store: newMemory(), Factors: enrolled{err: broken}},
	} {
		if _, err := create(t, m, proving{as: []string{"password"}}, session.CreateOptions{}); !errors.Is(err, broken) {
			t.Errorf("%s: got %v, want %v", name, err, broken)
		}
	}
}
