package password

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// ErrBusy says that the queue of a pool is full. The error that wraps it is a
// *BusyError, which knows when to try again.
var ErrBusy = errors.New("password: too many passwords are being hashed")

// ErrStopped says that a pool was not started, or was closed.
var ErrStopped = errors.New("password: the hash workers are not running")

// A BusyError is an ErrBusy with the time after which a new try makes sense.
type BusyError struct {
	RetryAfter time.Duration // as Pool.RetryAfter
}

// Error is the text of ErrBusy.
func (e *BusyError) Error() string { return ErrBusy.Error() }

// Is makes errors.Is(err, ErrBusy) true.
func (e *BusyError) Is(target error) bool { return target == ErrBusy }

// PoolConfig says how a Pool works. The zero value is what a server wants.
type PoolConfig struct {
	// Workers is how many jobs run at a time. 0 means as many as GOMAXPROCS at
	// the time of NewPool.
	Workers int
	// Queue is how many jobs may wait for a worker. 0 means 32 for each worker
	// and at least 64: with the default parameters, at some 25 ms a hash, the last
	// in the queue waits one or two seconds. A negative number means none.
	Queue int
	// Nice is how much lower than that of the process the priority of the workers
	// is on Linux, 1 to 19. 0 means 15, with which a worker gets a thirtieth of what
	// another thread gets when both want a processor: enough that sign-ins come
	// through when everything else is saturated, and little enough that what wakes up
	// beside it need not wait; at 10 it sometimes does.
	Nice int
}

// A Pool runs slow, processor-bound work on a few workers in the order in which
// it came, and refuses more than a bounded number of jobs.
//
// On Linux each worker is an operating system thread of its own at low
// priority, so short requests never wait for a hash to end. It needs no
// privilege; where a sandbox forbids it the workers keep the priority of the
// process. Other systems have no priority of single threads, and there a pool
// only bounds the work. See RaiseProcs for the other half of that.
type Pool struct {
	workers, queue, nice int

	owned sync.WaitGroup // the workers
	procs procs

	mu      sync.Mutex
	ready   sync.Cond // on mu: a job is waiting, or the pool is closed
	state   poolState
	waiting []*job        // first in, first out
	running int           // jobs under way
	mean    time.Duration // moving average of how long a job takes
}

type poolState int

const (
	poolIdle poolState = iota
	poolStarted
	poolClosed
)

type job struct {
	run  func()
	err  error         // set before done is closed
	done chan struct{} // closed when run has returned
}

// NewPool returns a pool that does nothing before Start.
func NewPool(c PoolConfig) *Pool {
	p := &Pool{workers: c.Workers, queue: c.Queue, nice: c.Nice}
	if p.workers <= 0 {
		p.workers = runtime.GOMAXPROCS(0)
	}
	if p.queue == 0 {
		p.queue = max(64, 32*p.workers)
	}
	p.queue = max(p.queue, 0)
	if p.nice == 0 {
		p.nice = 15
	}
	p.ready.L = &p.mu
	return p
}

// Start starts the workers. The caller owns them and ends them with Close.
// Starting twice, or after Close, does nothing.
func (p *Pool) Start() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state != poolIdle {
		return
	}
	p.state = poolStarted
	for range p.workers {
		p.owned.Go(p.work)
	}
}

// Close takes no more jobs, ends the waiting ones with ErrStopped, and returns
// when those under way have ended and the workers are gone.
func (p *Pool) Close() {
	p.mu.Lock()
	p.state = poolClosed
	for _, j := range p.waiting {
		j.err = ErrStopped
		close(j.done)
	}
	p.waiting = nil
	p.ready.Broadcast()
	p.mu.Unlock()
	p.owned.Wait()
}

// Do runs a job on a worker and returns when it has ended. The error is a
// *BusyError if the queue is full, and ErrStopped if the pool is not running or
// was closed before the job began; run has not been called then.
//
// When ctx ends first, Do returns an error that wraps its cause. A job that has
// not begun leaves the queue and never runs. One that has begun goes on, since
// no derivation can be broken off, and its result is dropped: after an error
// the caller must not touch what run writes.
//
// A panic of run becomes an error.
func (p *Pool) Do(ctx context.Context, run func()) error {
	j := &job{run: run, done: make(chan struct{})}
	if err := p.enter(ctx, j); err != nil {
		return err
	}
	select {
	case <-j.done:
		return j.err
	case <-ctx.Done():
		p.leave(j)
		return fmt.Errorf("password: wait for a hash worker: %w", context.Cause(ctx))
	}
}

// RetryAfter estimates how long the jobs under way and in the queue will take,
// in whole seconds and at least one: what to tell a client that got ErrBusy.
func (p *Pool) RetryAfter() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.retryAfter()
}

func (p *Pool) retryAfter() time.Duration {
	drained := p.mean * time.Duration(len(p.waiting)+p.running) / time.Duration(p.workers)
	seconds := (drained + time.Second - 1) / time.Second
	return max(seconds, 1) * time.Second
}

// Congested reports whether a job that comes now waits for more than two others
// on each worker. The processors are what everybody waits for then, and what is
// done beside the hashes is taken from them.
func (p *Pool) Congested() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.waiting) > 2*p.workers
}

// enter puts j at the end of the queue.
func (p *Pool) enter(ctx context.Context, j *job) error {
	if ctx.Err() != nil {
		return fmt.Errorf("password: wait for a hash worker: %w", context.Cause(ctx))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state != poolStarted {
		return ErrStopped
	}
	// A job that a free worker is about to take does not wait.
	if len(p.waiting)+p.running >= p.workers+p.queue {
		return &BusyError{RetryAfter: p.retryAfter()}
	}
	if len(p.waiting)+p.running == 0 {
		p.procs.busy()
	}
	p.waiting = append(p.waiting, j)
	p.ready.Signal()
	return nil
}

// leave takes j out of the queue if it is still there.
func (p *Pool) leave(j *job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := len(p.waiting)
	p.waiting = slices.DeleteFunc(p.waiting, func(other *job) bool { return other == j })
	if len(p.waiting) < before {
		p.rest()
	}
}

// rest notes that there is no work left, if there is none.
func (p *Pool) rest() {
	if len(p.waiting)+p.running == 0 {
		p.procs.idle()
	}
}

// work is one worker.
func (p *Pool) work() {
	lowerPriority(p.nice)
	for {
		j := p.next()
		if j == nil {
			return
		}
		begun := time.Now()
		j.err = call(j.run)
		p.ended(j, time.Since(begun))
	}
}

// next waits for a job and takes it, or returns nil when the pool is closed.
func (p *Pool) next() *job {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.waiting) == 0 {
		if p.state == poolClosed {
			return nil
		}
		p.ready.Wait()
	}
	j := p.waiting[0]
	p.waiting = slices.Delete(p.waiting, 0, 1)
	p.running++
	return j
}

// ended frees the worker and tells who waits for j, in one: whoever has an
// answer finds the worker free.
func (p *Pool) ended(j *job, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running--
	p.rest()
	close(j.done)
	if p.mean == 0 {
		p.mean = took
	}
	p.mean += (took - p.mean) / 8
}

func call(run func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("password: a hash job panicked: %v\n%s", r, debug.Stack())
		}
	}()
	run()
	return nil
}
