package password

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// maxBcryptBytes is how much of a password bcrypt looks at.
const maxBcryptBytes = 72

// matchBcrypt reports whether h is the hash of password. bcrypt as others wrote
// it ends a password at its first NUL byte and after 72 bytes, so that many
// passwords share a hash. One that has more, or a NUL, costs the same and never
// matches: who had such a password sets a new one.
func (h hash) matchBcrypt(password []byte) (bool, error) {
	err := bcrypt.CompareHashAndPassword([]byte(h.bcrypt), password[:min(len(password), maxBcryptBytes)])
	switch {
	case errors.Is(err, bcrypt.ErrMismatchedHashAndPassword):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("password: check a bcrypt hash: %w", err)
	}
	return len(password) <= maxBcryptBytes && bytes.IndexByte(password, 0) < 0, nil
}

// spendBcrypt does the work of checking a bcrypt hash of 2^rounds rounds.
func spendBcrypt(rounds int, password []byte) {
	decoy := hash{bcrypt: fmt.Sprintf("$2b$%02d$%s", rounds, strings.Repeat(".", 53)), rounds: rounds}
	_, _ = decoy.matchBcrypt(password)
}
