// Package otptest holds the tests that every otp.Store must pass, together with the
// outbox of the same backend.
package otptest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/letter"
	"github.com/latchwork/latchwork/nodes/otp"
	"github.com/latchwork/latchwork/nodes/outbox"
)

const (
	realm      = "main"
	otherRealm = "other"

	now  engine.Instant = 1_700_000_000_000
	life engine.Instant = 600_000
)

// Stores are the stores of one backend that work together.
type Stores struct {
	Codes  otp.Store
	Outbox outbox.Store
}

// Run tests the stores. open gives empty ones, which live as long as t.
func Run(t *testing.T, open func(t *testing.T) Stores) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Stores)
	}{
		{"made and sent", testSent},
		{"R-21 A-21 five tries", testTries},
		{"R-21 A-18 five tries at once", testTriesAtOnce},
		{"R-20 once", testOnce},
		{"R-20 one of many wins", testOneWins},
		{"R-22 another purpose", testPurpose},
		{"R-22 another binding or address", testNames},
		{"A-05 a new code in the place of an old one", testReplace},
		{"R-21 over", testOver},
		{"sent again", testAgain},
		{"R-59 realms", testRealms},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// New is a code of the purpose "sign-in" for a number, made at now. n makes its
// binding.
func New(n int, purposes ...string) otp.Code {
	if purposes == nil {
		purposes = []string{"sign-in"}
	}
	return otp.Code{
		Binding: otp.HashBinding(fmt.Sprint("binding", n)), Channel: letter.ByMessage, Address: "+4930123456",
		Purposes: purposes, Created: now,
	}
}

// entry is what sends the code of a number.
func entry(n int) outbox.Entry {
	return outbox.Entry{Realm: realm, Kind: outbox.Code, Body: []byte(fmt.Sprintf(`{"n":%d}`, n)), Created: now, Due: now}
}

func mac(n int) []byte { return []byte(fmt.Sprintf("%032d", n)) }

// send stores a code and gives it a MAC, as the worker does.
func send(t *testing.T, s Stores, realm string, n int, c otp.Code) otp.Code {
	t.Helper()
	must(t, s.Codes.Create(t.Context(), realm, c, entry(n)))
	must(t, s.Codes.Fill(t.Context(), realm, c.Binding, mac(n), now+life))
	c.MAC, c.Expires = mac(n), now+life
	return c
}

func byBinding(c otp.Code) otp.Guess {
	return otp.Guess{Binding: &c.Binding, Purpose: "sign-in", At: now}
}

func byAddress(c otp.Code) otp.Guess {
	return otp.Guess{Address: c.Address, Purpose: "sign-in", At: now}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantTry(t *testing.T, s Stores, g otp.Guess, want otp.Code) {
	t.Helper()
	got, err := s.Codes.Try(t.Context(), realm, g)
	if err != nil {
		t.Errorf("got %v, want the code", err)
	} else if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func wantNone(t *testing.T, s Stores, what string, guesses ...otp.Guess) {
	t.Helper()
	for _, g := range guesses {
		if got, err := s.Codes.Try(t.Context(), realm, g); !errors.Is(err, otp.ErrNotFound) {
			t.Errorf("%s: got %+v, %v, want otp.ErrNotFound", what, got, err)
		}
	}
}

func testSent(t *testing.T, s Stores) {
	c := New(1)
	must(t, s.Codes.Create(t.Context(), realm, c, entry(1)))
	all, err := s.Outbox.Take(t.Context(), now, 0, 10)
	must(t, err)
	if len(all) != 1 || all[0].Kind != outbox.Code || string(all[0].Body) != `{"n":1}` {
		t.Errorf("got the entries %+v, want the one that was given", all)
	}
	wantNone(t, s, "not sent", byBinding(c), byAddress(c))
	must(t, s.Codes.Fill(t.Context(), realm, c.Binding, mac(1), now+life))
	c.MAC, c.Expires, c.Tries = mac(1), now+life, 1
	wantTry(t, s, byBinding(c), c)
	if err := s.Codes.Fill(t.Context(), realm, New(2).Binding, mac(1), now+life); !errors.Is(err, otp.ErrNotFound) {
		t.Errorf("fill an unknown code: got %v, want otp.ErrNotFound", err)
	}
	// A command that fails leaves neither the code nor the entry.
	again := New(1)
	again.Address = "+4930999999"
	if err := s.Codes.Create(t.Context(), realm, again, entry(2)); err == nil {
		t.Error("a second code of one binding: got no error")
	}
	if all, err := s.Outbox.Take(t.Context(), now, 0, 10); err != nil || len(all) != 1 {
		t.Errorf("got %d entries, %v, want one", len(all), err)
	}
}

func testTries(t *testing.T, s Stores) {
	c := send(t, s, realm, 1, New(1))
	for i := range otp.Tries {
		c.Tries = i + 1
		g := byBinding(c)
		if i%2 == 1 {
			g = byAddress(c)
		}
		wantTry(t, s, g, c)
	}
	wantNone(t, s, "the sixth try", byBinding(c), byAddress(c))
}

func testTriesAtOnce(t *testing.T, s Stores) {
	for round := range 20 {
		c := send(t, s, realm, round, New(round))
		var group sync.WaitGroup
		var taken atomic.Int64
		for range 50 {
			group.Go(func() {
				_, err := s.Codes.Try(t.Context(), realm, byAddress(c))
				switch {
				case err == nil:
					taken.Add(1)
				case !errors.Is(err, otp.ErrNotFound):
					t.Error(err)
				}
			})
		}
		group.Wait()
		if taken.Load() != otp.Tries {
			t.Fatalf("round %d: got %d tries, want %d", round, taken.Load(), otp.Tries)
		}
	}
}

func wantConsumed(t *testing.T, s Stores, c otp.Code, want error) {
	t.Helper()
	if err := s.Codes.Consume(t.Context(), realm, c); !errors.Is(err, want) {
		t.Errorf("consume: got %v, want %v", err, want)
	}
}

func testOnce(t *testing.T, s Stores) {
	c := send(t, s, realm, 1, New(1))
	other := c
	other.MAC = mac(2)
	wantConsumed(t, s, other, otp.ErrNotFound)
	other.MAC = nil
	wantConsumed(t, s, other, otp.ErrNotFound)
	wantConsumed(t, s, c, nil)
	wantConsumed(t, s, c, otp.ErrNotFound)
	wantNone(t, s, "used up", byBinding(c), byAddress(c))
}

func testOneWins(t *testing.T, s Stores) {
	for round := range 100 {
		c := send(t, s, realm, round, New(round))
		var group sync.WaitGroup
		var won atomic.Int64
		for range 50 {
			group.Go(func() {
				switch err := s.Codes.Consume(t.Context(), realm, c); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, otp.ErrNotFound):
					t.Error(err)
				}
			})
		}
		group.Wait()
		if won.Load() != 1 {
			t.Fatalf("round %d: %d of 50 have used it up, want one", round, won.Load())
		}
	}
}

func testPurpose(t *testing.T, s Stores) {
	c := send(t, s, realm, 1, New(1, "sign-in", "verify"))
	for _, purpose := range []string{"", "reset", "SIGN-IN", "sign", `sign-in","verify`, "%"} {
		for _, g := range []otp.Guess{byBinding(c), byAddress(c)} {
			g.Purpose = purpose
			wantNone(t, s, "of another purpose", g)
		}
	}
	g := byAddress(c)
	g.Purpose = "verify"
	c.Tries = 1 // none was taken by that
	wantTry(t, s, g, c)
}

func testNames(t *testing.T, s Stores) {
	c := send(t, s, realm, 1, New(1))
	elsewhere := New(2)
	elsewhere.Address = "+4930999999"
	elsewhere = send(t, s, realm, 2, elsewhere)
	both := byBinding(c)
	both.Address = elsewhere.Address
	unknown := byBinding(New(3))
	unknown.Address = c.Address
	wantNone(t, s, "both given, one of which does not fit", both, unknown)
	wantNone(t, s, "of nothing", otp.Guess{Purpose: "sign-in", At: now}, byBinding(New(3)))
	both.Address = c.Address
	c.Tries = 1
	wantTry(t, s, both, c)
	elsewhere.Tries = 1
	wantTry(t, s, byAddress(elsewhere), elsewhere)
}

func testReplace(t *testing.T, s Stores) {
	old := send(t, s, realm, 1, New(1, "sign-in", "verify"))
	reset := send(t, s, realm, 2, New(2, "reset"))
	elsewhere := New(3)
	elsewhere.Address = "+4930999999"
	elsewhere = send(t, s, realm, 3, elsewhere)
	next := send(t, s, realm, 4, New(4))
	wantNone(t, s, "replaced", byBinding(old))
	verify := byAddress(old)
	verify.Purpose = "verify"
	wantNone(t, s, "replaced", verify)
	if err := s.Codes.Fill(t.Context(), realm, old.Binding, mac(9), now+life); !errors.Is(err, otp.ErrNotFound) {
		t.Errorf("fill a replaced code: got %v, want otp.ErrNotFound", err)
	}
	next.Tries = 1
	wantTry(t, s, byAddress(next), next)
	g := byBinding(reset)
	g.Purpose, reset.Tries = "reset", 1
	wantTry(t, s, g, reset)
	elsewhere.Tries = 1
	wantTry(t, s, byAddress(elsewhere), elsewhere)
}

func testOver(t *testing.T, s Stores) {
	c := send(t, s, realm, 1, New(1))
	for _, g := range []otp.Guess{byBinding(c), byAddress(c)} {
		g.At = c.Expires
		wantNone(t, s, "at its end", g)
		g.At--
		c.Tries++
		wantTry(t, s, g, c)
	}
}

// A code that is sent again has other digits and no more tries.
func testAgain(t *testing.T, s Stores) {
	c := send(t, s, realm, 1, New(1))
	for range 3 {
		_, err := s.Codes.Try(t.Context(), realm, byBinding(c))
		must(t, err)
	}
	must(t, s.Codes.Fill(t.Context(), realm, c.Binding, mac(2), now+2*life))
	wantConsumed(t, s, c, otp.ErrNotFound)
	c.MAC, c.Expires, c.Tries = mac(2), now+2*life, 4
	wantTry(t, s, byBinding(c), c)
	wantConsumed(t, s, c, nil)
}

func testRealms(t *testing.T, s Stores) {
	mine := send(t, s, realm, 1, New(1))
	other := send(t, s, otherRealm, 2, New(1))
	others := New(3)
	others.Address = "+4930999999"
	others = send(t, s, otherRealm, 3, others)
	wantNone(t, s, "another realm's", byBinding(others), byAddress(others))
	wantConsumed(t, s, others, otp.ErrNotFound)
	wantConsumed(t, s, other, otp.ErrNotFound)
	mine.Tries = 1
	wantTry(t, s, byAddress(mine), mine)
	wantConsumed(t, s, mine, nil)
	must(t, s.Codes.Consume(t.Context(), otherRealm, other))
}
