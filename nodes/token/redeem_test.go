package token_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/address"
	"github.com/latchwork/latchwork/nodes/internal/flowtest"
	"github.com/latchwork/latchwork/nodes/token"
)

// The proof that a token gives back is the one it was made from.
func TestRedeem(t *testing.T) {
	for _, test := range []struct {
		made    string // of which proof
		factors []engine.Factor
		ceiling engine.Instant
	}{
		{"fresh", []engine.Factor{"password"}, 0},
		{"carried", []engine.Factor{"mailbox"}, now + 5000},
	} {
		b := newBench(t)
		value := b.value("none", create(nextOf(provedAs(test.made), "made"), "input.userId", "magic-link", "\n      data: {plan: free}"))
		b.now += 4000
		a := b.run("none", redeem("[change-email, magic-link]", ""), value)
		b.wantStatus(a, 200)
		if want := `{"purpose":"magic-link","returnTo":null,"data":{"plan":"free"}}`; string(a.Body) != want {
			t.Errorf("got %s, want %s", a.Body, want)
		}
		p := b.proof
		if p.Value() != alice || p.Grade() != engine.Carried || p.Ceiling() != test.ceiling || p.Session() != "" || p.Actor() != "" {
			t.Errorf("got %+v", p)
		}
		if diff := cmp.Diff(test.factors, p.Factors()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		b.wantCode(b.run("none", redeem("magic-link", ""), value), 401, "invalid_token") // once
	}
}

// a token is good for its purpose, in its time, for its audience.
func TestRedeemRefuses_A13(t *testing.T) {
	b := newBench(t)
	value := b.value("none", create(nextOf(provedAs("fresh"), "made"), "input.userId", "hand-over", ""))
	own, another := "\n      audience: client-1", "\n      audience: client-2"
	for _, refused := range []struct{ what, purpose, audience, value string }{
		{"another purpose", "magic-link", own, value},
		{"A-31 another audience", "hand-over", another, value},
		{"A-11 an empty audience", "hand-over", nobody, value},
		{"a part of it", "hand-over", own, value[:len(value)-1]},
		{"more than it", "hand-over", own, value + "A"},
		{"another prefix", "hand-over", own, "lws_" + value[len(token.Prefix):]},
		{"what nobody has made", "hand-over", own, token.Prefix + strings.Repeat("A", 43)},
	} {
		b.wantCode(b.run("none", redeem(refused.purpose, refused.audience), refused.value), 401, "invalid_token")
		if t.Failed() {
			t.Fatal(refused.what)
		}
	}
	b.now += minute
	b.wantCode(b.run("none", redeem("hand-over", own), value), 401, "invalid_token")
	b.now--
	b.wantStatus(b.run("none", redeem("hand-over", own), value), 200) // nothing of that has used it up
}

// whoever hands a sign-in over says to whom, and whoever takes it over who they
// are; and not by what the caller says.
func TestHandOverHasAnAudience_A31(t *testing.T) {
	b := newBench(t)
	for nodes, code := range map[string]string{
		strings.Replace(create("", "session.userId", "hand-over", ""), "\n      audience: client-1", "", 1): "missing-field",
		create("", "session.userId", "hand-over", "\n      audience: null"):                                 "missing-field",
		create("", "session.userId", "hand-over", "\n      audience: ${{ input.audience }}"):                "untrusted",
		create("", "session.userId", "hand-over", "\n      audience: ''"):                                   "bad-value",
		redeem("hand-over", ""):                                        "missing-field",
		redeem("[magic-link, hand-over]", ""):                          "missing-field",
		redeem("hand-over", "\n      audience: ${{ input.audience }}"): "untrusted",
		redeem("magic-link", "\n      audience: ''"):                   "bad-value",
	} {
		if diags := b.flow("session", nodes, "").Load(t); len(diags) != 1 || diags[0].Code != code {
			t.Errorf("got %v, want %s for\n%s", diags, code, nodes)
		}
	}
	// What turns out to be null only in the run makes no token either.
	null := create("", "session.userId", "hand-over", "\n      audience: \"${{ input.audience == 'client-1' ? nil : 'client-2' }}\"\n    trust: [input.audience]")
	b.store.sessions[flowtest.SessionID] = token.Token{Factors: []string{"password"}, Ceiling: now + 9}
	b.wantCode(b.run("session", null, ""), 500, "internal_server_error")
	if len(b.store.tokens) != 0 {
		t.Error("a token was stored")
	}
}

// nobody's name is no name. It must not pass for none, not even for a token
// that anybody may redeem.
func TestRedeemForNobody_A31(t *testing.T) {
	b := newBench(t)
	value := b.value("none", made("fresh", "magic-link"))
	b.wantCode(b.run("none", redeem("magic-link", nobody), value), 401, "invalid_token")
	b.wantStatus(b.run("none", redeem("magic-link", ""), value), 200)
}

// An empty token, or what has not the form of one, never gets to the store.
func TestRedeemNothing(t *testing.T) {
	b := newBench(t)
	for _, value := range []string{"", "lwt_", "lws_" + strings.Repeat("A", 43), token.Prefix + strings.Repeat("A", 4000)} {
		for _, nodes := range []string{redeem("magic-link", ""), peek("magic-link")} {
			if a := b.run("none", nodes, value); a.Status == 200 || len(b.store.uses) != 0 || b.store.peeks != 0 {
				t.Errorf("got %d, and the store was asked %d and %d times", a.Status, len(b.store.uses), b.store.peeks)
			}
		}
	}
}

// a token of a reset purpose is good for a new password, and opens nothing.
func TestRedeemReset_R28(t *testing.T) {
	b := newBench(t)
	b.wantStatus(b.run("none", redeem("reset-pwd", ""), b.value("none", made("fresh", "reset-pwd"))), 200)
	if got := b.proof.Grade(); got != engine.Reset {
		t.Errorf("got a proof of grade %s, want reset", got)
	}
}

// by which purposes an account is claimed. See tokentest for what that does.
func TestRedeemClaims_A35(t *testing.T) {
	b := newBench(t)
	b.run("none", redeem("[hand-over, magic-link, change-email]", "\n      audience: client-1"), token.Prefix+strings.Repeat("A", 43))
	b.run("none", redeem("reset-pwd", ""), token.Prefix+strings.Repeat("A", 43))
	var got [][]string
	for _, u := range b.store.uses {
		got = append(got, u.Claims)
	}
	if diff := cmp.Diff([][]string{{"magic-link"}, {"reset-pwd"}}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// a store that cannot be asked is no invalid token, and no proof.
func TestRedeemFailsClosed_R61(t *testing.T) {
	b := newBench(t)
	value := b.value("none", made("fresh", "magic-link"))
	b.store.fail = errors.New("the disk is gone")
	b.wantCode(b.run("none", redeem("magic-link", ""), value), 500, "internal_server_error")
	b.wantCode(b.run("none", peek("magic-link"), value), 500, "internal_server_error")
	b.store.fail = nil
	b.wantCode(b.run("none", redeem("odd", ""), value), 500, "internal_server_error")
}

func peek(purpose string) string {
	return `
  - id: link
    use: token.peek
    with:
      token: ${{ input.token }}
      purpose: ` + purpose + `
  - id: ok
    use: respond
    with:
      body: ${{ link }}
`
}

// to look at a token does not use it up.
func TestPeek_R30(t *testing.T) {
	for _, test := range []struct {
		kind           address.Kind
		address, shown string
	}{
		{address.Email, "ada.lovelace@example.com", `"a***@example.com"`},
		{address.Email, "a@example.com", `"***@example.com"`},
		{address.Email, "åda@example.com", `"å***@example.com"`},
		{address.Phone, "+4915112345678", "null"},
		{"", "", "null"},
	} {
		b := newBench(t)
		sent := token.Sent{UserID: alice, Purpose: "magic-link", Class: token.SignIn, AddressKind: test.kind, Address: test.address,
			Options: token.Options{ReturnTo: "/next", Audience: "client-1"}}
		value, _, err := b.m.Send(engine.WithWorld(t.Context(), b.world()), engine.MainRealm, sent)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			a := b.run("none", peek("[hand-over, magic-link]"), value.Reveal())
			if want := `{"purpose":"magic-link","maskedEmail":` + test.shown + `}`; string(a.Body) != want {
				t.Errorf("got %d %s, want %s", a.Status, a.Body, want)
			}
		}
		b.wantCode(b.run("none", peek("hand-over"), value.Reveal()), 401, "invalid_token")
		b.wantCode(b.run("none", peek("magic-link"), "lwt_"), 401, "invalid_token")
		b.wantStatus(b.run("none", redeem("magic-link", "\n      audience: client-1"), value.Reveal()), 200)
	}
}

func TestExamples(t *testing.T) {
	m := &token.Manager{}
	for _, n := range token.Nodes(m) {
		if strings.Contains(n.Describe().Example, "session.create") {
			continue // nodes/standard loads it
		}
		f := flowtest.Example(n, token.Nodes(m))
		f.Purposes = purposes
		if diags := f.Load(t); len(diags) > 0 {
			t.Errorf("%s: %v", n.Name(), diags)
		}
	}
}
