// Package opaque makes and recognises texts that mean nothing by themselves:
// credentials, which are a prefix, by which scanners for secrets find one that
// was left in a file, and 256 random bits; and the ids of what is stored.
package opaque

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

const (
	secretBytes = 32 // 256 bits; OWASP ASVS 7.2.3 asks for 128
	idBytes     = 12
)

var secretLength = base64.RawURLEncoding.EncodedLen(secretBytes)

// New is a credential that nobody can guess. An error of the source is an error
// here: nothing weaker takes its place.
func New(random io.Reader, prefix string) (string, error) {
	var b [secretBytes]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("new credential: %w", err)
	}
	return prefix + base64.RawURLEncoding.EncodeToString(b[:]), nil
}

// NewID is a name of 24 hex digits for what is stored, which opens nothing. An
// error of the source is an error here, too.
func NewID(random io.Reader) (string, error) {
	var b [idBytes]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("new id: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}

// Is reports whether text has the form of a credential with the prefix. What has
// not is refused before a store is asked, so nothing long or odd gets there.
func Is(text, prefix string) bool {
	if len(text) != len(prefix)+secretLength || !strings.HasPrefix(text, prefix) {
		return false
	}
	for i := len(prefix); i < len(text); i++ {
		if !letters[text[i]] {
			return false
		}
	}
	return true
}

// letters are those of base64url, RFC 4648 §5.
var letters = func() (table [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") {
		table[c] = true
	}
	return table
}()

// IsID reports whether text has the form of what NewID makes.
func IsID(text string) bool {
	return len(text) == 2*idBytes && strings.Trim(text, "0123456789abcdef") == ""
}
