package sqlite

import (
	"fmt"
	"os"
	"path/filepath"
)

// lockFile takes the right to open the database at path. The lock sits on a
// file beside the database, since closing any handle on the database itself
// would drop the locks that SQLite holds on it. The file stays when the lock
// is given back: removing it would let two processes lock two files of one
// name. The lock of a process that dies goes with it.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("sqlite: open lock: %w", err)
	}
	free, err := tryLock(f)
	switch {
	case err != nil:
		f.Close()
		return nil, fmt.Errorf("sqlite: lock %s: %w", f.Name(), err)
	case !free:
		f.Close()
		return nil, fmt.Errorf("%w: %s", ErrLocked, path)
	}
	return f, nil
}

// createFile makes an empty database that only its owner may read. SQLite
// gives its side files the mode of the database. A file that is there keeps
// its mode.
func createFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("sqlite: create file: %w", err)
	}
	return f.Close()
}

// canonicalPath is the one name of a file, whatever links lead to it, so that
// all who open it meet at the same lock.
func canonicalPath(path string) (string, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("sqlite: %w", err)
	}
	if resolved, err := filepath.EvalSymlinks(full); err == nil {
		return resolved, nil
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(full))
	if err != nil {
		return "", fmt.Errorf("sqlite: %w", err)
	}
	return filepath.Join(dir, filepath.Base(full)), nil
}
