package user_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/identity"
	"github.com/latchwork/latchwork/nodes/user"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

// memory is a user.Store that remembers what it was asked.
type memory struct {
	mu     sync.Mutex
	users  map[[2]string]user.User // by realm and id
	hashes map[[2]string]string
	finds  []string // "by value" of each Find
	broken error    // what every method returns, if it is set

	identities map[identity.Identity]bool
}

var _ user.Store = (*memory)(nil)

func newMemory() *memory {
	return &memory{users: map[[2]string]user.User{}, hashes: map[[2]string]string{}, identities: map[identity.Identity]bool{}}
}

func TestMemory(t *testing.T) {
	usertest.Run(t, func(*testing.T) user.Store { return newMemory() })
}

// enter locks the store and says what is wrong with it.
func (m *memory) enter(ctx context.Context) error {
	m.mu.Lock()
	return cmp.Or(m.broken, ctx.Err())
}

func (m *memory) CreateIdentified(ctx context.Context, realm string, u user.User, hash string, i identity.Identity) error {
	if m.identities[i] {
		return &user.TakenError{Field: user.ByIdentity}
	}
	err := m.Create(ctx, realm, u, hash)
	m.identities[i] = err == nil
	return err
}

func identifiers(u user.User) map[user.Identifier]*string {
	return map[user.Identifier]*string{user.ByEmail: u.Email, user.ByPhone: u.Phone, user.ByUsername: u.Username}
}

func (m *memory) Create(ctx context.Context, realm string, u user.User, hash string) error {
	defer m.mu.Unlock()
	if err := m.enter(ctx); err != nil {
		return err
	}
	key := [2]string{realm, u.ID}
	if _, known := m.users[key]; known {
		return fmt.Errorf("user %s is there already", u.ID)
	}
	for _, by := range []user.Identifier{user.ByEmail, user.ByPhone, user.ByUsername} {
		value := identifiers(u)[by]
		if value == nil {
			continue
		}
		if _, known := m.find(realm, user.ByAny, *value); known {
			return &user.TakenError{Field: by}
		}
	}
	m.users[key], m.hashes[key] = u, hash
	return nil
}

func (m *memory) find(realm string, by user.Identifier, value string) (user.User, bool) {
	for key, u := range m.users {
		if key[0] != realm {
			continue
		}
		if by == user.ByID && u.ID == value {
			return u, true
		}
		for kind, own := range identifiers(u) {
			if own != nil && *own == value && (by == user.ByAny || by == kind) {
				return u, true
			}
		}
	}
	return user.User{}, false
}

func (m *memory) Find(ctx context.Context, realm string, by user.Identifier, value string) (user.User, error) {
	defer m.mu.Unlock()
	if err := m.enter(ctx); err != nil {
		return user.User{}, err
	}
	m.finds = append(m.finds, string(by)+" "+value)
	if !slices.Contains([]user.Identifier{user.ByID, user.ByEmail, user.ByPhone, user.ByUsername, user.ByAny}, by) {
		return user.User{}, fmt.Errorf("no identifier is named %q", by)
	}
	u, known := m.find(realm, by, value)
	if !known {
		return user.User{}, user.ErrNotFound
	}
	return u, nil
}

func (m *memory) List(ctx context.Context, realm, after string, limit int) ([]user.User, error) {
	defer m.mu.Unlock()
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	list := []user.User{}
	for _, key := range slices.SortedFunc(maps.Keys(m.users), func(a, b [2]string) int { return cmp.Compare(a[1], b[1]) }) {
		if key[0] == realm && key[1] > after && len(list) < limit {
			list = append(list, m.users[key])
		}
	}
	return list, nil
}

func (m *memory) Update(ctx context.Context, realm, id string, c user.Change, at engine.Instant) (user.User, error) {
	defer m.mu.Unlock()
	if err := m.enter(ctx); err != nil {
		return user.User{}, err
	}
	u, known := m.users[[2]string{realm, id}]
	if !known {
		return user.User{}, user.ErrNotFound
	}
	text := func(now, to *string) *string {
		switch {
		case to == nil:
			return now
		case *to == "":
			return nil
		}
		return to
	}
	u.Name, u.Picture, u.UpdatedAt = text(u.Name, c.Name), text(u.Picture, c.Picture), at
	if c.Data != nil {
		u.Data = c.Data
	}
	u.Groups = slices.Clone(u.Groups)
	for _, group := range c.AddGroups {
		if !slices.Contains(u.Groups, group) {
			u.Groups = append(u.Groups, group)
		}
	}
	u.Groups = slices.DeleteFunc(u.Groups, func(group string) bool { return slices.Contains(c.RemoveGroups, group) })
	m.users[[2]string{realm, id}] = u
	return u, nil
}

func (m *memory) SetAddress(ctx context.Context, realm, id string, a user.NewAddress, at engine.Instant) (user.User, error) {
	defer m.mu.Unlock()
	if err := m.enter(ctx); err != nil {
		return user.User{}, err
	}
	key := [2]string{realm, id}
	u, known := m.users[key]
	_, verified := u.Address(a.By)
	switch byHolder := a.Claim || a.Confirm; {
	case !known, byHolder && !u.Has(a):
		return user.User{}, user.ErrNotFound
	case byHolder && verified:
		return u, nil
	case byHolder && !u.Claimable():
		return user.User{}, user.ErrNotFound
	case a.Claim:
		m.hashes[key] = ""
	}
	if other, known := m.find(realm, user.ByAny, a.Value); known && other.ID != id {
		return user.User{}, &user.TakenError{Field: a.By}
	}
	u.SetAddress(a.By, a.Value)
	u.UpdatedAt = at
	m.users[key] = u
	return u, nil
}

func (m *memory) Disable(ctx context.Context, realm, id string, at engine.Instant) error {
	return m.setStatus(ctx, realm, id, user.Disabled, at)
}

func (m *memory) Enable(ctx context.Context, realm, id string, at engine.Instant) error {
	return m.setStatus(ctx, realm, id, user.Active, at)
}

func (m *memory) setStatus(ctx context.Context, realm, id string, status user.Status, at engine.Instant) error {
	defer m.mu.Unlock()
	if err := m.enter(ctx); err != nil {
		return err
	}
	u, known := m.users[[2]string{realm, id}]
	if !known {
		return user.ErrNotFound
	}
	u.Status, u.UpdatedAt = status, at
	m.users[[2]string{realm, id}] = u
	return nil
}

func (m *memory) Delete(ctx context.Context, realm, id string) error {
	defer m.mu.Unlock()
	if err := m.enter(ctx); err != nil {
		return err
	}
	if _, known := m.users[[2]string{realm, id}]; !known {
		return user.ErrNotFound
	}
	delete(m.users, [2]string{realm, id})
	return nil
}
