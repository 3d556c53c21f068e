package sqlite

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
)

// openNumbers opens a file with a table of numbers, in which a test of the
// writer can see what was kept.
func openNumbers(t *testing.T, cfg Config) *DB {
	t.Helper()
	db := open(t, cfg)
	err := db.write(t.Context(), "make table", func(tx *tx) error {
		_, err := tx.exec("CREATE TABLE numbers (n INTEGER PRIMARY KEY, other INTEGER REFERENCES numbers (n)) STRICT")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func insert(t *tx, n int) error {
	_, err := t.exec("INSERT INTO numbers (n) VALUES (?)", int64(n))
	return err
}

func numbers(t *testing.T, db *DB) []int {
	t.Helper()
	var list []int
	err := db.read(t.Context(), "list numbers", func(c *conn) error {
		list = nil
		return c.each(t.Context(), "SELECT n FROM numbers ORDER BY n", nil, func(r row) error {
			list = append(list, int(r.int(0)))
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func wantNumbers(t *testing.T, db *DB, want ...int) {
	t.Helper()
	if diff := cmp.Diff(want, numbers(t, db)); diff != "" {
		t.Errorf("numbers: -want +got:\n%s", diff)
	}
}

// asked is a write that a test has asked for in a goroutine of its own.
type asked struct {
	done     chan struct{}
	err      error
	panicked any
}

func ask(ctx context.Context, db *DB, fn func(*tx) error) *asked {
	a := &asked{done: make(chan struct{})}
	go func() {
		defer close(a.done)
		defer func() { a.panicked = recover() }()
		a.err = db.writer.do(ctx, fn)
	}()
	return a
}

// lead asks for a write that stays under way until the returned function is
// called. All that is asked for meanwhile waits for it.
func lead(t *testing.T, db *DB, fn func(*tx) error) (a *asked, release func()) {
	t.Helper()
	hold := make(chan struct{})
	a = ask(t.Context(), db, func(tx *tx) error {
		<-hold
		return fn(tx)
	})
	synctest.Wait()
	return a, func() {
		close(hold)
		synctest.Wait()
	}
}

func TestWriterGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openNumbers(t, Config{})
		var transactions []*tx
		one := func(n int) func(*tx) error {
			return func(tx *tx) error {
				transactions = append(transactions, tx)
				return insert(tx, n)
			}
		}
		all := make([]*asked, 10)
		var release func()
		all[0], release = lead(t, db, one(0))
		for n := 1; n < len(all); n++ {
			all[n] = ask(t.Context(), db, one(n))
			synctest.Wait() // so that they wait in order
		}
		wantNumbers(t, db) // nothing is seen before the commit
		release()
		for n, a := range all {
			<-a.done
			if a.err != nil {
				t.Errorf("write %d: got %v", n, a.err)
			}
		}
		wantNumbers(t, db, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
		if slices.ContainsFunc(transactions, func(tx *tx) bool { return tx != transactions[0] }) {
			t.Error("writes that waited together were not committed together")
		}
	})
}

func TestWriterGroupIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openNumbers(t, Config{})
		sizes := make(map[*tx]int)
		count := func(tx *tx) error {
			sizes[tx]++
			return nil
		}
		_, release := lead(t, db, count)
		for range 2 * maxGroup {
			ask(t.Context(), db, count)
		}
		synctest.Wait()
		release()
		total := 0
		for _, size := range sizes {
			if total += size; size > maxGroup+1 {
				t.Errorf("got a group of %d, want at most %d", size, maxGroup+1)
			}
		}
		if total != 2*maxGroup+1 {
			t.Errorf("got %d writes, want %d", total, 2*maxGroup+1)
		}
	})
}

func TestWriterWaitsForOthersWhereProcessorsAreScarce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var congested atomic.Bool
		db := openNumbers(t, Config{Congested: congested.Load})
		took := func(numbers ...int) (longest time.Duration, transactions int) {
			begun, seen := time.Now(), make(map[*tx]bool)
			all := make([]*asked, len(numbers))
			for i, n := range numbers {
				all[i] = ask(t.Context(), db, func(tx *tx) error {
					seen[tx] = true
					return insert(tx, n)
				})
				synctest.Wait()
				if i < len(numbers)-1 {
					time.Sleep(groupDelay / 10)
				}
			}
			for _, a := range all {
				<-a.done
				if a.err != nil {
					t.Errorf("got %v", a.err)
				}
			}
			return time.Since(begun), len(seen)
		}

		if got, transactions := took(1, 2); got != groupDelay/10 || transactions != 2 {
			t.Errorf("got %v and %d commits, want none to wait, and two commits", got, transactions)
		}
		congested.Store(true)
		if got, transactions := took(3, 4, 5); got != groupDelay || transactions != 1 {
			t.Errorf("congested: got %v and %d commits, want %v and one", got, transactions, groupDelay)
		}
		wantNumbers(t, db, 1, 2, 3, 4, 5)
	})
}

func TestWriterLetsNoGroupWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var congested atomic.Bool
		db := openNumbers(t, Config{Congested: congested.Load})
		hold := make(chan struct{})
		first := ask(t.Context(), db, func(tx *tx) error {
			tx.onCommit(func() { <-hold }) // the commit takes long
			return insert(tx, 1)
		})
		synctest.Wait()
		second := ask(t.Context(), db, func(tx *tx) error { return insert(tx, 2) })
		third := ask(t.Context(), db, func(tx *tx) error { return insert(tx, 3) })
		synctest.Wait()
		congested.Store(true)
		begun := time.Now()
		close(hold)
		for _, a := range []*asked{first, second, third} {
			<-a.done
		}
		if got := time.Since(begun); got != 0 {
			t.Errorf("two that have come meanwhile wait %v for others", got)
		}
		wantNumbers(t, db, 1, 2, 3)
	})
}

func TestWriterFailsAlone(t *testing.T) {
	boom := errors.New("boom")
	for _, bad := range []struct {
		name  string
		fn    func(*tx) error
		check func(*testing.T, *asked)
	}{
		{
			"error",
			func(tx *tx) error { return errors.Join(insert(tx, 100), boom) },
			func(t *testing.T, a *asked) {
				if !errors.Is(a.err, boom) {
					t.Errorf("got %v, want boom", a.err)
				}
			},
		},
		{
			"constraint",
			func(tx *tx) error { return errors.Join(insert(tx, 100), insert(tx, 100)) },
			func(t *testing.T, a *asked) {
				if !isDuplicate(a.err) {
					t.Errorf("got %v, want a duplicate", a.err)
				}
			},
		},
		{
			"an error that is overlooked",
			func(tx *tx) error {
				_ = insert(tx, 100)
				_, _ = tx.exec("INSERT INTO nowhere VALUES (1)")
				_ = insert(tx, 101)
				return nil
			},
			func(t *testing.T, a *asked) {
				if a.err == nil {
					t.Error("got no error")
				}
			},
		},
		{
			"panic",
			func(tx *tx) error { _ = insert(tx, 100); panic(boom) },
			func(t *testing.T, a *asked) {
				if a.panicked != boom {
					t.Errorf("got panic %v, want boom", a.panicked)
				}
			},
		},
	} {
		for position := range 3 {
			t.Run(fmt.Sprint(bad.name, " ", position), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					db := openNumbers(t, Config{})
					var hooks []int
					one := func(n int) func(*tx) error {
						return func(tx *tx) error {
							tx.onCommit(func() { hooks = append(hooks, n) })
							if n == position {
								return bad.fn(tx)
							}
							return insert(tx, n)
						}
					}
					all := make([]*asked, 3)
					var release func()
					all[0], release = lead(t, db, one(0))
					for n := 1; n < len(all); n++ {
						all[n] = ask(t.Context(), db, one(n))
						synctest.Wait()
					}
					release()
					var want []int
					for n, a := range all {
						<-a.done
						if n == position {
							bad.check(t, a)
							continue
						}
						want = append(want, n)
						if a.err != nil || a.panicked != nil {
							t.Errorf("write %d: got %v, %v", n, a.err, a.panicked)
						}
					}
					wantNumbers(t, db, want...)
					if diff := cmp.Diff(want, hooks); diff != "" {
						t.Errorf("hooks: -want +got:\n%s", diff)
					}
					if err := db.writer.do(t.Context(), func(tx *tx) error { return insert(tx, 7) }); err != nil {
						t.Errorf("the next write: got %v", err)
					}
				})
			})
		}
	}
}

func TestWriterMayGoOnAfterConstraint(t *testing.T) {
	db := openNumbers(t, Config{})
	err := db.writer.do(t.Context(), func(tx *tx) error {
		if err := insert(tx, 1); err != nil {
			return err
		}
		if err := insert(tx, 1); !isDuplicate(err) {
			return fmt.Errorf("got %v, want a duplicate", err)
		}
		return insert(tx, 2)
	})
	if err != nil {
		t.Error(err)
	}
	wantNumbers(t, db, 1, 2)
}

// When SQLite itself ends a transaction, or a commit fails, nobody of the
// group may be told that a write was kept that was not.
func TestWriterBrokenGroup(t *testing.T) {
	for name, test := range map[string]struct {
		bad  func(*tx) error
		kept bool // the write before it
	}{
		"transaction ended": {bad: func(tx *tx) error {
			_, err := tx.exec("ROLLBACK")
			return err
		}},
		"transaction ended with an error": {kept: true, bad: func(tx *tx) error {
			_, err := tx.exec("ROLLBACK")
			return errors.Join(err, errors.New("disk full"))
		}},
		"commit fails": {bad: func(tx *tx) error {
			_, err := tx.exec("PRAGMA defer_foreign_keys = ON")
			if err == nil {
				_, err = tx.exec("INSERT INTO numbers (n, other) VALUES (100, 999)")
			}
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := openNumbers(t, Config{})
				committed := false
				good, release := lead(t, db, func(tx *tx) error {
					tx.onCommit(func() { committed = true })
					return insert(tx, 1)
				})
				bad := ask(t.Context(), db, func(tx *tx) error {
					tx.onCommit(func() { t.Error("a hook was run without a commit") })
					return test.bad(tx)
				})
				synctest.Wait()
				release()
				<-good.done
				if told := good.err == nil; told != test.kept || committed != test.kept {
					t.Errorf("got %v, and a hook that was run: %t; want it kept: %t", good.err, committed, test.kept)
				}
				if <-bad.done; bad.err == nil {
					t.Error("got no error, want one")
				}
				var want []int
				if test.kept {
					want = []int{1}
				}
				wantNumbers(t, db, want...)
				if err := db.writer.do(t.Context(), func(tx *tx) error { return insert(tx, 7) }); err != nil {
					t.Errorf("the next write: got %v", err)
				}
				wantNumbers(t, db, append(want, 7)...)
			})
		})
	}
}

// A write is run again only where another has failed that left something behind,
// and then once for all that fail in the group.
func TestWriterRunsAgain(t *testing.T) {
	boom := errors.New("boom")
	for _, test := range []struct {
		name string
		bad  func(*tx) error
		runs int // of the write before those that fail
	}{
		{"no failure", func(*tx) error { return nil }, 1},
		{"nothing written", func(tx *tx) error { return boom }, 1},
		{"refused by a rule of the table", func(tx *tx) error { return insert(tx, 0) }, 1},
		{"no row changed", func(tx *tx) error {
			_, err := tx.exec("UPDATE numbers SET other = NULL WHERE n = 999")
			return errors.Join(err, boom)
		}, 1},
		{"an error of SQLite", func(tx *tx) error {
			_, err := tx.exec("INSERT INTO nowhere VALUES (1)")
			return err
		}, 2},
		{"written", func(tx *tx) error { return errors.Join(insert(tx, 100), boom) }, 2},
		{"deleted", func(tx *tx) error {
			err := tx.each("DELETE FROM numbers RETURNING n", nil, func(row) error { return nil })
			return errors.Join(err, boom)
		}, 2},
		{"changed, with a row to show for it", func(tx *tx) error {
			_, _, err := tx.first("UPDATE numbers SET other = 0 RETURNING n")
			return errors.Join(err, boom)
		}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := openNumbers(t, Config{})
				runs := 0
				all := make([]*asked, 4)
				var release func()
				all[0], release = lead(t, db, func(tx *tx) error { runs++; return insert(tx, 0) })
				for n := 1; n < len(all); n++ {
					all[n] = ask(t.Context(), db, test.bad)
				}
				synctest.Wait()
				release()
				for _, a := range all {
					<-a.done
				}
				wantNumbers(t, db, 0)
				if runs != test.runs {
					t.Errorf("the first write was run %d times, want %d", runs, test.runs)
				}
			})
		})
	}
}

func TestWriterCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openNumbers(t, Config{})
		ctx, cancel := context.WithCancel(t.Context())
		begun := ask(ctx, db, func(tx *tx) error {
			cancel()
			return insert(tx, 1)
		})
		if <-begun.done; begun.err != nil {
			t.Errorf("a write that has begun: got %v, want it finished", begun.err)
		}
		if err := db.writer.do(ctx, func(*tx) error { panic("run") }); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled before: got %v, want context.Canceled", err)
		}

		_, release := lead(t, db, func(tx *tx) error { return insert(tx, 2) })
		before := ask(t.Context(), db, func(tx *tx) error { return insert(tx, 3) })
		ctx, cancel = context.WithCancel(t.Context())
		waiting := ask(ctx, db, func(*tx) error { panic("run") })
		after := ask(t.Context(), db, func(tx *tx) error { return insert(tx, 4) })
		synctest.Wait()
		cancel()
		if <-waiting.done; !errors.Is(waiting.err, context.Canceled) || waiting.panicked != nil {
			t.Errorf("cancelled in the queue: got %v, %v, want context.Canceled", waiting.err, waiting.panicked)
		}
		release()
		for _, a := range []*asked{before, after} {
			if <-a.done; a.err != nil {
				t.Errorf("beside a cancelled write: got %v", a.err)
			}
		}
		wantNumbers(t, db, 1, 2, 3, 4)
	})
}

func TestWriterOverloaded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openNumbers(t, Config{Queue: 2})
		nothing := func(*tx) error { return nil }
		_, release := lead(t, db, nothing)
		ctx, cancel := context.WithCancel(t.Context())
		first, second := ask(ctx, db, nothing), ask(t.Context(), db, nothing)
		synctest.Wait()
		if err := db.writer.do(t.Context(), nothing); !errors.Is(err, ErrOverloaded) {
			t.Errorf("got %v, want ErrOverloaded", err)
		}
		cancel() // makes room
		<-first.done
		third := ask(t.Context(), db, nothing)
		synctest.Wait()
		release()
		for _, a := range []*asked{second, third} {
			if <-a.done; a.err != nil {
				t.Errorf("got %v", a.err)
			}
		}
	})
}

func TestWriterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openNumbers(t, Config{})
		var ran atomic.Int32
		one := func(*tx) error { ran.Add(1); return nil }
		_, release := lead(t, db, one)
		for range 3 {
			ask(t.Context(), db, one)
		}
		synctest.Wait()
		closed := make(chan int32)
		go func() {
			db.writer.close()
			closed <- ran.Load()
		}()
		synctest.Wait()
		if err := db.writer.do(t.Context(), one); !errors.Is(err, ErrClosed) {
			t.Errorf("got %v, want ErrClosed", err)
		}
		release()
		if got := <-closed; got != 4 {
			t.Errorf("got %d writes done before the close returned, want 4", got)
		}
	})
}

// What was answered is there, what failed is not, and the file is never
// "locked", whatever meets.
func TestWriterStress(t *testing.T) {
	db := openNumbers(t, Config{normal: true, Queue: 60})
	boom := errors.New("boom")
	var kept sync.Map
	var group sync.WaitGroup
	for g := range 64 {
		group.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(g)))
			for i := range 200 {
				n := g*1000 + i
				switch random.IntN(8) {
				case 0:
					err := db.writer.do(t.Context(), func(tx *tx) error { return errors.Join(insert(tx, n), boom) })
					if !errors.Is(err, boom) && !errors.Is(err, ErrOverloaded) {
						t.Errorf("got %v, want boom", err)
					}
				case 1:
					func() {
						defer func() {
							if p := recover(); p != nil && p != boom {
								t.Errorf("got panic %v, want boom", p)
							}
						}()
						_ = db.writer.do(t.Context(), func(tx *tx) error { _ = insert(tx, n); panic(boom) })
					}()
				case 2:
					ctx, cancel := context.WithCancel(t.Context())
					go cancel()
					if db.writer.do(ctx, func(tx *tx) error { return insert(tx, n) }) == nil {
						kept.Store(n, true)
					}
				case 3:
					if err := db.Check(t.Context()); err != nil {
						t.Error(err)
					}
				default:
					switch err := db.writer.do(t.Context(), func(tx *tx) error { return insert(tx, n) }); {
					case err == nil:
						kept.Store(n, true)
					case !errors.Is(err, ErrOverloaded):
						t.Error(err)
					}
				}
			}
		})
	}
	group.Wait()
	var want []int
	kept.Range(func(n, _ any) bool {
		want = append(want, n.(int))
		return true
	})
	slices.Sort(want)
	wantNumbers(t, db, want...)
}

// Too many writes at a time are the client's to repeat: 503, not 500.
func TestOverloadedIsToldToClients(t *testing.T) {
	var f *engine.Failure
	if err := wrap("create session", ErrOverloaded); !errors.As(err, &f) || f.Status != 503 || f.RetryAfter <= 0 || !errors.Is(err, ErrOverloaded) {
		t.Errorf("got %v, want 503 with a time to try again", err)
	}
}
