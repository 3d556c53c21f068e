// Package key owns API keys: what a key is, the guards that check one, and the
// store that keeps them.
package key

import (
	"context"
	"crypto/sha256"
	"errors"

	"github.com/latchwork/latchwork/engine"
)

// ErrNotFound says that the realm has no such key.
var ErrNotFound = errors.New("key: not found")

// Kind says what a key may stand for.
type Kind string

// The kinds of keys. A Public one may be read by anybody, such as that of an
// app in a browser: it satisfies require: apikey, and never a scope.
const (
	Private Kind = "private"
	Public  Kind = "public"
)

// Hash is the SHA-256 of a key's secret.
type Hash [sha256.Size]byte

// HashSecret is the Hash of a key's secret.
func HashSecret(secret string) Hash { return sha256.Sum256([]byte(secret)) }

// Key is an API key as it is stored.
type Key struct {
	ID        string // 24 hex digits
	Name      string // unique in the realm among keys that are not revoked
	Kind      Kind
	Hash      Hash
	Owner     string // id of the user to whom it belongs; "" for the application's
	Scopes    []string
	Endpoints []string // "METHOD /path" it may call; empty for all
	Created   engine.Instant
	Expires   engine.Instant // 0 for never
	Revoked   engine.Instant // 0 while it is not
	LastUsed  engine.Instant // 0 for never; to within a minute
}

// Live reports whether the key opens anything at a moment.
func (k *Key) Live(at engine.Instant) bool {
	return k.Revoked == 0 && (k.Expires == 0 || at < k.Expires)
}

// ErrTaken says that a key of the name exists already.
var ErrTaken = errors.New("key: name is taken")

// Store keeps API keys. All its methods are safe for concurrent use, and each
// is one whole command. The realm is part of every key.
type Store interface {
	// Create stores k, or returns ErrTaken if a key of that name is not revoked
	// and not replaced.
	Create(ctx context.Context, realm string, k Key) error
	// Find returns the key by the hash of its secret, expired and revoked ones
	// too, or ErrNotFound.
	Find(ctx context.Context, realm string, hash Hash) (Key, error)
	// List returns all keys of the realm by name, then by creation.
	List(ctx context.Context, realm string) ([]Key, error)
	// Rotate stores next and lets the unrevoked key of the same name expire at
	// the given moment, or earlier where it would anyway. No such key is ErrNotFound.
	Rotate(ctx context.Context, realm string, next Key, oldUntil engine.Instant) error
	// Revoke revokes the keys of a name and says how many it revoked.
	Revoke(ctx context.Context, realm, name string, at engine.Instant) (int, error)
	// Touch sets the last use of keys by id; it never goes backwards.
	Touch(ctx context.Context, realm string, used map[string]engine.Instant) error
}
