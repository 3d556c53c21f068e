package sqlite

import (
	"fmt"
	"sync"
	"testing"
)

// Every connection is at the setting, those too that are opened later.
func TestPragmasOnEveryConnection(t *testing.T) {
	for normal, want := range map[bool]int64{false: 2, true: 1} {
		t.Run(fmt.Sprintf("normal=%v", normal), func(t *testing.T) {
			const readers = 5
			db := open(t, Config{normal: normal, Readers: readers})
			check := func(c *conn) {
				t.Helper()
				for pragma, want := range map[string]any{
					"synchronous": want, "journal_mode": "wal", "foreign_keys": int64(1), "trusted_schema": int64(0),
				} {
					got, _, err := c.first("PRAGMA " + pragma)
					if err != nil || got[0] != want {
						t.Errorf("%s: got %v, %v, want %v", pragma, got, err, want)
					}
				}
			}
			check(db.writer.conn)
			var all, checked sync.WaitGroup
			all.Add(readers)
			for range readers {
				checked.Go(func() {
					err := db.read(t.Context(), "check", func(c *conn) error {
						check(c)
						all.Done()
						all.Wait() // so that each has a connection of its own
						return nil
					})
					if err != nil {
						t.Error(err)
					}
				})
			}
			checked.Wait()
			if got := db.readers.opened; got != readers {
				t.Errorf("got %d readers, want %d", got, readers)
			}
		})
	}
}
