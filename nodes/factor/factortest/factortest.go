// Package factortest holds the tests that every factor.Store must pass, together with
// the users and the outbox of the same backend, and an authenticator app. What a change
// of factors ends is tested by challengetest.
package factortest

import (
	"bytes"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/factor"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/user"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

const (
	realm      = usertest.Realm
	otherRealm = "other"

	now engine.Instant = 1_700_000_000_000
)

// Stores are the stores of one backend that work together.
type Stores struct {
	Users   user.Store
	Factors factor.Store
	Outbox  outbox.Store
}

// Run tests the stores. open gives empty ones, which live as long as t. The users 1 and
// 2 are made in them, in two realms, before a test begins.
func Run(t *testing.T, open func(t *testing.T) Stores) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Stores)
	}{
		{"started and confirmed", testEnrol},
		{"what is started changes nothing", testStart},
		{"R-26 confirmed is what was started last", testConfirmOther},
		{"over", testOver},
		{"R-24 a step is taken once", testUse},
		{"R-24 one of many takes a step", testUseAtOnce},
		{"R-25 a recovery code is good once", testCodes},
		{"R-25 one of many uses a recovery code", testCodeAtOnce},
		{"R-25 new codes end the old ones", testNewCodes},
		{"another app in the place of one", testReplace},
		{"R-26 not over one that is enrolled meanwhile", testStartOver},
		{"removed", testRemove},
		{"with the user", testDelete},
		{"R-59 realms", testRealms},
		{"notices", testNotice},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := open(t)
			for _, r := range []string{realm, otherRealm} {
				for n := 1; n <= 2; n++ {
					must(t, s.Users.Create(t.Context(), r, usertest.New(n), ""))
				}
			}
			test.run(t, s)
		})
	}
}

// New is an app of a user, started at now. n makes its secret.
func New(n byte, userNumber int) factor.Authenticator {
	return factor.Authenticator{UserID: usertest.ID(userNumber), Sealed: bytes.Repeat([]byte{n}, 60), Started: now}
}

// MAC is the keyed hash of a recovery code.
func MAC(n byte) []byte { return bytes.Repeat([]byte{n}, 32) }

// at is a change that ends nothing.
var at = factor.Change{At: now + 1}

// since is before every app was started.
const since = now - 1

// Enrol starts and confirms an app.
func Enrol(t *testing.T, s factor.Store, realm string, a factor.Authenticator, c factor.Change, codes ...[]byte) {
	t.Helper()
	over, err := s.Find(t.Context(), realm, a.UserID, factor.Enrolled)
	if err != nil && !errors.Is(err, factor.ErrNotFound) {
		t.Fatal(err)
	}
	must(t, s.Start(t.Context(), realm, a, over.Sealed))
	must(t, s.Confirm(t.Context(), realm, a, a.Started-1, codes, c))
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

func wantApp(t *testing.T, s Stores, realm string, state factor.State, want factor.Authenticator) {
	t.Helper()
	got, err := s.Factors.Find(t.Context(), realm, want.UserID, state)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%s: %v, -want +got:\n%s", state, err, diff)
	}
}

func wantNone(t *testing.T, s Stores, realm, userID string, states ...factor.State) {
	t.Helper()
	for _, state := range states {
		got, err := s.Factors.Find(t.Context(), realm, userID, state)
		if !errors.Is(err, factor.ErrNotFound) {
			t.Errorf("%s: got %+v, %v, want factor.ErrNotFound", state, got, err)
		}
	}
}

// wantShown wants a user to show factors.
func wantShown(t *testing.T, s Stores, realm, userID string, want ...string) {
	t.Helper()
	u, err := s.Users.Find(t.Context(), realm, user.ByID, userID)
	must(t, err)
	if !slices.Equal(u.Factors, want) {
		t.Errorf("the user shows %v, want %v", u.Factors, want)
	}
}

func testEnrol(t *testing.T, s Stores) {
	a := New(1, 1)
	wantNone(t, s, realm, a.UserID, factor.Enrolled, factor.Started)
	must(t, s.Factors.Start(t.Context(), realm, a, nil))
	wantApp(t, s, realm, factor.Started, a)
	wantNone(t, s, realm, a.UserID, factor.Enrolled)
	a.Step = 7
	must(t, s.Factors.Confirm(t.Context(), realm, a, since, nil, at))
	wantApp(t, s, realm, factor.Enrolled, a)
	wantNone(t, s, realm, a.UserID, factor.Started)
	wantShown(t, s, realm, a.UserID, "totp")
	wantShown(t, s, realm, usertest.ID(2))
	wantError(t, "confirm again", s.Factors.Confirm(t.Context(), realm, a, since, nil, at), factor.ErrNotFound)
	wantError(t, "start for nobody", s.Factors.Start(t.Context(), realm, New(1, 99), nil), factor.ErrNotFound)
}

func testStart(t *testing.T, s Stores) {
	a := New(1, 1)
	must(t, s.Factors.Start(t.Context(), realm, a, nil))
	wantShown(t, s, realm, a.UserID)
	a.Step = 1
	wantError(t, "use", s.Factors.Use(t.Context(), realm, a), factor.ErrUsed)
	wantError(t, "remove", s.Factors.Remove(t.Context(), realm, a.UserID, at), factor.ErrNotFound)
}

func testConfirmOther(t *testing.T, s Stores) {
	first, second := New(1, 1), New(2, 1)
	must(t, s.Factors.Start(t.Context(), realm, first, nil))
	must(t, s.Factors.Start(t.Context(), realm, second, nil))
	wantError(t, "the first", s.Factors.Confirm(t.Context(), realm, first, since, nil, at), factor.ErrNotFound)
	elses := second
	elses.UserID = usertest.ID(2)
	wantError(t, "another's", s.Factors.Confirm(t.Context(), realm, elses, since, nil, at), factor.ErrNotFound)
	wantNone(t, s, realm, first.UserID, factor.Enrolled)
	must(t, s.Factors.Confirm(t.Context(), realm, second, since, nil, at))
	wantApp(t, s, realm, factor.Enrolled, second)
}

func testOver(t *testing.T, s Stores) {
	a := New(1, 1)
	must(t, s.Factors.Start(t.Context(), realm, a, nil))
	wantError(t, "at the end", s.Factors.Confirm(t.Context(), realm, a, a.Started, nil, at), factor.ErrNotFound)
	must(t, s.Factors.Confirm(t.Context(), realm, a, a.Started-1, nil, at))
}

func testUse(t *testing.T, s Stores) {
	a := New(1, 1)
	a.Step = 10
	Enrol(t, s.Factors, realm, a, at)
	for _, test := range []struct {
		step int64
		want error
	}{{10, factor.ErrUsed}, {9, factor.ErrUsed}, {11, nil}, {11, factor.ErrUsed}, {10, factor.ErrUsed}, {13, nil}, {12, factor.ErrUsed}} {
		a.Step = test.step
		wantError(t, "use", s.Factors.Use(t.Context(), realm, a), test.want)
	}
	other := New(2, 1)
	other.Step = 20
	wantError(t, "with another secret", s.Factors.Use(t.Context(), realm, other), factor.ErrUsed)
	other = New(1, 2)
	other.Step = 20
	wantError(t, "another's", s.Factors.Use(t.Context(), realm, other), factor.ErrUsed)
	a.Step = 13
	wantApp(t, s, realm, factor.Enrolled, a)
}

// once wants one of many to succeed, and the others to get the error.
func once(t *testing.T, do func() error, refused error) {
	t.Helper()
	var group sync.WaitGroup
	var won atomic.Int64
	for range 50 {
		group.Go(func() {
			switch err := do(); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, refused):
				t.Error(err)
			}
		})
	}
	group.Wait()
	if won.Load() != 1 {
		t.Fatalf("%d of 50 have succeeded, want one", won.Load())
	}
}

func testUseAtOnce(t *testing.T, s Stores) {
	a := New(1, 1)
	Enrol(t, s.Factors, realm, a, at)
	for range 100 {
		a.Step++
		once(t, func() error { return s.Factors.Use(t.Context(), realm, a) }, factor.ErrUsed)
	}
}

func testCodes(t *testing.T, s Stores) {
	a := New(1, 1)
	Enrol(t, s.Factors, realm, a, at, MAC(1), MAC(2))
	use := func(userNumber int, n byte) error {
		return s.Factors.UseCode(t.Context(), realm, usertest.ID(userNumber), MAC(n))
	}
	wantError(t, "another's", use(2, 1), factor.ErrNotFound)
	wantError(t, "unknown", use(1, 3), factor.ErrNotFound)
	wantError(t, "empty", s.Factors.UseCode(t.Context(), realm, a.UserID, []byte{}), factor.ErrNotFound)
	wantError(t, "the first", use(1, 1), nil)
	wantError(t, "the first again", use(1, 1), factor.ErrNotFound)
	wantError(t, "the second", use(1, 2), nil)
}

func testCodeAtOnce(t *testing.T, s Stores) {
	for n := range byte(100) {
		a := New(1, 1)
		Enrol(t, s.Factors, realm, a, at, MAC(n))
		once(t, func() error { return s.Factors.UseCode(t.Context(), realm, a.UserID, MAC(n)) }, factor.ErrNotFound)
	}
}

func testNewCodes(t *testing.T, s Stores) {
	Enrol(t, s.Factors, realm, New(1, 1), at, MAC(1), MAC(2))
	Enrol(t, s.Factors, realm, New(1, 2), at, MAC(1))
	Enrol(t, s.Factors, realm, New(2, 1), at, MAC(3))
	wantError(t, "an old one", s.Factors.UseCode(t.Context(), realm, usertest.ID(1), MAC(1)), factor.ErrNotFound)
	wantError(t, "a new one", s.Factors.UseCode(t.Context(), realm, usertest.ID(1), MAC(3)), nil)
	wantError(t, "another's", s.Factors.UseCode(t.Context(), realm, usertest.ID(2), MAC(1)), nil)
}

func testReplace(t *testing.T, s Stores) {
	old, next := New(1, 1), New(2, 1)
	old.Step = 5
	Enrol(t, s.Factors, realm, old, at)
	must(t, s.Factors.Start(t.Context(), realm, next, old.Sealed))
	wantApp(t, s, realm, factor.Enrolled, old) // until the new one is confirmed
	next.Step = 3
	must(t, s.Factors.Confirm(t.Context(), realm, next, since, nil, at))
	wantApp(t, s, realm, factor.Enrolled, next)
	old.Step = 9
	wantError(t, "use the old one", s.Factors.Use(t.Context(), realm, old), factor.ErrUsed)
	wantShown(t, s, realm, old.UserID, "totp")
}

// who was let start an app while none, or another, was enrolled does not start one
// over that which is enrolled since.
func testStartOver(t *testing.T, s Stores) {
	a, thiefs := New(1, 1), New(2, 1)
	wantError(t, "over one that is not enrolled", s.Factors.Start(t.Context(), realm, thiefs, a.Sealed), factor.ErrChanged)
	Enrol(t, s.Factors, realm, a, at)
	wantError(t, "over none", s.Factors.Start(t.Context(), realm, thiefs, nil), factor.ErrChanged)
	wantError(t, "over another", s.Factors.Start(t.Context(), realm, thiefs, New(3, 1).Sealed), factor.ErrChanged)
	wantNone(t, s, realm, a.UserID, factor.Started)
	must(t, s.Factors.Start(t.Context(), realm, thiefs, a.Sealed))
}

func testRemove(t *testing.T, s Stores) {
	a := New(1, 1)
	wantError(t, "none", s.Factors.Remove(t.Context(), realm, a.UserID, at), factor.ErrNotFound)
	Enrol(t, s.Factors, realm, a, at, MAC(1))
	Enrol(t, s.Factors, realm, New(1, 2), at, MAC(1))
	must(t, s.Factors.Start(t.Context(), realm, New(2, 1), a.Sealed))
	must(t, s.Factors.Remove(t.Context(), realm, a.UserID, at))
	wantNone(t, s, realm, a.UserID, factor.Enrolled, factor.Started)
	wantShown(t, s, realm, a.UserID)
	wantError(t, "a recovery code", s.Factors.UseCode(t.Context(), realm, a.UserID, MAC(1)), factor.ErrNotFound)
	a.Step = 9
	wantError(t, "use", s.Factors.Use(t.Context(), realm, a), factor.ErrUsed)
	wantApp(t, s, realm, factor.Enrolled, New(1, 2))
	wantShown(t, s, realm, usertest.ID(2), "totp")
	wantError(t, "another's code", s.Factors.UseCode(t.Context(), realm, usertest.ID(2), MAC(1)), nil)
}

func testDelete(t *testing.T, s Stores) {
	a := New(1, 1)
	Enrol(t, s.Factors, realm, a, at, MAC(1))
	must(t, s.Factors.Start(t.Context(), realm, New(2, 1), a.Sealed))
	must(t, s.Users.Delete(t.Context(), realm, a.UserID))
	must(t, s.Users.Create(t.Context(), realm, usertest.New(1), ""))
	wantNone(t, s, realm, a.UserID, factor.Enrolled, factor.Started)
	wantError(t, "a recovery code", s.Factors.UseCode(t.Context(), realm, a.UserID, MAC(1)), factor.ErrNotFound)
}

func testRealms(t *testing.T, s Stores) {
	a := New(1, 1)
	Enrol(t, s.Factors, realm, a, at, MAC(1))
	wantNone(t, s, otherRealm, a.UserID, factor.Enrolled)
	wantShown(t, s, otherRealm, a.UserID)
	a.Step = 4
	wantError(t, "use", s.Factors.Use(t.Context(), otherRealm, a), factor.ErrUsed)
	wantError(t, "a recovery code", s.Factors.UseCode(t.Context(), otherRealm, a.UserID, MAC(1)), factor.ErrNotFound)
	wantError(t, "remove", s.Factors.Remove(t.Context(), otherRealm, a.UserID, at), factor.ErrNotFound)
	must(t, s.Factors.Start(t.Context(), realm, New(2, 1), New(1, 1).Sealed))
	wantError(t, "confirm", s.Factors.Confirm(t.Context(), otherRealm, New(2, 1), since, nil, at), factor.ErrNotFound)
	must(t, s.Users.Create(t.Context(), "third", usertest.New(3), ""))
	wantError(t, "start for a user of another realm", s.Factors.Start(t.Context(), "third", New(1, 1), nil), factor.ErrNotFound)
	Enrol(t, s.Factors, otherRealm, New(3, 1), at, MAC(1))
	must(t, s.Factors.Remove(t.Context(), otherRealm, a.UserID, at))
	wantApp(t, s, realm, factor.Enrolled, New(1, 1))
	wantError(t, "the own recovery code", s.Factors.UseCode(t.Context(), realm, a.UserID, MAC(1)), nil)
}

// A notice goes with what it tells of, or not at all.
func testNotice(t *testing.T, s Stores) {
	c := at
	c.Notice = outbox.Entry{Realm: realm, Kind: outbox.Mail, UserID: usertest.ID(1), Body: []byte(`{}`), Created: now, Due: now}
	a := New(1, 1)
	wantError(t, "confirm none", s.Factors.Confirm(t.Context(), realm, a, since, nil, c), factor.ErrNotFound)
	wantError(t, "remove none", s.Factors.Remove(t.Context(), realm, a.UserID, c), factor.ErrNotFound)
	Enrol(t, s.Factors, realm, a, c)
	must(t, s.Factors.Remove(t.Context(), realm, a.UserID, c))
	all, err := s.Outbox.Take(t.Context(), now, 0, 10)
	must(t, err)
	if len(all) != 2 {
		t.Errorf("got %d notices, want two", len(all))
	}
}
