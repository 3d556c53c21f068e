package session

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

const (
	// Prefix begins every token, so that a scanner for secrets finds one that was
	// left in a file.
	Prefix = "lws_"

	tokenBytes = 32 // 256 bits; OWASP ASVS 7.2.3 asks for 128
	idBytes    = 12
)

var tokenLength = len(Prefix) + base64.RawURLEncoding.EncodedLen(tokenBytes)

// newToken is a token that nobody can guess. An error of the source is an error
// here: nothing weaker takes its place.
func newToken(random io.Reader) (string, error) {
	var b [tokenBytes]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("session: new token: %w", err)
	}
	return Prefix + base64.RawURLEncoding.EncodeToString(b[:]), nil
}

// newID is a handle of 24 hex digits.
func newID(random io.Reader) (string, error) {
	var b [idBytes]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("session: new id: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}

// isSessionToken reports whether text has the form of a token. What has not is
// refused before a store is asked, so nothing long or odd gets there.
func isSessionToken(text string) bool {
	return len(text) == tokenLength && strings.HasPrefix(text, Prefix) && !strings.ContainsFunc(text, notInToken)
}

// notInToken reports whether r is no letter of base64url.
func notInToken(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '_':
		return false
	}
	return true
}

// isID reports whether text has the form of a handle.
func isID(text string) bool {
	return len(text) == 2*idBytes && strings.Trim(text, "0123456789abcdef") == ""
}
