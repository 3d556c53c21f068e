package challenge_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/challenge"
	"github.com/latchwork/latchwork/nodes/internal/flowtest"
	"github.com/latchwork/latchwork/nodes/session"
)

const (
	ann = "aaaaaaaaaaaaaaaaaaaaaaaa"
	now = engine.Instant(1_700_000_000_000)
)

// bench is what a test works with.
type bench struct {
	*testing.T
	store  *memory
	m      *challenge.Manager
	now    engine.Instant
	random engine.World
	proof  engine.Proof // that test.use has seen last
	kept   string       // the token that test.keep has seen last
	forced error        // what test.force got last
}

func newBench(t *testing.T) *bench {
	b := &bench{T: t, store: &memory{challenges: map[challenge.Hash]challenge.Challenge{}}, now: now}
	b.m = &challenge.Manager{Store: b.store, Factors: enrolled{factors: []string{"totp"}}}
	return b
}

func (b *bench) flow(nodes, token string) flowtest.Flow {
	return flowtest.Flow{
		Types:  slices.Concat(challenge.Nodes(b.m), b.types()),
		World:  engine.World{Now: func() time.Time { return b.now.Time() }, Random: b.random.Random},
		UserID: ann, Body: map[string]any{"token": token, "userId": ann, "proof": "x"},
		Source: "endpoints:\n  - {method: POST, path: /, require: none}\n" +
			"input:\n  token: {type: string, secret: true}\n  userId: {type: string}\n  proof: {type: string, secret: true}\nnodes:\n" + nodes,
	}
}

func (b *bench) run(nodes, token string) *engine.Answer {
	b.Helper()
	return b.flow(nodes, token).Run(b.Context(), b)
}

// create is a flow that keeps the proof of a node type test.*.
func create(as string) string {
	return `
  - id: proved
    use: test.` + as + `
    with:
      userId: ${{ input.userId }}
      proof: ${{ input.proof }}
  - id: made
    use: challenge.create
    with:
      userId: ${{ input.userId }}
      returnTo: /welcome
  - id: keep
    use: test.keep
    with:
      userId: ${{ input.userId }}
      token: ${{ made.token }}
  - id: ok
    use: respond
    with:
      body:
        factors: ${{ made.factors }}
        enrolled: ${{ made.enrolled }}
`
}

const resume = `
  - id: half
    use: challenge.resume
    with:
      token: ${{ input.token }}
  - id: used
    use: test.use
    with:
      userId: ${{ half.userId }}
  - id: ok
    use: respond
    with:
      body:
        factors: ${{ half.factors }}
        returnTo: ${{ half.returnTo }}
`

// token makes a challenge and gives its token.
func (b *bench) token(as string) string {
	b.Helper()
	if a := b.run(create(as), ""); a.Status != 200 || !strings.HasPrefix(b.kept, challenge.Prefix) {
		b.Fatalf("got %d %s %+v and %q, want a token", a.Status, a.Body, a.Fault, b.kept)
	}
	return b.kept
}

func (b *bench) want(a *engine.Answer, status int, code string) {
	b.Helper()
	if a.Status != status || code != "" && (a.Fault == nil || a.Fault.Errors[0].Code != code) {
		b.Errorf("got %d %s %+v, want %d %s", a.Status, a.Body, a.Fault, status, code)
	}
}

type proveWith struct {
	UserID string        `flow:"userId"`
	Proof  engine.Secret `flow:"proof,evidence"`
}

type freshOutcomes struct {
	Proved engine.Outcome[engine.None] `flow:"proved" proves:"with.userId" factor:"password"`
}

type carriedOutcomes struct {
	Proved engine.Outcome[engine.None] `flow:"proved" proves:"with.userId" grade:"carried"`
}

type liveOutcomes struct {
	Proved engine.Outcome[engine.None] `flow:"proved" proves:"with.userId" grade:"session"`
}

type pendingOutcomes struct {
	Proved engine.Outcome[engine.None] `flow:"proved" proves:"with.userId" grade:"pending"`
}

type useWith struct {
	UserID string `flow:"userId"`
}

type keepWith struct {
	UserID string        `flow:"userId"`
	Token  engine.Secret `flow:"token" secret:"minted" credential:"with.userId"`
}

type doneOutcomes struct {
	Done engine.Outcome[engine.None] `flow:"done"`
}

// types prove a user, and look at what the nodes have made.
func (b *bench) types() []engine.NodeType {
	fresh := func(name string, k engine.Kept) engine.NodeType {
		return engine.Define(name, "Proves.", func(ctx context.Context, in proveWith, out freshOutcomes) (engine.Exit, error) {
			engine.Stamp(ctx, in.UserID, "the hash that was checked")
			return out.Proved.Exit(engine.None{}).Keeping(k), nil
		})
	}
	return []engine.NodeType{
		fresh("test.fresh", engine.Kept{}),
		fresh("test.actor", engine.Kept{Actor: "user:1"}),
		fresh("test.delegated", engine.Kept{Factors: []engine.Factor{engine.Delegated}}),
		engine.Define("test.carried", "Proves.", func(_ context.Context, _ proveWith, out carriedOutcomes) (engine.Exit, error) {
			return out.Proved.Exit(engine.None{}).Keeping(engine.Kept{Factors: []engine.Factor{"mailbox"}, Ceiling: now + 5000, Origin: "before"}), nil
		}),
		engine.Define("test.live", "Proves.", func(_ context.Context, _ proveWith, out liveOutcomes) (engine.Exit, error) {
			return out.Proved.Exit(engine.None{}), nil
		}),
		engine.Define("test.pending", "Proves.", func(_ context.Context, _ proveWith, out pendingOutcomes) (engine.Exit, error) {
			return out.Proved.Exit(engine.None{}), nil
		}),
		engine.Define("test.use", "Looks at the proof.", func(ctx context.Context, in useWith, out doneOutcomes) (engine.Exit, error) {
			b.proof, _ = engine.ProofOf(ctx, engine.SubjectUser, in.UserID)
			return out.Done.Exit(engine.None{}), nil
		}),
		engine.Define("test.force", "Makes a challenge of whatever is proved.", func(ctx context.Context, in useWith, _ doneOutcomes) (engine.Exit, error) {
			p, _ := engine.ProofOf(ctx, engine.SubjectUser, in.UserID)
			_, b.forced = b.m.Create(ctx, p, "")
			return engine.Exit{}, b.forced
		}),
		engine.Define("test.keep", "Takes a token.", func(_ context.Context, in keepWith, out doneOutcomes) (engine.Exit, error) {
			b.kept = in.Token.Reveal()
			return out.Done.Exit(engine.None{}), nil
		}),
	}
}

// A challenge gives back what was proved, at a grade that opens nothing.
func TestChallenge_R26(t *testing.T) {
	for _, test := range []struct {
		as      string
		factors []engine.Factor
		ceiling engine.Instant
		origin  string
		checked string
	}{
		{"fresh", []engine.Factor{"password"}, 0, "", "the hash that was checked"},
		{"carried", []engine.Factor{"mailbox"}, now + 5000, "before", ""},
	} {
		b := newBench(t)
		token := b.token(test.as)
		hash := challenge.HashToken(token)
		c := b.store.challenges[hash]
		if c.Expires != now+300_000 || c.Checked != test.checked || c.UserID != ann {
			t.Errorf("got %+v", c)
		}
		b.now += 299_999
		a := b.run(resume, token)
		if want := `{"factors":["totp"],"returnTo":"/welcome"}`; a.Status != 200 || string(a.Body) != want {
			t.Errorf("got %d %s, want %s", a.Status, a.Body, want)
		}
		p := b.proof
		if p.Value() != ann || p.Grade() != engine.Pending || p.Ceiling() != test.ceiling || p.Origin() != test.origin || p.Actor() != "" || p.Challenge() != hash.Name() {
			t.Errorf("got %+v", p)
		}
		if diff := cmp.Diff(test.factors, p.Factors()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		b.now++
		b.want(b.run(resume, token), 401, "invalid_challenge")
	}
}

// five tries.
func TestTries_A21(t *testing.T) {
	b := newBench(t)
	token := b.token("fresh")
	for range challenge.Tries {
		b.want(b.run(resume, token), 200, "")
	}
	b.want(b.run(resume, token), 401, "invalid_challenge")
}

func TestResumeRefuses_A02(t *testing.T) {
	b := newBench(t)
	token := b.token("fresh")
	for _, value := range []string{"", token[:len(token)-1], token + "A", "lws_" + token[len(challenge.Prefix):], challenge.Prefix + strings.Repeat("A", 43)} {
		b.want(b.run(resume, value), 401, "invalid_challenge")
	}
	if c := b.store.challenges[challenge.HashToken(token)]; c.Tries != 0 {
		t.Errorf("got %d tries, want none taken by that", c.Tries)
	}
}

// What is less than a sign-in, or somebody else's, is not kept.
func TestCreateRefuses_R49(t *testing.T) {
	b := newBench(t)
	for _, as := range []string{"actor", "delegated"} {
		b.want(b.run(create(as), ""), 403, "challenge_refused")
	}
	for _, as := range []string{"live", "pending"} {
		if diags := b.flow(create(as), "").Load(t); len(diags) != 1 || diags[0].Code != "weak-proof" {
			t.Errorf("%s: got %v, want it refused", as, diags)
		}
	}
	for _, as := range []string{"live", "pending"} { // the manager looks, too
		forced := strings.Replace(create(as), "use: challenge.create", "use: test.force", 1)
		forced = strings.Replace(forced, "      returnTo: /welcome\n", "", 1)
		i, j := strings.Index(forced, "  - id: keep"), strings.Index(forced, "  - id: ok")
		b.want(b.run(forced[:i]+forced[j:strings.Index(forced, "    with:\n      body")], ""), 500, "")
		if !errors.Is(b.forced, challenge.ErrUnproved) {
			t.Errorf("%s: got %v, want challenge.ErrUnproved", as, b.forced)
		}
	}
	if _, err := b.m.Create(t.Context(), engine.Proof{}, ""); !errors.Is(err, challenge.ErrUnproved) {
		t.Errorf("got %v, want challenge.ErrUnproved", err)
	}
	for err, want := range map[error]string{challenge.ErrDisabled: "user_disabled", challenge.ErrChanged: "password_changed"} {
		b.store.fail = err
		status := 409
		if want == "user_disabled" {
			status = 403
		}
		b.want(b.run(create("fresh"), ""), status, want)
	}
	if len(b.store.challenges) != 0 {
		t.Errorf("got %v, want none", b.store.challenges)
	}
}

func TestEnrolled(t *testing.T) {
	b := newBench(t)
	for _, test := range []struct {
		factors session.Factors
		want    string
	}{
		{enrolled{factors: []string{"totp"}}, `{"factors":["totp"],"enrolled":true}`},
		{enrolled{factors: []string{}}, `{"factors":[],"enrolled":false}`},
		{nil, `{"factors":[],"enrolled":false}`},
	} {
		b.m.Factors = test.factors
		if a := b.run(create("fresh"), ""); string(a.Body) != test.want {
			t.Errorf("got %s, want %s", a.Body, test.want)
		}
	}
}

// what fails is an error, and neither a challenge nor its end.
func TestFaults_R61(t *testing.T) {
	b := newBench(t)
	token := b.token("fresh")
	b.random.Random = strings.NewReader("short")
	b.want(b.run(create("fresh"), ""), 500, "")
	b.random.Random = nil
	b.m.Factors = enrolled{err: errors.New("no")}
	b.want(b.run(create("fresh"), ""), 500, "")
	b.want(b.run(resume, token), 500, "")
	b.m.Factors = nil
	b.store.fail = errors.New("the file is gone")
	b.want(b.run(create("fresh"), ""), 500, "")
	b.want(b.run(resume, token), 500, "")
}
