package sqlite

import (
	"path/filepath"
	"testing"
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

func TestX(t *testing.T) {
	db := open(t, Config{})
	m, err := db.Migrations(t.Context())
	t.Log(m, err)
}
