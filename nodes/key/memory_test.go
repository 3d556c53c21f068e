package key_test

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/key"
)

// memory is a key.Store for tests.
type memory struct {
	mu    sync.Mutex
	keys  []stored
	fail  error // what every method returns, if set
	finds int
}

type stored struct {
	key.Key
	realm    string
	replaced bool
}

var _ key.Store = (*memory)(nil)

// inForce is the key of a name that is neither revoked nor replaced, or -1.
func (m *memory) inForce(realm, name string) int {
	return slices.IndexFunc(m.keys, func(k stored) bool {
		return k.realm == realm && k.Name == name && k.Revoked == 0 && !k.replaced
	})
}

func (m *memory) Create(_ context.Context, realm string, k key.Key) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.fail != nil:
		return m.fail
	case m.inForce(realm, k.Name) >= 0:
		return key.ErrTaken
	case slices.ContainsFunc(m.keys, func(o stored) bool { return o.realm == realm && (o.Hash == k.Hash || o.ID == k.ID) }):
		return errors.New("the same key twice")
	}
	m.keys = append(m.keys, stored{Key: k, realm: realm})
	return nil
}

func (m *memory) Find(_ context.Context, realm string, hash key.Hash) (key.Key, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.finds++
	if m.fail != nil {
		return key.Key{}, m.fail
	}
	for _, k := range m.keys {
		if k.realm == realm && k.Hash == hash {
			return k.Key, nil
		}
	}
	return key.Key{}, key.ErrNotFound
}

func (m *memory) List(_ context.Context, realm string) ([]key.Key, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := []key.Key{}
	for _, k := range m.keys {
		if k.realm == realm {
			all = append(all, k.Key)
		}
	}
	slices.SortFunc(all, func(a, b key.Key) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Created, b.Created), cmp.Compare(a.ID, b.ID))
	})
	return all, m.fail
}

func (m *memory) Rotate(_ context.Context, realm string, next key.Key, oldUntil engine.Instant) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	rotated := false
	for i := range m.keys {
		k := &m.keys[i]
		if k.realm != realm || k.Name != next.Name || k.Revoked != 0 {
			continue
		}
		rotated, k.replaced = true, true
		if k.Expires == 0 || k.Expires > oldUntil {
			k.Expires = oldUntil
		}
	}
	if !rotated {
		return key.ErrNotFound
	}
	m.keys = append(m.keys, stored{Key: next, realm: realm})
	return nil
}

func (m *memory) Revoke(_ context.Context, realm, name string, at engine.Instant) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	revoked := 0
	for i := range m.keys {
		if k := &m.keys[i]; k.realm == realm && k.Name == name && k.Revoked == 0 {
			k.Revoked = at
			revoked++
		}
	}
	return revoked, m.fail
}

func (m *memory) Touch(ctx context.Context, realm string, used map[string]engine.Instant) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := cmp.Or(m.fail, ctx.Err()); err != nil {
		return err
	}
	for i := range m.keys {
		if k := &m.keys[i]; k.realm == realm {
			k.LastUsed = max(k.LastUsed, used[k.ID])
		}
	}
	return nil
}
