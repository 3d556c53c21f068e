package main

import (
	"crypto/sha256"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/latchwork/latchwork/engine"
)

// twinSession is a row of sessions with its user's groups.
type twinSession struct {
	hash                              []byte
	id, userID                        string
	created, lastSeen, idleEnd, final int64
	ip, userAgent, groups, factors    string
	actor, note, data, userGroups     string
}

var errNoSession = errors.New("no session")

// session finds the live session of a token.
func (t *twin) session(token string) (*twinSession, error) {
	if len(token) != tokenLength || !strings.HasPrefix(token, tokenPrefix) {
		return nil, errNoSession
	}
	hash := sha256.Sum256([]byte(token))
	s, err := t.find(hash)
	if err != nil {
		return nil, err
	}
	if now := time.Now().UnixMilli(); now >= s.idleEnd || s.final != 0 && now >= s.final {
		return nil, errNoSession
	}
	return s, nil
}

func (t *twin) find(hash [sha256.Size]byte) (*twinSession, error) {
	if t.cache != nil {
		if s := t.cache.get(hash); s != nil {
			return s, nil
		}
	}
	s := new(twinSession)
	err := t.db.findSession.QueryRow(engine.MainRealm, hash[:]).Scan(&s.hash, &s.id, &s.userID, &s.created, &s.lastSeen,
		&s.idleEnd, &s.final, &s.ip, &s.userAgent, &s.groups, &s.factors, &s.actor, &s.note, &s.data, &s.userGroups)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errNoSession
	}
	if err != nil {
		return nil, err
	}
	if t.cache != nil {
		t.cache.put(hash, s)
	}
	return s, nil
}

// twinCache keeps sessions in memory. Nobody changes one that is in it.
type twinCache struct {
	mu       sync.RWMutex
	sessions map[[sha256.Size]byte]*twinSession
	most     int
}

func newTwinCache(most int) *twinCache {
	return &twinCache{sessions: map[[sha256.Size]byte]*twinSession{}, most: most}
}

func (c *twinCache) get(hash [sha256.Size]byte) *twinSession {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.sessions[hash]
}

func (c *twinCache) put(hash [sha256.Size]byte, s *twinSession) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.sessions) >= c.most {
		clear(c.sessions)
	}
	c.sessions[hash] = s
}

func (c *twinCache) drop(hash []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.sessions, [sha256.Size]byte(hash))
}
