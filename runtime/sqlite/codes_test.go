package sqlite

import (
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/otp"
	"github.com/latchwork/latchwork/nodes/outbox"
)

func createCode(t *testing.T, db *DB) error {
	t.Helper()
	return db.Codes().Create(t.Context(), "main", otp.Code{Purposes: []string{"sign-in"}}, outbox.Entry{})
}

// What was never sent stays as long as its entry may, and what was sent until it is
// over.
func TestSweepCodes(t *testing.T) {
	db := openPlanned(t, Config{})
	kept := engine.Instant(otp.Kept.Milliseconds())
	put := func(realm string, n uint64, created, expires engine.Instant) {
		t.Helper()
		c := otp.Code{Binding: otp.Hash(numbered(n)), Address: string(rune('a' + n)), Purposes: []string{"sign-in"}, Created: created, Expires: expires}
		if err := db.Codes().Create(t.Context(), realm, c, outbox.Entry{}); err != nil {
			t.Fatal(err)
		}
	}
	const n = 2*sweepStep + 7
	for i := range uint64(n) {
		put("main", i, engine.Instant(i%2), 0)
	}
	put("other", n, 0, kept)
	put("other", n+1, 0, kept+1)
	for i, want := range []int{n/2 + 2, 0} {
		if got, err := db.SweepCodes(t.Context(), kept); err != nil || got != want {
			t.Errorf("sweep %d: got %d, %v, want %d", i, got, err, want)
		}
	}
}
