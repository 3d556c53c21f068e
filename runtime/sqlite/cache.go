package sqlite

import (
	"fmt"
	"slices"
	"sync"

	"github.com/latchwork/latchwork/nodes/session"
)

// sessionCache keeps sessions as Find gives them. It is exact because nobody
// else writes the file: each write names the sessions that it changes, and they
// are dropped after its commit and before its caller is answered. So a session
// that was read once a revocation has been answered is never an old one.
//
// A look-up that began before a drop must not put back what it read. So each
// drop changes the version of its shard, and what was read under an older
// version is not kept.
type sessionCache struct {
	shards [cacheShards]cacheShard
}

const (
	cacheShards = 64 // a power of two

	// maxCachedData is the greatest size of a session's own data, in bytes of
	// JSON, with which it is kept: it bounds the memory that the cache takes.
	maxCachedData = 2048
)

type cacheShard struct {
	mu      sync.RWMutex
	entries map[cacheKey]cacheEntry
	limit   int
	version uint64 // how many drops there were
}

type cacheKey struct {
	realm string
	hash  session.Hash
}

// cacheEntry is a session whose data is still text, so that each caller gets
// an object of its own.
type cacheEntry struct {
	found session.Found
	data  string
}

// newSessionCache makes a cache of about n sessions; nil, which keeps nothing,
// for n = 0.
func newSessionCache(n int) *sessionCache {
	if n <= 0 {
		return nil
	}
	c := new(sessionCache)
	for i := range c.shards {
		c.shards[i].entries = make(map[cacheKey]cacheEntry)
		c.shards[i].limit = max(1, n/cacheShards)
	}
	return c
}

// shard is chosen by the hash: it is that of a random token, so all shards fill
// alike.
func (c *sessionCache) shard(key cacheKey) *cacheShard {
	return &c.shards[key.hash[0]%cacheShards]
}

// get gives the session or, if it is not there, the version under which it may
// be put.
func (c *sessionCache) get(key cacheKey) (e cacheEntry, version uint64, ok bool) {
	s := c.shard(key)
	s.mu.RLock()
	defer s.mu.RUnlock()
	e, ok = s.entries[key]
	return e, s.version, ok
}

// put keeps a session that was read after get gave the version. A full shard
// lets any other go.
func (c *sessionCache) put(key cacheKey, e cacheEntry, version uint64) {
	if len(e.data) > maxCachedData {
		return
	}
	s := c.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.version != version {
		return
	}
	if len(s.entries) >= s.limit {
		for other := range s.entries {
			delete(s.entries, other)
			break
		}
	}
	s.entries[key] = e
}

func (c *sessionCache) drop(key cacheKey) {
	s := c.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.entries, key)
	s.version++
}

// own is the session of an entry that nobody else has.
func (e *cacheEntry) own() (session.Found, error) {
	f := e.found
	var err error
	if f.Data, err = decodeData(e.data); err != nil {
		return session.Found{}, fmt.Errorf("session %s: %w", f.ID, err)
	}
	return f, nil
}

// copy is the session with lists of its own, which the caller may change.
func (e *cacheEntry) copy() (session.Found, error) {
	f, err := e.own()
	f.Groups = slices.Clone(f.Groups)
	f.Factors = slices.Clone(f.Factors)
	f.UserGroups = slices.Clone(f.UserGroups)
	return f, err
}

// forget drops a session from the cache once the write that changes it is
// committed.
func (db *DB) forget(t *tx, realm string, hash session.Hash) {
	if db.cache == nil {
		return
	}
	t.onCommit(func() { db.cache.drop(cacheKey{realm, hash}) })
}
