package password

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"iter"
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

// record is what is known of a target: the count of its tries, save those from
// places of its own.
type record struct {
	count
	places []*place
}

// count counts tries. Those under way and the wrong ones together never exceed
// the limit.
type count struct {
	wrong   []engine.Instant // within the window, in the order in which they were settled
	until   engine.Instant   // locked before this moment
	held    int              // tries under way
	waiting []chan bool      // first in, first out; told whether they have a try
}

// place is one that the right password of an account has come from, and counts
// the tries from there.
type place struct {
	count
	name string
	seen engine.Instant // when the right password came from there last
}

const (
	maxPlaces = 4 // of an account
	placeKept = 30 * 24 * time.Hour
)

// at is the count of tries from a place.
func (r *record) at(name string) *count {
	for _, p := range r.places {
		if p.name == name {
			return &p.count
		}
	}
	return &r.count
}

// learn notes a place that the right password has come from, in the stead of the
// one that was not seen for longest.
func (r *record) learn(name string, now engine.Instant) {
	if name == "" {
		return
	}
	oldest := -1
	for i, p := range r.places {
		if p.name == name {
			p.seen = now
			return
		}
		if !p.busy() && (oldest < 0 || p.seen < r.places[oldest].seen) {
			oldest = i
		}
	}
	learnt := &place{name: name, seen: now}
	switch {
	case len(r.places) < maxPlaces:
		r.places = append(r.places, learnt)
	case oldest >= 0:
		r.places[oldest] = learnt
	}
}

// Reserve is part of Tries. Those who wait get their turns in the order in which
// they came.
func (m *MemoryTries) Reserve(ctx context.Context, t Target, at engine.Instant) (Settle, error) {
	s, key := m.find(t)
	s.mu.Lock()
	r := s.targets[key]
	if r == nil {
		s.makeRoom(m, at)
		r = &record{}
		s.targets[key] = r
	}
	r.expire(m, at)
	c := r.at(t.Place)
	// A record, and the count of a place, stay while a try of theirs is under way.
	settle := m.settler(s, key, r, c, t)
	if at < c.until {
		s.mu.Unlock()
		return nil, nil
	}
	if len(c.wrong)+c.held < m.config.Max {
		c.held++
		s.mu.Unlock()
		return settle, nil
	}
	turn := make(chan bool, 1)
	c.waiting = append(c.waiting, turn)
	s.mu.Unlock()
	select {
	case got := <-turn:
		if !got {
			return nil, nil
		}
		return settle, nil
	case <-ctx.Done():
		m.giveUp(s, key, c, turn, at)
		return nil, fmt.Errorf("password: wait for a try: %w", context.Cause(ctx))
	}
}

// settler settles a try that is counted by c.
func (m *MemoryTries) settler(s *triesShard, key uint64, r *record, c *count, t Target) Settle {
	settled := false
	return func(_ context.Context, result Result, at engine.Instant) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if settled {
			return errSettled
		}
		settled = true
		r.expire(m, at)
		m.settle(c, result, at)
		if result == Right && t.UserID != "" {
			r.learn(t.Place, at)
		}
		s.tidy(key, at)
		return nil
	}
}

var errSettled = errors.New("password: a try was settled twice")

// giveUp takes a waiting one out of the line, or gives the try back that it was
// handed in the meantime.
func (m *MemoryTries) giveUp(s *triesShard, key uint64, c *count, turn chan bool, at engine.Instant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.waiting = slices.DeleteFunc(c.waiting, func(other chan bool) bool { return other == turn })
	select {
	case got := <-turn:
		if got {
			m.settle(c, Untried, at)
		}
	default:
	}
	s.tidy(key, at)
}

func (m *MemoryTries) settle(c *count, result Result, at engine.Instant) {
	c.held--
	switch result {
	case Right:
		c.wrong = nil
	case Wrong:
		c.wrong = append(c.wrong, at)
		if len(c.wrong) >= m.config.Max {
			c.wrong, c.until = nil, at+engine.Instant(m.config.Lock.Milliseconds())
		}
	}
	m.handOn(c, at)
}

// tidy forgets a target of which there is nothing to remember.
func (s *triesShard) tidy(key uint64, at engine.Instant) {
	if r := s.targets[key]; r != nil && r.blank(at) {
		delete(s.targets, key)
	}
}

// handOn gives those who wait what is free now: tries, or the news that the
// target is locked.
func (m *MemoryTries) handOn(c *count, at engine.Instant) {
	locked := at < c.until
	for len(c.waiting) > 0 && (locked || len(c.wrong)+c.held < m.config.Max) {
		c.waiting[0] <- !locked
		c.waiting = slices.Delete(c.waiting, 0, 1)
		if !locked {
			c.held++
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
	for c := range r.counts() {
		c.wrong, c.until = nil, 0
		m.handOn(c, 0)
	}
	s.tidy(key, 0)
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

// counts are the count of the record itself and those of its places.
func (r *record) counts() iter.Seq[*count] {
	return func(yield func(*count) bool) {
		if !yield(&r.count) {
			return
		}
		for _, p := range r.places {
			if !yield(&p.count) {
				return
			}
		}
	}
}

// expire forgets what is over.
func (r *record) expire(m *MemoryTries, at engine.Instant) {
	begin := at - engine.Instant(m.config.Window.Milliseconds())
	for c := range r.counts() {
		if at >= c.until {
			c.until = 0
		}
		c.wrong = slices.DeleteFunc(c.wrong, func(one engine.Instant) bool { return one <= begin })
	}
	kept := at - engine.Instant(placeKept.Milliseconds())
	r.places = slices.DeleteFunc(r.places, func(p *place) bool { return p.seen <= kept && p.blank(at) })
}

// blank reports whether there is nothing to remember.
func (r *record) blank(at engine.Instant) bool { return len(r.places) == 0 && r.count.blank(at) }

func (c *count) blank(at engine.Instant) bool { return len(c.wrong) == 0 && at >= c.until && !c.busy() }

func (c *count) busy() bool { return c.held > 0 || len(c.waiting) > 0 }

// busy reports whether tries for the target are under way.
func (r *record) busy() bool {
	for c := range r.counts() {
		if c.busy() {
			return true
		}
	}
	return false
}

// weight is how many wrong tries would be forgotten with the target.
func (r *record) weight(m *MemoryTries, at engine.Instant) int {
	most := 0
	for c := range r.counts() {
		if most = max(most, len(c.wrong)); at < c.until {
			most = m.config.Max
		}
	}
	return most
}

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
		weight := r.weight(m, at)
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
