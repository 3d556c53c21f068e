package sqlite

import (
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
	entries map[session.Hash]*cacheEntry
	limit   int
	version uint64 // how many drops there were
}

// cacheEntry is a session of a realm. Nobody changes one that is in a cache.
//
// Entries are found by the hash alone, which is that of a random token, so that
// no two realms share one; if two did, each would drop the other's entry.
type cacheEntry struct {
	realm string
	found session.Found
	size  int // of the session's own data, in bytes of JSON
}

// newSessionCache makes a cache of about n sessions; nil, which has and keeps
// nothing, for n = 0.
func newSessionCache(n int) *sessionCache {
	if n <= 0 {
		return nil
	}
	c := new(sessionCache)
	for i := range c.shards {
		c.shards[i].entries = make(map[session.Hash]*cacheEntry)
		c.shards[i].limit = max(1, n/cacheShards)
	}
	return c
}

// shard is chosen by the hash: it is that of a random token, so all shards fill
// alike.
func (c *sessionCache) shard(hash session.Hash) *cacheShard {
	return &c.shards[hash[0]%cacheShards]
}

// get gives the session, and the version under which it may be put if it is not
// there.
func (c *sessionCache) get(realm string, hash session.Hash) (e *cacheEntry, version uint64) {
	if c == nil {
		return nil, 0
	}
	s := c.shard(hash)
	s.mu.RLock()
	e, version = s.entries[hash], s.version
	s.mu.RUnlock()
	if e == nil || e.realm != realm {
		return nil, version
	}
	return e, version
}

// put keeps a session that was read after get gave the version. A full shard
// lets any other go.
func (c *sessionCache) put(e *cacheEntry, version uint64) {
	if c == nil || e.size > maxCachedData {
		return
	}
	e.found.Prepare()
	s := c.shard(e.found.Hash)
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
	s.entries[e.found.Hash] = e
}

func (c *sessionCache) drop(hash session.Hash) {
	s := c.shard(hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.entries, hash)
	s.version++
}

// forget drops a session from the cache once the write that changes it is
// committed.
func (db *DB) forget(t *tx, hash session.Hash) {
	if db.cache == nil {
		return
	}
	t.onCommit(func() { db.cache.drop(hash) })
}
