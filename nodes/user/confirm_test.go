package user_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/internal/flowtest"
	"github.com/latchwork/latchwork/nodes/user"
)

const confirm = `
  - id: user
    use: user.confirm
    with:
      address: ${{ proved.address }}
    next: {notFound: nobody}
  - id: ok
    use: respond
    with:
      body: ${{ user }}
  - id: nobody
    use: respond
    with:
      status: 404
`

// Whoever signed up with a password and confirms the address keeps it. What rests on
// something else is confirmed by its own user only.
func TestConfirm(t *testing.T) {
	for _, test := range []struct {
		name, require, before string
		more                  func(*user.User)
		status                int
		email, phone          bool // verified then
	}{
		{"not verified", "none", verify, func(*user.User) {}, 200, true, false},
		{"by phone", "none", verifyPhone, func(*user.User) {}, 200, false, true},
		{"verified before", "none", verify, func(u *user.User) { u.EmailVerified = true }, 200, true, false},
		{"R-26 verified before, and asks for a second factor", "none", verify, func(u *user.User) { u.EmailVerified, u.Factors = true, []string{"totp"} }, 404, true, false},
		{"verified before, asks for a second factor, and its user is here", "session", verify, func(u *user.User) { u.EmailVerified, u.Factors = true, []string{"totp"} }, 200, true, false},
		{"A-07 verified before, and disabled", "none", verify, func(u *user.User) { u.EmailVerified, u.Status = true, user.Disabled }, 404, true, false},
		{"A-35 rests on another address", "none", verify, func(u *user.User) { u.PhoneVerified = true }, 404, false, true},
		{"rests on another address, and its user is here", "session", verify, func(u *user.User) { u.PhoneVerified = true }, 200, true, true},
		{"A-35 rests on a provider", "none", verify, func(u *user.User) { u.Provider = "github" }, 404, false, false},
		{"A-35 rests on a second factor", "none", verify, func(u *user.User) { u.Factors = []string{"totp"} }, 404, false, false},
		{"disabled", "none", verify, func(u *user.User) { u.Status = user.Disabled }, 404, false, false},
		{"another's", "none", verify, func(u *user.User) { u.Email = text("eve@example.com") }, 404, false, false},
		{"nobody's", "session", verify, func(u *user.User) { u.Email = nil }, 404, false, false},
		{"what is no address", "none", verifyNothing, func(*user.User) {}, 500, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench()
			u := b.put(t, test.more)
			if a := b.flow(t, &seen{}, test.require, test.before+confirm); a.Status != test.status {
				t.Fatalf("got %d %s %v, want %d", a.Status, a.Body, a.Fault, test.status)
			}
			got := b.stored(t, u.ID)
			if hash := b.store.hashes[[2]string{engine.MainRealm, u.ID}]; hash != "planted" || got.EmailVerified != test.email || got.PhoneVerified != test.phone {
				t.Errorf("got the password %q and verified %t, %t, want it as it was, and %t, %t", hash, got.EmailVerified, got.PhoneVerified, test.email, test.phone)
			}
		})
	}
}

// nobody is proved to be the user of an account that was confirmed.
func TestConfirmProvesNobody_A35(t *testing.T) {
	b := newBench()
	look := strings.Replace(confirm, "  - id: ok", "  - id: look\n    use: test.seen\n    with:\n      userId: ${{ user.id }}\n  - id: ok", 1)
	f := flowtest.Flow{Types: append(b.types(), (&seen{}).types()...), Source: "endpoints:\n  - {method: POST, path: /, require: none}\ninput:\n  code: {type: string, secret: true}\nnodes:" + verify + look}
	if diags := f.Load(t); len(diags) != 1 || diags[0].Code != "unproved" {
		t.Errorf("got %v, want it refused as unproved", diags)
	}
}

func TestConfirmBrokenStore(t *testing.T) {
	b := newBench()
	b.put(t, func(*user.User) {})
	b.store.broken = errors.New("the disk is gone")
	if a := b.flow(t, &seen{}, "none", verify+confirm); a.Status != 500 {
		t.Errorf("got %d, want 500", a.Status)
	}
}
