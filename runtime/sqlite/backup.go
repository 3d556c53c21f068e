package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Backup writes a copy of the file, as it is at one moment, to a new file at
// path. Reads and writes go on meanwhile. It is the way to copy a file that is
// in use, since no other process can open it.
//
// The copy holds hashes of passwords and tokens; only its owner may read it.
func (db *DB) Backup(ctx context.Context, path string) (err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("sqlite: backup: %w", err)
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			_ = os.Remove(path)
		}
	}()
	// It counts as a read, so that Close waits for it; but connections of the
	// pool may not even write to other files.
	err = db.read(ctx, "backup", func(*conn) error {
		c, err := openConn(db.path, db.config, false)
		if err != nil {
			return err
		}
		err = c.each(ctx, "VACUUM INTO ?", []any{path}, func(row) error { return nil })
		return errors.Join(err, c.close())
	})
	if err != nil {
		return err
	}
	return f.Sync()
}
