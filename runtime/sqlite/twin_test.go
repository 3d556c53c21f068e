//go:build cgo

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

// twin is what one writes by hand on database/sql: the yardstick of the
// benchmarks. It runs the statements of the package with the same settings.
type twin struct {
	writer  *sql.DB
	readers *sql.DB
	login   *sql.Stmt
	insert  *sql.Stmt
	find    *sql.Stmt
	queue   chan twinWrite
}

type twinWrite struct {
	record session.Record
	done   chan error
}

// twinFind is the join as one writes it.
const twinFind = `SELECT ` + sessionColumns + ` FROM sessions s JOIN users u ON u.realm = s.realm AND u.id = s.user_id
	WHERE s.realm = ? AND s.hash = ? AND u.status = 'active'`

func openTwin(b *testing.B) *twin {
	b.Helper()
	path := filepath.Join(b.TempDir(), "twin.db")
	db, err := Open(b.Context(), path, Config{})
	if err != nil {
		b.Fatal(err)
	}
	for n := range benchUsers {
		if err := db.Users().Create(b.Context(), benchRealm, usertest.New(n), "hash"); err != nil {
			b.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	const options = "?_journal_mode=WAL&_synchronous=FULL&_foreign_keys=on&_busy_timeout=10000&_txlock=immediate"
	t := &twin{queue: make(chan twinWrite, 1024)}
	if t.writer, err = sql.Open("sqlite3", "file:"+path+options); err != nil {
		b.Fatal(err)
	}
	if t.readers, err = sql.Open("sqlite3", "file:"+path+options); err != nil {
		b.Fatal(err)
	}
	t.writer.SetMaxOpenConns(1)
	t.readers.SetMaxOpenConns(4)
	t.readers.SetMaxIdleConns(4)
	if _, err := t.writer.Exec("PRAGMA wal_autocheckpoint=4000"); err != nil {
		b.Fatal(err)
	}
	logInOnly, _, _ := strings.Cut(logIn, " RETURNING ")
	for _, prepared := range []struct {
		stmt **sql.Stmt
		db   *sql.DB
		text string
	}{{&t.login, t.writer, logInOnly}, {&t.insert, t.writer, insertSession}, {&t.find, t.readers, twinFind}} {
		if *prepared.stmt, err = prepared.db.Prepare(prepared.text); err != nil {
			b.Fatal(err)
		}
	}
	b.Cleanup(func() {
		if err := errors.Join(t.writer.Close(), t.readers.Close()); err != nil {
			b.Error(err)
		}
	})
	return t
}

func (t *twin) create(tx *sql.Tx, r *session.Record) error {
	ctx := context.Background()
	result, err := tx.StmtContext(ctx, t.login).ExecContext(ctx, benchRealm, r.UserID, int64(r.Created))
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return fmt.Errorf("%d users: %w", n, err)
	}
	_, err = tx.StmtContext(ctx, t.insert).ExecContext(ctx, benchRealm, r.Hash[:], r.ID, r.UserID, int64(r.Created),
		int64(r.LastSeen), int64(r.IdleEnd), int64(r.End), r.IP, r.UserAgent, "[]", `["password"]`, "", "", "{}", "")
	return err
}

// plain is a transaction for each session.
func (t *twin) plain(r session.Record) error {
	tx, err := t.writer.Begin()
	if err != nil {
		return err
	}
	if err := t.create(tx, &r); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// grouped is one goroutine that commits all that waits.
func (t *twin) grouped() {
	for first := range t.queue {
		group := []twinWrite{first}
		for more := true; more && len(group) < maxGroup; {
			select {
			case next, ok := <-t.queue:
				if more = ok; ok {
					group = append(group, next)
				}
			default:
				more = false
			}
		}
		err := t.commit(group)
		for _, w := range group {
			w.done <- err
		}
	}
}

func (t *twin) commit(group []twinWrite) error {
	tx, err := t.writer.Begin()
	if err != nil {
		return err
	}
	for i := range group {
		if err := t.create(tx, &group[i].record); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}

func BenchmarkTwinPlain(b *testing.B) {
	for _, goroutines := range []int{1, 16, 64} {
		b.Run(fmt.Sprint("FULL/", goroutines), func(b *testing.B) {
			t := openTwin(b)
			inParallel(b, goroutines, func(n uint64) error { return t.plain(benchSession(n)) })
		})
	}
}

func BenchmarkTwinGrouped(b *testing.B) {
	for _, goroutines := range []int{1, 16, 64} {
		b.Run(fmt.Sprint("FULL/", goroutines), func(b *testing.B) {
			t := openTwin(b)
			go t.grouped()
			inParallel(b, goroutines, func(n uint64) error {
				w := twinWrite{benchSession(n), make(chan error, 1)}
				t.queue <- w
				return <-w.done
			})
			close(t.queue)
		})
	}
}

func BenchmarkTwinFind(b *testing.B) {
	const live = 10_000
	for _, goroutines := range []int{1, 16, 64} {
		b.Run(fmt.Sprint(goroutines), func(b *testing.B) {
			t := openTwin(b)
			tx, err := t.writer.Begin()
			if err != nil {
				b.Fatal(err)
			}
			for n := range uint64(live) {
				r := benchSession(n)
				if err := t.create(tx, &r); err != nil {
					b.Fatal(err)
				}
			}
			if err := tx.Commit(); err != nil {
				b.Fatal(err)
			}
			inParallel(b, goroutines, func(n uint64) error {
				hash := numbered(n * 7919 % live)
				var r session.Record
				var blob []byte
				var groups, factors, data, userGroups string
				return t.find.QueryRow(benchRealm, hash[:]).Scan(&blob, &r.ID, &r.UserID, &r.Created, &r.LastSeen,
					&r.IdleEnd, &r.End, &r.IP, &r.UserAgent, &groups, &factors, &r.Actor, &r.Note, &data, &userGroups)
			})
		})
	}
}
