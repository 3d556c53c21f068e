package outbox_test

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/outbox"
)

// memory is an outbox.Store for tests.
type memory struct {
	mu    sync.Mutex
	all   []outbox.Entry
	last  int64
	takes int
	fail  error // what every method but Add returns, if set
	added chan struct{}
}

func newMemory() *memory { return &memory{added: make(chan struct{}, 1)} }

var _ outbox.Store = (*memory)(nil)

func (m *memory) Add(_ context.Context, e outbox.Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last++
	e.N = m.last
	m.all = append(m.all, e)
	select {
	case m.added <- struct{}{}:
	default:
	}
	return nil
}

func (m *memory) Take(_ context.Context, now engine.Instant, lease time.Duration, limit int) ([]outbox.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.takes++
	if m.fail != nil {
		return nil, m.fail
	}
	slices.SortFunc(m.all, func(a, b outbox.Entry) int { return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.N, b.N)) })
	var taken []outbox.Entry
	for i := range m.all {
		if e := &m.all[i]; e.Due <= now && len(taken) < limit {
			e.Due = now + engine.Instant(lease.Milliseconds())
			e.Tries++
			taken = append(taken, *e)
		}
	}
	return taken, nil
}

func (m *memory) Done(_ context.Context, e outbox.Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	m.all = slices.DeleteFunc(m.all, func(o outbox.Entry) bool { return o.N == e.N })
	return nil
}

func (m *memory) Delay(_ context.Context, e outbox.Entry, until engine.Instant) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.all {
		if o := &m.all[i]; o.N == e.N && o.Tries == e.Tries {
			o.Due = until
		}
	}
	return m.fail
}

func (m *memory) Added() <-chan struct{} { return m.added }

func (m *memory) left() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.all)
}

func (m *memory) taken() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.takes
}

func (m *memory) setFail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = err
}

func (m *memory) add(t *testing.T, kind outbox.Kind) {
	t.Helper()
	if err := m.Add(t.Context(), outbox.New(t.Context(), engine.MainRealm, kind, "u1", []byte(`{}`))); err != nil {
		t.Fatal(err)
	}
}
