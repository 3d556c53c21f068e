package password

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"sync"
	"time"

	"github.com/latchwork/latchwork/engine"
)

// TriesConfig says how many wrong passwords are too many. The zero value is
// what a server wants. NIST SP 800-63B-4 §3.2.2 allows up to 100.
type TriesConfig struct {
	Max    int           // wrong ones within Window that lock; 0 means 10
	Window time.Duration // 0 means 15 minutes
	Lock   time.Duration // how long nothing is a match then; 0 means 15 minutes
	Keys   int           // accounts that are remembered at a time, and as many identifiers; 0 means 65,536
}

// MemoryTries are Tries in the memory of this process. A lock ends by itself and
// is not made longer by tries while it lasts, so nobody is locked out for good
// . Use NewMemoryTries.
type MemoryTries struct {
	config   TriesConfig
	seed     maphash.Seed
	accounts [triesShards]triesShard
	// Identifiers of nobody, of which an attacker can make up any number, do not
	// compete with accounts for room.
	nobody [triesShards]triesShard
	each   int // targets a shard remembers
}

const (
	triesShards = 64

	// triesSample is how many targets compete when one has to be forgotten.
	triesSample = 8
)

var _ Tries = (*MemoryTries)(nil)

// NewMemoryTries makes MemoryTries.
//
// When they are full, that target of a few that are looked at is forgotten which
// has the fewest wrong tries, and none with a try under way. So whoever wants a
// target with n wrong tries forgotten must first spend n hashes on each of
// thousands of other accounts.
func NewMemoryTries(c TriesConfig) *MemoryTries {
	if c.Max <= 0 {
		c.Max = 10
	}
	if c.Window <= 0 {
		c.Window = 15 * time.Minute
	}
	if c.Lock <= 0 {
		c.Lock = 15 * time.Minute
	}
	if c.Keys <= 0 {
		c.Keys = 1 << 16
	}
	m := &MemoryTries{config: c, seed: maphash.MakeSeed(), each: max(1, c.Keys/triesShards)}
	for i := range triesShards {
		m.accounts[i].targets = map[uint64]*record{}
		m.nobody[i].targets = map[uint64]*record{}
	}
	return m
}

type triesShard struct {
	mu      sync.Mutex
	targets map[uint64]*record // by the hash of the target, under a secret seed
}

// record is what is known of a target. The tries under way and the wrong ones
// together never exceed the limit.
type record struct {
	wrong   []engine.Instant // within the window, in the order in which they were settled
	until   engine.Instant   // locked before this moment
	held    int              // tries under way
	waiting []chan bool      // first in, first out; told whether they have a try
}

// Reserve is part of Tries. Those who wait get their turns in the order in which
// they came.
func (m *MemoryTries) Reserve(ctx context.Context, t Target, at engine.Instant) (bool, error) {
	s, key := m.find(t)
	s.mu.Lock()
	r := s.targets[key]
	if r == nil {
		s.makeRoom(m, at)
		r = &record{}
		s.targets[key] = r
	}
	r.expire(m, at)
	if at < r.until {
		s.mu.Unlock()
		return false, nil
	}
	if len(r.wrong)+r.held < m.config.Max {
		r.held++
		s.mu.Unlock()
		return true, nil
	}
	turn := make(chan bool, 1)
	r.waiting = append(r.waiting, turn)
	s.mu.Unlock()
	select {
	case got := <-turn:
		return got, nil
	case <-ctx.Done():
		m.giveUp(s, key, turn, at)
		return false, fmt.Errorf("password: wait for a try: %w", context.Cause(ctx))
	}
}

// giveUp takes a waiting one out of the line, or gives the try back that it was
// handed in the meantime.
func (m *MemoryTries) giveUp(s *triesShard, key uint64, turn chan bool, at engine.Instant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.targets[key]; r != nil {
		r.waiting = slices.DeleteFunc(r.waiting, func(other chan bool) bool { return other == turn })
	}
	select {
	case got := <-turn:
		if got {
			m.settle(s, key, Untried, at)
		}
	default:
	}
}

// Settle is part of Tries.
func (m *MemoryTries) Settle(_ context.Context, t Target, result Result, at engine.Instant) error {
	s, key := m.find(t)
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.targets[key]; r == nil || r.held == 0 {
		return fmt.Errorf("password: a try was settled that nobody had reserved")
	}
	m.settle(s, key, result, at)
	return nil
}

func (m *MemoryTries) settle(s *triesShard, key uint64, result Result, at engine.Instant) {
	r := s.targets[key]
	r.held--
	r.expire(m, at)
	switch result {
	case Right:
		r.wrong = nil
	case Wrong:
		r.wrong = append(r.wrong, at)
		if len(r.wrong) >= m.config.Max {
			r.wrong, r.until = nil, at+engine.Instant(m.config.Lock.Milliseconds())
		}
	}
	m.handOn(r, at)
	if r.blank(at) {
		delete(s.targets, key)
	}
}

// handOn gives those who wait what is free now: tries, or the news that the
// target is locked.
func (m *MemoryTries) handOn(r *record, at engine.Instant) {
	locked := at < r.until
	for len(r.waiting) > 0 && (locked || len(r.wrong)+r.held < m.config.Max) {
		r.waiting[0] <- !locked
		r.waiting = slices.Delete(r.waiting, 0, 1)
		if !locked {
			r.held++
		}
	}
}

// Forgive is part of Tries.
func (m *MemoryTries) Forgive(_ context.Context, t Target) error {
	s, key := m.find(t)
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.targets[key]
	if r == nil {
		return nil
	}
	r.wrong, r.until = nil, 0
	m.handOn(r, 0)
	if r.blank(0) {
		delete(s.targets, key)
	}
	return nil
}

// find is the shard of a target, and its key there.
func (m *MemoryTries) find(t Target) (*triesShard, uint64) {
	shards, value := &m.accounts, t.UserID
	if t.UserID == "" {
		shards, value = &m.nobody, t.Identifier
	}
	key := maphash.Comparable(m.seed, [2]string{t.Realm, value})
	return &shards[key%triesShards], key
}

// expire forgets what is over.
func (r *record) expire(m *MemoryTries, at engine.Instant) {
	if at >= r.until {
		r.until = 0
	}
	begin := at - engine.Instant(m.config.Window.Milliseconds())
	r.wrong = slices.DeleteFunc(r.wrong, func(one engine.Instant) bool { return one <= begin })
}

// blank reports whether there is nothing to remember.
func (r *record) blank(at engine.Instant) bool {
	return len(r.wrong) == 0 && at >= r.until && !r.busy()
}

func (r *record) busy() bool { return r.held > 0 || len(r.waiting) > 0 }

// makeRoom forgets a target if the shard is full. Those with tries under way
// stay: how many they are is bounded by the requests that a server takes.
func (s *triesShard) makeRoom(m *MemoryTries, at engine.Instant) {
	if len(s.targets) < m.each {
		return
	}
	var least uint64
	fewest, seen := -1, 0
	for key, r := range s.targets { // starts anywhere
		if r.busy() {
			continue
		}
		r.expire(m, at)
		weight := len(r.wrong)
		if at < r.until {
			weight = m.config.Max
		}
		if fewest < 0 || weight < fewest {
			least, fewest = key, weight
		}
		if seen++; seen == triesSample || fewest == 0 {
			break
		}
	}
	if fewest >= 0 {
		delete(s.targets, least)
	}
}
