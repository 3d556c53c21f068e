// Package outboxtest holds the tests that every outbox.Store must pass.
package outboxtest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/user"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

const (
	realm      = usertest.Realm
	otherRealm = "other"

	now   engine.Instant = 1_700_000_000_000
	lease                = time.Minute
	later                = now + 60_000 // when the lease is over
)

// Stores are the stores of one backend that work together.
type Stores struct {
	Users  user.Store
	Outbox outbox.Store
}

// Run tests the stores. open gives empty ones, which live as long as t.
func Run(t *testing.T, open func(t *testing.T) Stores) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Stores)
	}{
		{"add and take", testTake},
		{"those that wait for longest come first", testOrder},
		{"a lease", testLease},
		{"done", testDone},
		{"what was done late harms no other entry", testLate},
		{"delay", testDelay},
		{"a delay by who has lost the entry", testLostDelay},
		{"of many takers one gets an entry", testParallelTake},
		{"added", testAdded},
		{"an entry goes with its user", testDelete},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// entry is an entry that is due at a moment.
func entry(n int, due engine.Instant) outbox.Entry {
	return outbox.Entry{
		Realm: realm, Kind: outbox.Mail, UserID: usertest.ID(n), Body: fmt.Appendf(nil, `{"n":%d}`, n), Created: now - 5, Due: due,
	}
}

func add(t *testing.T, s Stores, all ...outbox.Entry) {
	t.Helper()
	for _, e := range all {
		if err := s.Outbox.Add(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
}

func take(t *testing.T, s Stores, at engine.Instant, limit int) []outbox.Entry {
	t.Helper()
	all, err := s.Outbox.Take(t.Context(), at, lease, limit)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// takeOne takes the only entry that is due.
func takeOne(t *testing.T, s Stores, at engine.Instant) outbox.Entry {
	t.Helper()
	all := take(t, s, at, 10)
	if len(all) != 1 {
		t.Fatalf("at %v: got %d entries, want one", at, len(all))
	}
	return all[0]
}

func wantNone(t *testing.T, s Stores, at engine.Instant) {
	t.Helper()
	if all := take(t, s, at, 10); len(all) != 0 {
		t.Errorf("at %v: got %+v, want none", at, all)
	}
}

// want compares entries, but for their numbers.
func want(t *testing.T, got []outbox.Entry, want ...outbox.Entry) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(outbox.Entry{}, "N")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// taken is an entry as it is when it was taken.
func taken(e outbox.Entry, until engine.Instant, tries int) outbox.Entry {
	e.Due, e.Tries = until, tries
	return e
}

func testTake(t *testing.T, s Stores) {
	user, nobody, other := entry(1, now), entry(2, now), entry(1, now)
	nobody.UserID, nobody.Kind, other.Realm = "", outbox.Code, otherRealm
	add(t, s, user, nobody, other)
	got := take(t, s, now, 10)
	want(t, got, taken(user, later, 1), taken(nobody, later, 1), taken(other, later, 1))
	if len(got) == 3 && (got[0].N == got[1].N || got[1].N == got[2].N) {
		t.Errorf("two entries have one number: %+v", got)
	}
	wantNone(t, s, now)
}

func testOrder(t *testing.T, s Stores) {
	first, second, third := entry(1, now-10), entry(2, now-20), entry(3, now+1)
	add(t, s, first, second, third)
	want(t, take(t, s, now, 1), taken(second, later, 1))
	want(t, take(t, s, now, 10), taken(first, later, 1))
	wantNone(t, s, now)
	want(t, take(t, s, now+1, 0))
	want(t, take(t, s, now+1, 10), taken(third, later+1, 1))
}

func testLease(t *testing.T, s Stores) {
	add(t, s, entry(1, now))
	takeOne(t, s, now)
	wantNone(t, s, later-1)
	want(t, take(t, s, later, 10), taken(entry(1, now), later+60_000, 2))
}

func testDone(t *testing.T, s Stores) {
	add(t, s, entry(1, now), entry(2, now))
	all := take(t, s, now, 10)
	if err := s.Outbox.Done(t.Context(), all[0]); err != nil {
		t.Fatal(err)
	}
	if err := s.Outbox.Done(t.Context(), all[0]); err != nil {
		t.Errorf("done twice: %v", err)
	}
	want(t, take(t, s, later, 10), taken(entry(2, now), later+60_000, 2))
}

func testLate(t *testing.T, s Stores) {
	add(t, s, entry(1, now))
	e := takeOne(t, s, now)
	if err := s.Outbox.Done(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	// It may get the number of the one that is gone.
	next := entry(2, now)
	next.Created++
	add(t, s, next)
	if err := s.Outbox.Done(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if err := s.Outbox.Delay(t.Context(), e, now+5000); err != nil {
		t.Fatal(err)
	}
	want(t, take(t, s, now, 10), taken(next, later, 1))
}

func testDelay(t *testing.T, s Stores) {
	add(t, s, entry(1, now))
	e := takeOne(t, s, now)
	for _, until := range []engine.Instant{now + 5000, now + 500_000} { // within the lease, and beyond it
		if err := s.Outbox.Delay(t.Context(), e, until); err != nil {
			t.Fatal(err)
		}
		wantNone(t, s, until-1)
		e = takeOne(t, s, until)
	}
	if e.Tries != 3 {
		t.Errorf("got %d tries, want 3", e.Tries)
	}
	if err := s.Outbox.Done(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if err := s.Outbox.Delay(t.Context(), e, now); err != nil {
		t.Errorf("delay of what is gone: %v", err)
	}
	wantNone(t, s, now+10_000_000)
}

func testLostDelay(t *testing.T, s Stores) {
	add(t, s, entry(1, now))
	lost := takeOne(t, s, now)
	takeOne(t, s, later)
	if err := s.Outbox.Delay(t.Context(), lost, later+1); err != nil {
		t.Fatal(err)
	}
	wantNone(t, s, later+59_999)
	takeOne(t, s, later+60_000)
}

func testParallelTake(t *testing.T, s Stores) {
	const entries, takers = 40, 8
	for n := range entries {
		add(t, s, entry(n, now))
	}
	var mu sync.Mutex
	got := map[int64]int{}
	var group sync.WaitGroup
	for range takers {
		group.Go(func() {
			for {
				all, err := s.Outbox.Take(t.Context(), now, lease, 3)
				if err != nil {
					t.Error(err)
				}
				if len(all) == 0 {
					return
				}
				mu.Lock()
				for _, e := range all {
					got[e.N]++
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	for n, times := range got {
		if times != 1 {
			t.Errorf("entry %d was taken %d times", n, times)
		}
	}
	if len(got) != entries {
		t.Errorf("got %d entries, want %d", len(got), entries)
	}
}

func testAdded(t *testing.T, s Stores) {
	select {
	case <-s.Outbox.Added():
		t.Error("an empty outbox tells of an entry")
	default:
	}
	add(t, s, entry(1, now), entry(2, now))
	select {
	case <-s.Outbox.Added():
	case <-time.After(10 * time.Second):
		t.Error("nobody is told of the entries")
	}
}

func testDelete(t *testing.T, s Stores) {
	for _, realm := range []string{realm, otherRealm} {
		for n := range 2 {
			if err := s.Users.Create(t.Context(), realm, usertest.New(n), ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	gone, stays, other, nobody := entry(1, now), entry(0, now), entry(1, now), entry(1, now)
	other.Realm, nobody.UserID = otherRealm, ""
	add(t, s, gone, stays, other, nobody)
	if err := s.Users.Delete(t.Context(), realm, usertest.ID(1)); err != nil {
		t.Fatal(err)
	}
	want(t, take(t, s, now, 10), taken(stays, later, 1), taken(other, later, 1), taken(nobody, later, 1))
}
