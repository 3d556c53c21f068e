package password_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/engine/enginetest"
	"github.com/latchwork/latchwork/nodes/internal/flowtest"
	"github.com/latchwork/latchwork/nodes/password"
)

func (b *bench) check(t *testing.T, userID, text string) enginetest.Result {
	t.Helper()
	return enginetest.Node{Type: b.node("password.check"), With: map[string]any{"userId": userID, "password": text}, World: b.world(), Standard: true}.
		Run(context.Background(), t)
}

func (b *bench) decoy(t *testing.T, with map[string]any) enginetest.Result {
	t.Helper()
	return enginetest.Node{Type: b.node("password.decoy"), With: with, World: b.world(), Standard: true}.Run(context.Background(), t)
}

func want(t *testing.T, r enginetest.Result, outcome string) {
	t.Helper()
	if r.Outcome != outcome {
		t.Errorf("got %s %d %s %v, want %s", r.Outcome, r.Status, r.Code, r.Err, outcome)
	}
}

func wantFail(t *testing.T, r enginetest.Result, status int, code string) {
	t.Helper()
	if r.Outcome != "error" || r.Status != status || r.Code != code {
		t.Errorf("got %s %d %s %v, want %d %s", r.Outcome, r.Status, r.Code, r.Err, status, code)
	}
}

// wantWork compares what was hashed since the last time.
func (b *bench) wantWork(t *testing.T, expected counts) {
	t.Helper()
	if diff := cmp.Diff(expected, b.hasher.worked()); diff != "" {
		t.Errorf("work: -want +got\n%s", diff)
	}
}

// Each way costs one check and one read, whoever the user is: what is not there
// takes the time of what is.
func TestCheckCosts(t *testing.T) {
	tests := []struct {
		name, userID, password, outcome string
		work                            counts
	}{
		{"the right password", adaID, right, "match", counts{Verify: 1}},
		{"a wrong one", adaID, "wrong", "mismatch", counts{Verify: 1}},
		{"R-04 in another case", adaID, strings.ToUpper(right), "mismatch", counts{Verify: 1}},
		{"R-04 with a blank before it", adaID, " " + right, "mismatch", counts{Verify: 1}},
		{"none", adaID, "", "mismatch", counts{Verify: 1}},
		{"R-16 a user without a password", bobID, right, "mismatch", counts{Decoy: 1}},
		{"R-16 nor with an empty one", bobID, "", "mismatch", counts{Decoy: 1}},
		{"A-23 an unknown user", "eee0eee0eee0eee0eee0eee0", right, "mismatch", counts{Decoy: 1}},
		{"A-02 no user", "", right, "mismatch", counts{Decoy: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench()
			want(t, b.check(t, tt.userID, tt.password), tt.outcome)
			b.wantWork(t, tt.work)
			if b.store.reads != 1 {
				t.Errorf("got %d reads, want 1", b.store.reads)
			}
		})
	}
	for name, with := range map[string]map[string]any{
		"A-23 a decoy":                  {"password": right, "identifier": "eve@example.com"},
		"A-23 without an identifier":    {"password": right},
		"A-23 with what cannot be one":  {"password": "", "identifier": "@@"},
		"A-23 with an empty identifier": {"password": right, "identifier": ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench()
			want(t, b.decoy(t, with), "done")
			b.wantWork(t, counts{Decoy: 1})
			if b.store.reads != 1 {
				t.Errorf("got %d reads, want 1", b.store.reads)
			}
		})
	}
}

// Ten wrong ones, and the right one is wrong too, at the same cost, until a
// quarter of an hour has passed.
func TestCheckLocks(t *testing.T) {
	b := newBench()
	for range 10 {
		want(t, b.check(t, adaID, "wrong"), "mismatch")
	}
	b.wantWork(t, counts{Verify: 10})
	t.Run("R-13 locked", func(t *testing.T) {
		want(t, b.check(t, adaID, right), "mismatch")
		b.wantWork(t, counts{Decoy: 1})
	})
	t.Run("R-64 the operator is told", func(t *testing.T) {
		line := "level=WARN msg=\"tries are locked\" realm=main user=" + adaID
		if log := b.log.String(); strings.Count(log, line) != 1 || strings.Contains(log, right) {
			t.Errorf("got %q, want one line with %s", log, line)
		}
	})
	t.Run("R-15 not for good", func(t *testing.T) {
		b.at = b.at.Add(15*time.Minute - time.Millisecond)
		want(t, b.check(t, adaID, right), "mismatch")
		b.at = b.at.Add(time.Millisecond)
		want(t, b.check(t, adaID, right), "match")
	})
	t.Run("a match forgives", func(t *testing.T) {
		for range 5 {
			for range 9 {
				want(t, b.check(t, adaID, "wrong"), "mismatch")
			}
			want(t, b.check(t, adaID, right), "match")
		}
	})
}

// One account is one count, by whatever name and on whatever way.
func TestCheckCountsTheAccount(t *testing.T) {
	b := newBench()
	login, sudo := b.server(t, signIn), b.server(t, confirm)
	for i := range 10 {
		var a *engine.Answer
		switch i % 4 {
		case 0:
			a = login(credentials("Ada@Example.com", "wrong"))
		case 1:
			a = login(credentials(" ada", "wrong"))
		case 2:
			a = login(credentials("+49 151 12345678", "wrong"))
		case 3:
			a = sudo(map[string]any{"password": "wrong"})
		}
		if a.Status != 401 {
			t.Fatalf("got %d %s", a.Status, a.Body)
		}
	}
	for _, name := range []string{"ada", "ADA", "ada@example.com", "+4915112345678"} {
		t.Run("R-13 A-19 "+name, func(t *testing.T) {
			if a := login(credentials(name, right)); a.Status != 401 {
				t.Errorf("got %d, want 401", a.Status)
			}
		})
	}
	t.Run("A-16 another way in", func(t *testing.T) {
		if a := sudo(map[string]any{"password": right}); a.Status != 401 {
			t.Errorf("got %d, want 401", a.Status)
		}
	})
	b.at = b.at.Add(15 * time.Minute)
	if a := login(credentials("ada", right)); a.Status != 204 {
		t.Errorf("after the lock: got %d, want 204", a.Status)
	}
}

// What the caller sees is the same, byte by byte, for known and unknown names,
// before and after the lock.
func TestCheckTellsNothing(t *testing.T) {
	b := newBench()
	login := b.server(t, signIn)
	known, unknown := login(credentials("ada", "wrong")), login(credentials("eve", "wrong"))
	for i := range 25 {
		k, u := login(credentials("ada", right[:i])), login(credentials("eve", right[:i]))
		for _, a := range []*engine.Answer{k, u, unknown} {
			if a.Status != known.Status || string(a.Body) != string(known.Body) || len(a.Header) != len(known.Header) {
				t.Fatalf("R-16 A-22: got %d %s, want %d %s", a.Status, a.Body, known.Status, known.Body)
			}
		}
		work := b.hasher.worked()
		if i > 0 && work.Verify+work.Decoy != 2 {
			t.Fatalf("R-16 A-23: round %d: got %+v, want two checks", i, work)
		}
	}
}

func TestCheckInParallel(t *testing.T) {
	t.Run("R-14 A-18 wrong ones", func(t *testing.T) {
		b := newBench()
		login := b.server(t, signIn)
		var all sync.WaitGroup
		for i := range 200 {
			all.Go(func() {
				if a := login(credentials("ada", fmt.Sprint("wrong", i))); a.Status != 401 {
					t.Errorf("got %d, want 401", a.Status)
				}
			})
		}
		all.Wait()
		b.wantWork(t, counts{Verify: 10, Decoy: 190})
		if a := login(credentials("ada", right)); a.Status != 401 {
			t.Errorf("the right one afterwards: got %d, want 401", a.Status)
		}
	})
	t.Run("A-18 of nobody alike", func(t *testing.T) {
		b := newBench()
		recorder := &recorder{Tries: b.tries}
		b.tries = recorder
		login := b.server(t, signIn)
		var all sync.WaitGroup
		for i := range 200 {
			all.Go(func() { login(credentials(" EVE@example.com", fmt.Sprint("wrong", i))) })
		}
		all.Wait()
		b.wantWork(t, counts{Decoy: 200})
		if got := recorder.free.Load(); got != 10 {
			t.Errorf("got %d counted tries, want 10 as for an account", got)
		}
		if want := (password.Target{Realm: "main", Identifier: "eve@example.com"}); recorder.target.Load() != want {
			t.Errorf("got target %+v, want %+v", recorder.target.Load(), want)
		}
	})
	t.Run("right ones", func(t *testing.T) {
		b := newBench()
		login := b.server(t, signIn)
		var all sync.WaitGroup
		for range 200 {
			all.Go(func() {
				if a := login(credentials("ada", right)); a.Status != 204 {
					t.Errorf("got %d, want 204: nobody is locked out by signing in often", a.Status)
				}
			})
		}
		all.Wait()
	})
}

// recorder counts the tries that are given out.
type recorder struct {
	password.Tries
	free      atomic.Int64
	target    atomic.Value
	settled   []password.Result
	settledIn []error // the state of the context
	broken    error   // of Settle
}

func (r *recorder) Reserve(ctx context.Context, t password.Target, at engine.Instant) (password.Settle, error) {
	settle, err := r.Tries.Reserve(ctx, t, at)
	r.target.Store(t)
	if settle == nil {
		return nil, err
	}
	r.free.Add(1)
	return func(ctx context.Context, result password.Result, at engine.Instant) error {
		if r.free.Load() == 1 {
			r.settled, r.settledIn = append(r.settled, result), append(r.settledIn, ctx.Err())
		}
		if r.broken != nil {
			return r.broken
		}
		return settle(ctx, result, at)
	}, err
}

// A try that could not be made is given back, and is no mismatch.
func TestCheckFails(t *testing.T) {
	boom := errors.New("password: no memory at " + right)
	tests := []struct {
		name   string
		err    error
		status int
		code   string
		wait   time.Duration
	}{
		{"R-61 an error", boom, 500, "internal_server_error", 0},
		{"R-12 a full queue", fmt.Errorf("wrapped: %w", &password.BusyError{RetryAfter: 3 * time.Second}), 503, "overloaded", 3 * time.Second},
		{"R-12 closing down", password.ErrStopped, 503, "overloaded", time.Second},
		{"R-61 a hash that cannot be read", password.ErrFormat, 500, "internal_server_error", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench()
			b.hasher.err = tt.err
			for range 20 {
				for _, r := range []enginetest.Result{
					b.check(t, adaID, right), b.check(t, bobID, right),
					b.decoy(t, map[string]any{"password": right, "identifier": "eve"}), b.decoy(t, map[string]any{"password": right}),
				} {
					wantFail(t, r, tt.status, tt.code)
					if r.Answer.Fault.RetryAfter != tt.wait || strings.Contains(string(r.Answer.Body), right) {
						t.Errorf("got %s to wait, want %s; %s", r.Answer.Fault.RetryAfter, tt.wait, r.Answer.Body)
					}
				}
			}
			b.hasher.err = nil
			want(t, b.check(t, adaID, right), "match")
		})
	}
}

// Busy workers are busy for the locked, too.
func TestCheckFailsLocked(t *testing.T) {
	b := newBench()
	for range 10 {
		b.check(t, adaID, "wrong")
	}
	b.hasher.err = &password.BusyError{RetryAfter: time.Second}
	wantFail(t, b.check(t, adaID, right), 503, "overloaded")
}

func TestCheckWithABrokenStore(t *testing.T) {
	b := newBench()
	b.store.broken = errors.New("disk: bad sector")
	wantFail(t, b.check(t, adaID, right), 500, "internal_server_error")
	wantFail(t, b.decoy(t, map[string]any{"password": right, "identifier": "eve"}), 500, "internal_server_error")
	wantFail(t, b.decoy(t, map[string]any{"password": right}), 500, "internal_server_error")
	b.wantWork(t, counts{})
}

// Where tries cannot be counted, nobody gets in.
func TestCheckWithBrokenTries(t *testing.T) {
	t.Run("R-61 settled", func(t *testing.T) {
		b := newBench()
		b.tries = &recorder{Tries: b.tries, broken: errors.New("tries: gone")}
		wantFail(t, b.check(t, adaID, right), 500, "internal_server_error")
	})
	t.Run("R-61 reserved", func(t *testing.T) {
		b := newBench()
		b.tries = noTries{}
		wantFail(t, b.check(t, adaID, right), 500, "internal_server_error")
		b.wantWork(t, counts{})
	})
}

type noTries struct{ password.Tries }

func (noTries) Reserve(context.Context, password.Target, engine.Instant) (password.Settle, error) {
	settle := func(context.Context, password.Result, engine.Instant) error { return nil }
	return settle, errors.New("tries: gone")
}

// A caller who goes away leaves no try open.
func TestCheckOfOneWhoGoesAway(t *testing.T) {
	b := newBench()
	r := &recorder{Tries: b.tries}
	b.tries = r
	ctx, cancel := context.WithCancel(t.Context())
	b.hasher.during = cancel
	serve := flowtest.Flow{Types: b.types(), Source: confirm, World: b.world()}.Server(t)
	serve(ctx, flowtest.Flow{UserID: adaID, Body: map[string]any{"password": "wrong"}})
	if diff := cmp.Diff([]password.Result{password.Wrong}, r.settled); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if len(r.settledIn) != 1 || r.settledIn[0] != nil {
		t.Errorf("got settled in a context with %v, want one without an end", r.settledIn)
	}
}

// A panic of a hasher leaves no try open either.
func TestCheckPanics(t *testing.T) {
	b := newBench()
	b.tries = password.NewMemoryTries(password.TriesConfig{Max: 1})
	b.hasher.during = func() { panic("out of memory") }
	wantFail(t, b.check(t, adaID, right), 500, "internal_server_error")
	b.hasher.during = nil
	want(t, b.check(t, adaID, right), "match")
}

func TestRehash(t *testing.T) {
	tests := []struct {
		name, stored string
		change       func(*bench)
		password     string
		outcome      string
		after        string
		work         counts
	}{
		{"R-10 a stale hash is replaced", "old:" + right, nil, right, "match", "new:" + right, counts{Verify: 1, Hash: 1}},
		{"a fresh one is not", "new:" + right, nil, right, "match", "new:" + right, counts{Verify: 1}},
		{"R-10 nor one that does not match", "old:" + right, nil, "wrong", "mismatch", "old:" + right, counts{Verify: 1}},
		{"R-10 busy workers are no reason to refuse", "old:" + right, func(b *bench) { b.hasher.hashErr = password.ErrBusy }, right, "match", "old:" + right,
			counts{Verify: 1, Hash: 1}},
		{"R-10 a broken store is not either", "old:" + right, func(b *bench) { b.hasher.during = func() { b.store.broken = errors.New("disk full") } },
			right, "match", "old:" + right, counts{Verify: 1, Hash: 1}},
		{"R-10 a password that is changed meanwhile stays, and the old one is none any more", "old:" + right, func(b *bench) {
			b.hasher.during = func() { b.store.stored[[2]string{engine.MainRealm, adaID}] = "new:another" }
		}, right, "mismatch", "new:another", counts{Verify: 2, Hash: 1}},
		{"R-10 another sign-in has replaced it meanwhile", "old:" + right, func(b *bench) {
			b.hasher.during = func() { b.store.stored[[2]string{engine.MainRealm, adaID}] = "new:" + right }
		}, right, "match", "new:" + right, counts{Verify: 2, Hash: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench()
			b.store.stored[[2]string{engine.MainRealm, adaID}] = tt.stored
			if tt.change != nil {
				tt.change(b)
			}
			want(t, b.check(t, adaID, tt.password), tt.outcome)
			if got := b.store.of(adaID); got != tt.after {
				t.Errorf("got %q stored, want %q", got, tt.after)
			}
			b.wantWork(t, tt.work)
			if strings.Contains(b.log.String(), right) {
				t.Errorf("R-64: the log has the password: %s", b.log.String())
			}
		})
	}
}

func TestRehashIsLogged(t *testing.T) {
	b := newBench()
	b.store.stored[[2]string{engine.MainRealm, adaID}] = "old:" + right
	b.hasher.hashErr = password.ErrBusy
	want(t, b.check(t, adaID, right), "match")
	if !strings.Contains(b.log.String(), adaID) {
		t.Errorf("got log %q, want the user in it", b.log.String())
	}
}

// What a check finds is not for everybody to know, so the loader looks at it.
func TestCheckTellsTheLoader(t *testing.T) {
	b := newBench()
	if !b.node("password.check").Describe().Tells {
		t.Error("R-16: got a type that does not tell of accounts")
	}
}

// A flow that lets unknown names off without a check is refused.
func TestSignInNeedsADecoy(t *testing.T) {
	b := newBench()
	types := append(b.types(), userGet())
	for name, source := range map[string]string{
		"R-16 A-23 no decoy": strings.Replace(signIn, "notFound: decoy", "notFound: reject", 1),
		"R-16 A-22 an answer of its own": strings.Replace(signIn, "      password: ${{ input.password }}\n  - id: reject",
			"      password: ${{ input.password }}\n  - id: unknown\n    use: fail\n    with:\n      status: 404\n      code: unknown\n  - id: reject", 1),
		"A-02 a password that the flow has chosen": strings.Replace(signIn, "userId: ${{ user.id }}\n      password: ${{ input.password }}", "userId: ${{ user.id }}\n      password: wrong", 1),
	} {
		t.Run(name, func(t *testing.T) {
			if source == signIn {
				t.Fatal("the flow was not changed")
			}
			if diags := (flowtest.Flow{Types: types, Source: source}).Load(t); len(diags) == 0 {
				t.Error("got no diagnostics")
			}
		})
	}
}
