package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/user"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

// open opens a new file for a test.
func open(tb testing.TB, cfg Config) *DB {
	tb.Helper()
	return openAt(tb, filepath.Join(tb.TempDir(), "app.db"), cfg)
}

func openAt(tb testing.TB, path string, cfg Config) *DB {
	tb.Helper()
	db, err := Open(tb.Context(), path, cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
	return db
}

func TestOpenKeepsState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	for n := range 3 {
		db, err := Open(t.Context(), path, Config{})
		if err != nil {
			t.Fatal(err)
		}
		list, err := db.Users().List(t.Context(), "main", "", 10)
		if err != nil || len(list) != n {
			t.Errorf("got %d users, %v, want %d", len(list), err, n)
		}
		if err := db.Users().Create(t.Context(), "main", usertest.New(n), ""); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Errorf("close again: %v", err)
		}
	}
	for _, side := range []string{"-wal", "-shm"} {
		if _, err := os.Stat(path + side); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left after a close: %v", side, err)
		}
	}
}

func TestOpenLocksFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "app.db")
	db := openAt(t, path, Config{})
	link := filepath.Join(dir, "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, link, filepath.Join(dir, ".", "app.db")} {
		if _, err := Open(t.Context(), name, Config{}); !errors.Is(err, ErrLocked) {
			t.Errorf("open %s: got %v, want ErrLocked", name, err)
		}
	}
	if _, err := Status(t.Context(), path); !errors.Is(err, ErrLocked) {
		t.Errorf("status: got %v, want ErrLocked", err)
	}
	if _, err := Migrate(t.Context(), path); !errors.Is(err, ErrLocked) {
		t.Errorf("migrate: got %v, want ErrLocked", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	openAt(t, path, Config{})
}

func TestOpenMakesPrivateFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // it has no modes
	}
	db := open(t, Config{})
	if err := db.Users().Create(t.Context(), "main", usertest.New(1), ""); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(db.Path() + "*")
	if err != nil || len(files) < 3 {
		t.Fatalf("got %v, %v, want the file, its log and its lock", files, err)
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("%s: got mode %o, want 600", filepath.Base(file), got)
		}
	}
}

func TestOpenRefusesForeignFiles(t *testing.T) {
	for name, statement := range map[string]string{
		"with tables":   "CREATE TABLE notes (text TEXT)",
		"with a name":   "PRAGMA application_id = 7",
		"with a number": "PRAGMA user_version = 7",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "app.db")
			c, err := dial(path, Config{})
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(c.run(statement), c.close()); err != nil {
				t.Fatal(err)
			}
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Open(t.Context(), path, Config{}); !errors.Is(err, ErrForeign) {
				t.Errorf("got %v, want ErrForeign", err)
			}
			if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
				t.Errorf("the file was changed, or %v", err)
			}
		})
	}
}

func TestOpenRefusesOtherBytes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	text := strings.Repeat("not a database ", 100)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path, Config{}); err == nil {
		t.Fatal("got no error")
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != text {
		t.Errorf("the file was changed, or %v", err)
	}
	if _, err := Open(t.Context(), filepath.Join(t.TempDir(), "none", "app.db"), Config{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: got %v, want fs.ErrNotExist", err)
	}
}

func TestOpenOddPaths(t *testing.T) {
	for _, name := range []string{"a b.db", "50%.db", "q?mode=memory.db", "h#1.db", "ü.db", "a&b=c.db"} {
		path := filepath.Join(t.TempDir(), name)
		db := openAt(t, path, Config{})
		if err := db.Users().Create(t.Context(), "main", usertest.New(1), ""); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%s: got %v, want the database under its own name", name, err)
		}
	}
}

func TestClosed(t *testing.T) {
	db := open(t, Config{})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Check(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("check: got %v, want ErrClosed", err)
	}
	if _, err := db.Users().Find(t.Context(), "main", user.ByID, "x"); !errors.Is(err, ErrClosed) {
		t.Errorf("read: got %v, want ErrClosed", err)
	}
	if err := db.Users().Delete(t.Context(), "main", "x"); !errors.Is(err, ErrClosed) {
		t.Errorf("write: got %v, want ErrClosed", err)
	}
}

func TestCheck(t *testing.T) {
	if err := open(t, Config{}).Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// No store reports success when nothing was stored.
func TestErrorsSurface(t *testing.T) {
	db := open(t, Config{})
	if err := db.Users().Create(t.Context(), "main", usertest.New(1), ""); err != nil {
		t.Fatal(err)
	}
	err := db.write(t.Context(), "break the tables", func(tx *tx) error {
		_, err := tx.exec("ALTER TABLE sessions RENAME TO elsewhere")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	sessions := db.Sessions()
	r := session.Record{ID: "1", UserID: usertest.ID(1)}
	for name, err := range map[string]error{
		"create": second(sessions.Create(t.Context(), "main", r, session.Limit{})),
		"touch":  sessions.Touch(t.Context(), []session.Touch{{Realm: "main"}}),
		"find":   second(sessions.Find(t.Context(), "main", r.Hash)),
		"delete": second(sessions.Delete(t.Context(), "main", r.UserID, session.Selection{All: true})),
		"list":   second(sessions.List(t.Context(), "main", r.UserID, 0)),
		"update": second(sessions.Update(t.Context(), "main", r.UserID, r.ID, session.Change{}, 0)),
	} {
		t.Run("A-34 "+name, func(t *testing.T) {
			if err == nil || errors.Is(err, session.ErrNotFound) {
				t.Errorf("got %v, want the store's error", err)
			}
		})
	}
}

func second[T any](_ T, err error) error { return err }

func TestLongReadIsInterrupted(t *testing.T) {
	db := open(t, Config{})
	ctx, cancel := context.WithCancel(t.Context())
	const endless = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n`
	err := db.read(ctx, "count", func(c *conn) error {
		go cancel()
		return c.each(ctx, endless, nil, func(row) error { return nil })
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if err := db.Check(t.Context()); err != nil {
		t.Errorf("the connection is of no use afterwards: %v", err)
	}
}
