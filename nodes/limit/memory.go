package limit

import (
	"context"
	"fmt"
	"hash/maphash"
	"sync"
	"time"

	"github.com/latchwork/latchwork/engine"
)

// Memory is a Store in the memory of this process. It keeps 8 bytes of state a
// key, and no more than a bounded number of keys. Use NewMemory.
type Memory struct {
	seed   maphash.Seed
	shards [shardCount]shard
	each   int // keys a shard may hold
}

const (
	shardCount = 64

	// defaultKeys take some 3 MiB when they are all in use.
	defaultKeys = 1 << 16

	// sample is how many keys compete when one has to go.
	sample = 8
)

var _ Store = (*Memory)(nil)

// shard holds, by the hash of a key, when all that was taken has come back, in
// Unix nanoseconds: the "theoretical arrival time" of the generic cell rate
// algorithm (ITU-T I.371). A key whose moment has passed is as good as unknown.
type shard struct {
	mu   sync.Mutex
	full map[uint64]int64
}

// NewMemory makes a Memory of at most the given number of keys; 0 means 65,536.
//
// When it is full, a key whose units have all come back makes room, else the
// one that has least taken of a few that are looked at. So whoever floods it
// with keys to have another forgotten must first take more on each of those.
func NewMemory(keys int) *Memory {
	if keys <= 0 {
		keys = defaultKeys
	}
	m := &Memory{seed: maphash.MakeSeed(), each: max(1, keys/shardCount)}
	for i := range m.shards {
		m.shards[i].full = map[uint64]int64{}
	}
	return m
}

// Take is part of Store. The hash of a key has 64 bits and a secret seed, so
// nobody can choose keys that meet, or that lie in one shard.
func (m *Memory) Take(_ context.Context, key string, max int, per time.Duration, at engine.Instant) (time.Duration, error) {
	if max <= 0 || per <= 0 {
		return 0, fmt.Errorf("limit: %d in %s is no limit", max, per)
	}
	h := maphash.String(m.seed, key)
	interval := (int64(per) + int64(max) - 1) / int64(max)
	return m.shards[h%shardCount].take(h, interval, interval*int64(max), int64(at)*int64(time.Millisecond), m.each), nil
}

// take counts a unit that comes back after the interval, unless as many are out
// as come back in all.
func (s *shard) take(key uint64, interval, all, now int64, most int) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	full, known := s.full[key]
	// A clock that was set back must not lock anybody out for longer than a limit
	// can.
	after := min(max(full, now), now+all) + interval
	if wait := after - now - all; wait > 0 {
		return time.Duration(wait)
	}
	if !known && len(s.full) >= most {
		s.makeRoom(now)
	}
	s.full[key] = after
	return 0
}

// makeRoom forgets one key.
func (s *shard) makeRoom(now int64) {
	var least uint64
	seen := 0
	for key, full := range s.full { // starts anywhere
		if seen == 0 || full < s.full[least] {
			least = key
		}
		if seen++; seen == sample || full <= now {
			break
		}
	}
	delete(s.full, least)
}
