package sqlite

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

const (
	benchRealm = "main"
	benchUsers = 1000
)

// numbered is a value that only n has.
func numbered(n uint64) session.Hash {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], n)
	return session.HashToken(string(b[:]))
}

func benchSession(n uint64) session.Record {
	return session.Record{
		ID:        fmt.Sprintf("%024x", n),
		Hash:      numbered(n),
		UserID:    usertest.ID(int(n % benchUsers)),
		Created:   1_700_000_000_000,
		LastSeen:  1_700_000_000_000,
		IdleEnd:   1_700_600_000_000,
		End:       1_702_000_000_000,
		IP:        "192.0.2.1",
		UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
		Factors:   []string{"password"},
	}
}

// openWithUsers opens a file for a benchmark.
func openWithUsers(b *testing.B, cfg Config) *DB {
	b.Helper()
	db := open(b, cfg)
	for n := range benchUsers {
		if err := db.Users().Create(b.Context(), benchRealm, usertest.New(n), "hash"); err != nil {
			b.Fatal(err)
		}
	}
	return db
}

// inParallel runs fn b.N times altogether, in a number of goroutines, with a
// number of its own each time.
func inParallel(b *testing.B, goroutines int, fn func(n uint64) error) {
	b.Helper()
	b.ReportAllocs()
	b.ResetTimer()
	var last atomic.Uint64
	var failed atomic.Value
	done := make(chan struct{})
	for range goroutines {
		go func() {
			defer func() { done <- struct{}{} }()
			for {
				n := last.Add(1)
				if n > uint64(b.N) {
					return
				}
				if err := fn(n); err != nil {
					failed.Store(err)
					return
				}
			}
		}()
	}
	for range goroutines {
		<-done
	}
	b.StopTimer()
	if err := failed.Load(); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkWriterGrouped(b *testing.B) {
	for _, normal := range []bool{false, true} {
		for _, goroutines := range []int{1, 16, 64} {
			b.Run(fmt.Sprintf("normal=%v/%d", normal, goroutines), func(b *testing.B) {
				db := openWithUsers(b, Config{normal: normal})
				sessions := db.Sessions()
				inParallel(b, goroutines, func(n uint64) error {
					_, err := sessions.Create(b.Context(), benchRealm, benchSession(n), session.Limit{})
					return err
				})
			})
		}
	}
}

func BenchmarkFindSession(b *testing.B) {
	const live = 10_000
	for _, cached := range []int{0, 2 * live} {
		for _, goroutines := range []int{1, 16, 64} {
			b.Run(fmt.Sprintf("cache=%d/%d", cached, goroutines), func(b *testing.B) {
				db := openWithUsers(b, Config{SessionCache: cached, Readers: 4, normal: true})
				sessions := db.Sessions()
				for n := range uint64(live) {
					if _, err := sessions.Create(b.Context(), benchRealm, benchSession(n), session.Limit{}); err != nil {
						b.Fatal(err)
					}
				}
				inParallel(b, goroutines, func(n uint64) error {
					_, err := sessions.Find(b.Context(), benchRealm, numbered(n*7919%live))
					return err
				})
			})
		}
	}
}

// BenchmarkOpen is what a file that is up to date adds to the start of a
// server.
func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "app.db")
	for b.Loop() {
		db, err := Open(b.Context(), path, Config{})
		if err != nil {
			b.Fatal(err)
		}
		if err := db.Check(b.Context()); err != nil {
			b.Fatal(err)
		}
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
