package tokentest

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/latchwork/latchwork/nodes/address"
	"github.com/latchwork/latchwork/nodes/token"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

func testOnce(t *testing.T, s Stores) {
	full := New(1, 1)
	full.AddressKind, full.Address, full.ReturnTo = address.Email, "a@example.com", "/next?x=1"
	full.Data = map[string]any{"plan": "free", "deep": map[string]any{"k": nil}}
	full.Factors, full.Ceiling = []string{"password", "totp"}, now+9*life
	for _, made := range []token.Token{full, New(2, 2)} {
		got, err := s.Tokens.Create(t.Context(), realm, made)
		must(t, err)
		equal(t, got, made)
		wantGood(t, s, forLink, made)
		wantUseless(t, s, "a second time", forLink, made)
	}
	wantUseless(t, s, "unknown", forLink, New(3, 1), token.Token{})

	mustCreate(t, s, realm, New(4, 1))
	if _, err := s.Tokens.Create(t.Context(), realm, New(4, 2)); err == nil {
		t.Error("a second token of one value: got no error")
	}
	wantGood(t, s, forLink, New(4, 1))
}

func testOneWins(t *testing.T, s Stores) {
	const rounds, callers = 1000, 8
	for round := range rounds {
		made := New(round, 1)
		mustCreate(t, s, realm, made)
		var group sync.WaitGroup
		var won atomic.Int64
		for range callers {
			group.Go(func() {
				_, err := s.Tokens.Redeem(t.Context(), realm, made.Hash, forLink)
				switch {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, token.ErrNotFound):
					t.Error(err)
				}
			})
		}
		group.Wait()
		if won.Load() != 1 {
			t.Fatalf("round %d: %d of %d have redeemed it, want one", round, won.Load(), callers)
		}
	}
}

func testPurpose(t *testing.T, s Stores) {
	made := New(1, 1)
	mustCreate(t, s, realm, made)
	for _, purposes := range [][]string{nil, {}, {""}, {"reset"}, {"reset", "state"}, {"lin"}, {"link2"}, {"LINK"}, {`link","x`}, {"%"}} {
		wantUseless(t, s, "for other purposes", token.Use{Purposes: purposes, At: now}, made)
	}
	// It was not used up by that.
	wantGood(t, s, token.Use{Purposes: []string{"reset", "link"}, At: now}, made)
}

func testAudience(t *testing.T, s Stores) {
	bound, open := New(1, 1), New(2, 1)
	bound.Audience = "client-1"
	mustCreate(t, s, realm, bound, open)
	use := forLink
	for _, audience := range []string{"", "client-2", "client-", "CLIENT-1"} {
		use.Audience = audience
		wantRefused(t, s, "for the audience "+audience, use, bound)
	}
	use.Audience = "client-1"
	wantRefused(t, s, "a token that was made for nobody", use, open)
	wantGood(t, s, use, bound)
	wantGood(t, s, forLink, open)
}

func testOver(t *testing.T, s Stores) {
	made := New(1, 1)
	mustCreate(t, s, realm, made)
	use := forLink
	use.At = made.Expires
	wantUseless(t, s, "at its end", use, made)
	use.At--
	wantGood(t, s, use, made)

	// Its proof is over sooner than it is.
	bounded := New(2, 1)
	bounded.Ceiling = now + 5
	got, err := s.Tokens.Create(t.Context(), realm, bounded)
	must(t, err)
	bounded.Expires = bounded.Ceiling
	equal(t, got, bounded)
	use.At = bounded.Ceiling
	wantUseless(t, s, "at the end of its proof", use, bounded)
}

func testPeek(t *testing.T, s Stores) {
	made := New(1, 1)
	made.Audience, made.AddressKind, made.Address = "client-1", address.Email, "a@example.com"
	mustCreate(t, s, realm, made)
	for range 2 {
		got, err := s.Tokens.Peek(t.Context(), realm, made.Hash, forLink.Purposes, now)
		must(t, err)
		equal(t, got, made)
	}
	use := forLink
	use.Audience = made.Audience
	wantGood(t, s, use, made)
}

func testRealms(t *testing.T, s Stores) {
	must(t, s.Users.Create(t.Context(), otherRealm, usertest.New(1), ""))
	mine, other, others := New(1, 1), New(1, 1), New(2, 1)
	mine.ReturnTo, other.ReturnTo = "/mine", "/other"
	mustCreate(t, s, realm, mine)
	mustCreate(t, s, otherRealm, other, others)
	wantUseless(t, s, "another realm's", forLink, others)
	wantGood(t, s, forLink, mine)
	wantUseless(t, s, "its namesake of another realm", forLink, mine)
	got, err := s.Tokens.Redeem(t.Context(), otherRealm, other.Hash, forLink)
	must(t, err)
	equal(t, got, other)
}
