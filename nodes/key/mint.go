package key

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/internal/opaque"
)

const (
	// Prefix begins every key's secret, so that a scanner for secrets finds one
	// that was left in a file.
	Prefix = "lwk_"

	maxName  = 64 // characters
	maxScope = 64
)

// Mint makes a secret that nobody can guess, and the private key that it opens,
// with an id and the hash of the secret. The secret is known only now. An error
// of the source is an error here: nothing weaker takes its place.
func Mint(random io.Reader) (engine.Secret, Key, error) {
	secret, err := opaque.New(random, Prefix)
	if err != nil {
		return engine.Secret{}, Key{}, fmt.Errorf("key: mint: %w", err)
	}
	id, err := opaque.NewID(random)
	if err != nil {
		return engine.Secret{}, Key{}, fmt.Errorf("key: mint: %w", err)
	}
	return engine.NewSecret(secret), Key{ID: id, Kind: Private, Hash: HashSecret(secret)}, nil
}

var (
	scopeForm    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/-]*$`) // and maxScope characters
	endpointForm = regexp.MustCompile(`^[A-Z]+ /\S*$`)
)

// Validate returns all that is wrong with what somebody chose for a key, joined:
// its name, kind, scopes, endpoints and end.
func (k *Key) Validate() error {
	var errs []error
	problem := func(format string, args ...any) { errs = append(errs, fmt.Errorf("key: "+format, args...)) }
	name := []rune(k.Name)
	if len(name) == 0 || len(name) > maxName || strings.TrimSpace(k.Name) != k.Name || slices.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		problem("a name has 1 to %d characters and no blanks at its ends, not %q", maxName, k.Name)
	}
	if k.Kind != Private && k.Kind != Public {
		problem("kind must be private or public, not %q", k.Kind)
	}
	if k.Kind == Public && len(k.Scopes) > 0 {
		problem("a public key opens no scope, since anybody can read it")
	}
	for i, s := range k.Scopes {
		if len(s) > maxScope || !scopeForm.MatchString(s) {
			problem("scope %q must be letters, digits and . _ : / -", s)
		}
		if slices.Contains(k.Scopes[:i], s) {
			problem("scope %q is named twice", s)
		}
	}
	for _, e := range k.Endpoints {
		if !endpointForm.MatchString(e) {
			problem(`endpoint %q must be a method and a path, such as "GET /users/{id}"`, e)
		}
	}
	if k.Expires != 0 && k.Expires <= k.Created {
		problem("it would end at %v, before it begins", k.Expires)
	}
	return errors.Join(errs...)
}
