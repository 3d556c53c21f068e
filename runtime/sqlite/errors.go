package sqlite

import (
	"errors"
	"time"

	"github.com/latchwork/latchwork/engine"
)

var (
	// ErrLocked says that another process, or another DB of this one, has the
	// file open.
	ErrLocked = errors.New("sqlite: the file is open in another process")

	// ErrClosed says that the DB has been closed.
	ErrClosed = errors.New("sqlite: closed")

	// ErrOverloaded says that too many writes are waiting. Nothing was
	// written; the caller may try again, and is told so with 503.
	ErrOverloaded error = overloaded{}

	// ErrBehind says that the tables are older than the program, and that
	// Config.Migrate forbids to bring them up to date.
	ErrBehind = errors.New("sqlite: the tables are older than the program; run the migrations")

	// ErrAhead says that a newer version of the program has written the file.
	ErrAhead = errors.New("sqlite: the tables are newer than the program")

	// ErrForeign says that the file is an SQLite file of another application.
	ErrForeign = errors.New("sqlite: the file belongs to another application")
)

type overloaded struct{}

func (overloaded) Error() string { return "sqlite: too many writes are waiting" }

// Unwrap is what a client is told.
func (overloaded) Unwrap() error {
	f := engine.Fail(503, "overloaded", "The server is busy. Try again in a moment.")
	f.RetryAfter = time.Second
	return f
}

// The result codes of SQLite that the package looks at; extended codes carry
// the plain one in their low byte. Source: https://www.sqlite.org/rescode.html
const (
	codeConstraint = 19
	codeUnique     = codeConstraint | 8<<8
	codePrimaryKey = codeConstraint | 6<<8
)

// isConstraint reports whether a rule of the tables refused a row. SQLite then
// undoes the one statement and leaves the transaction as it was.
func isConstraint(err error) bool { return resultCode(err)&0xff == codeConstraint }

// isDuplicate reports whether a row with that key is already there.
func isDuplicate(err error) bool {
	code := resultCode(err)
	return code == codeUnique || code == codePrimaryKey
}
