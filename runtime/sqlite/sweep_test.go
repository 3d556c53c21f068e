package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

// fill opens n sessions in a realm, every third of which is over: one half of
// these for want of use, the other by its absolute end.
func fill(t *testing.T, db *DB, realm string, n int) (live, dead []session.Hash) {
	t.Helper()
	if err := db.Users().Create(t.Context(), realm, usertest.New(1), ""); err != nil {
		t.Fatal(err)
	}
	err := db.write(t.Context(), "fill", func(tx *tx) error {
		for i := range n {
			hash := numbered(uint64(i))
			var idleEnd, end int64 = 1000, 0
			switch i % 6 {
			case 0:
				idleEnd = 500
			case 3:
				end = 500
			case 4:
				end = 501
			}
			if i%3 == 0 {
				dead = append(dead, hash)
			} else {
				live = append(live, hash)
			}
			_, err := tx.exec(insertSession, realm, hash[:], usertest.ID(i), usertest.ID(1), int64(0), int64(0), idleEnd, end,
				"", "", "[]", "[]", "", "", "{}", "")
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return live, dead
}

func TestSweep(t *testing.T) {
	for name, cfg := range map[string]Config{"plain": {}, "with cache": {SessionCache: 10_000}} {
		t.Run(name, func(t *testing.T) {
			db := open(t, cfg)
			const n = 3*sweepStep + 7
			live, dead := fill(t, db, "main", n)
			otherLive, otherDead := fill(t, db, "other", 10)
			for _, hash := range append(live, dead...) {
				if _, err := db.Sessions().Find(t.Context(), "main", hash); err != nil {
					t.Fatal(err)
				}
			}
			for i, want := range []int{len(dead) + len(otherDead), 0} {
				if got, err := db.Sweep(t.Context(), 500); err != nil || got != want {
					t.Errorf("sweep %d: got %d, %v, want %d", i, got, err, want)
				}
			}
			for realm, hashes := range map[string][]session.Hash{"main": live, "other": otherLive} {
				for _, hash := range hashes {
					if _, err := db.Sessions().Find(t.Context(), realm, hash); err != nil {
						t.Fatalf("a live session: %v", err)
					}
				}
			}
			for realm, hashes := range map[string][]session.Hash{"main": dead, "other": otherDead} {
				for _, hash := range hashes {
					if _, err := db.Sessions().Find(t.Context(), realm, hash); !errors.Is(err, session.ErrNotFound) {
						t.Fatalf("a dead session: got %v, want session.ErrNotFound", err)
					}
				}
			}
			checkPlans(t, db)
		})
	}
}

// A session that is used between the look and the removal stays.
func TestSweepLooksAgain(t *testing.T) {
	db := open(t, Config{})
	fill(t, db, "main", 1)
	touch := session.Touch{Realm: "main", Hash: numbered(0), LastSeen: 499, IdleEnd: 1499}
	sweeping := db.sweepingSessions(500)
	dead, _, err := db.dead(t.Context(), sweeping, rowKey{hash: []byte{}})
	if err != nil || len(dead) != 1 {
		t.Fatalf("got %v, %v, want one", dead, err)
	}
	if err := db.Sessions().Touch(t.Context(), []session.Touch{touch}); err != nil {
		t.Fatal(err)
	}
	n, err := db.remove(t.Context(), sweeping, dead)
	if n != 0 {
		t.Errorf("got %d removed, want 0", n)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestSweepCancelled(t *testing.T) {
	db := open(t, Config{})
	fill(t, db, "main", 9)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if n, err := db.Sweep(ctx, 500); !errors.Is(err, context.Canceled) || n != 0 {
		t.Errorf("got %d, %v, want context.Canceled", n, err)
	}
}

func TestBackup(t *testing.T) {
	db := open(t, Config{})
	live, _ := fill(t, db, "main", 10)
	path := filepath.Join(t.TempDir(), "it's a copy.db")
	if err := db.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("got %v, %v, want a private file", info.Mode(), err)
	}
	if err := db.Backup(t.Context(), path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("onto a file that is there: got %v, want fs.ErrExist", err)
	}
	if err := db.Users().Disable(t.Context(), "main", usertest.ID(1), engine.Instant(1)); err != nil {
		t.Fatal(err)
	}
	copied := openAt(t, path, Config{})
	for _, hash := range live {
		if _, err := copied.Sessions().Find(t.Context(), "main", hash); err != nil {
			t.Errorf("the copy lacks a session: %v", err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	failed := filepath.Join(t.TempDir(), "failed.db")
	if err := db.Backup(ctx, failed); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if _, err := os.Stat(failed); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a failed copy is left: %v", err)
	}
}
