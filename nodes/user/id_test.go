package user_test

import (
	"crypto/rand"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/nodes/user"
)

func TestNewID(t *testing.T) {
	form, seen := regexp.MustCompile(`^[0-9a-f]{24}$`), map[string]bool{}
	for range 1000 {
		id, err := user.NewID(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if !form.MatchString(id) || seen[id] {
			t.Fatalf("got %q, want 24 hex digits, each time others", id)
		}
		seen[id] = true
	}
}

// A source that runs dry gives no id, rather than a short or a known one.
func TestNewIDWithoutRandomness(t *testing.T) {
	for _, source := range []io.Reader{strings.NewReader(""), strings.NewReader("eleven byte")} {
		if id, err := user.NewID(source); err == nil || id != "" {
			t.Errorf("got %q, %v, want an error", id, err)
		}
	}
}
