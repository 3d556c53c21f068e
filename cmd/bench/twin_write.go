package main

import (
	"database/sql"
	"errors"
)

// writes runs what changes the twin's database.
type writes interface {
	// do runs fn in a transaction and returns when it is committed.
	do(fn func(tx *sql.Tx) error) error
}

// plainWrites commits each write by itself.
type plainWrites struct{ db *sql.DB }

func (w plainWrites) do(fn func(tx *sql.Tx) error) error {
	tx, err := w.db.Begin()
	if err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// groupedWrites commits all writes together that wait: one goroutine takes what
// is in the queue, without a timer. A group that fails is run again, each write
// by itself.
type groupedWrites struct {
	plain plainWrites
	queue chan queuedWrite
	ended chan struct{}
}

type queuedWrite struct {
	fn   func(tx *sql.Tx) error
	done chan error
}

// mostGrouped is the greatest number of writes in a group, as with Latchwork.
const mostGrouped = 256

func newGroupedWrites(db *sql.DB) *groupedWrites {
	w := &groupedWrites{plain: plainWrites{db}, queue: make(chan queuedWrite, 1024), ended: make(chan struct{})}
	go w.run()
	return w
}

func (w *groupedWrites) do(fn func(tx *sql.Tx) error) error {
	q := queuedWrite{fn, make(chan error, 1)}
	w.queue <- q
	return <-q.done
}

// close ends the goroutine. No write may be under way.
func (w *groupedWrites) close() {
	close(w.queue)
	<-w.ended
}

func (w *groupedWrites) run() {
	defer close(w.ended)
	for first := range w.queue {
		group := append(make([]queuedWrite, 0, 64), first)
		for more := true; more && len(group) < mostGrouped; {
			select {
			case next, ok := <-w.queue:
				if more = ok; ok {
					group = append(group, next)
				}
			default:
				more = false
			}
		}
		w.commit(group)
	}
}

func (w *groupedWrites) commit(group []queuedWrite) {
	err := w.plain.do(func(tx *sql.Tx) error {
		for _, q := range group {
			if err := q.fn(tx); err != nil {
				return err
			}
		}
		return nil
	})
	for _, q := range group {
		if err == nil {
			q.done <- nil
		} else {
			q.done <- w.plain.do(q.fn)
		}
	}
}
