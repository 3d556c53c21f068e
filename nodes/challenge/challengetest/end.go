package challengetest

import (
	"testing"

	"github.com/latchwork/latchwork/nodes/factor"
	"github.com/latchwork/latchwork/nodes/factor/factortest"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/session/sessiontest"
	"github.com/latchwork/latchwork/nodes/token"
	"github.com/latchwork/latchwork/nodes/token/tokentest"
	"github.com/latchwork/latchwork/nodes/user"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

// testEnded looks whether what ends a user's sessions for safety ends the challenges of
// that user, and no others. A new password ends them whatever it does with sessions.
func testEnded(t *testing.T, s Stores) {
	set := func(end password.EndSessions) func() error {
		return func() error {
			return s.Passwords.Set(t.Context(), realm, usertest.ID(1), "new", end, "", outbox.Entry{})
		}
	}
	for i, test := range []struct {
		what string
		end  func() error
	}{
		{"a password", set(password.EndOthers)},
		{"a password, all", set(password.EndAll)},
		{"a password, none", set(password.EndNone)},
		{"an address", func() error {
			_, err := s.Users.SetAddress(t.Context(), realm, usertest.ID(1), user.NewAddress{By: user.ByEmail, Value: "a@example.com"}, now)
			return err
		}},
		{"disable", func() error {
			if err := s.Users.Disable(t.Context(), realm, usertest.ID(1), now); err != nil {
				return err
			}
			return s.Users.Enable(t.Context(), realm, usertest.ID(1), now)
		}},
		{"delete", func() error {
			if err := s.Users.Delete(t.Context(), realm, usertest.ID(1)); err != nil {
				return err
			}
			return s.Users.Create(t.Context(), realm, usertest.New(1), "hash")
		}},
	} {
		own, others := New(2*i, 1), New(2*i+1, 2)
		create(t, s, realm, own, others)
		must(t, test.end())
		wantUseless(t, s, test.what, own)
		wantGood(t, s, others)
	}
}

// open opens a session of the user 1. n makes its token.
func open(t *testing.T, s Stores, n int, more func(*session.Record)) error {
	t.Helper()
	r := sessiontest.New(n, 1)
	more(&r)
	_, err := s.Sessions.Create(t.Context(), realm, r, session.Limit{Max: 60})
	return err
}

func testUsedUp(t *testing.T, s Stores) {
	c, others := New(1, 1), New(2, 2)
	create(t, s, realm, c, others)
	by := func(name string) func(*session.Record) { return func(r *session.Record) { r.Challenge = name } }
	wantError(t, "by another's", open(t, s, 1, by(others.Hash.Name())), session.ErrChallenge)
	wantError(t, "by none", open(t, s, 2, by(New(3, 1).Hash.Name())), session.ErrChallenge)
	if err := open(t, s, 3, by("no name")); err == nil {
		t.Error("by what is no name: got no error")
	}
	for n := 1; n <= 3; n++ {
		if _, err := s.Sessions.Find(t.Context(), realm, sessiontest.New(n, 1).Hash); err == nil {
			t.Errorf("session %d is open, want none", n)
		}
	}
	r := sessiontest.New(4, 1)
	want := r
	r.Challenge = c.Hash.Name()
	got, err := s.Sessions.Create(t.Context(), realm, r, session.Limit{})
	must(t, err)
	if got.Challenge != "" || got.ID != want.ID {
		t.Errorf("got %+v, want %+v", got.Record, want)
	}
	wantUseless(t, s, "used up", c)
	wantError(t, "again", open(t, s, 5, by(c.Hash.Name())), session.ErrChallenge)
	wantGood(t, s, others)
}

func testUsedUpAtOnce(t *testing.T, s Stores) {
	for round := range 20 {
		c := New(round, 1)
		create(t, s, realm, c)
		opened := atOnce(t, func(i int) error {
			return open(t, s, 100*round+i, func(r *session.Record) { r.Challenge = c.Hash.Name() })
		}, session.ErrChallenge)
		if opened != 1 {
			t.Fatalf("round %d: %d sessions were opened by one challenge, want one", round, opened)
		}
	}
}

// What refuses the session leaves the challenge.
func testNotUsedUp(t *testing.T, s Stores) {
	c := New(1, 1)
	create(t, s, realm, c)
	must(t, open(t, s, 1, func(*session.Record) {}))
	r := sessiontest.New(2, 1)
	r.Challenge = c.Hash.Name()
	if _, err := s.Sessions.Create(t.Context(), realm, r, session.Limit{Max: 1}); err == nil {
		t.Fatal("got a session beyond the limit")
	}
	wantGood(t, s, c)
}

func testFactored(t *testing.T, s Stores) {
	looked := func(factors ...string) func(*session.Record) {
		return func(r *session.Record) { r.Factored = append([]string{}, factors...) }
	}
	must(t, open(t, s, 1, looked()))
	wantError(t, "removed meanwhile", open(t, s, 2, looked("totp")), session.ErrFactors)
	factortest.Enrol(t, s.Factors, realm, factortest.New(1, 1), factor.Change{At: now})
	wantError(t, "enrolled meanwhile", open(t, s, 3, looked()), session.ErrFactors)
	must(t, open(t, s, 4, looked("totp")))
	must(t, open(t, s, 5, func(*session.Record) {})) // somebody stands in: not looked at
}

func testFactorChanged(t *testing.T, s Stores) {
	change := func(c factor.Change) { factortest.Enrol(t, s.Factors, realm, factortest.New(1, 1), c) }
	remove := func(c factor.Change) { must(t, s.Factors.Remove(t.Context(), realm, usertest.ID(1), c)) }
	for i, test := range []struct {
		what string
		do   func(factor.Change)
	}{{"confirm", change}, {"remove", remove}, {"confirm", change}, {"remove", remove}} {
		n := 100 * i
		keep, drop := sessiontest.New(n, 1), sessiontest.New(n+1, 1)
		for _, r := range []session.Record{keep, drop, sessiontest.New(n+2, 2)} {
			_, err := s.Sessions.Create(t.Context(), realm, r, session.Limit{})
			must(t, err)
		}
		create(t, s, realm, New(n, 1), New(n+1, 1), New(n+2, 2))
		for more := range 8 { // hashes before and behind that of the one to keep
			create(t, s, realm, New(n+10+more, 1))
		}
		for m, of := range []int{1, 2} {
			_, err := s.Tokens.Create(t.Context(), realm, tokentest.New(n+m, of))
			must(t, err)
		}
		c := factor.Change{At: now, EndOthers: i < 2, Session: keep.ID, Challenge: New(n, 1).Hash.Name()}
		test.do(c)

		live := func(r session.Record) bool {
			_, err := s.Sessions.Find(t.Context(), realm, r.Hash)
			return err == nil
		}
		if !live(keep) || live(drop) == c.EndOthers || !live(sessiontest.New(n+2, 2)) {
			t.Errorf("%s, %+v: got %t %t %t", test.what, c, live(keep), live(drop), live(sessiontest.New(n+2, 2)))
		}
		wantGood(t, s, New(n, 1))
		wantGood(t, s, New(n+2, 2))
		good := func(of token.Token) bool {
			_, err := s.Tokens.Peek(t.Context(), realm, of.Hash, []string{"link"}, now)
			return err == nil
		}
		if good(tokentest.New(n, 1)) == c.EndOthers || !good(tokentest.New(n+1, 2)) {
			t.Errorf("%s, %+v: the tokens: got %t %t", test.what, c, good(tokentest.New(n, 1)), good(tokentest.New(n+1, 2)))
		}
		if c.EndOthers {
			wantUseless(t, s, test.what, New(n+1, 1))
			for more := range 8 {
				wantUseless(t, s, test.what, New(n+10+more, 1))
			}
		} else {
			wantGood(t, s, New(n+1, 1))
		}
	}
	// Without one to keep, all end.
	create(t, s, realm, New(1000, 1))
	change(factor.Change{At: now, EndOthers: true})
	wantUseless(t, s, "none is kept", New(1000, 1))
}
