package key

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/internal/lastuse"
	"github.com/latchwork/latchwork/nodes/internal/opaque"
)

// Manager makes, checks and replaces API keys. It is safe for concurrent use;
// its fields must not be changed once it is used. Uses of keys are written down
// by Run, which whoever made the Manager starts and waits for.
type Manager struct {
	Store  Store
	Config Config
	Realms map[string]*Config // of the realms that differ from Config

	uses lastuse.Uses[used]
}

// The reasons why a key does not open an endpoint.
var (
	ErrMissing  = errors.New("key: none was given")
	ErrInvalid  = errors.New("key: unknown, revoked, or of another kind than is taken there")
	ErrExpired  = errors.New("key: expired")
	ErrEndpoint = errors.New("key: not for this endpoint")
	ErrScope    = errors.New("key: lacks the scope")
)

// Demand is what a request with a key asks for.
type Demand struct {
	Kind  Kind   // the only kind that is taken; "" means both
	Route string // "METHOD /path" of the endpoint
	Scope string // "" if the endpoint demands none
}

func (m *Manager) config(realm string) *Config {
	if c := m.Realms[realm]; c != nil {
		return c
	}
	return &m.Config
}

// Check finds the key of a secret, checks that it opens what is asked for, and
// notes that it was used. It returns one of the reasons above, or another error
// where that cannot be known; the caller must then refuse.
//
// Secrets are compared by looking their hash up, which takes a time that says
// nothing of other keys: who wants a hash that differs from a stored one in few
// bits would have to invert SHA-256.
func (m *Manager) Check(ctx context.Context, realm, secret string, d Demand) (Key, error) {
	if secret == "" {
		return Key{}, ErrMissing
	}
	if !opaque.Is(secret, Prefix) {
		return Key{}, ErrInvalid
	}
	k, err := m.Store.Find(ctx, realm, HashSecret(secret))
	if errors.Is(err, ErrNotFound) {
		return Key{}, ErrInvalid
	}
	if err != nil {
		return Key{}, fmt.Errorf("key: check: %w", err)
	}
	now := engine.Now(ctx)
	switch {
	case k.Revoked != 0, d.Kind != "" && k.Kind != d.Kind:
		return Key{}, ErrInvalid
	case !k.Live(now):
		return Key{}, named(k, ErrExpired)
	case len(k.Endpoints) > 0 && !slices.Contains(k.Endpoints, d.Route):
		return Key{}, named(k, ErrEndpoint)
	case d.Scope != "" && (k.Kind != Private || !slices.Contains(k.Scopes, d.Scope)):
		return Key{}, named(k, ErrScope)
	}
	if now-k.LastUsed >= engine.Instant(touchEvery.Milliseconds()) {
		m.uses.Note(used{realm, k.ID}, lastuse.Use{At: now})
	}
	return k, nil
}

// named is what is wrong with a key, for the log.
func named(k Key, err error) error { return fmt.Errorf("%w: it is %s, named %q", err, k.ID, k.Name) }

// Create stores a new key with the name, kind, owner, scopes, endpoints and end
// of k, and returns its secret, which is known only now. A name that is in use
// is ErrTaken.
func (m *Manager) Create(ctx context.Context, realm string, k Key) (engine.Secret, Key, error) {
	secret, made, err := Mint(engine.Random(ctx))
	if err != nil {
		return engine.Secret{}, Key{}, err
	}
	k.ID, k.Hash, k.Created, k.Revoked, k.LastUsed = made.ID, made.Hash, engine.Now(ctx), 0, 0
	if err := k.Validate(); err != nil {
		return engine.Secret{}, Key{}, err
	}
	if err := m.Store.Create(ctx, realm, k); err != nil {
		return engine.Secret{}, Key{}, fmt.Errorf("key: create: %w", err)
	}
	return secret, k, nil
}

// Rotate makes a new key that may do what the newest one of the name may, for as
// long from now on as that one was made for. The old one goes on for the
// overlap, unless it ends earlier. No such key is ErrNotFound.
func (m *Manager) Rotate(ctx context.Context, realm, name string, overlap time.Duration) (engine.Secret, Key, error) {
	if overlap < 0 {
		return engine.Secret{}, Key{}, fmt.Errorf("key: an overlap cannot be %v", overlap)
	}
	all, err := m.Store.List(ctx, realm)
	if err != nil {
		return engine.Secret{}, Key{}, fmt.Errorf("key: rotate: %w", err)
	}
	var old *Key
	for i := range all {
		if k := &all[i]; k.Name == name && (old == nil || k.Created >= old.Created) {
			old = k
		}
	}
	if old == nil {
		return engine.Secret{}, Key{}, ErrNotFound
	}
	secret, next, err := Mint(engine.Random(ctx))
	if err != nil {
		return engine.Secret{}, Key{}, err
	}
	now := engine.Now(ctx)
	next.Name, next.Kind, next.Owner, next.Scopes, next.Endpoints = old.Name, old.Kind, old.Owner, old.Scopes, old.Endpoints
	next.Created = now
	if old.Expires != 0 {
		next.Expires = now + old.Expires - old.Created
	}
	if err := m.Store.Rotate(ctx, realm, next, now+engine.Instant(overlap.Milliseconds())); err != nil {
		return engine.Secret{}, Key{}, fmt.Errorf("key: rotate: %w", err)
	}
	return secret, next, nil
}
