package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// maxGroup is the greatest number of writes that are committed together, which
// bounds how long the first of them waits for the others.
const maxGroup = 256

// writer commits writes in groups. There is no goroutine that writes and no
// timer that waits: the first caller leads. It runs its own write, then those
// that were asked for meanwhile, commits all of them together, hands the lead
// to the first that still waits, and answers. A lone caller so commits at once,
// without a switch of goroutines, and the more callers there are, the more of
// them share one flush to the disk.
type writer struct {
	conn  *conn
	limit int // how many may wait

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
	begun bool        // out of the queue: it will be run; guarded by writer.mu
	wake  chan signal // buffered
}

type signal uint8

const (
	signalDone signal = iota // the write has been run, and committed or refused
	signalLead               // the caller leads
)

func newWriter(c *conn, limit int) *writer {
	w := &writer{conn: c, limit: limit}
	w.idle.L = &w.mu
	return w
}

// do runs fn within a transaction and returns when what it wrote is committed.
// If fn fails, what it wrote is undone, and nothing of other callers is. A
// panic of fn is one of its caller.
//
// ctx counts while the write waits for its turn: a write that has begun is
// finished. fn may be run on another goroutine.
func (w *writer) do(ctx context.Context, fn func(*tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	own := &write{fn: fn}
	lead, err := w.enter(own)
	if err != nil {
		return err
	}
	if !lead {
		lead, err = w.wait(ctx, own)
		if err != nil {
			return err
		}
	}
	if lead {
		w.lead(own)
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
	own.wake = make(chan signal, 1)
	w.queue = append(w.queue, own)
	return false, nil
}

// wait waits until the write is done or its caller leads.
func (w *writer) wait(ctx context.Context, own *write) (lead bool, err error) {
	select {
	case s := <-own.wake:
		return s == signalLead, nil
	case <-ctx.Done():
		if w.leave(own) {
			return false, ctx.Err()
		}
		return <-own.wake == signalLead, nil
	}
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

// next takes the first write out of the queue; nil if there is none.
func (w *writer) next() *write {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pop()
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

// lead runs and commits a group that begins with the caller's own write.
func (w *writer) lead(own *write) {
	g := group{conn: w.conn}
	g.add(own)
	var others []*write
	for len(others) < maxGroup {
		other := w.next()
		if other == nil {
			break
		}
		others = append(others, other)
		g.add(other)
	}
	g.commit()
	w.resign()
	for _, other := range others {
		other.wake <- signalDone
	}
}

// resign hands the lead to the first write that waits.
func (w *writer) resign() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if heir := w.pop(); heir != nil {
		heir.wake <- signalLead
		return
	}
	w.led = false
	w.idle.Broadcast()
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
type group struct {
	conn *conn
	tx   *tx
	good []*write // run without an error, and not committed yet
}

// add runs a write within the group. A write that fails is undone alone, by a
// savepoint; the first one needs none, since the transaction is its own.
func (g *group) add(w *write) {
	if g.tx == nil {
		if _, err := g.conn.exec("BEGIN IMMEDIATE"); err != nil {
			w.err = fmt.Errorf("sqlite: begin: %w", err)
			return
		}
		g.tx = &tx{conn: g.conn}
	}
	if len(g.good) == 0 {
		if g.call(w) {
			g.good = append(g.good, w)
			return
		}
		g.rollback()
		return
	}
	hooks := len(g.tx.committed)
	if _, err := g.conn.exec("SAVEPOINT one"); err != nil {
		w.err = fmt.Errorf("sqlite: savepoint: %w", err)
		g.fail(err)
		return
	}
	ok := g.call(w)
	if !ok {
		g.tx.committed = g.tx.committed[:hooks]
		if _, err := g.conn.exec("ROLLBACK TO one"); err != nil {
			g.fail(err)
			return
		}
	}
	if _, err := g.conn.exec("RELEASE one"); err != nil {
		if ok {
			w.err = fmt.Errorf("sqlite: release: %w", err)
		}
		g.fail(err)
		return
	}
	if ok {
		g.good = append(g.good, w)
	}
}

// call runs a write and reports whether what it wrote may be kept.
func (g *group) call(w *write) bool {
	defer func() { w.panic = recover() }()
	w.err = errPanicked
	g.tx.err = nil
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
	committed []func() // run after the commit, before the writes are answered
}

// exec is conn.exec. A row that the rules of the tables refuse is an error of
// the statement; any other error ends the write, even if its caller overlooks
// it.
func (t *tx) exec(sql string, args ...any) (changed int64, err error) {
	if t.err != nil {
		return 0, t.err
	}
	changed, err = t.conn.exec(sql, args...)
	return changed, t.keep(err)
}

// first is conn.first.
func (t *tx) first(sql string, args ...any) (row, bool, error) {
	if t.err != nil {
		return nil, false, t.err
	}
	r, ok, err := t.conn.first(sql, args...)
	return r, ok, t.keep(err)
}

// each is conn.each, without a way to interrupt it.
func (t *tx) each(sql string, args []any, fn func(row) error) error {
	if t.err != nil {
		return t.err
	}
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
