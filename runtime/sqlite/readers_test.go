package sqlite

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

func TestReadersLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t, Config{Readers: 2})
		hold := make(chan struct{})
		var running, most atomic.Int32
		done := make(chan error)
		for range 5 {
			go func() {
				done <- db.readers.do(t.Context(), func(*conn) error {
					if n := running.Add(1); n > most.Load() {
						most.Store(n)
					}
					<-hold
					running.Add(-1)
					return nil
				})
			}()
			synctest.Wait()
		}
		close(hold)
		for range 5 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if most.Load() != 2 || db.readers.opened != 2 {
			t.Errorf("got %d at a time on %d connections, want 2", most.Load(), db.readers.opened)
		}
	})
}

func TestReadersCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t, Config{Readers: 1})
		hold := make(chan struct{})
		nothing := func(*conn) error { return nil }
		errs := make(chan error, 3)
		go func() { errs <- db.readers.do(t.Context(), func(*conn) error { <-hold; return nil }) }()
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		go func() { errs <- db.readers.do(ctx, nothing) }()
		synctest.Wait()
		cancel()
		if err := <-errs; !errors.Is(err, context.Canceled) {
			t.Errorf("in the line: got %v, want context.Canceled", err)
		}
		if err := db.readers.do(ctx, nothing); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled before: got %v, want context.Canceled", err)
		}
		close(hold)
		if err := <-errs; err != nil {
			t.Error(err)
		}
		if err := db.readers.do(t.Context(), nothing); err != nil {
			t.Errorf("the connection was lost: %v", err)
		}
	})
}

// A connection that cannot be opened is an error of one caller; the next one
// in the line may try again.
func TestReadersOpenFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		boom := errors.New("boom")
		proceed := make(chan struct{})
		fails := true
		r := newReaders(1, func() (*conn, error) {
			<-proceed
			if fails {
				fails = false
				return nil, boom
			}
			return dial(t.TempDir()+"/app.db", Config{})
		})
		errs := make(chan error, 2)
		for range 2 {
			go func() { errs <- r.do(t.Context(), func(*conn) error { return nil }) }()
			synctest.Wait()
		}
		close(proceed)
		if err := <-errs; !errors.Is(err, boom) {
			t.Errorf("got %v, want boom", err)
		}
		if err := <-errs; err != nil {
			t.Errorf("the next caller: got %v", err)
		}
		if err := r.close(); err != nil {
			t.Error(err)
		}
	})
}

func TestReadersClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t, Config{Readers: 1})
		hold := make(chan struct{})
		errs := make(chan error, 2)
		for range 2 {
			go func() { errs <- db.readers.do(t.Context(), func(*conn) error { <-hold; return nil }) }()
		}
		synctest.Wait()
		closed := make(chan error)
		go func() { closed <- db.readers.close() }()
		synctest.Wait()
		if err := db.readers.do(t.Context(), func(*conn) error { return nil }); !errors.Is(err, ErrClosed) {
			t.Errorf("got %v, want ErrClosed", err)
		}
		select {
		case <-closed:
			t.Error("closed while reads were under way")
		default:
		}
		close(hold)
		for range 2 {
			if err := <-errs; err != nil {
				t.Errorf("a read that was accepted: got %v", err)
			}
		}
		if err := <-closed; err != nil {
			t.Error(err)
		}
	})
}

func TestReadersCannotWrite(t *testing.T) {
	db := open(t, Config{})
	err := db.read(t.Context(), "write", func(c *conn) error {
		_, err := c.exec("DELETE FROM users")
		return err
	})
	if err == nil {
		t.Error("got no error: a reader can write")
	}
}

// A turn that comes at the very moment in which its caller gives up is the
// next one's.
func TestReadersTurnIsNotLost(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	one := new(conn)
	for range 100 { // which of the two is seen first is up to chance
		r := newReaders(1, nil)
		r.opened = 1
		turn := make(chan *conn, 1)
		turn <- one
		c, err := r.wait(ctx, turn)
		switch {
		case err == nil && c != one:
			t.Fatalf("got %p, want the connection", c)
		case err != nil && len(r.free) != 1:
			t.Fatalf("got %v, and the connection is lost", err)
		}
	}
}
