package session_test

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/session"
)

// memory is a session.Store for tests.
type memory struct {
	mu       sync.Mutex
	sessions map[place]session.Record
	family   map[string]string   // of sessions that spring from others
	groups   map[string][]string // of users
	disabled map[string]bool     // users

	created []session.Record // what Create was given

	fail    error // what every method returns, if set
	finds   int
	touched []session.Touch
	writing func() // called before Touch writes
}

type place struct {
	realm string
	hash  session.Hash
}

var _ session.Store = (*memory)(nil)

func newMemory() *memory {
	return &memory{sessions: map[place]session.Record{}, family: map[string]string{}, groups: map[string][]string{}, disabled: map[string]bool{}}
}

func (m *memory) found(r session.Record) session.Found {
	r.Data = maps.Clone(r.Data)
	return session.Found{Record: r, UserGroups: slices.Clone(m.groups[r.UserID])}
}

func (m *memory) live(realm, userID string, at engine.Instant) []session.Record {
	var all []session.Record
	for p, r := range m.sessions {
		if p.realm == realm && r.UserID == userID && r.Live(at) && !m.disabled[userID] {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b session.Record) int {
		return cmp.Or(cmp.Compare(b.LastSeen, a.LastSeen), cmp.Compare(b.Created, a.Created), cmp.Compare(a.ID, b.ID))
	})
	return all
}

func (m *memory) Create(_ context.Context, realm string, r session.Record, limit session.Limit) (session.Found, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.created = append(m.created, r)
	if m.fail != nil {
		return session.Found{}, m.fail
	}
	if m.disabled[r.UserID] {
		return session.Found{}, session.ErrDisabled
	}
	if r.Origin != "" {
		if !slices.ContainsFunc(m.live(realm, r.UserID, r.Created), func(o session.Record) bool { return o.ID == r.Origin }) {
			return session.Found{}, session.ErrOrigin
		}
		m.family[r.ID] = m.familyOf(r.Origin)
	}
	if r.Replaces != nil {
		p := place{realm, *r.Replaces}
		if old := m.sessions[p]; old.UserID == r.UserID {
			delete(m.sessions, p)
			m.family[r.ID] = cmp.Or(m.family[r.ID], m.familyOf(old.ID))
		}
	}
	r.Origin, r.Replaces = "", nil
	if limit.Max == 0 {
		m.sessions[place{realm, r.Hash}] = r
		return m.found(r), nil
	}
	if live := m.live(realm, r.UserID, r.Created); len(live) >= limit.Max {
		if !limit.EndOldest {
			return session.Found{}, &session.LimitError{Active: len(live), Max: limit.Max}
		}
		for _, old := range live[limit.Max-1:] {
			delete(m.sessions, place{realm, old.Hash})
		}
	}
	m.sessions[place{realm, r.Hash}] = r
	return m.found(r), nil
}

func (m *memory) Find(_ context.Context, realm string, hash session.Hash) (*session.Found, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.finds++
	r, known := m.sessions[place{realm, hash}]
	switch {
	case m.fail != nil:
		return nil, m.fail
	case !known || m.disabled[r.UserID]:
		return nil, session.ErrNotFound
	}
	found := m.found(r)
	return &found, nil
}

func (m *memory) List(_ context.Context, realm, userID string, at engine.Instant) ([]session.Found, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := []session.Found{}
	for _, r := range m.live(realm, userID, at) {
		all = append(all, m.found(r))
	}
	return all, m.fail
}

func (m *memory) Touch(ctx context.Context, touches []session.Touch) error {
	if m.writing != nil {
		m.writing()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := cmp.Or(m.fail, ctx.Err()); err != nil {
		return err
	}
	for _, t := range touches {
		m.touched = append(m.touched, t)
		p := place{t.Realm, t.Hash}
		if r, known := m.sessions[p]; known && r.LastSeen < t.LastSeen && r.Live(t.LastSeen) {
			r.LastSeen, r.IdleEnd = t.LastSeen, t.IdleEnd
			m.sessions[p] = r
		}
	}
	return nil
}

func (m *memory) Update(
	_ context.Context, realm, userID, id string, c session.Change, at engine.Instant,
) (session.Found, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return session.Found{}, m.fail
	}
	for _, r := range m.live(realm, userID, at) {
		if r.ID != id {
			continue
		}
		delete(m.sessions, place{realm, r.Hash})
		if c.Data != nil {
			r.Data = maps.Clone(c.Data)
		}
		if c.Groups != nil {
			r.Groups = c.Groups
		}
		if c.Factors != nil {
			r.Factors = c.Factors
		}
		if c.Hash != nil {
			r.Hash = *c.Hash
		}
		m.sessions[place{realm, r.Hash}] = r
		return m.found(r), nil
	}
	return session.Found{}, session.ErrNotFound
}

func (m *memory) Delete(_ context.Context, realm, userID string, which session.Selection) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return 0, m.fail
	}
	before := len(m.sessions)
	named := func(p place, r session.Record) bool {
		return p.realm == realm && r.UserID == userID &&
			(which.All && r.ID != which.Except || which.ID != "" && r.ID == which.ID || which.Hash != nil && p.hash == *which.Hash)
	}
	families := map[string]bool{}
	for p, r := range m.sessions {
		if which.Family && named(p, r) {
			families[m.familyOf(r.ID)] = true
		}
	}
	maps.DeleteFunc(m.sessions, func(p place, r session.Record) bool {
		return named(p, r) || p.realm == realm && r.UserID == userID && families[m.familyOf(r.ID)]
	})
	return before - len(m.sessions), nil
}

// familyOf is the id of the session that the first one of the chain was.
func (m *memory) familyOf(id string) string { return cmp.Or(m.family[id], id) }

// records are all sessions that are stored.
func (m *memory) records() []session.Record {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Values(m.sessions))
}
