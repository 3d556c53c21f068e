package session

import (
	"fmt"
	"io"

	"github.com/latchwork/latchwork/nodes/internal/opaque"
)

// Prefix begins every token, so that a scanner for secrets finds one that was
// left in a file.
const Prefix = "lws_"

// newToken is a token that nobody can guess.
func newToken(random io.Reader) (string, error) {
	token, err := opaque.New(random, Prefix)
	if err != nil {
		return "", fmt.Errorf("session: token: %w", err)
	}
	return token, nil
}

// isToken reports whether text has the form of a token.
func isToken(text string) bool { return opaque.Is(text, Prefix) }
