//go:build linux && cgo

package sqlite

import (
	"sync"
	"testing"
	"testing/synctest"

	"github.com/latchwork/latchwork/runtime/sqlite/internal/synccount"
)

var registerSyncCount = sync.OnceValue(func() error { return synccount.Register(fileLayer) })

// Each commit must reach the disk before it is answered. At Normal the same
// commits reach it only when the log is copied into the file: the count tells
// the settings apart, so the test fails where Full is not in force.
func TestFullSyncsEachCommit(t *testing.T) {
	if err := registerSyncCount(); err != nil {
		t.Fatal(err)
	}
	const commits = 50
	syncs := func(t *testing.T, normal bool) int64 {
		db := openNumbers(t, Config{normal: normal, vfs: synccount.Name})
		before := synccount.Count()
		for n := range commits {
			if err := db.writer.do(t.Context(), func(tx *tx) error { return insert(tx, n) }); err != nil {
				t.Fatal(err)
			}
		}
		return synccount.Count() - before
	}
	if got := syncs(t, false); got < commits {
		t.Errorf("FULL: got %d flushes for %d commits, want one each", got, commits)
	}
	if got := syncs(t, true); got != 0 {
		t.Errorf("NORMAL: got %d flushes for %d commits, want 0: the count proves nothing", got, commits)
	}
}

// A group is one commit: those who wait together share one flush.
func TestGroupSharesSync(t *testing.T) {
	if err := registerSyncCount(); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		db := openNumbers(t, Config{vfs: synccount.Name})
		_, release := lead(t, db, func(tx *tx) error { return insert(tx, 0) })
		const waiting = 20
		for n := range waiting {
			ask(t.Context(), db, func(tx *tx) error { return insert(tx, n+1) })
		}
		synctest.Wait()
		before := synccount.Count()
		release()
		if got := synccount.Count() - before; got != 1 {
			t.Errorf("got %d flushes for a group of %d, want 1", got, waiting+1)
		}
		if got := len(numbers(t, db)); got != waiting+1 {
			t.Errorf("got %d writes, want %d", got, waiting+1)
		}
	})
}
