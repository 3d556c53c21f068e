package password

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// inBubble runs a test with a started pool, where time stands still while
// somebody works.
func inBubble(t *testing.T, c PoolConfig, test func(t *testing.T, p *Pool)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := NewPool(c)
		p.Start()
		defer p.Close()
		test(t, p)
	})
}

// occupy takes n workers until the returned function is called.
func occupy(t *testing.T, p *Pool, n int) (release func()) {
	t.Helper()
	gate := make(chan struct{})
	for range n {
		go func() {
			if err := p.Do(context.Background(), func() { <-gate }); err != nil {
				t.Errorf("got %v, want no error", err)
			}
		}()
	}
	synctest.Wait()
	return sync.OnceFunc(func() { close(gate) })
}

func TestPoolRunsInTheOrderOfArrival(t *testing.T) {
	inBubble(t, PoolConfig{Workers: 1}, func(t *testing.T, p *Pool) {
		release := occupy(t, p, 1)
		var order []int
		for i := range 10 {
			go func() {
				if err := p.Do(t.Context(), func() { order = append(order, i) }); err != nil {
					t.Errorf("job %d: %v", i, err)
				}
			}()
			synctest.Wait()
		}
		release()
		synctest.Wait()
		if diff := cmp.Diff([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, order); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
	})
}

func TestPoolBoundsWhatRunsAndWaits(t *testing.T) {
	inBubble(t, PoolConfig{Workers: 3, Queue: 5}, func(t *testing.T, p *Pool) {
		var running, most, done, busy atomic.Int32
		for range 500 {
			go func() {
				err := p.Do(t.Context(), func() {
					n := running.Add(1)
					for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
					}
					<-time.After(25 * time.Millisecond)
					running.Add(-1)
					done.Add(1)
				})
				switch {
				case errors.Is(err, ErrBusy):
					busy.Add(1)
				case err != nil:
					t.Errorf("got %v, want ErrBusy or no error", err)
				}
			}()
		}
		<-time.After(time.Second)
		if got := most.Load(); got != 3 {
			t.Errorf("R-12: %d jobs ran at a time, want 3", got)
		}
		if got := done.Load(); got != 8 {
			t.Errorf("R-12: %d jobs ran, want 3 workers and 5 places", got)
		}
		if got := busy.Load(); got != 492 {
			t.Errorf("A-25: %d jobs were refused, want 492", got)
		}
	})
}

func TestPoolTakesAgainWhenThereIsRoom(t *testing.T) {
	inBubble(t, PoolConfig{Workers: 1, Queue: -1}, func(t *testing.T, p *Pool) {
		release := occupy(t, p, 1)
		if err := p.Do(t.Context(), func() { t.Error("a refused job ran") }); !errors.Is(err, ErrBusy) {
			t.Errorf("got %v, want ErrBusy", err)
		}
		release()
		synctest.Wait()
		for range 3 { // a caller that has its answer finds the worker free
			if err := p.Do(t.Context(), func() {}); err != nil {
				t.Errorf("got %v, want no error", err)
			}
		}
	})
}

func TestPoolSaysWhenToTryAgain(t *testing.T) {
	inBubble(t, PoolConfig{Workers: 2, Queue: 10}, func(t *testing.T, p *Pool) {
		if got, want := p.RetryAfter(), time.Second; got != want {
			t.Errorf("before the first job: got %v, want %v", got, want)
		}
		if err := p.Do(t.Context(), func() { <-time.After(700 * time.Millisecond) }); err != nil {
			t.Fatal(err)
		}
		gate := make(chan struct{})
		for range 12 {
			go func() {
				if err := p.Do(t.Context(), func() { <-gate }); err != nil {
					t.Error(err)
				}
			}()
		}
		synctest.Wait()
		err := p.Do(t.Context(), func() {})
		close(gate)
		synctest.Wait()
		var busy *BusyError
		if !errors.As(err, &busy) {
			t.Fatalf("got %v, want a *BusyError", err)
		}
		// Twelve jobs of 0.7 s on two workers take 4.2 s.
		if got, want := busy.RetryAfter, 5*time.Second; got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestPoolIsCongestedWhereManyWait(t *testing.T) {
	inBubble(t, PoolConfig{Workers: 2}, func(t *testing.T, p *Pool) {
		release := occupy(t, p, 6) // two run, four wait
		if p.Congested() {
			t.Error("congested, where two wait for each worker")
		}
		also := occupy(t, p, 1)
		if !p.Congested() {
			t.Error("not congested, where more wait")
		}
		release()
		also()
		synctest.Wait()
		if p.Congested() {
			t.Error("congested, where nobody waits")
		}
	})
}

func TestACancelledJobLeavesTheQueue(t *testing.T) {
	inBubble(t, PoolConfig{Workers: 1, Queue: 1}, func(t *testing.T, p *Pool) {
		release := occupy(t, p, 1)
		reason := errors.New("the client went away")
		ctx, cancel := context.WithCancelCause(t.Context())
		var cancelled error
		go func() { cancelled = p.Do(ctx, func() { t.Error("a cancelled job ran") }) }()
		synctest.Wait()
		if err := p.Do(t.Context(), func() {}); !errors.Is(err, ErrBusy) {
			t.Errorf("while it waits: got %v, want ErrBusy", err)
		}
		cancel(reason)
		synctest.Wait()
		if !errors.Is(cancelled, reason) {
			t.Errorf("got %v, want %v", cancelled, reason)
		}
		ran := false
		go func() { _ = p.Do(context.Background(), func() { ran = true }) }()
		synctest.Wait() // its place is free before the worker is
		release()
		synctest.Wait()
		if !ran {
			t.Error("the job that took its place did not run")
		}
	})
}

func TestAnEndedContextIsNotQueued(t *testing.T) {
	inBubble(t, PoolConfig{Workers: 1}, func(t *testing.T, p *Pool) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := p.Do(ctx, func() { t.Error("the job ran") }); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
	})
}

func TestAJobThatHasBegunGoesOn(t *testing.T) {
	inBubble(t, PoolConfig{Workers: 1}, func(t *testing.T, p *Pool) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var ended atomic.Bool
		err := p.Do(ctx, func() {
			<-time.After(3 * time.Second)
			ended.Store(true)
		})
		if !errors.Is(err, context.DeadlineExceeded) || ended.Load() {
			t.Errorf("got %v after the job ended: %t, want its deadline before", err, ended.Load())
		}
		if err := p.Do(t.Context(), func() {}); err != nil { // the worker lives on
			t.Error(err)
		}
		if !ended.Load() {
			t.Error("the job did not end")
		}
	})
}

func TestCloseWaitsForJobsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPool(PoolConfig{Workers: 2})
		p.Start()
		release := occupy(t, p, 2)
		var waiting error
		go func() { waiting = p.Do(t.Context(), func() { t.Error("a waiting job ran") }) }()
		synctest.Wait()

		closed := make(chan struct{})
		go func() {
			p.Close()
			close(closed)
		}()
		synctest.Wait()
		if !errors.Is(waiting, ErrStopped) {
			t.Errorf("a waiting job: got %v, want ErrStopped", waiting)
		}
		select {
		case <-closed:
			t.Error("Close returned while jobs were under way")
		default:
		}
		if err := p.Do(t.Context(), func() {}); !errors.Is(err, ErrStopped) {
			t.Errorf("while it closes: got %v, want ErrStopped", err)
		}
		release()
		<-closed
		p.Close() // a second time does nothing
		p.Start() // nor does this
		if err := p.Do(t.Context(), func() {}); !errors.Is(err, ErrStopped) {
			t.Errorf("after Close: got %v, want ErrStopped", err)
		}
	})
}

func TestAPoolDoesNothingBeforeStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPool(PoolConfig{})
		if err := p.Do(t.Context(), func() {}); !errors.Is(err, ErrStopped) {
			t.Errorf("got %v, want ErrStopped", err)
		}
		p.Close() // so that the test, which waits for all goroutines, ends
	})
}

func TestStartingTwiceStartsOnce(t *testing.T) {
	inBubble(t, PoolConfig{Workers: 1}, func(t *testing.T, p *Pool) {
		p.Start()
		release := occupy(t, p, 1)
		ran := false
		go func() { _ = p.Do(t.Context(), func() { ran = true }) }()
		synctest.Wait()
		if ran {
			t.Error("two jobs ran at a time on one worker")
		}
		release()
	})
}

func TestAPanicBecomesAnError(t *testing.T) {
	inBubble(t, PoolConfig{Workers: 1}, func(t *testing.T, p *Pool) {
		err := p.Do(t.Context(), func() { panic("out of salt") })
		if err == nil || !strings.Contains(err.Error(), "out of salt") {
			t.Errorf("got %v, want an error with the panic", err)
		}
		if err := p.Do(t.Context(), func() {}); err != nil {
			t.Errorf("the next job: %v", err)
		}
	})
}

// GOMAXPROCS is raised from the first job on until the pool has been idle for a
// second.
func TestRaiseProcs(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	raised := before
	if ownPriority {
		raised += 3
	}
	inBubble(t, PoolConfig{Workers: 3}, func(t *testing.T, p *Pool) {
		check := func(when string, want int) {
			t.Helper()
			if got := runtime.GOMAXPROCS(0); got != want {
				t.Errorf("%s: got %d, want %d", when, got, want)
			}
		}
		work := func() {
			t.Helper()
			if err := p.Do(t.Context(), func() {}); err != nil {
				t.Fatal(err)
			}
		}
		work()
		check("not asked for", before)
		restore := p.RaiseProcs()
		check("no work yet", before)
		work()
		check("just after work", raised)
		time.Sleep(lowerAfter - time.Nanosecond)
		work()
		time.Sleep(lowerAfter - time.Nanosecond)
		synctest.Wait()
		check("work came in between", raised)
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		check("idle", before)
		work()
		check("work again", raised)
		restore()
		check("put back", before)
		work()
		check("after that", before)
	})
}

func TestPoolHasAWorkerForEachProcessor(t *testing.T) {
	if got, want := NewPool(PoolConfig{}).workers, runtime.GOMAXPROCS(0); got != want {
		t.Errorf("got %d workers, want %d", got, want)
	}
}

// fake is a Hasher that records whether it was called on a worker.
type fake struct {
	busy func() bool
	err  error
}

func (f fake) Hash(context.Context, string) (string, error) { return fmt.Sprint(f.busy()), f.err }
func (f fake) Verify(context.Context, string, string) (bool, error) {
	return f.busy(), f.err
}
func (f fake) Decoy(context.Context, string) error {
	if !f.busy() {
		return errors.New("not on a worker")
	}
	return f.err
}
func (f fake) Stale(encoded string) bool { return encoded == "old" }

func TestPooledWorksInItsPool(t *testing.T) {
	inBubble(t, PoolConfig{Workers: 1, Queue: -1}, func(t *testing.T, p *Pool) {
		busy := func() bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.running == 1
		}
		h := Pooled{fake{busy: busy}, p}
		if got, err := h.Hash(t.Context(), ""); got != "true" || err != nil {
			t.Errorf("Hash: got %s and %v, want true", got, err)
		}
		if got, err := h.Verify(t.Context(), "", ""); !got || err != nil {
			t.Errorf("Verify: got %t and %v, want true", got, err)
		}
		if err := h.Decoy(t.Context(), ""); err != nil {
			t.Errorf("Decoy: %v", err)
		}

		h.Hasher = fake{busy, ErrFormat}
		if _, err := h.Hash(t.Context(), ""); !errors.Is(err, ErrFormat) {
			t.Errorf("Hash: got %v, want the error of the hasher", err)
		}
		if _, err := h.Verify(t.Context(), "", ""); !errors.Is(err, ErrFormat) {
			t.Errorf("Verify: got %v, want the error of the hasher", err)
		}
		if err := h.Decoy(t.Context(), ""); !errors.Is(err, ErrFormat) {
			t.Errorf("Decoy: got %v, want the error of the hasher", err)
		}

		release := occupy(t, p, 1)
		defer release()
		if got, err := h.Hash(t.Context(), ""); got != "" || !errors.Is(err, ErrBusy) {
			t.Errorf("Hash: got %q and %v, want ErrBusy", got, err)
		}
		if got, err := h.Verify(t.Context(), "", ""); got || !errors.Is(err, ErrBusy) {
			t.Errorf("Verify: got %t and %v, want ErrBusy", got, err)
		}
		if err := h.Decoy(t.Context(), ""); !errors.Is(err, ErrBusy) {
			t.Errorf("Decoy: got %v, want ErrBusy", err)
		}
		if !h.Stale("old") || h.Stale("new") { // does not wait for a worker
			t.Error("Stale: want the answer of the hasher")
		}
	})
}
