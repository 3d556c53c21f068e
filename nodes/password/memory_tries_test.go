package password

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/latchwork/latchwork/engine"
)

const (
	begin  engine.Instant = 1_700_000_000_000
	minute engine.Instant = 60_000
)

var ada = Target{Realm: "main", UserID: "0123456789abcdef01234567"}

// reserve takes a try, which must not wait; nil if there is none.
func reserve(t *testing.T, m *MemoryTries, target Target, at engine.Instant) Settle {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	settle, err := m.Reserve(ctx, target, at)
	if err != nil {
		t.Fatal(err)
	}
	return settle
}

// reserveAll takes n tries, all of which must be there.
func reserveAll(t *testing.T, m *MemoryTries, target Target, n int, at engine.Instant) []Settle {
	t.Helper()
	all := make([]Settle, n)
	for i := range all {
		if all[i] = reserve(t, m, target, at); all[i] == nil {
			t.Fatalf("got %d tries, want %d", i, n)
		}
	}
	return all
}

// end settles a try.
func end(t *testing.T, settle Settle, result Result, at engine.Instant) {
	t.Helper()
	if err := settle(t.Context(), result, at); err != nil {
		t.Error(err)
	}
}

// guess makes one try and reports whether there was one left.
func guess(t *testing.T, m *MemoryTries, target Target, result Result, at engine.Instant) bool {
	t.Helper()
	settle := reserve(t, m, target, at)
	if settle == nil {
		return false
	}
	end(t, settle, result, at)
	return true
}

// guesses makes up to n wrong tries and says how many there were.
func guesses(t *testing.T, m *MemoryTries, target Target, n int, at engine.Instant) int {
	t.Helper()
	made := 0
	for range n {
		if guess(t, m, target, Wrong, at) {
			made++
		}
	}
	return made
}

func TestTriesLock(t *testing.T) {
	t.Run("R-13 ten in fifteen minutes", func(t *testing.T) {
		m := NewMemoryTries(TriesConfig{})
		if got := guesses(t, m, ada, 30, begin); got != 10 {
			t.Errorf("got %d tries, want 10", got)
		}
	})
	t.Run("R-15 the lock ends by itself", func(t *testing.T) {
		m := NewMemoryTries(TriesConfig{})
		guesses(t, m, ada, 10, begin)
		for at := begin; at < begin+15*minute; at += minute {
			if guess(t, m, ada, Right, at) {
				t.Fatalf("got a try %d minutes after the lock", (at-begin)/minute)
			}
		}
		if !guess(t, m, ada, Right, begin+15*minute) {
			t.Error("got no try after 15 minutes, though those meanwhile do not count")
		}
	})
	t.Run("wrong ones count for fifteen minutes", func(t *testing.T) {
		m := NewMemoryTries(TriesConfig{})
		guesses(t, m, ada, 5, begin)
		guesses(t, m, ada, 4, begin+10*minute)
		if got := guesses(t, m, ada, 20, begin+15*minute); got != 6 {
			t.Errorf("got %d tries, want the 6 that 4 wrong ones leave", got)
		}
	})
	t.Run("the window slides", func(t *testing.T) {
		m := NewMemoryTries(TriesConfig{})
		guesses(t, m, ada, 9, begin+14*minute)
		if got := guesses(t, m, ada, 9, begin+16*minute); got != 1 {
			t.Errorf("got %d tries, want 1: there were 9 two minutes ago", got)
		}
	})
	t.Run("a right one forgives", func(t *testing.T) {
		m := NewMemoryTries(TriesConfig{})
		guesses(t, m, ada, 9, begin)
		guess(t, m, ada, Right, begin)
		if got := guesses(t, m, ada, 20, begin); got != 10 {
			t.Errorf("got %d tries, want 10", got)
		}
	})
	t.Run("one that was not made does not count", func(t *testing.T) {
		m := NewMemoryTries(TriesConfig{})
		for range 100 {
			if !guess(t, m, ada, Untried, begin) {
				t.Fatal("got no try")
			}
		}
	})
	t.Run("a new password forgives", func(t *testing.T) {
		m := NewMemoryTries(TriesConfig{})
		guesses(t, m, ada, 10, begin)
		if err := m.Forgive(t.Context(), ada); err != nil {
			t.Fatal(err)
		}
		if got := guesses(t, m, ada, 20, begin); got != 10 {
			t.Errorf("got %d tries, want 10", got)
		}
	})
	t.Run("R-59 targets count apart", func(t *testing.T) {
		m := NewMemoryTries(TriesConfig{})
		guesses(t, m, ada, 10, begin)
		for _, other := range []Target{
			{Realm: "other", UserID: ada.UserID},
			{Realm: ada.Realm, UserID: "f123456789abcdef01234567"},
			{Realm: ada.Realm, Identifier: ada.UserID},
			{Realm: ada.Realm, Identifier: ""},
		} {
			if got := guesses(t, m, other, 20, begin); got != 10 {
				t.Errorf("%+v: got %d tries, want 10", other, got)
			}
		}
	})
}

func TestTriesSettledTwice(t *testing.T) {
	m := NewMemoryTries(TriesConfig{})
	settle := reserve(t, m, ada, begin)
	end(t, settle, Wrong, begin)
	if err := settle(t.Context(), Right, begin); err == nil {
		t.Error("got no error")
	}
	if got := guesses(t, m, ada, 20, begin); got != 9 {
		t.Errorf("got %d tries, want 9", got)
	}
}

// 200 tries at a time look at no more passwords than 200 one after the other.
func TestTriesInParallel(t *testing.T) {
	t.Run("R-14 A-18", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m := NewMemoryTries(TriesConfig{})
			var looked atomic.Int64
			var all sync.WaitGroup
			for range 200 {
				all.Go(func() {
					settle, err := m.Reserve(t.Context(), ada, begin)
					if err != nil {
						t.Error(err)
					}
					if settle == nil {
						return
					}
					looked.Add(1)
					time.Sleep(25 * time.Millisecond) // of the bubble
					end(t, settle, Wrong, begin)
				})
			}
			all.Wait()
			if looked.Load() != 10 {
				t.Errorf("got %d looks at the password, want 10", looked.Load())
			}
		})
	})
	t.Run("those who know the password all come in", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m := NewMemoryTries(TriesConfig{})
			var in atomic.Int64
			var all sync.WaitGroup
			for range 200 {
				all.Go(func() {
					settle, err := m.Reserve(t.Context(), ada, begin)
					if err != nil || settle == nil {
						t.Errorf("got %v, want a try", err)
						return
					}
					time.Sleep(25 * time.Millisecond)
					in.Add(1)
					end(t, settle, Right, begin)
				})
			}
			all.Wait()
			if in.Load() != 200 {
				t.Errorf("got %d, want 200", in.Load())
			}
			if n := len(m.record()); n != 0 {
				t.Errorf("got %d records, want none to be kept", n)
			}
		})
	})
}

// record are all records of accounts.
func (m *MemoryTries) record() []*record {
	var all []*record
	for i := range m.accounts {
		for _, r := range m.accounts[i].targets {
			all = append(all, r)
		}
	}
	return all
}

// Whoever waits for a try comes in turn, and may go away.
func TestTriesWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemoryTries(TriesConfig{Max: 1})
		settle := reserve(t, m, ada, begin)
		turns := make(chan int, 3)
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for i := range 3 {
			of := t.Context()
			if i == 0 {
				of = ctx
			}
			all.Go(func() {
				settle, err := m.Reserve(of, ada, begin)
				if i == 0 {
					if !errors.Is(err, context.Canceled) || settle != nil {
						t.Errorf("got %v, want the end of the context", err)
					}
					return
				}
				if err != nil || settle == nil {
					t.Errorf("got %v, want a try", err)
					return
				}
				turns <- i
				time.Sleep(time.Second)
				end(t, settle, Right, begin)
			})
			synctest.Wait()
		}
		cancel()
		synctest.Wait()
		if len(turns) != 0 {
			t.Error("somebody passed while a try was under way")
		}
		end(t, settle, Untried, begin)
		all.Wait()
		if first, second := <-turns, <-turns; first != 1 || second != 2 {
			t.Errorf("got turns %d, %d, want 1, 2", first, second)
		}
		if n := len(m.record()); n != 0 {
			t.Errorf("got %d records, want none", n)
		}
	})
}

// One who goes away just as it is handed the try gives it back.
func TestTriesGivenBack(t *testing.T) {
	m := NewMemoryTries(TriesConfig{Max: 1})
	settle := reserve(t, m, ada, begin)
	s, key := m.find(ada)
	turn := make(chan bool, 1)
	s.targets[key].waiting = append(s.targets[key].waiting, turn)
	end(t, settle, Untried, begin)
	m.giveUp(s, key, &s.targets[key].count, turn, begin)
	if reserve(t, m, ada, begin) == nil {
		t.Error("got no try, so the one that was handed over is lost")
	}
}

// from is ada's account, tried from a place.
func from(place string) Target {
	t := ada
	t.Place = place
	return t
}

// who guesses from elsewhere does not keep a user out of the places that
// the account is known at.
func TestTriesFromKnownPlaces(t *testing.T) {
	const day = 24 * 60 * minute
	for _, test := range []struct {
		name string
		run  func(t *testing.T, m *MemoryTries)
	}{
		{"a lock from elsewhere", func(t *testing.T, m *MemoryTries) {
			guess(t, m, from("home"), Right, begin)
			if got := guesses(t, m, from("elsewhere"), 30, begin+day); got != 10 {
				t.Errorf("got %d tries from elsewhere, want 10", got)
			}
			if !guess(t, m, from("home"), Right, begin+day) {
				t.Error("got no try at home")
			}
			if guess(t, m, from("elsewhere"), Right, begin+day) || guess(t, m, from("nowhere yet"), Right, begin+day) {
				t.Error("got a try from elsewhere")
			}
		}},
		{"a known place is counted as well", func(t *testing.T, m *MemoryTries) {
			guess(t, m, from("home"), Right, begin)
			if got := guesses(t, m, from("home"), 30, begin); got != 10 {
				t.Errorf("got %d tries at home, want 10", got)
			}
			if guess(t, m, from("home"), Right, begin+14*minute) {
				t.Error("got a try while the place is locked")
			}
			if got := guesses(t, m, from("elsewhere"), 30, begin); got != 10 {
				t.Errorf("got %d tries from elsewhere, want 10", got)
			}
		}},
		{"no place becomes known by a wrong password", func(t *testing.T, m *MemoryTries) {
			guess(t, m, from("elsewhere"), Wrong, begin)
			guess(t, m, from("elsewhere"), Untried, begin)
			guesses(t, m, from("another"), 9, begin)
			if guess(t, m, from("elsewhere"), Right, begin) {
				t.Error("got an eleventh try")
			}
		}},
		{"a right one does not forgive those from elsewhere", func(t *testing.T, m *MemoryTries) {
			guess(t, m, from("home"), Right, begin)
			guesses(t, m, from("elsewhere"), 9, begin)
			guess(t, m, from("home"), Right, begin)
			if got := guesses(t, m, from("elsewhere"), 30, begin); got != 1 {
				t.Errorf("got %d tries from elsewhere, want 1", got)
			}
		}},
		{"for a month", func(t *testing.T, m *MemoryTries) {
			guess(t, m, from("home"), Right, begin)
			guesses(t, m, from("elsewhere"), 10, begin+30*day)
			if guess(t, m, from("home"), Right, begin+30*day) {
				t.Error("got a try at a place that was not seen for a month")
			}
		}},
		{"four of them, those seen last", func(t *testing.T, m *MemoryTries) {
			for i, place := range []string{"a", "b", "c", "d", "a", "e"} {
				guess(t, m, from(place), Right, begin+engine.Instant(i))
			}
			guesses(t, m, from("elsewhere"), 10, begin+minute)
			for place, known := range map[string]bool{"a": true, "b": false, "c": true, "d": true, "e": true} {
				if got := guess(t, m, from(place), Right, begin+minute); got != known {
					t.Errorf("%s: got a try: %t, want %t", place, got, known)
				}
			}
		}},
		{"none where it is not known where from", func(t *testing.T, m *MemoryTries) {
			guess(t, m, from(""), Right, begin)
			guesses(t, m, from(""), 10, begin)
			if guess(t, m, from(""), Right, begin) {
				t.Error("got a try")
			}
			if n := len(m.record()); n != 1 {
				t.Errorf("got %d records, want 1", n)
			}
		}},
		{"identifiers of nobody have none", func(t *testing.T, m *MemoryTries) {
			nobody := Target{Realm: "main", Identifier: "nobody", Place: "home"}
			guess(t, m, nobody, Right, begin)
			if n := len(m.record()); n != 0 {
				t.Errorf("got %d records, want none", n)
			}
		}},
		{"R-14 tries under way when the place becomes known", func(t *testing.T, m *MemoryTries) {
			tries := reserveAll(t, m, from("home"), 10, begin)
			for i, settle := range tries {
				end(t, settle, map[bool]Result{true: Right, false: Wrong}[i == 0], begin)
			}
			if got := guesses(t, m, from("elsewhere"), 30, begin); got != 1 {
				t.Errorf("got %d tries from elsewhere, want 1: nine were reserved before the place was known", got)
			}
			if got := guesses(t, m, from("home"), 30, begin); got != 10 {
				t.Errorf("got %d tries from the place, want 10", got)
			}
		}},
		{"R-14 a place that becomes known is not taken for another's tries", func(t *testing.T, m *MemoryTries) {
			early := reserveAll(t, m, from("home"), 2, begin)
			end(t, early[0], Right, begin)
			known := reserve(t, m, from("home"), begin)
			end(t, early[1], Wrong, begin)
			end(t, known, Wrong, begin)
			if got := guesses(t, m, from("elsewhere"), 30, begin); got != 9 {
				t.Errorf("got %d tries from elsewhere, want 9", got)
			}
			if got := guesses(t, m, from("home"), 30, begin); got != 9 {
				t.Errorf("got %d tries from the place, want 9", got)
			}
		}},
		{"a new password forgives everywhere", func(t *testing.T, m *MemoryTries) {
			guess(t, m, from("home"), Right, begin)
			guesses(t, m, from("home"), 10, begin)
			guesses(t, m, from("elsewhere"), 10, begin)
			if err := m.Forgive(t.Context(), ada); err != nil {
				t.Fatal(err)
			}
			if !guess(t, m, from("home"), Right, begin) || !guess(t, m, from("elsewhere"), Right, begin) {
				t.Error("got no try")
			}
		}},
	} {
		t.Run("R-15 "+test.name, func(t *testing.T) { test.run(t, NewMemoryTries(TriesConfig{})) })
	}
}

// Neither a flood of identifiers nor tries for other accounts let a locked or an
// almost locked account off.
func TestTriesSurviveAFlood(t *testing.T) {
	m := NewMemoryTries(TriesConfig{Keys: 1024})
	bob := Target{Realm: "main", UserID: "b0b0b0b0b0b0b0b0b0b0b0b0"}
	guesses(t, m, ada, 10, begin)
	guesses(t, m, bob, 9, begin)
	for i := range 50_000 {
		guess(t, m, Target{Realm: "main", Identifier: fmt.Sprint("nobody", i)}, Wrong, begin)
		guess(t, m, Target{Realm: "main", UserID: fmt.Sprint("account", i)}, Wrong, begin)
	}
	if guess(t, m, ada, Wrong, begin) {
		t.Error("A-18: the locked account has a try")
	}
	if got := guesses(t, m, bob, 20, begin); got != 1 {
		t.Errorf("A-18: got %d tries, want 1", got)
	}
	if n := len(m.record()); n > 1024 {
		t.Errorf("got %d records, want at most 1024", n)
	}
}

// A try under way is not forgotten, or it could be made over and over.
func TestTriesUnderWaySurviveAFlood(t *testing.T) {
	m := NewMemoryTries(TriesConfig{Keys: 64})
	tries := reserveAll(t, m, ada, 10, begin)
	for i := range 10_000 {
		guess(t, m, Target{Realm: "main", UserID: fmt.Sprint("account", i)}, Wrong, begin)
	}
	for _, settle := range tries {
		end(t, settle, Wrong, begin)
	}
	if guess(t, m, ada, Wrong, begin) {
		t.Error("R-14: got an eleventh try")
	}
}

// Identifiers of nobody leave accounts their room.
func TestTriesOfNobodyHaveARoomOfTheirOwn(t *testing.T) {
	m := NewMemoryTries(TriesConfig{Keys: 64})
	guess(t, m, ada, Wrong, begin)
	for i := range 10_000 {
		guesses(t, m, Target{Realm: "main", Identifier: fmt.Sprint("nobody", i)}, 2, begin)
	}
	if got := guesses(t, m, ada, 20, begin); got != 9 {
		t.Errorf("got %d tries, want 9", got)
	}
}
