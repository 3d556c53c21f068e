package password

import (
	"context"
	"errors"

	"golang.org/x/text/unicode/norm"
)

// MaxBytes is the longest password that is taken, in bytes as received. A
// longer one is refused and never cut. (OWASP ASVS 5.0 6.2.9 asks for at least
// 64 characters; a cap keeps the work for one request bounded.)
const MaxBytes = 1024

// ErrTooLong says that a password has more than MaxBytes bytes.
var ErrTooLong = errors.New("password: longer than 1024 bytes")

// A Hasher turns passwords into hashes that can be stored, and checks passwords
// against such hashes. Implementations are safe for concurrent use.
//
// All methods but Stale are slow by intent. When ctx ends they may return early
// with its error, which is never a mismatch.
type Hasher interface {
	// Hash returns the hash of a password under the configured parameters, with
	// a new salt, in the form in which it is stored. The error is ErrTooLong
	// where the password is.
	Hash(ctx context.Context, password string) (encoded string, err error)

	// Verify reports whether encoded is a hash of password. A hash that cannot
	// be read or is too costly is an error (ErrFormat, ErrCost), not a mismatch.
	Verify(ctx context.Context, password, encoded string) (match bool, err error)

	// Decoy spends the time of a Verify. It stands in where there is no hash to
	// check: for an unknown user, and for one without a password.
	Decoy(ctx context.Context, password string) error

	// Stale reports whether encoded was made by another algorithm or with other
	// parameters than Hash would use now, and so wants to be replaced.
	Stale(encoded string) bool
}

// normalise brings a password into the one form in which it is hashed.
func normalise(password string) []byte {
	return norm.NFC.Bytes([]byte(password))
}
