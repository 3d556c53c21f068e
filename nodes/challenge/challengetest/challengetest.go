// Package challengetest holds the tests that every challenge.Store must pass, together
// with the stores of the same backend: whatever ends a user's sessions for safety ends
// the challenges, too, and a session that is opened by one uses it up.
package challengetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/challenge"
	"github.com/latchwork/latchwork/nodes/factor"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/token"
	"github.com/latchwork/latchwork/nodes/user"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

const (
	realm      = usertest.Realm
	otherRealm = "other"

	now  engine.Instant = 1_700_000_000_000
	life engine.Instant = 300_000
)

// Stores are the stores of one backend that work together.
type Stores struct {
	Users      user.Store
	Passwords  password.Store
	Sessions   session.Store
	Tokens     token.Store
	Factors    factor.Store
	Challenges challenge.Store
}

// Run tests the stores. open gives empty ones, which live as long as t. The users 1 and
// 2 are made in them, with a password, before a test begins.
func Run(t *testing.T, open func(t *testing.T) Stores) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Stores)
	}{
		{"made and resumed", testResume},
		{"A-21 five tries", testTries},
		{"A-21 five tries at once", testTriesAtOnce},
		{"over", testOver},
		{"R-59 realms", testRealms},
		{"who may have one", testActive},
		{"R-38 a password that was changed after it was checked", testChecked},
		{"R-40 ended with what ends sessions", testEnded},
		{"a session uses it up", testUsedUp},
		{"one of many opens a session by it", testUsedUpAtOnce},
		{"not by a session that is not opened", testNotUsedUp},
		{"R-26 a factor that was enrolled after it was looked at", testFactored},
		{"R-41 what a change of factors ends", testFactorChanged},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := open(t)
			for n := 1; n <= 2; n++ {
				must(t, s.Users.Create(t.Context(), realm, usertest.New(n), "hash"))
			}
			test.run(t, s)
		})
	}
}

// New is a challenge of a user, made at now. n makes its token.
func New(n, userNumber int) challenge.Challenge {
	return challenge.Challenge{
		Hash: challenge.HashToken(fmt.Sprint("challenge", n)), UserID: usertest.ID(userNumber), ReturnTo: "/welcome",
		Factors: []string{"mailbox", "password"}, Ceiling: now + 9*life, Origin: "65536f0000000000000000a9", Created: now, Expires: now + life,
	}
}

func create(t *testing.T, s Stores, realm string, challenges ...challenge.Challenge) {
	t.Helper()
	for _, c := range challenges {
		must(t, s.Challenges.Create(t.Context(), realm, c))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// wantGood resumes a challenge and wants it as it is given, with one more try taken.
func wantGood(t *testing.T, s Stores, want challenge.Challenge) {
	t.Helper()
	want.Tries++
	got, err := s.Challenges.Resume(t.Context(), realm, want.Hash, now)
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
		t.Errorf("resume: %v, -want +got:\n%s", err, diff)
	}
}

func wantUseless(t *testing.T, s Stores, what string, challenges ...challenge.Challenge) {
	t.Helper()
	for _, c := range challenges {
		_, err := s.Challenges.Resume(t.Context(), realm, c.Hash, now)
		wantError(t, what, err, challenge.ErrNotFound)
	}
}

func testResume(t *testing.T, s Stores) {
	full, bare := New(1, 1), New(2, 1)
	bare.ReturnTo, bare.Factors, bare.Ceiling = "", nil, 0
	create(t, s, realm, full, bare)
	wantGood(t, s, full)
	wantGood(t, s, bare)
	wantUseless(t, s, "unknown", New(3, 1), challenge.Challenge{})
	if err := s.Challenges.Create(t.Context(), realm, full); err == nil {
		t.Error("a second challenge of one token: got no error")
	}
}

func testTries(t *testing.T, s Stores) {
	c, other := New(1, 1), New(2, 1)
	create(t, s, realm, c, other)
	for c.Tries = range challenge.Tries {
		wantGood(t, s, c)
	}
	wantUseless(t, s, "the sixth try", c)
	wantGood(t, s, other)
}

func testTriesAtOnce(t *testing.T, s Stores) {
	for round := range 20 {
		c := New(round, 1)
		create(t, s, realm, c)
		taken := atOnce(t, func(int) error {
			_, err := s.Challenges.Resume(t.Context(), realm, c.Hash, now)
			return err
		}, challenge.ErrNotFound)
		if taken != challenge.Tries {
			t.Fatalf("round %d: got %d tries, want %d", round, taken, challenge.Tries)
		}
	}
}

// atOnce does something fifty times, and says how often it succeeded; else it must be
// refused.
func atOnce(t *testing.T, do func(i int) error, refused error) int64 {
	t.Helper()
	var group sync.WaitGroup
	var done atomic.Int64
	for i := range 50 {
		group.Go(func() {
			switch err := do(i); {
			case err == nil:
				done.Add(1)
			case !errors.Is(err, refused):
				t.Error(err)
			}
		})
	}
	group.Wait()
	return done.Load()
}

func testOver(t *testing.T, s Stores) {
	c := New(1, 1)
	create(t, s, realm, c)
	_, err := s.Challenges.Resume(t.Context(), realm, c.Hash, c.Expires)
	wantError(t, "at its end", err, challenge.ErrNotFound)
	_, err = s.Challenges.Resume(t.Context(), realm, c.Hash, c.Expires-1)
	wantError(t, "before", err, nil)
}

func testRealms(t *testing.T, s Stores) {
	must(t, s.Users.Create(t.Context(), otherRealm, usertest.New(1), "hash"))
	c := New(1, 1)
	create(t, s, otherRealm, c)
	wantUseless(t, s, "another realm's", c)
	wantError(t, "session", open(t, s, 1, func(r *session.Record) { r.Challenge = c.Hash.Name() }), session.ErrChallenge)
	create(t, s, realm, c)
	must(t, s.Users.Disable(t.Context(), otherRealm, usertest.ID(1), now))
	wantGood(t, s, c)
}

func testActive(t *testing.T, s Stores) {
	c := New(1, 2)
	create(t, s, realm, c)
	must(t, s.Users.Disable(t.Context(), realm, usertest.ID(2), now))
	for _, refused := range []challenge.Challenge{New(2, 2), New(3, 99), {}} {
		wantError(t, "create", s.Challenges.Create(t.Context(), realm, refused), challenge.ErrDisabled)
	}
	must(t, s.Users.Enable(t.Context(), realm, usertest.ID(2), now))
	wantUseless(t, s, "once they may again", c, New(2, 2))
}

func testChecked(t *testing.T, s Stores) {
	c := New(1, 1)
	c.Checked = "hash"
	create(t, s, realm, c)
	late := New(2, 1)
	late.Checked = "another hash"
	wantError(t, "create", s.Challenges.Create(t.Context(), realm, late), challenge.ErrChanged)
	wantUseless(t, s, "of another password", late)
	c.Checked = ""
	wantGood(t, s, c)
}
