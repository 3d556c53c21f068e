package token_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/address"
	"github.com/latchwork/latchwork/nodes/internal/flowtest"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/token"
)

const minute = engine.Instant(60_000)

// nextOf wires all outcomes of test.prove to the node that comes next.
func nextOf(nodes, next string) string {
	return strings.ReplaceAll(nodes, "      proof: ${{ input.proof }}\n",
		"      proof: ${{ input.proof }}\n    next: {fresh: "+next+", pending: "+next+", carried: "+next+", reset: "+next+", live: "+next+"}\n")
}

// made makes a token of a proof of a grade.
func made(grade, purpose string) string {
	return create(nextOf(provedAs(grade), "made"), "input.userId", purpose, "")
}

// a token has 256 bits and a prefix, and only its hash is stored.
func TestCreate_R33(t *testing.T) {
	for purpose, lives := range map[string]engine.Instant{
		"magic-link": 15 * minute, "hand-over": minute, "change-email": 24 * 60 * minute, "reset-pwd": 10 * minute, "quick-link": 2 * minute,
	} {
		t.Run(purpose, func(t *testing.T) {
			b := newBench(t)
			a := b.run("none", made("fresh", purpose), "")
			b.wantStatus(a, 200)
			var got struct{ ExpiresAt string }
			if err := json.Unmarshal(a.Body, &got); err != nil {
				t.Fatal(err)
			}
			if want := (now + lives).String(); got.ExpiresAt != want || len(b.kept) != len(token.Prefix)+43 {
				t.Errorf("got %s, want a token that ends at %s", a.Body, want)
			}
			want := token.Token{Hash: token.HashToken(b.kept), Purpose: purpose, UserID: alice, Factors: []string{"password"}, Created: now, Expires: now + lives}
			if purpose == "hand-over" {
				want.Audience = "client-1"
			}
			if diff := cmp.Diff(want, b.store.only()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// without randomness there is no token.
func TestCreateWithoutRandomness_R32(t *testing.T) {
	b := newBench(t)
	b.random.Random = iotest.ErrReader(errors.New("dry"))
	b.wantCode(b.run("none", made("fresh", "magic-link"), ""), 500, "internal_server_error")
	if len(b.store.tokens) != 0 {
		t.Error("a token was stored")
	}
}

// no token proves more than what it was made from.
func TestCreateTakesEnoughProof_R49(t *testing.T) {
	for _, test := range []struct {
		grade, purpose string
		want           int
	}{
		{"fresh", "reset-pwd", 200},
		{"carried", "reset-pwd", 403}, {"carried", "magic-link", 200},
		{"pending", "magic-link", 403}, {"pending", "hand-over", 403},
		{"reset", "magic-link", 403}, {"reset", "reset-pwd", 403},
		{"live", "magic-link", 403}, // a session without a handle is none
		{"actor", "magic-link", 403}, {"actor", "reset-pwd", 403}, {"delegated", "magic-link", 403},
	} {
		t.Run(test.grade+" "+test.purpose, func(t *testing.T) {
			b := newBench(t)
			a := b.run("none", made(test.grade, test.purpose), "")
			if test.want == 200 {
				b.wantStatus(a, 200)
				return
			}
			b.wantCode(a, 403, "token_refused")
			if len(b.store.tokens) != 0 {
				t.Error("a token was stored")
			}
		})
	}
}

// In a session a token keeps what was proved there, and ends with it.
func TestCreateInASession(t *testing.T) {
	b := newBench(t)
	nodes := create("", "session.userId", "hand-over", "")
	b.wantCode(b.run("session", nodes, ""), 403, "token_refused") // the session is over
	b.store.sessions[flowtest.SessionID] = token.Token{Factors: []string{"password", "totp"}, Ceiling: now + 9}
	b.wantStatus(b.run("session", nodes, ""), 200)
	got := b.store.only()
	if got.Session != flowtest.SessionID || got.Expires != now+9 || len(got.Factors) != 2 {
		t.Errorf("got %+v, want what the session has", got)
	}
	// a session alone is not enough for a new password.
	b.wantCode(b.run("session", create("", "session.userId", "reset-pwd", ""), ""), 403, "token_refused")
}

// enrolled are the second factors of everybody, or why they are not known.
type enrolled struct {
	factors []string
	err     error
}

func (e enrolled) Enrolled(context.Context, string, string) ([]string, error) {
	return e.factors, e.err
}

// whom a user is handed over to asks for no second factor, so nothing is handed over
// that would not open a session here. A link leads to session.create, which asks.
func TestHandOverTakesASecondFactor_R26(t *testing.T) {
	b := newBench(t)
	app := enrolled{factors: []string{"totp"}}
	b.m.Sessions = &session.Manager{Factors: app}
	for _, grade := range []string{"fresh", "carried"} {
		b.wantCode(b.run("none", made(grade, "hand-over"), ""), 401, "second_factor_required")
	}
	b.m.Sessions = nil // nobody knows
	b.wantCode(b.run("none", made("second", "hand-over"), ""), 500, "internal_server_error")
	b.m.Sessions = &session.Manager{Factors: enrolled{err: errors.New("the disk is gone")}}
	b.wantCode(b.run("none", made("second", "hand-over"), ""), 500, "internal_server_error")
	b.m.Sessions.Factors, b.m.Sessions.Config.RequireFactors = enrolled{}, true
	b.wantCode(b.run("none", made("fresh", "hand-over"), ""), 401, "second_factor_required")
	if len(b.store.tokens) != 0 {
		t.Error("a token was stored")
	}
	b.m.Sessions.Factors, b.m.Sessions.Config.RequireFactors = app, false
	b.value("none", made("second", "hand-over"))
	if got := b.store.only(); !cmp.Equal(got.Factors, []string{"password", "totp"}) {
		t.Errorf("got %+v, want both factors", got)
	}
	b.value("none", made("fresh", "magic-link"))

	// What a session has been opened by is enough, whatever was checked besides.
	b.store.sessions[flowtest.SessionID] = token.Token{Factors: []string{"password", "totp"}, Ceiling: now + 9}
	clear(b.store.tokens)
	b.value("session", made("fresh", "hand-over"))
	if got := b.store.only(); got.Session != flowtest.SessionID || len(got.Factors) != 2 {
		t.Errorf("got %+v, want what the session has", got)
	}
}

// A credential that was checked besides counts for itself.
func TestCreateInASessionWithAFreshProof(t *testing.T) {
	b := newBench(t)
	b.wantStatus(b.run("session", made("fresh", "magic-link"), ""), 200)
	if got := b.store.only(); got.Session != "" || !cmp.Equal(got.Factors, []string{"password"}) {
		t.Errorf("got %+v, want the factor that was checked, and no session", got)
	}
}

// what is handed over by who has just signed in ends with the session that was
// opened for that; a link does not.
func TestCreateAfterASessionWasOpened_R38(t *testing.T) {
	b := newBench(t)
	b.wantCode(b.run("none", made("opened", "hand-over"), ""), 403, "token_refused") // it is over
	b.store.sessions[flowtest.SessionID] = token.Token{Factors: []string{"password"}, Ceiling: now + 9}
	for purpose, want := range map[string]string{"hand-over": flowtest.SessionID, "magic-link": ""} {
		value := b.value("none", made("opened", purpose))
		if got := b.store.only(); got.Session != want || (want != "") != (got.Expires == now+9) {
			t.Errorf("%s: got %+v, want session %q", purpose, got, want)
		}
		more := ""
		if purpose == "hand-over" {
			more = "\n      audience: client-1"
		}
		b.wantStatus(b.run("none", redeem(purpose, more), value), 200)
		if got := b.proof.Origin(); got != want {
			t.Errorf("%s: got origin %q, want %q", purpose, got, want)
		}
	}
}

// Where nobody is proved the token is for the mail: neither its value nor whether there
// is an account leaves by the answer.
func TestCreateToBeMailed(t *testing.T) {
	b := newBench(t)
	nodes := `
  - id: made
    use: token.create
    with:
      userId: ${{ input.userId }}
      purpose: magic-link
  - id: ok
    use: respond
    with:
      body: {until: "${{ made.expiresAt }}"}
`
	first := b.run("none", nodes, "")
	b.wantStatus(first, 200)
	if got := b.store.only(); !cmp.Equal(got.Factors, []string{"mailbox"}) || got.Session != "" {
		t.Errorf("got %+v, want the factor mailbox", got)
	}
	// an account that is locked is no different.
	b.store.disabled[alice] = true
	if second := b.run("none", nodes, ""); second.Status != first.Status || string(second.Body) != string(first.Body) {
		t.Errorf("got %d %s for a locked account, want %d %s", second.Status, second.Body, first.Status, first.Body)
	}
	b.wantCode(b.run("none", strings.Replace(nodes, "magic-link", "hand-over\n      audience: client-1", 1), ""), 403, "token_refused")
	b.wantCode(b.run("none", strings.Replace(nodes, "magic-link", "odd", 1), ""), 500, "internal_server_error")
	revealed := strings.NewReplacer("respond\n", "respond\n    reveal: [made.value]\n", "made.expiresAt", "made.value").Replace(nodes)
	f := flowtest.Flow{Types: token.Nodes(b.m), Purposes: purposes, Source: "endpoints:\n  - {method: POST, path: /, require: none}\ninput:\n  userId: {type: string}\nnodes:" + revealed}
	if diags := f.Load(t); len(diags) != 1 || diags[0].Code != "credential-unproved" {
		t.Errorf("got %v, want that the token of a user stays out of the answer who is not proved", diags)
	}
}

func TestCreateRefusals(t *testing.T) {
	b := newBench(t)
	b.store.disabled[alice] = true
	b.wantCode(b.run("none", made("fresh", "magic-link"), ""), 403, "user_disabled")
	delete(b.store.disabled, alice)

	// the password was changed after it was checked.
	b.store.hashes[alice] = "another"
	b.wantCode(b.run("none", made("checked", "magic-link"), ""), 409, "password_changed")
	b.store.hashes[alice] = "the hash that was checked"
	b.wantStatus(b.run("none", made("checked", "magic-link"), ""), 200)

	// who is nobody is no audience, and must not stand for everybody.
	before := nextOf(provedAs("fresh"), "made")
	b.wantCode(b.run("none", create(before, "input.userId", "hand-over", nobody), ""), 500, "internal_server_error")

	b.store.fail = errors.New("the disk is full")
	b.wantCode(b.run("none", made("fresh", "magic-link"), ""), 500, "internal_server_error")
}

// What a worker sends outside of a run.
func TestSend(t *testing.T) {
	b := newBench(t)
	ctx := engine.WithWorld(t.Context(), b.world())
	sent := token.Sent{UserID: alice, Purpose: "magic-link", Class: token.SignIn, AddressKind: address.Email, Address: "ada@example.com",
		Options: token.Options{ReturnTo: "/next", Audience: "app"}}
	value, got, err := b.m.Send(ctx, "main", sent)
	if err != nil {
		t.Fatal(err)
	}
	want := token.Token{Hash: token.HashToken(value.Reveal()), Purpose: "magic-link", UserID: alice, AddressKind: address.Email, Address: "ada@example.com",
		Audience: "app", ReturnTo: "/next", Factors: []string{"mailbox"}, Created: now, Expires: now + 15*minute}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	b.store.disabled[alice] = true
	if _, _, err := b.m.Send(ctx, "main", sent); !errors.Is(err, token.ErrDisabled) {
		t.Errorf("got %v, want token.ErrDisabled", err)
	}
	sent.Class = token.HandOver
	if _, _, err := b.m.Send(ctx, "main", sent); !errors.Is(err, token.ErrUnproved) {
		t.Errorf("got %v, want token.ErrUnproved", err)
	}
}
