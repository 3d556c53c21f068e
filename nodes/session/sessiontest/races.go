package sessiontest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/user"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

// rounds is how often a race is run. It is as R-39 of the security bar demands.
const rounds = 1000

func testRevokeAgainstTouches(t *testing.T, s Stores) {
	const touches = 100
	for round := range rounds {
		r := New(round, 1)
		mustCreate(t, s, realm, r)
		var group sync.WaitGroup
		group.Go(func() { remove(t, s, 1, session.Selection{ID: r.ID}, 1) })
		for i := range touches {
			group.Go(func() {
				if err := s.Sessions.Touch(t.Context(), []session.Touch{used(r, now+engine.Instant(i+1))}); err != nil {
					t.Error(err)
				}
				if i%10 == 0 {
					// Readers beside them, so that a cache has reason to keep it.
					if _, err := s.Sessions.Find(t.Context(), realm, r.Hash); err != nil && !errors.Is(err, session.ErrNotFound) {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		wantGone(t, s, realm, r)
		if t.Failed() {
			return
		}
	}
	if list := mustList(t, s); len(list) != 0 {
		t.Errorf("got %d sessions, want none", len(list))
	}
}

func testRevokeAgainstUpdates(t *testing.T, s Stores) {
	for round := range rounds / 10 {
		r := New(2*round, 1)
		fresh := session.HashToken(fmt.Sprint("fresh", round))
		mustCreate(t, s, realm, r)
		var group sync.WaitGroup
		group.Go(func() { remove(t, s, 1, session.Selection{ID: r.ID}, 1) })
		for i := range 8 {
			change := session.Change{Groups: []string{"admin"}, Data: map[string]any{"i": i}}
			if i == 0 {
				change.Hash = &fresh
			}
			group.Go(func() {
				_, err := s.Sessions.Update(t.Context(), realm, r.UserID, r.ID, change, now)
				if err != nil && !errors.Is(err, session.ErrNotFound) {
					t.Error(err)
				}
			})
		}
		group.Wait()
		wantGone(t, s, realm, r, session.Record{ID: r.ID, Hash: fresh})
	}
}

func testParallelLimit(t *testing.T, s Stores) {
	const callers, limit = 50, 5
	for i, endOldest := range []bool{false, true} {
		var group sync.WaitGroup
		var created atomic.Int64
		for n := range callers {
			group.Go(func() {
				_, err := s.Sessions.Create(t.Context(), realm, New(100*i+n, 1), session.Limit{Max: limit, EndOldest: endOldest})
				var limitErr *session.LimitError
				switch {
				case err == nil:
					created.Add(1)
				case endOldest || !errors.As(err, &limitErr):
					t.Error(err)
				}
			})
		}
		group.Wait()
		if got := len(mustList(t, s)); got != limit {
			t.Errorf("end oldest %t: got %d live sessions, want %d", endOldest, got, limit)
		}
		if !endOldest && created.Load() != limit {
			t.Errorf("got %d created, want %d", created.Load(), limit)
		}
		remove(t, s, 1, session.Selection{All: true}, limit)
	}
}

func testDisableAgainstCreates(t *testing.T, s Stores) {
	for round := range 50 {
		u := usertest.New(100 + round)
		if err := s.Users.Create(t.Context(), realm, u, ""); err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		group.Go(func() {
			if err := s.Users.Disable(t.Context(), realm, u.ID, now); err != nil {
				t.Error(err)
			}
		})
		for n := range 8 {
			group.Go(func() {
				_, err := s.Sessions.Create(t.Context(), realm, New(10*round+n, 100+round), session.Limit{})
				if err != nil && !errors.Is(err, session.ErrDisabled) {
					t.Error(err)
				}
			})
		}
		group.Wait()
		for n := range 8 {
			wantGone(t, s, realm, New(10*round+n, 100+round))
		}
	}
}

// watch calls find without pause in several goroutines, until the returned
// function is called, which waits for them.
func watch(t *testing.T, find func() error) (stop func()) {
	t.Helper()
	done := make(chan struct{})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := find(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	return func() {
		close(done)
		group.Wait()
	}
}

func testRevokedAtOnce(t *testing.T, s Stores) {
	for round := range 200 {
		r := New(round, 1)
		mustCreate(t, s, realm, r)
		mustFind(t, s, realm, r)
		var revoked atomic.Bool
		stop := watch(t, func() error {
			before := revoked.Load()
			_, err := s.Sessions.Find(t.Context(), realm, r.Hash)
			switch {
			case errors.Is(err, session.ErrNotFound):
				return nil
			case err == nil && before:
				return errors.New("a session was found after its revocation had been answered")
			}
			return err
		})
		remove(t, s, 1, session.Selection{ID: r.ID}, 1)
		revoked.Store(true)
		wantGone(t, s, realm, r)
		stop()
		wantGone(t, s, realm, r)
	}
}

func testGroupsAtOnce(t *testing.T, s Stores) {
	r := New(1, 1)
	mustCreate(t, s, realm, r)
	var answered atomic.Int64 // how many groups the last answered update has left
	stop := watch(t, func() error {
		least := answered.Load()
		found, err := s.Sessions.Find(t.Context(), realm, r.Hash)
		if err == nil && int64(len(found.UserGroups)) < least {
			return fmt.Errorf("found %d groups after an update to %d had been answered", len(found.UserGroups), least)
		}
		return err
	})
	for n := range 300 {
		change := user.Change{AddGroups: []string{fmt.Sprint(n)}}
		if _, err := s.Users.Update(t.Context(), realm, r.UserID, change, now); err != nil {
			t.Error(err)
		}
		answered.Store(int64(n + 1))
	}
	stop()
}
