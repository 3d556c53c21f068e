package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
)

// DB is an open file. All methods may be called by many goroutines at a time.
type DB struct {
	path    string
	config  Config
	lock    *os.File
	writer  *writer
	readers *readers
	cache   *sessionCache // nil without one
	added   chan struct{} // has one in it when the outbox has got entries

	closing sync.Once
	closed  error
}

// Open opens the file at path, and makes it if there is none. While it is open
// no other process can open it, nor another Open of this one: they fail with
// ErrLocked.
//
// Tables that are older than the program are brought up to date, or refused
// with ErrBehind, as cfg says; newer ones are refused with ErrAhead.
func Open(ctx context.Context, path string, cfg Config) (*DB, error) {
	cfg = cfg.withDefaults()
	path, err := canonicalPath(path)
	if err != nil {
		return nil, err
	}
	lock, err := lockFile(path)
	if err != nil {
		return nil, err
	}
	if err := prepareFile(ctx, path, cfg, schemaVersion); err != nil {
		lock.Close()
		return nil, err
	}
	c, err := openConn(path, cfg, false)
	if err != nil {
		lock.Close()
		return nil, err
	}
	return &DB{
		path:    path,
		config:  cfg,
		lock:    lock,
		writer:  newWriter(c, cfg.Queue, cfg.Congested),
		readers: newReaders(cfg.Readers, func() (*conn, error) { return openConn(path, cfg, true) }),
		cache:   newSessionCache(cfg.SessionCache),
		added:   make(chan struct{}, 1),
	}, nil
}

// Path is the full name of the file.
func (db *DB) Path() string { return db.path }

// Close finishes the reads and writes under way, moves what the log holds into
// the file, and gives the file free. Calls that come later fail with ErrClosed.
func (db *DB) Close() error {
	db.closing.Do(func() {
		db.writer.close()
		var errs []error
		errs = append(errs, db.readers.close())
		errs = append(errs, db.writer.conn.run("PRAGMA wal_checkpoint(TRUNCATE)"))
		errs = append(errs, db.writer.conn.close())
		errs = append(errs, db.lock.Close())
		if err := errors.Join(errs...); err != nil {
			db.closed = fmt.Errorf("sqlite: close: %w", err)
		}
	})
	return db.closed
}

// Check asks the file for a row, so that a server can say whether its store
// answers.
func (db *DB) Check(ctx context.Context) error {
	return db.readers.do(ctx, func(c *conn) error {
		_, _, err := c.first("PRAGMA user_version")
		return err
	})
}

// read calls fn with a connection that reads.
func (db *DB) read(ctx context.Context, what string, fn func(*conn) error) error {
	return wrap(what, db.readers.do(ctx, fn))
}

// write calls fn within a transaction and returns when it is committed.
func (db *DB) write(ctx context.Context, what string, fn func(*tx) error) error {
	return wrap(what, db.writer.do(ctx, fn))
}

// wrap says in an error what was to be done.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("sqlite: %s: %w", what, err)
}
