package limit_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/limit"
)

const start engine.Instant = 1_700_000_000_000

// taken is how many of n units the key gets at a moment.
func taken(t *testing.T, s limit.Store, key string, n, max int, per time.Duration, at engine.Instant) int {
	t.Helper()
	got := 0
	for range n {
		wait, err := s.Take(context.Background(), key, max, per, at)
		if err != nil {
			t.Fatal(err)
		}
		if wait == 0 {
			got++
		}
	}
	return got
}

func TestTake(t *testing.T) {
	tests := []struct {
		max    int
		per    time.Duration
		after  time.Duration // since all were taken
		want   int           // units that are back
		remark string
	}{
		{10, time.Minute, 0, 0, "none at once"},
		{10, time.Minute, 5999 * time.Millisecond, 0, "none just before the first"},
		{10, time.Minute, 6 * time.Second, 1, "the first"},
		{10, time.Minute, 30 * time.Second, 5, "half of them"},
		{10, time.Minute, time.Minute, 10, "all"},
		{10, time.Minute, time.Hour, 10, "never more than all"},
		{1, time.Hour, time.Hour - time.Millisecond, 0, "the only one, too early"},
		{1, time.Hour, time.Hour, 1, "the only one"},
		{700, time.Microsecond, 0, 0, "units that come back faster than the clock ticks"},
		{2000, time.Microsecond, 0, 0, "and those that do so in less than a nanosecond"},
	}
	for _, tt := range tests {
		m := limit.NewMemory(0)
		if got := taken(t, m, "k", tt.max+5, tt.max, tt.per, start); got != tt.max {
			t.Errorf("%d in %s: got %d at once, want %d", tt.max, tt.per, got, tt.max)
		}
		at := start + engine.Instant(tt.after.Milliseconds())
		if got := taken(t, m, "k", tt.max+5, tt.max, tt.per, at); got != tt.want {
			t.Errorf("%s: %d in %s: got %d after %s, want %d", tt.remark, tt.max, tt.per, got, tt.after, tt.want)
		}
	}
}

func TestTakeTellsHowLongToWait(t *testing.T) {
	m := limit.NewMemory(0)
	taken(t, m, "k", 10, 10, time.Minute, start)
	wait, err := m.Take(context.Background(), "k", 10, time.Minute, start+1000)
	if want := 5 * time.Second; wait != want || err != nil {
		t.Errorf("got %s, %v, want %s", wait, err, want)
	}
	if got := taken(t, m, "k", 1, 10, time.Minute, start+1000+engine.Instant(wait.Milliseconds())); got != 1 {
		t.Errorf("after the wait: got %d, want 1", got)
	}
}

func TestTakeCountsKeysApart(t *testing.T) {
	m := limit.NewMemory(0)
	for _, key := range []string{"a", "b", ""} {
		if got := taken(t, m, key, 9, 3, time.Minute, start); got != 3 {
			t.Errorf("key %q: got %d, want 3", key, got)
		}
	}
}

func TestTakeRefusesWhatIsNoLimit(t *testing.T) {
	m := limit.NewMemory(0)
	for _, tt := range []struct {
		max int
		per time.Duration
	}{{0, time.Minute}, {-1, time.Minute}, {1, 0}, {1, -time.Second}} {
		if _, err := m.Take(context.Background(), "k", tt.max, tt.per, start); err == nil {
			t.Errorf("%d in %s: got no error", tt.max, tt.per)
		}
	}
}

// A clock that is set back by a day must not lock anybody out for a day.
func TestTakeWithAClockSetBack(t *testing.T) {
	m := limit.NewMemory(0)
	taken(t, m, "k", 10, 10, time.Minute, start)
	day := engine.Instant(24 * time.Hour / time.Millisecond)
	wait, err := m.Take(context.Background(), "k", 10, time.Minute, start-day)
	if err != nil || wait > 6*time.Second {
		t.Errorf("got %s, %v, want at most 6s", wait, err)
	}
}

func TestTakeInParallel(t *testing.T) {
	m := limit.NewMemory(0)
	var got atomic.Int64
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() {
			if wait, err := m.Take(context.Background(), "k", 20, time.Minute, start); err == nil && wait == 0 {
				got.Add(1)
			}
		})
	}
	all.Wait()
	if got.Load() != 20 {
		t.Errorf("got %d, want 20", got.Load())
	}
}

// Flooding a full Memory with other keys does not give a key its units back.
func TestFloodForgetsNobody(t *testing.T) {
	m := limit.NewMemory(1024)
	taken(t, m, "victim", 10, 10, time.Minute, start)
	for i := range 100_000 {
		taken(t, m, fmt.Sprint("flood", i), 1, 10, time.Minute, start)
	}
	if got := taken(t, m, "victim", 10, 10, time.Minute, start); got != 0 {
		t.Errorf("got %d units back, want 0", got)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	m := limit.NewMemory(1024)
	for i := range 100_000 {
		taken(t, m, fmt.Sprint(i), 1, 10, time.Minute, start)
	}
	if got := limit.Keys(m); got > 1024 || got < 512 {
		t.Errorf("got %d keys, want at most 1024", got)
	}
}

func BenchmarkTake(b *testing.B) {
	m := limit.NewMemory(0)
	b.ReportAllocs()
	for b.Loop() {
		m.Take(context.Background(), "4:rate4:main13:POST /sign-in11:203.0.113.7", 20, time.Minute, start)
	}
}
