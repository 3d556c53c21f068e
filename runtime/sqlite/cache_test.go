package sqlite

import (
	"sync"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

// sessionKey tells sessions apart.
type sessionKey struct {
	realm string
	hash  session.Hash
}

func entry(n uint64) (sessionKey, *cacheEntry) {
	hash := numbered(n)
	return sessionKey{"main", hash}, &cacheEntry{realm: "main", found: session.Found{Record: session.Record{Hash: hash}}}
}

func (c *sessionCache) has(key sessionKey) bool {
	e, _ := c.get(key.realm, key.hash)
	return e != nil
}

// What was read before a drop is not put back after it.
func TestCacheRefusesOldReads(t *testing.T) {
	c := newSessionCache(1000)
	key, e := entry(1)
	found, version := c.get(key.realm, key.hash)
	if found != nil {
		t.Fatal("found in an empty cache")
	}
	c.drop(key.hash)
	c.put(e, version)
	if c.has(key) {
		t.Error("a read that began before a drop was kept")
	}
	_, version = c.get(key.realm, key.hash)
	c.put(e, version)
	if !c.has(key) {
		t.Error("a read that began after the drop was not kept")
	}
	c.drop(key.hash)
	if c.has(key) {
		t.Error("dropped and still there")
	}
}

func TestCacheKeys(t *testing.T) {
	c := newSessionCache(1000)
	key, e := entry(1)
	_, version := c.get(key.realm, key.hash)
	c.put(e, version)
	other, _ := entry(2)
	for name, key := range map[string]sessionKey{
		"A-33 R-59 another realm": {"other", key.hash},
		"A-33 another token":      other,
		"A-33 no realm":           {"", key.hash},
	} {
		t.Run(name, func(t *testing.T) {
			if c.has(key) {
				t.Error("found under a key that is not its own")
			}
		})
	}
}

func TestCacheIsBounded(t *testing.T) {
	const limit = 2 * cacheShards
	c := newSessionCache(limit)
	for n := range uint64(10 * limit) {
		key, e := entry(n)
		_, version := c.get(key.realm, key.hash)
		c.put(e, version)
		if !c.has(key) {
			t.Fatal("what was put last is not there")
		}
	}
	total := 0
	for i := range c.shards {
		total += len(c.shards[i].entries)
	}
	if total > limit {
		t.Errorf("got %d entries, want at most %d", total, limit)
	}

	key, large := entry(1)
	large.size = maxCachedData + 1
	c.drop(key.hash)
	_, version := c.get(key.realm, key.hash)
	c.put(large, version)
	if c.has(key) {
		t.Error("a session with much data was kept")
	}
	if newSessionCache(0) != nil {
		t.Error("got a cache, want none for 0 sessions")
	}
}

// A read may be overtaken at any moment: by another read, by a drop, by both.
// A store stands beside the cache; what the cache gives must never be older
// than the last change that was answered.
func TestCacheHammer(t *testing.T) {
	c := newSessionCache(8)
	key, e := entry(1)
	var mu sync.RWMutex // stands for the file
	var stored, answered int64

	find := func() int64 {
		cached, version := c.get(key.realm, key.hash)
		if cached != nil {
			return int64(cached.found.LastSeen)
		}
		mu.RLock()
		read := stored
		mu.RUnlock()
		e := *e
		e.found.LastSeen = engine.Instant(read)
		c.put(&e, version)
		return read
	}
	var group sync.WaitGroup
	var answer sync.RWMutex
	done := make(chan struct{})
	for range 4 {
		group.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				answer.RLock()
				least := answered
				answer.RUnlock()
				if got := find(); got < least {
					t.Errorf("got version %d after %d had been answered", got, least)
					return
				}
			}
		})
	}
	for n := range int64(20_000) {
		mu.Lock()
		stored = n + 1
		mu.Unlock()
		c.drop(key.hash)
		answer.Lock()
		answered = n + 1
		answer.Unlock()
	}
	close(done)
	group.Wait()
}

// The cache really answers: a session is found though its row has gone behind
// the store's back. And each writing method drops what it changes.
func TestCacheIsUsed(t *testing.T) {
	db := open(t, Config{SessionCache: 100})
	if err := db.Users().Create(t.Context(), "main", usertest.New(1), ""); err != nil {
		t.Fatal(err)
	}
	r := session.Record{ID: "1", Hash: numbered(1), UserID: usertest.ID(1), IdleEnd: 1}
	if _, err := db.Sessions().Create(t.Context(), "main", r, session.Limit{}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Sessions().Find(t.Context(), "main", r.Hash); err != nil {
		t.Fatal(err)
	}
	err := db.writer.do(t.Context(), func(tx *tx) error {
		_, err := tx.exec("DELETE FROM sessions")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Sessions().Find(t.Context(), "main", r.Hash); err != nil {
		t.Errorf("got %v, want the session out of the cache", err)
	}
}
