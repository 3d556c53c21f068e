package factor_test

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/factor"
	"github.com/latchwork/latchwork/nodes/factor/factortest"
	"github.com/latchwork/latchwork/nodes/internal/flowtest"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/seal"
	"github.com/latchwork/latchwork/nodes/user"
)

const (
	ann   = "aaaaaaaaaaaaaaaaaaaaaaaa"
	bob   = "bbbbbbbbbbbbbbbbbbbbbbbb"
	email = "ann@example.com"
)

// bench is what a test works with.
type bench struct {
	*testing.T
	store *memory
	m     *factor.Manager
	now   time.Time
	realm string          // of requests; "" is the main one
	ip    string          // where they come from
	proof engine.Proof    // that test.show has seen last
	shown []engine.Secret // what test.show has taken last
}

func newBench(t *testing.T) *bench {
	key, err := seal.New(bytes.Repeat([]byte{7}, seal.Size))
	if err != nil {
		t.Fatal(err)
	}
	name := email
	b := &bench{T: t, store: newMemory(), now: time.UnixMilli(1_700_000_000_000)}
	b.m = &factor.Manager{
		Store: b.store, Users: people{all: []user.User{{ID: ann, Email: &name}, {ID: bob}}}, Key: key,
		Tries: password.NewMemoryTries(factor.Tries), Issuer: func(string) string { return "example.com" },
	}
	return b
}

// run runs a flow with these nodes for somebody, who sends a code and comes with a
// session where it is required.
func (b *bench) run(require, userID, code, nodes string) *engine.Answer {
	b.Helper()
	f := b.flow(require, nodes)
	f.Realm, f.IP, f.UserID, f.Body = b.realm, b.ip, userID, map[string]any{"code": code, "userId": userID, "proof": "x"}
	return f.Run(b.Context(), b)
}

// flow is a flow with these nodes.
func (b *bench) flow(require, nodes string) flowtest.Flow {
	return flowtest.Flow{
		Types: slices.Concat(factor.Nodes(b.m), provers(), []engine.NodeType{b.show()}), World: engine.World{Now: func() time.Time { return b.now }},
		Source: "endpoints:\n  - {method: POST, path: /, require: " + require + "}\n" +
			"input:\n  code: {type: string, secret: true}\n  userId: {type: string}\n  proof: {type: string, secret: true}\nnodes:\n" + nodes,
	}
}

// proved makes the run prove the user who calls.
func proved(as string) string {
	use := map[string]string{"recovered": "pending", "actor": "fresh"}[as]
	return `
  - id: proved` + as + `
    use: test.` + cmp.Or(use, as) + `
    with:
      userId: ${{ input.userId }}
      as: ` + as + `
      proof: ${{ input.proof }}
`
}

const (
	enrol = `
  - id: app
    use: totp.enrol
    with:
      userId: ${{ input.userId }}
  - id: shown
    use: test.show
    with:
      userId: ${{ input.userId }}
      secrets: ["${{ app.secret }}", "${{ app.uri }}", "${{ app.qr }}"]
` + ok
	confirm = `
  - id: app
    use: totp.confirm
    with:
      userId: ${{ input.userId }}
      code: ${{ input.code }}
    next: {mismatch: wrong}
  - id: shown
    use: test.show
    with:
      userId: ${{ input.userId }}
      secrets: ${{ app.recoveryCodes }}
` + ok + wrong
	check    = "\n  - id: code\n    use: totp.check" + checked
	recovery = "\n  - id: code\n    use: recovery.check" + checked
	checked  = `
    with:
      userId: ${{ input.userId }}
      code: ${{ input.code }}
    next: {mismatch: wrong}
  - id: shown
    use: test.show
    with:
      userId: ${{ input.userId }}
` + ok + wrong
	disable = `
  - id: gone
    use: totp.disable
    with:
      userId: ${{ input.userId }}
` + ok
	ok = `
  - id: ok
    use: respond
    with: {status: 204}
`
	wrong = `
  - id: wrong
    use: fail
    with: {status: 401, code: invalid_code, message: No.}
`
)

// start shows a secret to a user in a pending sign-in.
func (b *bench) start(userID string) factortest.App {
	b.Helper()
	b.want(b.run("none", userID, "", proved("pending")+enrol), 204, "")
	return factortest.App{Secret: b.shown[0].Reveal()}
}

// enrolled enrols an app of a user, whose recovery codes are in b.shown then.
func (b *bench) enrolled(userID string) factortest.App {
	b.Helper()
	app := b.start(userID)
	b.want(b.run("none", userID, app.Code(b, b.now), proved("pending")+confirm), 204, "")
	b.later(period)
	return app
}

const period = 30 * time.Second

func (b *bench) later(d time.Duration) { b.now = b.now.Add(d) }

// check tries a code of an app in a pending sign-in and wants a status.
func (b *bench) check(userID, code string, want int) {
	b.Helper()
	b.want(b.run("none", userID, code, proved("pending")+check), want, "")
}

func (b *bench) recover(userID, code string, want int) {
	b.Helper()
	b.want(b.run("none", userID, code, proved("pending")+recovery), want, "")
}

// want wants an answer, and its code unless that is "".
func (b *bench) want(a *engine.Answer, status int, code string) {
	b.Helper()
	if a.Status != status || code != "" && (a.Fault == nil || a.Fault.Errors[0].Code != code) {
		b.Fatalf("got %d %s %+v, want %d %s", a.Status, a.Body, a.Fault, status, code)
	}
}

type proveWith struct {
	UserID string        `flow:"userId"`
	As     string        `flow:"as,literal"`
	Proof  engine.Secret `flow:"proof,evidence"`
}

type freshOutcomes struct {
	Proved engine.Outcome[engine.None] `flow:"proved" proves:"with.userId" factor:"password"`
}

type pendingOutcomes struct {
	Proved engine.Outcome[engine.None] `flow:"proved" proves:"with.userId" grade:"pending"`
}

type liveOutcomes struct {
	Proved engine.Outcome[engine.None] `flow:"proved" proves:"with.userId" grade:"session"`
}

type carriedOutcomes struct {
	Proved engine.Outcome[engine.None] `flow:"proved" proves:"with.userId" grade:"carried"`
}

type mixedOutcomes struct {
	Pending engine.Outcome[engine.None] `flow:"pending" proves:"with.userId" grade:"pending"`
	Live    engine.Outcome[engine.None] `flow:"live" proves:"with.userId" grade:"session"`
}

// provers prove a user, each at one grade; test.mixed may at either of two.
func provers() []engine.NodeType {
	kept := map[string]engine.Kept{
		"pending":   {Factors: []engine.Factor{"password"}, Challenge: "0123"},
		"recovered": {Factors: []engine.Factor{factor.Recovery}},
		"actor":     {Actor: "user:1"},
	}
	return []engine.NodeType{
		engine.Define("test.fresh", "Proves.", func(_ context.Context, in proveWith, out freshOutcomes) (engine.Exit, error) {
			return out.Proved.Exit(engine.None{}).Keeping(kept[in.As]), nil
		}),
		engine.Define("test.pending", "Proves.", func(_ context.Context, in proveWith, out pendingOutcomes) (engine.Exit, error) {
			return out.Proved.Exit(engine.None{}).Keeping(kept[in.As]), nil
		}),
		engine.Define("test.live", "Proves.", func(_ context.Context, _ proveWith, out liveOutcomes) (engine.Exit, error) {
			return out.Proved.Exit(engine.None{}), nil
		}),
		engine.Define("test.carried", "Proves.", func(_ context.Context, _ proveWith, out carriedOutcomes) (engine.Exit, error) {
			return out.Proved.Exit(engine.None{}), nil
		}),
		engine.Define("test.mixed", "Proves.", func(_ context.Context, _ proveWith, out mixedOutcomes) (engine.Exit, error) {
			return out.Pending.Exit(engine.None{}), nil
		}),
	}
}

type showWith struct {
	UserID  string          `flow:"userId"`
	Secrets []engine.Secret `flow:"secrets,optional" secret:"minted" credential:"with.userId"`
}

type showOutcomes struct {
	Done engine.Outcome[engine.None] `flow:"done"`
}

// show keeps what a user is shown, and the proof of the user.
func (b *bench) show() engine.NodeType {
	return engine.Define("test.show", "Takes secrets.", func(ctx context.Context, in showWith, out showOutcomes) (engine.Exit, error) {
		if in.Secrets != nil {
			b.shown = in.Secrets
		}
		b.proof, _ = engine.ProofOf(ctx, engine.SubjectUser, in.UserID)
		return out.Done.Exit(engine.None{}), nil
	})
}
