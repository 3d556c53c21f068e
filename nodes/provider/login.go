package provider

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"github.com/latchwork/latchwork/engine"
)

const (
	// Lifetime is how long a sign-in may be with the provider.
	Lifetime = 10 * time.Minute

	// StatePrefix begins every state, so that a scanner for secrets finds one that was left
	// in a file, and none is ever taken for something else.
	StatePrefix = "lwp_"
	// BindingPrefix begins every binding, likewise.
	BindingPrefix = "lwb_"
)

// Hash is the SHA-256 of a state or a binding. They have 256 random bits, so a plain
// hash cannot be inverted.
type Hash [sha256.Size]byte

// HashOf is the Hash of a state or a binding.
func HashOf(text string) Hash { return sha256.Sum256([]byte(text)) }

// Login is a sign-in that is with a provider now, as it is stored. The verifier of PKCE
// and the nonce are not: they are made of the binding, which the browser keeps and the
// provider never sees. So a copy of the database finishes no sign-in, and neither does a
// copy of the state and the code.
type Login struct {
	State    Hash
	Binding  Hash
	Provider string
	Callback string // where the provider sends the browser back to
	ReturnTo string // where to go in the end; "" for nowhere
	Expires  engine.Instant
}

// derived is a secret of one sign-in, one for each use.
func derived(binding, use string) string {
	mac := hmac.New(sha256.New, []byte(binding))
	mac.Write([]byte(use))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// verifier is that of PKCE (RFC 7636 §4.1), and nonce that of OpenID Connect.
func verifier(binding string) string { return derived(binding, "verifier") }
func nonce(binding string) string    { return derived(binding, "nonce") }

// challenge is the code challenge of a verifier, by S256.
func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// ErrNotFound says that no such sign-in is under way: it is unknown, over, used up, of
// another browser or another provider. Nobody is told which.
var ErrNotFound = errors.New("provider: no such sign-in")

// Return is what comes back with a browser.
type Return struct {
	State    Hash
	Binding  Hash
	Provider string
	At       engine.Instant
}

// Store keeps sign-ins that are under way. All its methods are safe for concurrent use,
// and each is one whole command. The realm is part of every key.
type Store interface {
	// Create stores a sign-in.
	Create(ctx context.Context, realm string, l Login) error
	// Take removes the sign-in of a return and gives it, or ErrNotFound. Of many at once
	// one gets it. It stays where the binding or the provider is another, or it is over:
	// who has found a state cannot use it up.
	Take(ctx context.Context, realm string, r Return) (Login, error)
}
