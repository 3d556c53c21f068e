package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
)

// world is what the types of the fuzz target remember of one run: who was really
// proved, and for whom a session was opened.
type world struct {
	proved []string
	opened []string
}

type worldKey struct{}

func worldOf(ctx context.Context) *world { return ctx.Value(worldKey{}).(*world) }

type redeemWith struct {
	Token engine.Secret `flow:"token,evidence"`
}

type redeemOut struct {
	Redeemed engine.Outcome[redeemed] `flow:"redeemed" proves:"userId" grade:"carried" public:""`
	Invalid  none                     `flow:"invalid" fails:"401 invalid_token The token is invalid."`
}

type redeemed struct {
	UserID string `flow:"userId"`
}

type updateWith struct {
	ID   string  `flow:"id" needs:"session"`
	Name *string `flow:"name,optional"`
}

type updateOut struct {
	Updated engine.Outcome[user] `flow:"updated" same:"id=with.id"`
}

// fuzzTypes are node types whose proofs are true only for one password and one
// token, of one user: "right" is u1's, "good" is u2's.
func fuzzTypes(t testing.TB) *engine.Registry {
	var r engine.Registry
	prove := func(ctx context.Context, id string) { w := worldOf(ctx); w.proved = append(w.proved, id) }
	err := r.AddStandard(append(answers(),
		engine.Define("user.get", "Finds a user.", func(_ context.Context, in getWith, out getOut) (engine.Exit, error) {
			if in.Email == nil || *in.Email == "" {
				return out.NotFound.Exit(engine.None{}), nil
			}
			return out.Found.Exit(user{ID: *in.Email, Email: in.Email, Ok: true}), nil
		}, engine.Tells),
		engine.Define("password.check", "Checks.", func(ctx context.Context, in checkWith, out checkOut) (engine.Exit, error) {
			if in.Password.Reveal() == "right" && in.UserID == "u1" {
				prove(ctx, in.UserID)
				return out.Match.Exit(engine.None{}), nil
			}
			return out.Mismatch.Exit(engine.None{}), nil
		}, engine.Effect, engine.Tells, engine.Costs(engine.PasswordCheck)),
		engine.Define("token.redeem", "Redeems.", func(ctx context.Context, in redeemWith, out redeemOut) (engine.Exit, error) {
			if in.Token.Reveal() != "good" {
				return out.Invalid.Exit(engine.None{}), nil
			}
			prove(ctx, "u2")
			return out.Redeemed.Exit(redeemed{"u2"}), nil
		}, engine.Effect, engine.Silent),
		engine.Define("user.update", "Changes.", func(_ context.Context, in updateWith, out updateOut) (engine.Exit, error) {
			return out.Updated.Exit(user{ID: in.ID}), nil
		}, engine.Effect),
		engine.Define("session.create", "Opens.", func(ctx context.Context, in createWith, out createOut) (engine.Exit, error) {
			w := worldOf(ctx)
			w.opened = append(w.opened, in.UserID)
			return out.Created.Exit(session{ID: "s1", Token: engine.NewSecret("lws_x")}), nil
		}, engine.Effect),
	)...)
	if err != nil {
		t.Fatal(err)
	}
	return &r
}

// draft is a flow that a fuzzer can take apart.
type draft []draftNode

type draftNode struct {
	id, use string
	with    []string // name, value, …
	next    []string // outcome, node, …
	more    string
}

const fuzzHead = `version: 1
flow: f
endpoints:
  - {method: POST, path: /f, require: none}
input:
  email:    {type: string}
  other:    {type: string}
  byToken:  {type: boolean}
  token:    {type: string, secret: true}
  password: {type: string, secret: true}
nodes:
`

func (d draft) yaml() string {
	var b strings.Builder
	b.WriteString(fuzzHead)
	for _, n := range d {
		fmt.Fprintf(&b, "  - id: %s\n    use: %s\n%s", n.id, n.use, n.more)
		for i := 0; i+1 < len(n.with); i += 2 {
			if i == 0 {
				b.WriteString("    with:\n")
			}
			fmt.Fprintf(&b, "      %s: %s\n", n.with[i], n.with[i+1])
		}
		for i := 0; i+1 < len(n.next); i += 2 {
			if i == 0 {
				b.WriteString("    next:\n")
			}
			fmt.Fprintf(&b, "      %s: %s\n", n.next[i], n.next[i+1])
		}
	}
	return b.String()
}

// safeDraft signs in by a password or by a token, with every form of the
// language in it.
func safeDraft() draft {
	x := func(s string) string { return "${{ " + s + " }}" }
	return draft{
		{id: "kind", use: "if", with: []string{"when", x("input.byToken")}, next: []string{"else", "user"}},
		{id: "link", use: "token.redeem", with: []string{"token", x("input.token")}, next: []string{"redeemed", "who"}},
		{id: "user", use: "user.get", with: []string{"email", x("input.email")}, next: []string{"notFound", "decoy"}},
		{id: "alias", use: "set", with: []string{"id", x("user.id")}},
		{id: "check", use: "password.check", with: []string{"userId", x("alias.id"), "password", x("input.password")}, next: []string{"mismatch", "reject"}},
		{id: "who", use: "merge", with: []string{"id", "[\"${{ link.userId }}\", \"${{ user.id }}\"]"}},
		{id: "changed", use: "user.update", with: []string{"id", x("who.id"), "name", x("input.other")}},
		{id: "opened", use: "session.create", with: []string{"userId", x("changed.id")}},
		{id: "ok", use: "respond", with: []string{"body", x("opened")}, more: "    reveal: [opened.token]\n"},
		{id: "decoy", use: "password.decoy", with: []string{"password", x("input.password")}},
		{id: "reject", use: "fail", with: []string{"status", "401", "code", "no", "message", "No."}},
	}
}

var (
	fuzzPaths = []string{"input.email", "input.other", "input.password", "input.token", "user.id", "user.email ?? input.other", "alias.id", "link.userId",
		"who.id", "changed.id", "opened.id", "input.email + ''", "input.byToken ? user.id : input.other", "u1", "error.code", "request.ip"}
	fuzzUses     = []string{"if", "set", "merge", "user.get", "password.check", "password.decoy", "token.redeem", "user.update", "session.create", "respond", "fail"}
	fuzzOutcomes = []string{"then", "else", "found", "notFound", "match", "mismatch", "redeemed", "invalid", "error", "created", "done", "merged", "set", "updated"}
)

// mutate changes a draft as the bytes say, three bytes a change.
func (d draft) mutate(changes []byte) draft {
	for ; len(changes) >= 3 && len(d) > 1; changes = changes[3:] {
		at, how, what := int(changes[0])%len(d), changes[1], int(changes[2])
		n := &d[at]
		switch how % 9 {
		case 0: // another value
			if len(n.with) > 1 {
				n.with[1+what%(len(n.with)/2)*2] = "${{ " + fuzzPaths[what/8%len(fuzzPaths)] + " }}"
			}
		case 1: // an edge elsewhere
			if len(n.next) > 1 {
				n.next[1] = d[what%len(d)].id
			}
		case 2: // another outcome
			n.next = append(n.next, fuzzOutcomes[what%len(fuzzOutcomes)], d[what/8%len(d)].id)
		case 3: // a node left out
			d = slices.Delete(d, at, at+1)
		case 4: // nodes swapped
			other := what % len(d)
			d[at], d[other] = d[other], d[at]
		case 5: // another type
			n.use = fuzzUses[what%len(fuzzUses)]
		case 6: // edges left out
			n.next = nil
		case 7: // a rule lifted
			n.more += "    allow: {enumeration: a test}\n"
		case 8: // another alternative of a merge
			if n.use == "merge" {
				n.with = []string{"id", fmt.Sprintf("[\"${{ %s }}\", \"${{ %s }}\"]", fuzzPaths[what%len(fuzzPaths)], fuzzPaths[what/8%len(fuzzPaths)])}
			}
		}
	}
	return d
}

// FuzzLoaded mutates a safe flow. Whatever the loader still accepts must not open
// a session for anybody whom the caller has not proved to be, whatever is sent.
func FuzzLoaded(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{4, 1, 7})          // mismatch leads to session.create
	f.Add([]byte{7, 0, 0})          // a session for whoever is named
	f.Add([]byte{5, 8, 1, 0, 7, 0}) // a merge of what nobody proved
	f.Add([]byte{4, 3, 0, 2, 7, 0}) // no check
	f.Add([]byte{2, 7, 0, 9, 3, 0}) // no decoy
	r := fuzzTypes(f)
	requests := []body{
		{"email": "u1", "other": "u2", "byToken": false, "token": "bad", "password": "wrong"},
		{"email": "u1", "other": "u2", "byToken": true, "token": "bad", "password": "right"},
		{"email": "u1", "other": "u3", "byToken": false, "token": "bad", "password": "right"},
		{"email": "u3", "other": "u1", "byToken": true, "token": "good", "password": "right"},
		{"email": "u3", "other": "u1", "byToken": false, "token": "good", "password": "wrong"},
		{"email": "", "other": "u1", "byToken": false, "token": "", "password": ""},
	}
	f.Fuzz(func(t *testing.T, changes []byte) {
		source := safeDraft().mutate(changes[:min(len(changes), 30)]).yaml()
		flow, diags := flows.Parse("f.yaml", []byte(source))
		if len(diags) > 0 {
			return
		}
		b, diags := (&engine.Compiler{Types: r}).Compile(&engine.App{}, []*flows.Flow{flow})
		if len(diags) > 0 {
			return
		}
		for _, req := range requests {
			w := &world{}
			var a engine.Answer
			b.Programs[0].Run(context.WithValue(context.Background(), worldKey{}, w), &engine.Request{Realm: "main", Source: req}, &a)
			for _, id := range w.opened {
				if !slices.Contains(w.proved, id) {
					t.Fatalf("a session of %s was opened, and only %v was proved, by %v in\n%s", id, w.proved, req, source)
				}
			}
			if strings.Contains(string(a.Body), "lws_x") && len(w.opened) == 0 {
				t.Fatalf("a token without a session:\n%s", source)
			}
			for _, secret := range []string{"right", "wrong", "good", "bad"} {
				if strings.Contains(string(a.Body), secret) {
					t.Fatalf("the answer %s tells %s:\n%s", a.Body, secret, source)
				}
			}
		}
	})
}

// TestSafeDraft: what FuzzLoaded begins with loads and signs in, or it would
// show nothing.
func TestSafeDraft(t *testing.T) {
	p := compileOne(t, fuzzTypes(t), safeDraft().yaml())
	for _, c := range []struct {
		req    body
		opened []string
	}{
		{body{"email": "u1", "other": "x", "byToken": false, "token": "bad", "password": "right"}, []string{"u1"}},
		{body{"email": "u1", "other": "x", "byToken": true, "token": "good", "password": "wrong"}, []string{"u2"}},
		{body{"email": "u1", "other": "x", "byToken": false, "token": "good", "password": "wrong"}, nil},
	} {
		w := &world{}
		var a engine.Answer
		p.Run(context.WithValue(context.Background(), worldKey{}, w), &engine.Request{Source: c.req}, &a)
		if !slices.Equal(w.opened, c.opened) {
			t.Errorf("%v: got sessions of %v, want %v (%s)", c.req, w.opened, c.opened, a.Body)
		}
	}
}
