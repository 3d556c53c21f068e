package opaque_test

import (
	"crypto/rand"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/nodes/internal/opaque"
)

func TestNewID(t *testing.T) {
	form, seen := regexp.MustCompile(`^[0-9a-f]{24}$`), map[string]bool{}
	for range 1000 {
		id, err := opaque.NewID(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if !form.MatchString(id) || seen[id] {
			t.Fatalf("got %q, want 24 hex digits, each time others", id)
		}
		seen[id] = true
	}
}

// A source that runs dry gives nothing, rather than a short or a known one.
func TestWithoutRandomness(t *testing.T) {
	for _, source := range []io.Reader{strings.NewReader(""), strings.NewReader("eleven byte")} {
		if id, err := opaque.NewID(source); err == nil || id != "" {
			t.Errorf("got the id %q, %v, want an error", id, err)
		}
		if secret, err := opaque.New(source, "lwx_"); err == nil || secret != "" {
			t.Errorf("got the credential %q, %v, want an error", secret, err)
		}
	}
}

func TestIs(t *testing.T) {
	secret, err := opaque.New(rand.Reader, "lwx_")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		secret:                                true,
		secret[:46] + "-":                     true,
		secret[:46]:                           false,
		secret + "A":                          false,
		"lwy_" + secret[4:]:                   false,
		secret[:46] + "\n":                    false,
		secret[:46] + "+":                     false,
		"lwx_" + strings.Repeat("\u00e9", 22): false,
		"":                                    false,
	} {
		if got := opaque.Is(text, "lwx_"); got != want {
			t.Errorf("%q: got %t, want %t", text, got, want)
		}
	}
}

func TestIsID(t *testing.T) {
	for text, want := range map[string]bool{
		"0123456789abcdef01234567": true, "0123456789ABCDEF01234567": false, "0123456789abcdef0123456": false, "": false,
	} {
		if got := opaque.IsID(text); got != want {
			t.Errorf("%q: got %t, want %t", text, got, want)
		}
	}
}
