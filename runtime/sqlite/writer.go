package sqlite

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"
)

// maxGroup is the greatest number of writes that are committed together, which
// bounds how long the first of them waits for the others.
const maxGroup = 256

// groupDelay is how long a lone write waits for others where processors are
// scarce: less than one password takes, of which many are waiting then.
const groupDelay = 20 * time.Millisecond

// writer commits writes in groups. A caller who finds nobody at work leads, runs
// its own write and those that were asked for meanwhile, commits them all, and
// answers. So a lone caller commits at once, without a switch of goroutines. Where
// more have come during the commit, a goroutine goes on for as long as any do; the
// more callers there are, the more of them share one flush to the disk.
//
// No timer waits for a group to fill, but where processors are what everybody
// waits for: there a commit takes time from those that wait, and who asked for it
// hardly notices groupDelay beside the time that it has waited for a processor.
type writer struct {
	conn      *conn
	limit     int         // how many may wait
	congested func() bool // processors are scarce; nil if they never are

	mu     sync.Mutex
	led    bool // somebody leads
	closed bool
	queue  []*write
	idle   sync.Cond // signalled when nobody leads any more; its lock is mu
}

// write is one caller's write.
type write struct {
	fn    func(*tx) error
	err   error
	panic any
	begun bool          // out of the queue: it will be run; guarded by writer.mu
	done  chan struct{} // closed when it has been run, and committed or refused; nil for a leader's own
}

func newWriter(c *conn, limit int, congested func() bool) *writer {
	w := &writer{conn: c, limit: limit, congested: congested}
	w.idle.L = &w.mu
	return w
}

// do runs fn within a transaction and returns when what it wrote is committed.
// If fn fails, what it wrote is undone, and nothing of other callers is. A
// panic of fn is one of its caller.
//
// ctx counts while the write waits for its turn: a write that has begun is
// finished. fn may be run on another goroutine, and more than once: what it did
// before was undone then, and only what it tells last counts.
func (w *writer) do(ctx context.Context, fn func(*tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	own := &write{fn: fn}
	lead, err := w.enter(own)
	switch {
	case err != nil:
		return err
	case lead:
		w.lead(own)
	default:
		if err := w.wait(ctx, own); err != nil {
			return err
		}
	}
	if own.panic != nil {
		panic(own.panic)
	}
	return own.err
}

// enter takes the lead if nobody has it, else a place in the queue.
func (w *writer) enter(own *write) (lead bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
		return false, ErrClosed
	case !w.led:
		w.led, own.begun = true, true
		return true, nil
	case len(w.queue) >= w.limit:
		return false, ErrOverloaded
	}
	own.done = make(chan struct{})
	w.queue = append(w.queue, own)
	return false, nil
}

// wait waits until the write is done. It fails if ctx ends before it has begun.
func (w *writer) wait(ctx context.Context, own *write) error {
	select {
	case <-own.done:
	case <-ctx.Done():
		if w.leave(own) {
			return ctx.Err()
		}
		<-own.done
	}
	return nil
}

// leave takes a write out of the queue if it is still there.
func (w *writer) leave(own *write) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if own.begun {
		return false
	}
	for i, other := range w.queue {
		if other == own {
			w.queue = append(w.queue[:i], w.queue[i+1:]...)
			break
		}
	}
	return true
}

// lead commits a caller's own write, and leaves those that have come meanwhile
// to a goroutine.
func (w *writer) lead(own *write) {
	w.commit(own)
	if next := w.nextOrResign(); next != nil {
		go w.goOn(next)
	}
}

// goOn commits what waits until nothing does. Whoever closes the writer waits for
// its end.
func (w *writer) goOn(next *write) {
	for next != nil {
		w.commit(next)
		// Whoever was just answered, and whoever asks next, comes first if processors
		// are scarce: the group that follows is the larger for it.
		runtime.Gosched()
		next = w.nextOrResign()
	}
}

// commit runs and commits a group that begins with one write and takes in those
// that wait.
func (w *writer) commit(first *write) {
	w.gather()
	g := group{conn: w.conn}
	all := make([]*write, 0, 16)
	for next := first; next != nil; next = w.next() {
		all = append(all, next)
		g.add(next)
		if len(all) == maxGroup {
			break
		}
	}
	g.commit()
	for _, own := range all {
		if own.done != nil {
			close(own.done)
		}
	}
}

// gather gives others the time to join a lone write, where that is worth it.
func (w *writer) gather() {
	if w.congested == nil || !w.congested() {
		return
	}
	w.mu.Lock()
	lone := len(w.queue) == 0
	w.mu.Unlock()
	if lone {
		time.Sleep(groupDelay)
	}
}

// next takes the first write out of the queue; nil if there is none.
func (w *writer) next() *write {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pop()
}

// nextOrResign is next; if there is none, nobody leads from then on.
func (w *writer) nextOrResign() *write {
	w.mu.Lock()
	defer w.mu.Unlock()
	next := w.pop()
	if next == nil {
		w.led = false
		w.idle.Broadcast()
	}
	return next
}

func (w *writer) pop() *write {
	if len(w.queue) == 0 {
		return nil
	}
	first := w.queue[0]
	first.begun = true
	w.queue[0] = nil
	w.queue = w.queue[1:]
	return first
}

// close refuses further writes and returns when those that were accepted are
// done.
func (w *writer) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for w.led {
		w.idle.Wait()
	}
}

// group is a transaction that several writes share.
//
// Most writes succeed, or fail before they have written anything. So they are run
// without savepoints, for which SQLite copies every page that changes. Where one
// fails that has written, all are undone and run once more, with savepoints.
type group struct {
	conn    *conn
	tx      *tx
	good    []*write // run without an error, and not committed yet
	careful bool     // each write has a savepoint
}

// add runs a write within the group. A write that fails is undone alone.
func (g *group) add(w *write) {
	if g.tx == nil {
		if _, err := g.conn.exec("BEGIN IMMEDIATE"); err != nil {
			w.err = fmt.Errorf("sqlite: begin: %w", err)
			return
		}
		g.tx = &tx{conn: g.conn}
	}
	hooks := len(g.tx.committed)
	run := g.call
	if g.careful {
		run = g.callCarefully
	}
	switch ok := run(w); {
	case g.tx == nil: // the group has failed
	case ok:
		g.good = append(g.good, w)
	default:
		g.tx.committed = g.tx.committed[:hooks]
		if !g.careful && g.tx.left() {
			g.redo()
		}
	}
}

// redo undoes what a write that failed has left, and runs those before it again.
func (g *group) redo() {
	good := g.good
	g.rollback()
	g.careful = true
	for _, w := range good {
		g.add(w)
	}
}

// callCarefully is call with a savepoint, to which a write that fails goes back.
// If that cannot be done the group fails.
func (g *group) callCarefully(w *write) bool {
	if _, err := g.conn.exec("SAVEPOINT one"); err != nil {
		w.err = fmt.Errorf("sqlite: savepoint: %w", err)
		g.fail(err)
		return false
	}
	ok := g.call(w)
	if !ok {
		if _, err := g.conn.exec("ROLLBACK TO one"); err != nil {
			g.fail(err)
			return false
		}
	}
	if _, err := g.conn.exec("RELEASE one"); err != nil {
		if ok {
			w.err = fmt.Errorf("sqlite: release: %w", err)
		}
		g.fail(err)
		return false
	}
	return ok
}

// call runs a write and reports whether what it wrote may be kept.
func (g *group) call(w *write) bool {
	defer func() { w.panic = recover() }()
	w.err = errPanicked
	g.tx.err, g.tx.changed = nil, false
	err := w.fn(g.tx)
	if err == nil {
		err = g.tx.err
	}
	w.err = err
	return err == nil
}

// errPanicked is the error of a write that ended by a panic.
var errPanicked = errors.New("sqlite: the write panicked")

// commit commits what the group has written and then tells those who asked to
// know.
func (g *group) commit() {
	if g.tx == nil {
		return
	}
	if _, err := g.conn.exec("COMMIT"); err != nil {
		g.fail(err)
		return
	}
	for _, hook := range g.tx.committed {
		hook()
	}
}

// fail undoes the whole group: SQLite itself ends a transaction when the disk
// is full or broken, and nobody can say then what is left of it.
func (g *group) fail(cause error) {
	for _, w := range g.good {
		w.err = fmt.Errorf("sqlite: commit: %w", cause)
	}
	g.rollback()
}

func (g *group) rollback() {
	// Where SQLite has ended the transaction already, this finds none to end.
	_, _ = g.conn.exec("ROLLBACK")
	g.tx, g.good = nil, nil
}

// tx is what a write works on.
type tx struct {
	conn      *conn
	err       error    // of a statement; what follows it is not run
	changed   bool     // a statement may have changed something
	committed []func() // run after the commit, before the writes are answered
}

// left reports whether a write that has failed may have left something.
func (t *tx) left() bool { return t.changed || t.err != nil }

// exec is conn.exec. A row that the rules of the tables refuse is an error of
// the statement; any other error ends the write, even if its caller overlooks
// it.
func (t *tx) exec(sql string, args ...any) (changed int64, err error) {
	if t.err != nil {
		return 0, t.err
	}
	changed, err = t.conn.exec(sql, args...)
	t.changed = t.changed || changed > 0
	return changed, t.keep(err)
}

// first is conn.first.
func (t *tx) first(sql string, args ...any) (row, bool, error) {
	if t.err != nil {
		return nil, false, t.err
	}
	r, ok, err := t.conn.first(sql, args...)
	t.changed = t.changed || ok
	return r, ok, t.keep(err)
}

// each is conn.each, without a way to interrupt it.
func (t *tx) each(sql string, args []any, fn func(row) error) error {
	if t.err != nil {
		return t.err
	}
	t.changed = true // or not: that is not known before the end
	return t.conn.each(context.Background(), sql, args, fn)
}

// onCommit has fn run when the write is committed, before its caller is
// answered. fn is not run if the write fails.
func (t *tx) onCommit(fn func()) { t.committed = append(t.committed, fn) }

func (t *tx) keep(err error) error {
	if err != nil && !isConstraint(err) {
		t.err = err
	}
	return err
}
