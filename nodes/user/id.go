package user

import (
	"encoding/hex"
	"fmt"
	"io"
)

// idLength is how many hex digits an id has.
const idLength = 24

// NewID is a new id of 24 hex digits, of 96 random bits. An error of the source
// is an error here: nothing weaker takes its place.
func NewID(random io.Reader) (string, error) {
	var b [idLength / 2]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("user: new id: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}
