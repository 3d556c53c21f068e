//go:build unix

package sqlite

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// tryLock takes the lock of an open file for as long as it stays open, and
// says whether nobody else has it.
func tryLock(f *os.File) (bool, error) {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, unix.EWOULDBLOCK):
			return false, nil
		case !errors.Is(err, unix.EINTR):
			return false, err
		}
	}
}

// fileLayer is the part of SQLite that locks and reads files. This one keeps
// other processes out of the database for good, whatever they are: so what is
// kept in memory stays true, and a look-up needs no system call for locks.
// Source: https://www.sqlite.org/vfs.html
const fileLayer = "unix-excl"
