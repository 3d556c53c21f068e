package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/latchwork/latchwork/engine"
)

const (
	lease    = time.Minute
	patience = 45 * time.Second // of one delivery, which must be over before its lease
	grace    = 5 * time.Second  // of deliveries under way when the worker ends

	lookEvery = 2 * time.Second // for what became due, or was added elsewhere
	parallel  = 4               // deliveries at a time

	firstWait = 15 * time.Second // after the first try; each further one is twice as long
	lastWait  = time.Hour
	giveUp    = 24 * time.Hour // after its creation, an entry whose try fails was the last
)

// Handler delivers an entry. What it sends may be sent again, since an entry of which
// the end could not be written down is taken again. Its ctx has the time and the
// randomness of the worker's, and a deadline.
//
// An error has the entry tried again; one that wraps ErrDrop ends it. What errors say
// is logged, so they hold no secrets.
type Handler func(ctx context.Context, e Entry) error

// Worker delivers the entries of a store.
type Worker struct {
	Store    Store
	Handlers map[Kind]Handler
	Log      *slog.Logger // nil drops what is logged
}

// Run delivers entries until ctx ends. It returns when the deliveries under way are
// over, which are broken off after a few seconds.
func (w *Worker) Run(ctx context.Context) {
	working, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()
	r := run{Worker: w, ctx: working, free: make(chan struct{}, parallel)}
	for range parallel {
		r.free <- struct{}{}
	}
	r.takeUntil(ctx)
	timer := time.AfterFunc(grace, abort)
	defer timer.Stop()
	r.delivering.Wait()
}

// run is a worker at work.
type run struct {
	*Worker
	ctx        context.Context // of deliveries
	free       chan struct{}   // has as much in it as deliveries can begin
	delivering sync.WaitGroup
}

// takeUntil takes entries and has them delivered, until ctx ends.
func (r *run) takeUntil(ctx context.Context) {
	for r.waitForRoom(ctx) {
		room := len(r.free)
		all, err := r.Store.Take(ctx, engine.Now(ctx), lease, room)
		if err != nil && ctx.Err() == nil {
			r.log().Error("what is to be sent cannot be read", "error", err)
		}
		for _, e := range all {
			<-r.free
			r.delivering.Go(func() {
				r.deliver(e)
				r.free <- struct{}{}
			})
		}
		if len(all) < room && !r.waitForWork(ctx) {
			return
		}
	}
}

// waitForRoom waits until a delivery can begin; false if ctx ends before.
func (r *run) waitForRoom(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case token := <-r.free:
		r.free <- token
		return ctx.Err() == nil
	}
}

// waitForWork waits until there may be something to take; false if ctx ends before.
func (r *run) waitForWork(ctx context.Context) bool {
	timer := time.NewTimer(lookEvery)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-r.Store.Added():
	case <-timer.C:
	}
	return true
}

// deliver delivers an entry, and writes down what has become of it.
func (r *run) deliver(e Entry) {
	err := r.handle(e)
	// Whatever ends the deliveries, their outcome is kept.
	ctx := context.WithoutCancel(r.ctx)
	now := engine.Now(ctx)
	log := r.log().With("kind", e.Kind, "realm", e.Realm, "user", e.UserID, "tries", e.Tries)
	switch {
	case err == nil, errors.Is(err, ErrDrop):
		err = r.Store.Done(ctx, e)
	case now-e.Created >= engine.Instant(giveUp.Milliseconds()):
		log.Error("something was not sent, and is given up", "error", err)
		err = r.Store.Done(ctx, e)
	default:
		log.Warn("something was not sent, and is tried again", "error", err)
		err = r.Store.Delay(ctx, e, now+engine.Instant(waitAfter(e.Tries).Milliseconds()))
	}
	if err != nil {
		log.Error("what was sent could not be written down, and may be sent again", "error", err)
	}
}

// handle calls the handler. A panic is an error.
func (r *run) handle(e Entry) (err error) {
	handler := r.Handlers[e.Kind]
	if handler == nil {
		return fmt.Errorf("outbox: nobody delivers what is a %q", e.Kind)
	}
	ctx, cancel := context.WithTimeout(r.ctx, patience)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("outbox: panic: %v\n%s", p, debug.Stack())
		}
	}()
	return handler(ctx, e)
}

// waitAfter is how long an entry waits that was tried so often.
func waitAfter(tries int) time.Duration {
	wait := firstWait
	for range tries - 1 {
		if wait *= 2; wait >= lastWait {
			return lastWait
		}
	}
	return wait
}

func (w *Worker) log() *slog.Logger {
	if w.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return w.Log
}
