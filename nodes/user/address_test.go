package user_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/address"
	"github.com/latchwork/latchwork/nodes/internal/flowtest"
	"github.com/latchwork/latchwork/nodes/user"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

// seen is a node type that remembers the proof of a user, and one that hands out an
// address that was not checked in its run, as a redeemed token does.
type seen struct{ proof engine.Proof }

type seenWith struct {
	UserID string `flow:"userId" needs:"session"`
}

type seenOutcomes struct {
	Done engine.Outcome[engine.None] `flow:"done"`
}

type carriedWith struct {
	Token engine.Secret `flow:"token,evidence"`
}

type carriedOut struct {
	UserID  string            `flow:"userId"`
	Address *address.Verified `flow:"address,optional"`
}

type carriedOutcomes struct {
	Redeemed engine.Outcome[carriedOut] `flow:"redeemed" proves:"userId" grade:"carried" public:""`
}

func (s *seen) types() []engine.NodeType {
	return []engine.NodeType{
		engine.Define("test.seen", "Looks at the proof.", func(ctx context.Context, in seenWith, out seenOutcomes) (engine.Exit, error) {
			s.proof, _ = engine.ProofOf(ctx, engine.SubjectUser, in.UserID)
			return out.Done.Exit(engine.None{}), nil
		}),
		engine.Define("test.carried", "Redeems any token.", func(_ context.Context, _ carriedWith, out carriedOutcomes) (engine.Exit, error) {
			held := address.Verify(address.Email, "ada@example.com")
			return out.Redeemed.Exit(carriedOut{usertest.ID(1), &held}), nil
		}),
	}
}

const of = `
  - id: user
    use: user.of
    with:
      address: ${{ proved.address }}
    next: {notFound: nobody}
  - id: look
    use: test.seen
    with:
      userId: ${{ user.id }}
  - id: ok
    use: respond
    with:
      body: ${{ user }}
  - id: nobody
    use: respond
    with:
      status: 404
`

// flow runs nodes; the user of a session is user 1.
func (b *bench) flow(t *testing.T, s *seen, require, nodes string) *engine.Answer {
	t.Helper()
	return flowtest.Flow{Types: append(b.types(), s.types()...), World: world, UserID: usertest.ID(1), Body: map[string]any{"code": "1"},
		Source: "endpoints:\n  - {method: POST, path: /, require: " + require + "}\ninput:\n  code: {type: string, secret: true}\nnodes:" + nodes}.Run(context.Background(), t)
}

func (b *bench) put(t *testing.T, more func(*user.User)) user.User {
	t.Helper()
	u := usertest.New(1)
	u.Email, u.Phone = text("ada@example.com"), text("+4915112345678")
	more(&u)
	if err := b.store.Create(t.Context(), engine.MainRealm, u, "planted"); err != nil {
		t.Fatal(err)
	}
	return u
}

func TestOf(t *testing.T) {
	for _, test := range []struct {
		name, before string
		more         func(*user.User)
		status       int
		hash         string // that is left of the password
		email, phone bool   // verified then
	}{
		{"verified", verify, func(u *user.User) { u.EmailVerified = true }, 200, "planted", true, false},
		{"by phone", verifyPhone, func(u *user.User) { u.PhoneVerified = true }, 200, "planted", false, true},
		{"disabled, which session.create tells", verify, func(u *user.User) { u.EmailVerified, u.Status = true, user.Disabled }, 200, "planted", true, false},
		{"A-35 R-53 not verified: the password before is dropped", verify, func(*user.User) {}, 200, "", true, false},
		{"A-35 by phone", verifyPhone, func(*user.User) {}, 200, "", false, true},
		{"A-35 rests on another address", verify, func(u *user.User) { u.PhoneVerified = true }, 404, "planted", false, true},
		{"A-35 rests on another address, by phone", verifyPhone, func(u *user.User) { u.EmailVerified = true }, 404, "planted", true, false},
		{"A-35 rests on a provider", verify, func(u *user.User) { u.Provider = "github" }, 404, "planted", false, false},
		{"A-35 rests on a second factor", verify, func(u *user.User) { u.Factors = []string{"totp"} }, 404, "planted", false, false},
		{"A-35 disabled and not verified", verify, func(u *user.User) { u.Status = user.Disabled }, 404, "planted", false, false},
		{"another's", verify, func(u *user.User) { u.Email, u.EmailVerified = text("eve@example.com"), true }, 404, "planted", true, false},
		{"nobody's", verify, func(u *user.User) { u.Email = nil }, 404, "planted", false, false},
		{"a username that looks like it", verify, func(u *user.User) { u.Email, u.Username = nil, text("ada@example.com") }, 404, "planted", false, false},
		{"what is no address", verifyNothing, func(*user.User) {}, 500, "planted", false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			b, s := newBench(), &seen{}
			u := b.put(t, test.more)
			a := b.flow(t, s, "none", test.before+of)
			if a.Status != test.status {
				t.Fatalf("got %d %s %v, want %d", a.Status, a.Body, a.Fault, test.status)
			}
			got := b.stored(t, u.ID)
			if hash := b.store.hashes[[2]string{engine.MainRealm, u.ID}]; hash != test.hash || got.EmailVerified != test.email || got.PhoneVerified != test.phone {
				t.Errorf("got the password %q and verified %t, %t, want %q, %t, %t", hash, got.EmailVerified, got.PhoneVerified, test.hash, test.email, test.phone)
			}
			if test.status != 200 {
				return
			}
			// what was checked is the address, by the factor by which it was.
			if p := s.proof; p.Value() != u.ID || p.Grade() != engine.Fresh || !cmp.Equal(p.Factors(), []engine.Factor{"otp"}) {
				t.Errorf("got %+v, want a fresh proof of the factor of the address", p)
			}
		})
	}
}

// the address that a token carries was not checked in this run. It proves no
// more than the token does.
func TestOfTakesNoCarriedAddress_R28(t *testing.T) {
	b, s := newBench(), &seen{}
	b.put(t, func(u *user.User) { u.EmailVerified = true })
	carried := `
  - id: proved
    use: test.carried
    with:
      token: ${{ input.code }}
  - id: held
    use: if
    with:
      when: ${{ proved.address != nil }}
    next: {else: nobody}` + of
	for _, use := range []string{"user.of", "user.confirm"} {
		f := flowtest.Flow{Types: append(b.types(), s.types()...), Source: "endpoints:\n  - {method: POST, path: /, require: none}\ninput:\n  code: {type: string, secret: true}\nnodes:" +
			strings.Replace(carried, "user.of", use, 1)}
		if diags := f.Load(t); len(diags) == 0 || diags[0].Code != "unproved" {
			t.Errorf("%s: got %v, want it refused as unproved", use, diags)
		}
	}
}

func TestOfBrokenStore(t *testing.T) {
	b, s := newBench(), &seen{}
	b.put(t, func(u *user.User) { u.EmailVerified = true })
	b.store.broken = errors.New("the disk is gone")
	if a := b.flow(t, s, "none", verify+of); a.Status != 500 {
		t.Errorf("got %d, want 500", a.Status)
	}
}

const setAddress = `
  - id: changed
    use: user.setAddress
    with:
      userId: ${{ session.userId }}
      address: ${{ proved.address }}
  - id: ok
    use: respond
    with:
      body: ${{ changed }}
`

func TestSetAddress(t *testing.T) {
	b, s := newBench(), &seen{}
	u := b.put(t, func(u *user.User) { u.Email = text("old@example.com") })
	if a := b.flow(t, s, "session", verify+setAddress); a.Status != 200 {
		t.Fatalf("got %d %s %v", a.Status, a.Body, a.Fault)
	}
	u.SetAddress(user.ByEmail, "ada@example.com")
	if a := b.flow(t, s, "session", verifyPhone+setAddress); a.Status != 200 {
		t.Fatalf("got %d %s %v", a.Status, a.Body, a.Fault)
	}
	u.SetAddress(user.ByPhone, "+4915112345678")
	if diff := cmp.Diff(u, b.stored(t, u.ID)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	// the caller has a session of the account and holds the address: the
	// password is theirs, and stays.
	if hash := b.store.hashes[[2]string{engine.MainRealm, u.ID}]; hash != "planted" {
		t.Errorf("got the password %q, want it untouched", hash)
	}

	taken := usertest.New(2)
	taken.Email = text("eve@example.com")
	if err := b.store.Create(t.Context(), engine.MainRealm, taken, ""); err != nil {
		t.Fatal(err)
	}
	a := b.flow(t, s, "session", strings.Replace(verify, "ada@", "eve@", 1)+setAddress)
	if a.Status != 409 || a.Fault.Errors[0].Code != "taken" {
		t.Errorf("got %d %s, want 409 taken", a.Status, a.Body)
	}
	if a := b.flow(t, s, "session", verifyNothing+setAddress); a.Status != 500 {
		t.Errorf("got %d for no address, want 500", a.Status)
	}
}

// who stands in for a user gives the user no address of their own: it would
// let them in as the user, by a code or by a link.
func TestSetAddressByStandIn(t *testing.T) {
	b := newBench()
	u := b.put(t, func(*user.User) {})
	before := b.stored(t, u.ID)
	source := "endpoints:\n  - {method: POST, path: /, require: session}\ninput:\n  code: {type: string, secret: true}\nnodes:" + verifyPhone + setAddress
	f := flowtest.Flow{Types: b.types(), World: world, UserID: u.ID, Actor: "user:s1", Body: map[string]any{"code": "1"}, Source: source}
	if a := f.Run(t.Context(), t); a.Status != 403 || a.Fault.Errors[0].Code != "address_refused" {
		t.Errorf("got %d %s, want 403 address_refused", a.Status, a.Body)
	}
	if diff := cmp.Diff(before, b.stored(t, u.ID)); diff != "" {
		t.Errorf("-before +after:\n%s", diff)
	}
	f.Source = strings.Replace(strings.Replace(source, "require: session", "require: session, groups: [staff]", 1),
		"    use: user.setAddress\n", "    use: user.setAddress\n    allow: {unproved: Staff look after accounts.}\n", 1)
	if a := f.Run(t.Context(), t); a.Status != 200 {
		t.Errorf("got %d %s, want it done where the flow allows it", a.Status, a.Body)
	}
}

// an address becomes verified that nobody has shown to hold only where a flow
// says so.
func TestSetAddressUnverified(t *testing.T) {
	b := newBench()
	u := b.put(t, func(*user.User) {})
	source := `
  - id: changed
    use: user.setAddress
    allow: {unverified: Staff have seen it.}
    with:
      userId: ${{ session.userId }}
      email: EMAIL
  - id: ok
    use: respond
    with:
      body: ${{ changed }}
`
	if a := b.flow(t, &seen{}, "session", strings.Replace(source, "EMAIL", "New@Example.com", 1)); a.Status != 200 {
		t.Fatalf("got %d %s", a.Status, a.Body)
	}
	if got := b.stored(t, u.ID); *got.Email != "new@example.com" || !got.EmailVerified {
		t.Errorf("got %s, %t", *got.Email, got.EmailVerified)
	}
	if a := b.flow(t, &seen{}, "session", strings.Replace(source, "EMAIL", "a@-", 1)); a.Status != 400 || a.Fault.Errors[0].Code != "validation_error" {
		t.Errorf("got %d %s, want 400 validation_error", a.Status, a.Body)
	}
	refused := flowtest.Flow{Types: b.types(), Source: "endpoints:\n  - {method: POST, path: /, require: session}\nnodes:" +
		strings.Replace(strings.Replace(source, "    allow: {unverified: Staff have seen it.}\n", "", 1), "EMAIL", "a@example.com", 1)}.Load(t)
	if len(refused) != 1 || refused[0].Code != "unverified" {
		t.Errorf("got %v, want it refused as unverified", refused)
	}
}

func TestSetAddressOfNobody(t *testing.T) {
	b := newBench()
	if a := b.flow(t, &seen{}, "session", verify+setAddress); a.Status != 404 || a.Fault.Errors[0].Code != "user_not_found" {
		t.Errorf("got %d %s, want 404 user_not_found", a.Status, a.Body)
	}
}

// Of two addresses nobody knows which is meant; of none there is nothing to set.
func TestSetAddressTakesOne(t *testing.T) {
	for name, body := range map[string]map[string]any{"none": {"code": "1"}, "two": {"code": "1", "email": "a@example.com"}} {
		b := newBench()
		b.put(t, func(*user.User) {})
		s := &seen{}
		a := flowtest.Flow{Types: append(b.types(), s.types()...), World: world, UserID: usertest.ID(1), Body: body, Source: `endpoints:
  - {method: POST, path: /, require: session}
input:
  code: {type: string, secret: true}
  email: {type: string, optional: true}
nodes:
  - id: link
    use: test.carried
    with:
      token: ${{ input.code }}
  - id: changed
    use: user.setAddress
    allow: {unverified: a test}
    with:
      userId: ${{ session.userId }}
      address: ${{ link.address }}
      email: ${{ input.email }}
  - id: ok
    use: respond
`}
		if name == "none" {
			a.Source = strings.Replace(a.Source, "      address: ${{ link.address }}\n", "", 1)
		}
		if got := a.Run(context.Background(), t); got.Status != 400 || got.Fault.Errors[0].Code != "validation_error" {
			t.Errorf("%s: got %d %s %v, want 400 validation_error", name, got.Status, got.Body, got.Fault)
		}
	}
}
