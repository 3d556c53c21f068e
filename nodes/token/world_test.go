package token_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/internal/flowtest"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/token"
)

const (
	alice = "aaaaaaaaaaaaaaaaaaaaaaaa"
	now   = engine.Instant(1_700_000_000_000)
)

var purposes = map[string]string{
	"magic-link": "signIn", "hand-over": "handOver", "change-email": "address", "reset-pwd": "reset", "quick-link": "signIn", "odd": "odd",
}

// bench is what a test works with.
type bench struct {
	*testing.T
	store  *memory
	m      *token.Manager
	now    engine.Instant
	random engine.World
	proof  engine.Proof // that test.use has seen last
	kept   string       // the token that test.keep has seen last
}

func newBench(t *testing.T) *bench {
	store := newMemory()
	return &bench{T: t, store: store, m: &token.Manager{Store: store, Sessions: &session.Manager{}}, now: now}
}

func (b *bench) world() engine.World {
	return engine.World{Now: func() time.Time { return b.now.Time() }, Random: b.random.Random}
}

// run runs a flow with these nodes for Alice, who comes with a session where it is
// required. The caller sends what it is given as token, and a proof.
func (b *bench) run(require, nodes, value string) *engine.Answer {
	b.Helper()
	return b.flow(require, nodes, value).Run(b.Context(), b)
}

func (b *bench) flow(require, nodes, value string) flowtest.Flow {
	return flowtest.Flow{
		Types:  append(token.Nodes(b.m), b.prove(), b.use(), b.keep()),
		World:  b.world(),
		UserID: alice, Purposes: purposes, Lifetimes: map[string]time.Duration{"quick-link": 2 * time.Minute},
		Body: map[string]any{"token": value, "proof": "x", "userId": alice, "audience": "client-1"},
		Source: "endpoints:\n  - {method: POST, path: /, require: " + require + "}\n" +
			"input:\n  token: {type: string, secret: true}\n  proof: {type: string, secret: true}\n  userId: {type: string}\n  audience: {type: string}\nnodes:\n" + nodes,
	}
}

// create is a flow that makes a token of a purpose of the proofs that come before it;
// one that is handed over is for client-1.
func create(before, userID, purpose, more string) string {
	if purpose == "hand-over" && more == "" {
		more = "\n      audience: client-1"
	}
	return before + `
  - id: made
    use: token.create
    with:
      userId: ${{ ` + userID + ` }}
      purpose: ` + purpose + more + `
  - id: keep
    use: test.keep
    with:
      value: ${{ made.value }}
      userId: ${{ ` + userID + ` }}
  - id: ok
    use: respond
    with:
      body:
        expiresAt: ${{ made.expiresAt }}
`
}

// nobody is an audience that turns out to be empty in the run.
const nobody = "\n      audience: \"${{ input.audience == 'client-1' ? '' : 'client-2' }}\"\n    trust: [input.audience]"

// provedAs makes the run prove Alice.
func provedAs(grade string) string {
	return `
  - id: proved` + grade + `
    use: test.prove
    with:
      userId: ${{ input.userId }}
      as: ` + grade + `
      proof: ${{ input.proof }}
`
}

// redeem is a flow that redeems a token and looks at the proof.
func redeem(purpose, more string) string {
	return `
  - id: link
    use: token.redeem
    with:
      token: ${{ input.token }}
      purpose: ` + purpose + more + `
  - id: used
    use: test.use
    with:
      userId: ${{ link.userId }}
  - id: ok
    use: respond
    with:
      body:
        purpose: ${{ link.purpose }}
        returnTo: ${{ link.returnTo }}
        data: ${{ link.data }}
`
}

// value makes a token of the proofs and returns it.
func (b *bench) value(require, nodes string) string {
	b.Helper()
	a := b.run(require, nodes, "")
	if b.wantStatus(a, 200); !strings.HasPrefix(b.kept, token.Prefix) {
		b.Fatalf("got %q, want a token", b.kept)
	}
	return b.kept
}

func (b *bench) wantCode(a *engine.Answer, status int, code string) {
	b.Helper()
	if a.Fault == nil || a.Status != status || a.Fault.Errors[0].Code != code {
		b.Errorf("got %d %s, want %d %s", a.Status, a.Body, status, code)
	}
}

func (b *bench) wantStatus(a *engine.Answer, status int) {
	b.Helper()
	if a.Status != status {
		b.Fatalf("got %d %s %v, want %d", a.Status, a.Body, a.Fault, status)
	}
}

type proveWith struct {
	UserID string        `flow:"userId"`
	As     string        `flow:"as,literal"`
	Proof  engine.Secret `flow:"proof,evidence"`
}

type proveOutcomes struct {
	Fresh   engine.Outcome[engine.None] `flow:"fresh" proves:"with.userId" factor:"password"`
	Pending engine.Outcome[engine.None] `flow:"pending" proves:"with.userId" grade:"pending"`
	Carried engine.Outcome[engine.None] `flow:"carried" proves:"with.userId" grade:"carried"`
	Reset   engine.Outcome[engine.None] `flow:"reset" proves:"with.userId" grade:"reset"`
	Live    engine.Outcome[engine.None] `flow:"live" proves:"with.userId" grade:"session"`
}

// prove proves a user at any grade.
func (b *bench) prove() engine.NodeType {
	return engine.Define("test.prove", "Proves a user.", func(ctx context.Context, in proveWith, out proveOutcomes) (engine.Exit, error) {
		exit := func(o engine.Outcome[engine.None]) engine.Exit { return o.Exit(engine.None{}) }
		switch in.As {
		case "pending":
			return exit(out.Pending), nil
		case "carried":
			return exit(out.Carried).Keeping(engine.Kept{Factors: []engine.Factor{"mailbox"}, Ceiling: now + 5000}), nil
		case "second":
			return exit(out.Fresh).Keeping(engine.Kept{Factors: []engine.Factor{"totp"}}), nil
		case "actor":
			return exit(out.Fresh).Keeping(engine.Kept{Actor: "key:1"}), nil
		case "delegated":
			return exit(out.Fresh).Keeping(engine.Kept{Factors: []engine.Factor{engine.Delegated}}), nil
		case "reset":
			return exit(out.Reset), nil
		case "live":
			return exit(out.Live), nil
		case "opened":
			engine.Opened(ctx, in.UserID, "the first that was opened")
			engine.Opened(ctx, in.UserID, flowtest.SessionID)
			engine.Opened(ctx, "somebody else", "theirs")
		case "checked":
			engine.Stamp(ctx, in.UserID, "the hash that was checked")
		}
		return exit(out.Fresh), nil
	})
}

type useWith struct {
	UserID string `flow:"userId"`
}

type useOutcomes struct {
	Done engine.Outcome[engine.None] `flow:"done"`
}

// use remembers the proof of a user.
func (b *bench) use() engine.NodeType {
	return engine.Define("test.use", "Looks at the proof.", func(ctx context.Context, in useWith, out useOutcomes) (engine.Exit, error) {
		b.proof, _ = engine.ProofOf(ctx, engine.SubjectUser, in.UserID)
		return out.Done.Exit(engine.None{}), nil
	})
}

type keepWith struct {
	Value  engine.Secret `flow:"value" secret:"minted" credential:"with.userId"`
	UserID string        `flow:"userId"`
}

// keep remembers a token, as a node does that mails it.
func (b *bench) keep() engine.NodeType {
	return engine.Define("test.keep", "Takes a token.", func(_ context.Context, in keepWith, out useOutcomes) (engine.Exit, error) {
		b.kept = in.Value.Reveal()
		return out.Done.Exit(engine.None{}), nil
	})
}
