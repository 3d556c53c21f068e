// Package tokentest holds the tests that every token.Store must pass, together with
// the stores of the same backend: whatever ends a user's sessions for safety ends the
// tokens, too.
package tokentest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/key"
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
	life engine.Instant = 60_000
)

// Stores are the stores of one backend that work together.
type Stores struct {
	Users     user.Store
	Passwords password.Store
	Sessions  session.Store
	Keys      key.Store
	Tokens    token.Store
}

// Run tests the stores. open gives empty ones, which live as long as t. The users 1
// and 2 are made in them, with a password, before a test begins.
func Run(t *testing.T, open func(t *testing.T) Stores) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Stores)
	}{
		{"A-30 once", testOnce},
		{"R-20 A-30 one of many wins", testOneWins},
		{"R-22 A-06 A-13 another purpose", testPurpose},
		{"A-31 another audience", testAudience},
		{"A-06 over", testOver},
		{"peek", testPeek},
		{"R-59 realms", testRealms},
		{"who may have one", testActive},
		{"R-38 a password that was changed after it was checked", testChecked},
		{"R-40 A-29 disable and delete", testEnded},
		{"R-40 disable against creates", testDisableAgainstCreates},
		{"R-28 A-29 a new password", testSetPassword},
		{"a new address", testSetAddress},
		{"in a session", testSession},
		{"R-38 with its session", testSessionEnds},
		{"A-35 claim", testClaim},
		{"A-35 claim of another's", testNoClaim},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := open(t)
			for n := 1; n <= 2; n++ {
				if err := s.Users.Create(t.Context(), realm, usertest.New(n), "hash"); err != nil {
					t.Fatal(err)
				}
			}
			test.run(t, s)
		})
	}
}

// New is a token of the purpose "link" for a user, made at now. n makes its value.
func New(n, userNumber int) token.Token {
	return token.Token{
		Hash:    token.HashToken(fmt.Sprint("token", n)),
		Purpose: "link",
		UserID:  usertest.ID(userNumber),
		Factors: []string{"mailbox"},
		Created: now,
		Expires: now + life,
	}
}

// forLink is the use that New is made for.
var forLink = token.Use{Purposes: []string{"link"}, At: now}

func mustCreate(t *testing.T, s Stores, realm string, tokens ...token.Token) {
	t.Helper()
	for _, made := range tokens {
		if _, err := s.Tokens.Create(t.Context(), realm, made); err != nil {
			t.Fatalf("create token: %v", err)
		}
	}
}

// wantGood redeems tokens and wants them as they are given.
func wantGood(t *testing.T, s Stores, u token.Use, tokens ...token.Token) {
	t.Helper()
	for _, want := range tokens {
		got, err := s.Tokens.Redeem(t.Context(), realm, want.Hash, u)
		if err != nil {
			t.Errorf("redeem: got %v, want the token", err)
			continue
		}
		equal(t, got, want)
	}
}

// wantUseless looks at tokens and redeems them, and wants neither to work.
func wantUseless(t *testing.T, s Stores, what string, u token.Use, tokens ...token.Token) {
	t.Helper()
	for _, made := range tokens {
		if _, err := s.Tokens.Peek(t.Context(), realm, made.Hash, u.Purposes, u.At); !errors.Is(err, token.ErrNotFound) {
			t.Errorf("%s: peek: got %v, want token.ErrNotFound", what, err)
		}
		wantRefused(t, s, what, u, made)
	}
}

func wantRefused(t *testing.T, s Stores, what string, u token.Use, made token.Token) {
	t.Helper()
	if _, err := s.Tokens.Redeem(t.Context(), realm, made.Hash, u); !errors.Is(err, token.ErrNotFound) {
		t.Errorf("%s: redeem: got %v, want token.ErrNotFound", what, err)
	}
}

func wantError(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
