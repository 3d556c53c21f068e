package session_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/session"
)

func wantCheck(t *testing.T, m *session.Manager, c *clock, token string, want error) session.Session {
	t.Helper()
	s, err := m.Check(c.context(t), engine.MainRealm, token)
	if !errors.Is(err, want) {
		t.Fatalf("after %v: got %v, want %v", c.now.Sub(start), err, want)
	}
	return s
}

// what is empty, forged, cut off or too long opens nothing, and is
// never looked up.
func testOddTokens(t *testing.T) {
	store, now := newMemory(), newClock()
	m := &session.Manager{Store: store}
	token := mustOpen(t, m, now.context(t), alice).Token.Reveal()
	store.finds = 0
	wantCheck(t, m, now, "", session.ErrMissing)
	for _, odd := range []string{
		"lws_", token[4:], token[:len(token)-1], token + "A", " " + token, token + "\n", token[:20] + "\n" + token[21:],
		strings.ToUpper(token), "lwk_" + token[4:], "Bearer " + token, strings.Repeat("A", 47), strings.Repeat("x", 1<<20),
		token[:46] + "=", token[:10] + "\x00" + token[11:], token[:46] + "é",
	} {
		wantCheck(t, m, now, odd, session.ErrInvalid)
	}
	if store.finds != 0 {
		t.Errorf("the store was asked %d times", store.finds)
	}
	wantCheck(t, m, now, "lws_"+strings.Repeat("A", 43), session.ErrInvalid)
	wantCheck(t, m, now, token, nil)
	if store.finds != 2 {
		t.Errorf("the store was asked %d times, want 2", store.finds)
	}
}

// a session ends when it was not used for the idle time, and a use one
// second before keeps it, whether or not that use is written down already.
func testIdle(t *testing.T) {
	for _, flush := range []bool{false, true} {
		for _, idle := range []time.Duration{2 * time.Second, time.Minute, time.Hour, 168 * time.Hour} {
			store, now := newMemory(), newClock()
			m := &session.Manager{Store: store, Config: session.Config{Idle: idle, Absolute: 100 * idle}}
			token := mustOpen(t, m, now.context(t), alice).Token.Reveal()
			for range 5 {
				now.add(idle - time.Second)
				s := wantCheck(t, m, now, token, nil)
				if s.LastSeenDtm != now.instant() || s.ExpiryDtm != now.instant()+engine.Instant(idle.Milliseconds()) {
					t.Errorf("idle %v: got last seen %v, expiry %v", idle, s.LastSeenDtm, s.ExpiryDtm)
				}
				if flush {
					if err := m.Flush(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
			}
			now.add(idle)
			wantCheck(t, m, now, token, session.ErrInvalid)
			now.add(-time.Millisecond)
			wantCheck(t, m, now, token, nil)
		}
	}
}

// shorter times count for sessions that were opened under longer ones.
func testShorterTimes(t *testing.T) {
	for name, shorter := range map[string]session.Config{
		"idle":     {Idle: time.Minute, Absolute: 100 * time.Hour},
		"absolute": {Idle: 100 * time.Hour, Absolute: time.Minute},
	} {
		store, now := newMemory(), newClock()
		before := &session.Manager{Store: store, Config: session.Config{Idle: 100 * time.Hour, Absolute: 100 * time.Hour}}
		token := mustOpen(t, before, now.context(t), alice).Token.Reveal()
		after := &session.Manager{Store: store, Config: shorter}
		wantListed := func(want int) {
			t.Helper()
			if all, err := after.List(now.context(t), engine.MainRealm, alice); err != nil || len(all) != want {
				t.Errorf("%s: got %d sessions, error %v, want %d", name, len(all), err, want)
			}
		}
		now.add(time.Minute - time.Millisecond)
		wantCheck(t, &session.Manager{Store: store, Config: shorter}, now, token, nil)
		wantListed(1)
		now.add(time.Millisecond)
		wantCheck(t, after, now, token, session.ErrInvalid)
		wantListed(0)
		wantCheck(t, before, now, token, nil)
	}
}

// no use moves the absolute end.
func testAbsolute(t *testing.T) {
	store, now := newMemory(), newClock()
	m := &session.Manager{Store: store, Config: session.Config{Idle: time.Hour, Absolute: 3 * time.Hour}}
	token := mustOpen(t, m, now.context(t), alice).Token.Reveal()
	end := now.instant() + 3*3_600_000
	for range 5 {
		now.add(30 * time.Minute)
		s := wantCheck(t, m, now, token, nil)
		if s.ExpiryDtm > end {
			t.Errorf("got expiry %v, want at most %v", s.ExpiryDtm, end)
		}
	}
	now.add(30*time.Minute - time.Millisecond)
	wantCheck(t, m, now, token, nil)
	now.add(time.Millisecond)
	wantCheck(t, m, now, token, session.ErrInvalid)
}

// The defaults hold where nothing is configured: nothing lives for ever.
func TestDefaultTimes(t *testing.T) {
	now := newClock()
	m := &session.Manager{Store: newMemory()}
	idle := mustOpen(t, m, now.context(t), alice).Token.Reveal()
	busy := mustOpen(t, m, now.context(t), alice).Token.Reveal()
	for range 5 {
		now.add(6 * 24 * time.Hour)
		if now.now.Sub(start) < session.DefaultAbsolute {
			wantCheck(t, m, now, busy, nil)
		}
	}
	wantCheck(t, m, now, idle, session.ErrInvalid)
	wantCheck(t, m, now, busy, session.ErrInvalid)
}

// a realm's token opens nothing in another realm, and each realm
// has times of its own.
func testRealms(t *testing.T) {
	store, now := newMemory(), newClock()
	m := &session.Manager{Store: store, Realms: map[string]*session.Config{"other": {Idle: time.Minute}}}
	token := mustOpen(t, m, now.context(t), alice).Token.Reveal()
	if _, err := m.Check(now.context(t), "other", token); !errors.Is(err, session.ErrInvalid) {
		t.Errorf("got %v, want %v", err, session.ErrInvalid)
	}
	req := request("")
	req.Realm = "other"
	p := proving{as: []string{"password"}, world: now.world(), req: req}
	s, err := create(t, m, p, session.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if want := now.instant() + 60_000; s.ExpiryDtm != want {
		t.Errorf("got expiry %v, want %v", s.ExpiryDtm, want)
	}
	wantCheck(t, m, now, s.Token.Reveal(), session.ErrInvalid)
	if _, err := m.Check(now.context(t), "other", s.Token.Reveal()); err != nil {
		t.Error(err)
	}
	// A use that is not written down counts in its own realm only.
	now.add(50 * time.Second)
	if _, err := m.Check(now.context(t), "other", s.Token.Reveal()); err != nil {
		t.Error(err)
	}
	if n, err := m.DeleteAll(t.Context(), "other", alice, ""); n != 1 || err != nil {
		t.Errorf("got %d, %v, want 1", n, err)
	}
	wantCheck(t, m, now, token, nil)
}

// groups of the user are those of this moment.
func testGroups(t *testing.T) {
	store, now := newMemory(), newClock()
	m := &session.Manager{Store: store}
	token := mustOpen(t, m, now.context(t), alice).Token.Reveal()
	for _, groups := range [][]string{nil, {"staff"}, {"staff", "admin"}, {}} {
		store.groups[alice] = groups
		s := wantCheck(t, m, now, token, nil)
		if got := strings.Join(s.AccessGroupKeys, ","); got != strings.Join(groups, ",") || s.AccessGroupKeys == nil {
			t.Errorf("got %v, want %v", s.AccessGroupKeys, groups)
		}
	}
}

// a store that cannot answer is no reason to let anybody pass.
func testCheckFailsClosed(t *testing.T) {
	store, now := newMemory(), newClock()
	m := &session.Manager{Store: store}
	token := mustOpen(t, m, now.context(t), alice).Token.Reveal()
	store.fail = errors.New("disk on fire")
	wantCheck(t, m, now, token, store.fail)
}
