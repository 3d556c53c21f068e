package password

import (
	"runtime/metrics"
	"sync"
	"testing"
)

// heap is what the heap holds now, in MiB, garbage included.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64() >> 20
}

// 64 sign-ins at once would need 1216 MiB if all were hashed at once.
func TestMemoryIsBoundedByTheWorkers(t *testing.T) {
	a, err := NewArgon2id(Params{})
	if err != nil {
		t.Fatal(err)
	}
	p := NewPool(PoolConfig{Workers: 2, Queue: 64})
	p.Start()
	defer p.Close()
	encoded := hashOf(t, a, "correct horse battery staple")
	hasher := Pooled{a, p}

	var mu sync.Mutex
	var most uint64
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			if match, err := hasher.Verify(t.Context(), "correct horse battery staple", encoded); !match || err != nil {
				t.Errorf("got %t and %v, want a match", match, err)
			}
			mu.Lock()
			defer mu.Unlock()
			most = max(most, heap())
		})
	}
	all.Wait()
	// Two workers with 19 MiB each, as much again before the collector runs, and
	// room for what the collector has not caught up with.
	if most > 200 {
		t.Errorf("R-12: the heap grew to %d MiB, want at most 200", most)
	}
}

// Memory is used again: 16 checks do not allocate 16 times 19 MiB.
func TestMemoryIsUsedAgain(t *testing.T) {
	a, err := NewArgon2id(Params{})
	if err != nil {
		t.Fatal(err)
	}
	allocated := func() uint64 {
		sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
		metrics.Read(sample)
		return sample[0].Value.Uint64() >> 20
	}
	before := allocated()
	for range 16 {
		if err := a.Decoy(t.Context(), "correct horse"); err != nil {
			t.Fatal(err)
		}
	}
	// The race detector makes sync.Pool forget a quarter of what it is given.
	if got := allocated() - before; got > 16*19*3/4 {
		t.Errorf("16 checks allocated %d MiB, want little more than 19", got)
	}
}

func TestALargeForeignHashKeepsNoMemory(t *testing.T) {
	a := newArgon2id(weak)
	large := weak
	large.Memory = 64 * 1024
	a.derive([]byte("correct horse"), make([]byte, 16), large)
	for range 100 {
		if s, ok := a.scratch.Get().(interface{ KiB() uint32 }); ok && s.KiB() > weak.Memory {
			t.Fatalf("kept %d KiB, want at most the configured %d", s.KiB(), weak.Memory)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	a, err := NewArgon2id(Params{})
	if err != nil {
		b.Fatal(err)
	}
	encoded := hashOf(b, a, "correct horse battery staple")
	b.Run("argon2id", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			verify(b, a, "correct horse battery staple", encoded)
		}
	})
	b.Run("decoy", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := a.Decoy(b.Context(), "correct horse battery staple"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("pooled", func(b *testing.B) {
		p := NewPool(PoolConfig{})
		p.Start()
		defer p.Close()
		h := Pooled{a, p}
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				verify(b, h, "correct horse battery staple", encoded)
			}
		})
	})
	b.Run("covering bcrypt 10", func(b *testing.B) {
		a, err := NewArgon2id(Params{})
		if err != nil {
			b.Fatal(err)
		}
		if err := a.Cover(bcryptOf(b, "correct horse", 10)); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			verify(b, a, "correct horse battery staple", encoded)
		}
	})
}
