package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/internal/lastuse"
)

var (
	// ErrMissing says that no token was given.
	ErrMissing = errors.New("session: no token")
	// ErrInvalid says that a token opens nothing: it is unknown, deleted, over or
	// of a disabled user. Nobody is told which.
	ErrInvalid = errors.New("session: invalid token")
)

// Check finds the session of a token and notes that it was used. It returns
// ErrMissing for an empty token, ErrInvalid for one that opens nothing, and any
// other error where that cannot be known; the caller must then refuse.
//
// The time of the last use moves at most once a minute, or ten times in the idle
// time if that is shorter, so a session may end that much earlier than its idle
// time after its last use.
func (m *Manager) Check(ctx context.Context, realm, token string) (Session, error) {
	if token == "" {
		return Session{}, ErrMissing
	}
	if !isToken(token) {
		return Session{}, ErrInvalid
	}
	hash := HashToken(token)
	stored, err := m.Store.Find(ctx, realm, hash)
	if errors.Is(err, ErrNotFound) {
		return Session{}, ErrInvalid
	}
	if err != nil {
		return Session{}, fmt.Errorf("session: check: %w", err)
	}
	found := *stored
	config := m.config(realm)
	config.bound(&found.Record)
	now, idle := engine.Now(ctx), config.idle()
	if now-found.LastSeen >= touchEvery(idle) {
		if err := m.catchUp(ctx, realm, &found.Record, now); err != nil {
			return Session{}, err
		}
	}
	if !found.Live(now) {
		return Session{}, ErrInvalid
	}
	if now-found.LastSeen >= touchEvery(idle) {
		found.LastSeen, found.IdleEnd = now, now+millis(idle)
		m.uses.Note(used{realm, hash}, lastuse.Use{At: now, End: found.IdleEnd})
	}
	return found.Session(), nil
}

// catchUp moves r to a last use that is not written down yet. If r lives on by
// that use only, it is written down at once, for the store counts a session
// whose idle end is past among the dead.
func (m *Manager) catchUp(ctx context.Context, realm string, r *Record, now engine.Instant) error {
	stored := r.Live(now)
	m.overlay(realm, r)
	if stored || !r.Live(now) {
		return nil
	}
	return m.flush(ctx)
}

// touchEvery is the least time between two last uses of a session that are
// written down.
func touchEvery(idle time.Duration) engine.Instant {
	return millis(min(time.Minute, idle/10))
}
