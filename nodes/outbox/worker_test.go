package outbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/latchwork/latchwork/nodes/outbox"
)

// work runs a worker with a handler of mail in a bubble, until the test ends.
type work struct {
	store *memory
	log   *log
	stop  context.CancelFunc
	ended chan struct{}
}

// log is what a worker has logged.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func start(t *testing.T, handler outbox.Handler) *work {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	w := &work{store: newMemory(), log: &log{}, stop: stop, ended: make(chan struct{})}
	worker := &outbox.Worker{Store: w.store, Handlers: map[outbox.Kind]outbox.Handler{outbox.Mail: handler}, Log: slog.New(slog.NewTextHandler(w.log, nil))}
	go func() {
		worker.Run(ctx)
		close(w.ended)
	}()
	return w
}

func (w *work) end() {
	w.stop()
	<-w.ended
}

func TestDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []outbox.Entry
		w := start(t, func(_ context.Context, e outbox.Entry) error {
			got = append(got, e)
			return nil
		})
		synctest.Wait()
		begin := time.Now()
		w.store.add(t, outbox.Mail)
		synctest.Wait()
		if len(got) != 1 || got[0].Tries != 1 || string(got[0].Body) != "{}" || got[0].UserID != "u1" {
			t.Errorf("got %+v", got)
		}
		if d := time.Since(begin); d != 0 {
			t.Errorf("it was delivered after %v, want at once", d)
		}
		if w.store.left() != 0 {
			t.Error("it is still there")
		}
		time.Sleep(time.Hour)
		if len(got) != 1 {
			t.Errorf("it was delivered %d times", len(got))
		}
		w.end()
	})
}

// What another process adds gives no signal.
func TestAddedElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var times atomic.Int32
		w := start(t, func(context.Context, outbox.Entry) error { times.Add(1); return nil })
		synctest.Wait()
		w.store.mu.Lock()
		w.store.all = append(w.store.all, outbox.Entry{N: 7, Kind: outbox.Mail})
		w.store.mu.Unlock()
		time.Sleep(3 * time.Second)
		if times.Load() != 1 {
			t.Errorf("it was delivered %d times", times.Load())
		}
		w.end()
	})
}

// An entry is tried again with growing waits, and given up after a day.
func TestRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var tries []time.Duration
		w := start(t, func(context.Context, outbox.Entry) error {
			tries = append(tries, time.Since(begin).Round(10*time.Second))
			return errors.New("the server is away")
		})
		w.store.add(t, outbox.Mail)
		time.Sleep(23*time.Hour + 30*time.Minute)
		if w.store.left() != 1 || !strings.Contains(w.log.String(), "tried again") || strings.Contains(w.log.String(), "given up") {
			t.Errorf("after 23 hours: %d left, log:\n%s", w.store.left(), w.log)
		}
		time.Sleep(2 * time.Hour)
		if w.store.left() != 0 || strings.Count(w.log.String(), "given up") != 1 || !strings.Contains(w.log.String(), "the server is away") {
			t.Errorf("after a day: %d left, log:\n%s", w.store.left(), w.log)
		}
		want := []time.Duration{0, 20 * time.Second, 50 * time.Second, 110 * time.Second}
		if len(tries) < 25 || len(tries) > 40 || !slices.Equal(tries[:4], want) {
			t.Errorf("got %d tries, the first at %v, want %v", len(tries), tries[:4], want)
		}
		w.end()
	})
}

func TestSecondTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, func(_ context.Context, e outbox.Entry) error {
			switch e.Tries {
			case 1:
				return errors.New("the server is away")
			case 2:
				panic("a mistake")
			}
			return nil
		})
		w.store.add(t, outbox.Mail)
		time.Sleep(10 * time.Minute)
		if w.store.left() != 0 {
			t.Error("it was never delivered")
		}
		if !strings.Contains(w.log.String(), "panic: a mistake") {
			t.Errorf("the panic is not logged:\n%s", w.log)
		}
		w.end()
	})
}

func TestDrop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, func(context.Context, outbox.Entry) error { return fmt.Errorf("%w: no such user", outbox.ErrDrop) })
		w.store.add(t, outbox.Mail)
		synctest.Wait()
		if w.store.left() != 0 || w.log.String() != "" {
			t.Errorf("%d left, log:\n%s", w.store.left(), w.log)
		}
		w.end()
	})
}

// An entry of a newer program waits for one that knows its kind.
func TestUnknownKind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, nil)
		w.store.add(t, "fax")
		synctest.Wait()
		if w.store.left() != 1 || !strings.Contains(w.log.String(), `nobody delivers what is a \"fax\"`) {
			t.Errorf("%d left, log:\n%s", w.store.left(), w.log)
		}
		w.end()
	})
}

// A delivery that hangs is broken off before its lease is over, so that nobody else
// delivers at the same time.
func TestLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var under atomic.Int32
		w := start(t, func(ctx context.Context, e outbox.Entry) error {
			if under.Add(1) > 1 {
				t.Error("it is delivered twice at a time")
			}
			defer under.Add(-1)
			if e.Tries < 3 {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		})
		w.store.add(t, outbox.Mail)
		time.Sleep(10 * time.Minute)
		if w.store.left() != 0 {
			t.Error("it was never delivered")
		}
		w.end()
	})
}

func TestConcurrencyIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var under, most, done atomic.Int32
		w := start(t, func(context.Context, outbox.Entry) error {
			n := under.Add(1)
			most.Store(max(n, most.Load()))
			time.Sleep(time.Second)
			under.Add(-1)
			done.Add(1)
			return nil
		})
		for range 40 {
			w.store.add(t, outbox.Mail)
		}
		time.Sleep(11 * time.Second)
		if most.Load() != 4 || done.Load() != 40 {
			t.Errorf("%d at a time, %d done; want 4 and all", most.Load(), done.Load())
		}
		w.end()
	})
}

// The worker ends when what is under way is done, and begins nothing more.
func TestGracefulEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var begun atomic.Int32
		w := start(t, func(ctx context.Context, _ outbox.Entry) error {
			begun.Add(1)
			select {
			case <-time.After(3 * time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		for range 5 {
			w.store.add(t, outbox.Mail)
		}
		synctest.Wait()
		begin := time.Now()
		w.end()
		if d := time.Since(begin); d != 3*time.Second || begun.Load() != 4 || w.store.left() != 1 {
			t.Errorf("ended after %v, %d begun, %d left", d, begun.Load(), w.store.left())
		}
	})
}

// What hangs is broken off, and tried again by the next worker.
func TestEndBreaksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, func(ctx context.Context, _ outbox.Entry) error {
			<-ctx.Done()
			return ctx.Err()
		})
		w.store.add(t, outbox.Mail)
		synctest.Wait()
		begin := time.Now()
		w.end()
		if d := time.Since(begin); d != 5*time.Second || w.store.left() != 1 {
			t.Errorf("ended after %v, %d left", d, w.store.left())
		}
	})
}

// A store that fails is asked again, and not all the time.
func TestBrokenStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var times atomic.Int32
		w := start(t, func(context.Context, outbox.Entry) error { times.Add(1); return nil })
		w.store.setFail(errors.New("disk on fire"))
		w.store.add(t, outbox.Mail)
		time.Sleep(time.Minute)
		if takes := w.store.taken(); takes > 40 || !strings.Contains(w.log.String(), "disk on fire") {
			t.Errorf("asked %d times, log:\n%s", w.store.taken(), w.log)
		}
		w.store.setFail(nil)
		time.Sleep(time.Minute)
		if times.Load() != 1 || w.store.left() != 0 {
			t.Errorf("delivered %d times, %d left", times.Load(), w.store.left())
		}
		w.end()
	})
}
