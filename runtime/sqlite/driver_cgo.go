//go:build cgo

package sqlite

import (
	"database/sql/driver"
	"errors"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// Driver names the SQLite that the program was built with.
const Driver = "github.com/mattn/go-sqlite3"

// driverOptions switch off the locks around each connection: a connection is
// used by one goroutine at a time. Interrupting it from another is allowed.
const driverOptions = "_mutex=no"

func openDriver(name string) (driver.Conn, error) {
	return (&sqlite3.SQLiteDriver{}).Open(name)
}

// resultCode is the extended result code of an error of SQLite; 0 for others.
func resultCode(err error) int {
	var e sqlite3.Error
	if errors.As(err, &e) {
		return int(e.ExtendedCode)
	}
	return 0
}
