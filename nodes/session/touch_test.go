package session_test

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/session"
)

// Uses are collected: a busy session costs one write a minute.
func TestTouchesAreCollected(t *testing.T) {
	store, now := newMemory(), newClock()
	m := &session.Manager{Store: store}
	a := mustOpen(t, m, now.context(t), alice).Token.Reveal()
	b := mustOpen(t, m, now.context(t), bob).Token.Reveal()
	for range 600 { // ten minutes
		now.add(time.Second)
		wantCheck(t, m, now, a, nil)
		wantCheck(t, m, now, b, nil)
		if err := m.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(store.touched); got != 20 {
		t.Errorf("got %d touches, want 20", got)
	}
	if m.Pending() != 0 {
		t.Errorf("%d uses were kept", m.Pending())
	}
}

// A short idle time is watched more closely than once a minute.
func TestTouchesOfShortSessions(t *testing.T) {
	store, now := newMemory(), newClock()
	m := &session.Manager{Store: store, Config: session.Config{Idle: 30 * time.Second}}
	token := mustOpen(t, m, now.context(t), alice).Token.Reveal()
	for range 20 {
		now.add(4 * time.Second)
		wantCheck(t, m, now, token, nil)
	}
	now.add(26 * time.Second)
	wantCheck(t, m, now, token, nil)
}

// uses that are written down late bring no session back.
func testLateTouch(t *testing.T) {
	store, now := newMemory(), newClock()
	m := &session.Manager{Store: store}
	s := mustOpen(t, m, now.context(t), alice)
	token := s.Token.Reveal()
	now.add(time.Hour)
	wantCheck(t, m, now, token, nil)
	if err := m.Delete(now.context(t), engine.MainRealm, alice, s.ID); err != nil {
		t.Fatal(err)
	}
	wantCheck(t, m, now, token, session.ErrInvalid)
	if err := m.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantCheck(t, m, now, token, session.ErrInvalid)

	// A session that was over before a use, too.
	token = mustOpen(t, m, now.context(t), alice).Token.Reveal()
	now.add(session.DefaultIdle)
	wantCheck(t, m, now, token, session.ErrInvalid)
	if m.Pending() != 0 {
		t.Error("a refused use is kept")
	}
}

// a deletion against a hundred uses at once.
func testDeleteAgainstUses(t *testing.T) {
	for range 100 {
		store, now := newMemory(), newClock()
		m := &session.Manager{Store: store}
		s := mustOpen(t, m, now.context(t), alice)
		token := s.Token.Reveal()
		now.add(time.Hour)
		ctx := now.context(t)
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() {
				if _, err := m.Check(ctx, engine.MainRealm, token); err != nil && !errors.Is(err, session.ErrInvalid) {
					t.Error(err)
				}
				if err := m.Flush(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		group.Go(func() {
			if err := m.Delete(ctx, engine.MainRealm, alice, s.ID); err != nil {
				t.Error(err)
			}
		})
		group.Wait()
		if err := m.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		wantCheck(t, m, now, token, session.ErrInvalid)
		if len(store.records()) != 0 {
			t.Fatal("the session is back")
		}
	}
}

// A store that takes no uses for a while loses none, and a use that it has not
// taken counts nevertheless.
func TestTouchFails(t *testing.T) {
	store, now := newMemory(), newClock()
	m := &session.Manager{Store: store, Config: session.Config{Idle: time.Hour}}
	token := mustOpen(t, m, now.context(t), alice).Token.Reveal()
	now.add(50 * time.Minute)
	wantCheck(t, m, now, token, nil)
	store.fail = errors.New("disk on fire")
	if err := m.Flush(t.Context()); !errors.Is(err, store.fail) {
		t.Errorf("got %v, want %v", err, store.fail)
	}
	store.fail = nil
	now.add(50 * time.Minute)
	wantCheck(t, m, now, token, nil)
	if err := m.Flush(t.Context()); err != nil || m.Pending() != 0 {
		t.Errorf("got %v, %d kept", err, m.Pending())
	}
	if got := store.records()[0].LastSeen; got != now.instant() {
		t.Errorf("got last use %v, want %v", got, now.instant())
	}
}

// A session that lives on by a use that is not written down is also there for
// what the store looks up by itself.
func TestUnwrittenUseCountsInLists(t *testing.T) {
	store, now := newMemory(), newClock()
	m := &session.Manager{Store: store, Config: session.Config{Idle: time.Hour}}
	s := mustOpen(t, m, now.context(t), alice)
	for range 2 {
		now.add(50 * time.Minute)
		wantCheck(t, m, now, s.Token.Reveal(), nil)
	}
	if _, err := m.Get(now.context(t), engine.MainRealm, alice, s.ID); err != nil {
		t.Error(err)
	}
}

// A use that comes while another is being written down is not lost.
func TestUseDuringWrite(t *testing.T) {
	store, now := newMemory(), newClock()
	m := &session.Manager{Store: store}
	s := mustOpen(t, m, now.context(t), alice)
	now.add(time.Hour)
	wantCheck(t, m, now, s.Token.Reveal(), nil)
	store.writing = func() {
		store.writing = nil
		now.add(time.Hour)
		wantCheck(t, m, now, s.Token.Reveal(), nil)
	}
	for range 2 {
		if err := m.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := store.records()[0].LastSeen; got != now.instant() {
		t.Errorf("got last use %v, want %v", got, now.instant())
	}
}

// Uses arrive in any order; the latest counts.
func TestUsesOutOfOrder(t *testing.T) {
	store := newMemory()
	m := &session.Manager{Store: store}
	for _, at := range []engine.Instant{2, 3, 1} {
		m.Note(session.Touch{Realm: engine.MainRealm, LastSeen: at})
	}
	if err := m.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(store.touched) != 1 || store.touched[0].LastSeen != 3 {
		t.Errorf("got %v, want one touch at 3", store.touched)
	}
}

func TestTouchesAreBounded(t *testing.T) {
	m := &session.Manager{Store: newMemory()}
	for i := range session.MaxTouches + 10 {
		var hash session.Hash
		binary.BigEndian.PutUint64(hash[:], uint64(i))
		m.Note(session.Touch{Realm: engine.MainRealm, Hash: hash, LastSeen: 1})
	}
	if got := m.Pending(); got != session.MaxTouches {
		t.Errorf("got %d, want %d", got, session.MaxTouches)
	}
}

// Run writes every second, reports what went wrong and writes once more at its
// end, even though its context is over then.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory()
		m := &session.Manager{Store: store}
		token := mustOpen(t, m, t.Context(), alice).Token.Reveal()
		ctx, cancel := context.WithCancel(t.Context())
		var reports []error
		done := make(chan struct{})
		go func() {
			defer close(done)
			m.Run(ctx, func(err error) { reports = append(reports, err) })
		}()
		use := func() {
			time.Sleep(time.Hour) // of the bubble's clock
			if _, err := m.Check(t.Context(), engine.MainRealm, token); err != nil {
				t.Error(err)
			}
		}
		use()
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		if len(store.touched) != 1 || len(reports) != 0 {
			t.Errorf("got %d touches and %v, want 1 and none", len(store.touched), reports)
		}

		use()
		store.mu.Lock()
		store.fail = errors.New("disk on fire")
		store.mu.Unlock()
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		if len(reports) == 0 {
			t.Error("a write that was refused is not reported")
		}
		store.mu.Lock()
		store.fail = nil
		store.mu.Unlock()
		cancel()
		<-done
		if len(store.touched) != 2 || m.Pending() != 0 {
			t.Errorf("got %d touches, %d kept, want 2 and none", len(store.touched), m.Pending())
		}
	})
}
