// Package identitytest holds the tests that every identity.Store must pass, together with
// the stores of the same backend: identities are stored with users, go with them, and give
// an account to whoever has shown to hold its address.
package identitytest

import (
	"errors"
	"sync"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/identity"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/user"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

const (
	realm = usertest.Realm
	email = "ann@example.com"

	now engine.Instant = 1_700_000_000_000
)

// Stores are the stores of one backend that work together.
type Stores struct {
	Users      user.Store
	Passwords  password.Store
	Sessions   session.Store
	Identities identity.Store
}

// Run tests the stores. open gives empty ones, which live as long as t.
func Run(t *testing.T, open func(t *testing.T) Stores) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Stores)
	}{
		{"of a new user", testCreate},
		{"R-53 key", testKey},
		{"linked", testLink},
		{"R-53 linked by an address that both have verified", testLinkByEmail},
		{"R-53 A-35 linked by no other address", testConflict},
		{"R-53 A-35 a password from before the address was verified ends", testUnshown},
		{"R-53 A-35 a phone number from before keeps its account", testUnshownPhone},
		{"R-53 a password from after it stays", testShown},
		{"linked by many at once", testAtOnce},
		{"R-40 deleted with the user", testDelete},
		{"R-53 A-35 an account with an identity cannot be claimed by an address", testClaim},
		{"R-59 realms", testRealms},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// acme is an identity of the provider acme, with the address.
func acme(subject string) identity.Identity {
	return identity.Identity{Provider: "acme", Issuer: "https://login.example.com", Subject: subject, Email: email}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// account makes the user n, who has the address, verified or not, and a password.
func account(t *testing.T, s Stores, n int, address string, verified bool) user.User {
	t.Helper()
	u := usertest.New(n)
	u.Email, u.EmailVerified, u.Phone, u.PhoneVerified = &address, verified, nil, false
	u.Provider, u.ProviderUserID, u.Factors, u.Status = user.LocalProvider, "", []string{}, user.Active
	must(t, s.Users.Create(t.Context(), realm, u, "hash"))
	return u
}

func wantOwner(t *testing.T, s Stores, i identity.Identity, want string) {
	t.Helper()
	got, err := s.Identities.Find(t.Context(), realm, i.Issuer, i.Subject)
	if want == "" && !errors.Is(err, identity.ErrNotFound) || want != "" && err != nil || got != want {
		t.Errorf("%s: got %q, %v, want %q", i.Subject, got, err, want)
	}
}

func wantErr(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

func testCreate(t *testing.T, s Stores) {
	u := usertest.New(1)
	must(t, s.Users.CreateIdentified(t.Context(), realm, u, "", acme("1")))
	wantOwner(t, s, acme("1"), u.ID)
	second := usertest.New(2)
	err := s.Users.CreateIdentified(t.Context(), realm, second, "", acme("1"))
	var taken *user.TakenError
	if !errors.As(err, &taken) || taken.Field != user.ByIdentity {
		t.Errorf("got %v, want the identity taken", err)
	}
	_, err = s.Users.Find(t.Context(), realm, user.ByID, second.ID)
	wantErr(t, "the second user", err, user.ErrNotFound)
}

// The name of the provider is no part of the key, the issuer is.
func testKey(t *testing.T, s Stores) {
	u := account(t, s, 1, "x@example.com", true)
	must(t, s.Identities.Link(t.Context(), realm, u.ID, acme("1"), now))
	other := acme("1")
	other.Issuer = "https://evil.example"
	wantOwner(t, s, other, "")
	renamed := acme("1")
	renamed.Provider = "renamed"
	wantOwner(t, s, renamed, u.ID)
	wantOwner(t, s, acme("2"), "")
}

func testLink(t *testing.T, s Stores) {
	ann, bob := account(t, s, 1, email, true), account(t, s, 2, "bob@example.com", true)
	for range 2 {
		must(t, s.Identities.Link(t.Context(), realm, ann.ID, acme("1"), now))
	}
	wantErr(t, "another's", s.Identities.Link(t.Context(), realm, bob.ID, acme("1"), now), identity.ErrTaken)
	wantOwner(t, s, acme("1"), ann.ID)
	wantErr(t, "nobody's", s.Identities.Link(t.Context(), realm, usertest.ID(9), acme("2"), now), identity.ErrNoUser)
	must(t, s.Users.Disable(t.Context(), realm, bob.ID, now))
	wantErr(t, "of a locked user", s.Identities.Link(t.Context(), realm, bob.ID, acme("2"), now), identity.ErrNoUser)
	wantOwner(t, s, acme("2"), "")
}

func testLinkByEmail(t *testing.T, s Stores) {
	ann := account(t, s, 1, email, true)
	for range 2 {
		got, err := s.Identities.LinkByEmail(t.Context(), realm, acme("1"), now)
		if err != nil || got != ann.ID {
			t.Errorf("got %q, %v, want ann", got, err)
		}
	}
	wantOwner(t, s, acme("1"), ann.ID)
	for what, address := range map[string]string{"no address": "", "an address of nobody": "nobody@example.com"} {
		i := acme("2")
		i.Email = address
		_, err := s.Identities.LinkByEmail(t.Context(), realm, i, now)
		wantErr(t, what, err, identity.ErrNotFound)
	}
	wantOwner(t, s, acme("2"), "")
}

func testConflict(t *testing.T, s Stores) {
	account(t, s, 1, email, false)
	_, err := s.Identities.LinkByEmail(t.Context(), realm, acme("1"), now)
	wantErr(t, "not verified", err, identity.ErrConflict)
	locked := account(t, s, 2, "locked@example.com", true)
	must(t, s.Users.Disable(t.Context(), realm, locked.ID, now))
	i := acme("1")
	i.Email = *locked.Email
	_, err = s.Identities.LinkByEmail(t.Context(), realm, i, now)
	wantErr(t, "locked", err, identity.ErrConflict)
	wantOwner(t, s, acme("1"), "")
}

// Somebody signs up with the address of another, who confirms it without a thought.
func testUnshown(t *testing.T, s Stores) {
	ctx := t.Context()
	ann := account(t, s, 1, email, false)
	_, err := s.Users.SetAddress(ctx, realm, ann.ID, user.NewAddress{By: user.ByEmail, Value: email}, now)
	must(t, err)
	must(t, s.Identities.Link(ctx, realm, ann.ID, acme("of the maker"), now))
	// The maker changes the password, and stays who they are.
	must(t, s.Passwords.Set(ctx, realm, ann.ID, "another", password.EndNone, "", outbox.Entry{}))
	r := session.Record{ID: usertest.ID(7), Hash: session.Hash{7}, UserID: ann.ID, Created: now, IdleEnd: now + 1000, End: now + 1000}
	_, err = s.Sessions.Create(ctx, realm, r, session.Limit{})
	must(t, err)
	got, err := s.Identities.LinkByEmail(ctx, realm, acme("1"), now)
	if err != nil || got != ann.ID {
		t.Fatalf("got %q, %v, want ann", got, err)
	}
	_, err = s.Passwords.Hash(ctx, realm, ann.ID)
	wantErr(t, "the password", err, password.ErrNone)
	_, err = s.Sessions.Find(ctx, realm, r.Hash)
	wantErr(t, "the session", err, session.ErrNotFound)
	wantOwner(t, s, acme("of the maker"), "")
	wantOwner(t, s, acme("1"), ann.ID)
}

// Somebody signs up with the address of another, who confirms it without a thought, and
// signs in by a phone of their own from then on.
func testUnshownPhone(t *testing.T, s Stores) {
	ctx := t.Context()
	ann := account(t, s, 1, email, false)
	for by, value := range map[user.Identifier]string{user.ByEmail: email, user.ByPhone: "+15550100"} {
		_, err := s.Users.SetAddress(ctx, realm, ann.ID, user.NewAddress{By: by, Value: value}, now)
		must(t, err)
	}
	_, err := s.Identities.LinkByEmail(ctx, realm, acme("1"), now)
	wantErr(t, "linked", err, identity.ErrConflict)
	wantOwner(t, s, acme("1"), "")
	if hash, err := s.Passwords.Hash(ctx, realm, ann.ID); err != nil || hash != "hash" {
		t.Errorf("the password: got %q, %v", hash, err)
	}
}

func testShown(t *testing.T, s Stores) {
	ctx := t.Context()
	ann := account(t, s, 1, email, true)
	r := session.Record{ID: usertest.ID(7), Hash: session.Hash{7}, UserID: ann.ID, Created: now, IdleEnd: now + 1000, End: now + 1000}
	_, err := s.Sessions.Create(ctx, realm, r, session.Limit{})
	must(t, err)
	_, err = s.Identities.LinkByEmail(ctx, realm, acme("1"), now)
	must(t, err)
	if hash, err := s.Passwords.Hash(ctx, realm, ann.ID); err != nil || hash != "hash" {
		t.Errorf("the password: got %q, %v", hash, err)
	}
	if _, err := s.Sessions.Find(ctx, realm, r.Hash); err != nil {
		t.Errorf("the session: %v", err)
	}
}

func testAtOnce(t *testing.T, s Stores) {
	ann := account(t, s, 1, email, true)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if got, err := s.Identities.LinkByEmail(t.Context(), realm, acme("1"), now); err != nil || got != ann.ID {
				t.Errorf("got %q, %v, want ann", got, err)
			}
		})
	}
	all.Wait()
}

func testDelete(t *testing.T, s Stores) {
	ann := account(t, s, 1, email, true)
	must(t, s.Identities.Link(t.Context(), realm, ann.ID, acme("1"), now))
	must(t, s.Users.Delete(t.Context(), realm, ann.ID))
	wantOwner(t, s, acme("1"), "")
}

func testClaim(t *testing.T, s Stores) {
	ann := account(t, s, 1, email, false)
	must(t, s.Identities.Link(t.Context(), realm, ann.ID, acme("1"), now))
	for what, a := range map[string]user.NewAddress{"claim": {Claim: true}, "confirm": {Confirm: true}} {
		a.By, a.Value = user.ByEmail, email
		_, err := s.Users.SetAddress(t.Context(), realm, ann.ID, a, now)
		wantErr(t, what, err, user.ErrNotFound)
	}
}

func testRealms(t *testing.T, s Stores) {
	ann := account(t, s, 1, email, true)
	must(t, s.Identities.Link(t.Context(), realm, ann.ID, acme("1"), now))
	_, err := s.Identities.Find(t.Context(), "other", acme("1").Issuer, "1")
	wantErr(t, "found elsewhere", err, identity.ErrNotFound)
	wantErr(t, "linked elsewhere", s.Identities.Link(t.Context(), "other", ann.ID, acme("2"), now), identity.ErrNoUser)
	_, err = s.Identities.LinkByEmail(t.Context(), "other", acme("2"), now)
	wantErr(t, "linked by address elsewhere", err, identity.ErrNotFound)
}
