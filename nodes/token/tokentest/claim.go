package tokentest

import (
	"errors"
	"testing"

	"github.com/latchwork/latchwork/nodes/address"
	"github.com/latchwork/latchwork/nodes/key"
	"github.com/latchwork/latchwork/nodes/key/keytest"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/session/sessiontest"
	"github.com/latchwork/latchwork/nodes/token"
	"github.com/latchwork/latchwork/nodes/user"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

// mailed is a token that was sent to an address of user 3.
func mailed(n int, kind address.Kind, value string) token.Token {
	made := New(n, 3)
	made.AddressKind, made.Address = kind, value
	return made
}

// withAddresses makes user 3 with a password, an address and a phone number, a session
// and a key.
func withAddresses(t *testing.T, s Stores, more func(*user.User)) (session.Record, key.Key) {
	t.Helper()
	u := usertest.New(3)
	email, phone := "a@example.com", "+4915112345678"
	u.Email, u.Phone = &email, &phone
	if more != nil {
		more(&u)
	}
	must(t, s.Users.Create(t.Context(), realm, u, "planted"))
	r, k := sessiontest.New(1, 3), keytest.New(1, "own")
	if u.Status == user.Active {
		_, err := s.Sessions.Create(t.Context(), realm, r, session.Limit{})
		must(t, err)
	}
	k.Owner = u.ID
	must(t, s.Keys.Create(t.Context(), realm, k))
	return r, k
}

var claiming = token.Use{Purposes: []string{"link", "confirm"}, Claims: []string{"link"}, At: now}

// planted says what is left of that with which an account was made.
func planted(t *testing.T, s Stores, r session.Record, k key.Key) (left []string) {
	t.Helper()
	if _, err := s.Passwords.Hash(t.Context(), realm, usertest.ID(3)); err == nil {
		left = append(left, "password")
	} else if !errors.Is(err, password.ErrNone) {
		t.Error(err)
	}
	if _, err := s.Sessions.Find(t.Context(), realm, r.Hash); err == nil {
		left = append(left, "session")
	}
	if found, err := s.Keys.Find(t.Context(), realm, k.Hash); err != nil || found.Live(now) {
		left = append(left, "key")
	}
	return left
}

// Who reads the mail of an address that nobody has shown to hold before does not
// get into an account together with whoever has typed that address.
func testClaim(t *testing.T, s Stores) {
	for i, test := range []struct {
		kind  address.Kind
		value string
	}{{address.Email, "a@example.com"}, {address.Phone, "+4915112345678"}} {
		r, k := withAddresses(t, s, nil)
		made, other := mailed(2*i, test.kind, test.value), New(2*i+1, 3)
		mustCreate(t, s, realm, made, other)
		wantGood(t, s, claiming, made)
		equal(t, planted(t, s, r, k), []string(nil))
		wantUseless(t, s, "another token of the account", forLink, other)
		u, err := s.Users.Find(t.Context(), realm, user.ByID, usertest.ID(3))
		must(t, err)
		equal(t, []bool{u.EmailVerified, u.PhoneVerified}, []bool{test.kind == address.Email, test.kind == address.Phone})

		// From now on it is a sign-in like any other.
		must(t, s.Passwords.Set(t.Context(), realm, u.ID, "own", password.EndNone, "", outbox.Entry{}))
		made = mailed(100+i, test.kind, test.value)
		mustCreate(t, s, realm, made)
		wantGood(t, s, claiming, made)
		equal(t, planted(t, s, r, k), []string{"password"})
		must(t, s.Users.Delete(t.Context(), realm, u.ID))
	}

	// A token that only confirms an address changes nothing by itself.
	r, k := withAddresses(t, s, nil)
	made := mailed(200, address.Email, "a@example.com")
	made.Purpose = "confirm"
	mustCreate(t, s, realm, made)
	wantGood(t, s, claiming, made)
	equal(t, planted(t, s, r, k), []string{"password", "session", "key"})

	// Neither does who confirms one by a code.
	_, err := s.Users.SetAddress(t.Context(), realm, usertest.ID(3), user.NewAddress{By: user.ByEmail, Value: "a@example.com", Confirm: true}, now)
	must(t, err)
	equal(t, planted(t, s, r, k), []string{"password", "session", "key"})
}

func testNoClaim(t *testing.T, s Stores) {
	for i, test := range []struct {
		what string
		more func(*user.User)
		left []string
	}{
		{"that rests on another address", func(u *user.User) { u.PhoneVerified = true }, []string{"password", "session", "key"}},
		{"of a provider", func(u *user.User) { u.Provider = "github" }, []string{"password", "session", "key"}},
		{"with a second factor", func(u *user.User) { u.Factors = []string{"totp"} }, []string{"password", "session", "key"}},
		{"that has another address", func(u *user.User) { *u.Email = "b@example.com" }, []string{"password", "session", "key"}},
		{"that has no address", func(u *user.User) { u.Email = nil }, []string{"password", "session", "key"}},
	} {
		r, k := withAddresses(t, s, test.more)
		made := mailed(i, address.Email, "a@example.com")
		mustCreate(t, s, realm, made)
		wantRefused(t, s, "an account "+test.what, claiming, made)
		equal(t, planted(t, s, r, k), test.left)
		must(t, s.Users.Delete(t.Context(), realm, usertest.ID(3)))
	}
}
