//go:build !cgo

package sqlite

import (
	"database/sql/driver"
	"errors"

	"modernc.org/sqlite"
)

// Driver names the SQLite that the program was built with.
const Driver = "modernc.org/sqlite"

const driverOptions = ""

func openDriver(name string) (driver.Conn, error) {
	return (&sqlite.Driver{}).Open(name)
}

// resultCode is the extended result code of an error of SQLite; 0 for others.
func resultCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}
