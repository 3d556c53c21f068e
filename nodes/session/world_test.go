package session_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
)

const (
	alice  = "aaaaaaaaaaaaaaaaaaaaaaaa"
	bob    = "bbbbbbbbbbbbbbbbbbbbbbbb"
	chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/105.0.0.0 Safari/537.36"
)

var start = time.Date(2026, 1, 31, 9, 30, 0, 0, time.UTC)

// clock is a time that a test moves.
type clock struct{ now time.Time }

func newClock() *clock { return &clock{start} }

func (c *clock) add(d time.Duration)     { c.now = c.now.Add(d) }
func (c *clock) instant() engine.Instant { return engine.InstantOf(c.now) }
func (c *clock) world() engine.World     { return engine.World{Now: func() time.Time { return c.now }} }

func (c *clock) context(t testing.TB) context.Context {
	return engine.WithWorld(t.Context(), c.world())
}

// source is where a request's headers and cookies stand.
type source struct{ headers, cookies map[string]string }

func (s source) Header(name string) (string, bool) { v, ok := s.headers[name]; return v, ok }
func (s source) Cookie(name string) (string, bool) { v, ok := s.cookies[name]; return v, ok }
func (source) Query(string, bool) (string, bool)   { return "", false }
func (source) PathValue(string) (string, bool)     { return "", false }
func (source) Body() (any, error)                  { return map[string]any{"proof": "x"}, nil }

// request is a request with a token in the header Session.
func request(token string) *engine.Request {
	r := &engine.Request{Method: "POST", Path: "/", Realm: engine.MainRealm, IP: "192.0.2.7", UserAgent: chrome, Source: source{}}
	if token != "" {
		r.Source = source{headers: map[string]string{"Session": token}}
	}
	return r
}

// proving is how a test comes by a proof: the nodes of a run make it.
type proving struct {
	user      string
	as        []string // password, totp, recovery, mailed, live, pending, reset, address; none for no proof
	delegated bool     // an operator's key stands in
	world     engine.World
	req       *engine.Request
}

// run runs f inside of a run that has proved the user.
func (p proving) run(t *testing.T, f func(ctx context.Context, proof engine.Proof)) {
	t.Helper()
	var b strings.Builder
	b.WriteString("version: 1\nflow: f\nendpoints:\n  - {method: POST, path: /, require: apikey, scope: x}\n" +
		"input:\n  proof: {type: string, secret: true, from: body.proof}\nnodes:\n")
	for i, as := range p.as {
		next := "p" + strconv.Itoa(i+1)
		if i == len(p.as)-1 {
			next = "use"
		}
		fmt.Fprintf(&b, "  - id: p%d\n    use: test.prove\n    with:\n      id: %s\n      as: %s\n      proof: ${{ input.proof }}\n    next: {", i, p.user, as)
		for _, o := range []string{"totp", "recovery", "mailed", "live", "pending", "reset", "address"} {
			fmt.Fprintf(&b, "%s: %s, ", o, next)
		}
		b.WriteString("}\n")
	}
	subject, allow := engine.SubjectUser, ""
	if slices.Contains(p.as, "address") {
		subject = engine.SubjectAddress
	}
	if p.delegated {
		allow = "    allow: {unproved: a test}\n"
	}
	use := use(f, subject)
	if p.delegated {
		use = useDelegated(f)
	}
	fmt.Fprintf(&b, "  - id: use\n    use: test.use\n%s    with:\n      user: %s\n  - id: end\n    use: test.end\n", allow, p.user)
	var types engine.Registry
	add(t, &types, use, prove(), end())
	req := p.req
	if req == nil {
		req = request("")
	}
	a := serve(t, &engine.Compiler{Types: &types, World: p.world, Guards: engine.Guards{Key: anyKey()}}, b.String(), req)
	if a.Fault != nil {
		t.Fatalf("the run failed: %+v %v", a.Fault.Errors, a.Fault.Cause)
	}
}

// serve compiles a flow and runs it once.
func serve(t *testing.T, c *engine.Compiler, flow string, req *engine.Request) *engine.Answer {
	t.Helper()
	parsed, diags := flows.Parse("f.yaml", []byte(flow))
	if len(diags) > 0 {
		t.Fatalf("%v\n%s", diags, flow)
	}
	bundle, diags := c.Compile(&engine.App{Cookies: true}, []*flows.Flow{parsed})
	if len(diags) > 0 {
		t.Fatalf("%v\n%s", diags, flow)
	}
	var a engine.Answer
	bundle.Programs[0].Run(t.Context(), req, &a)
	return &a
}

func add(t *testing.T, r *engine.Registry, types ...engine.NodeType) {
	t.Helper()
	if err := r.AddStandard(types...); err != nil {
		t.Fatal(err)
	}
}

type useOutcomes struct {
	Done engine.Outcome[engine.None] `flow:"done"`
}

// use hands the run's proof to f.
func use(f func(context.Context, engine.Proof), about engine.Subject) engine.NodeType {
	type with struct {
		User string `flow:"user"`
	}
	return engine.Define("test.use", "Uses a proof.", func(ctx context.Context, in with, out useOutcomes) (engine.Exit, error) {
		proof, _ := engine.ProofOf(ctx, about, in.User)
		f(ctx, proof)
		return out.Done.Exit(engine.None{}), nil
	}, engine.ReadsRequest)
}

func useDelegated(f func(context.Context, engine.Proof)) engine.NodeType {
	type with struct {
		User string `flow:"user" needs:"fresh"`
	}
	return engine.Define("test.use", "Uses a proof.", func(ctx context.Context, in with, out useOutcomes) (engine.Exit, error) {
		proof, _ := engine.ProofOf(ctx, engine.SubjectUser, in.User)
		f(ctx, proof)
		return out.Done.Exit(engine.None{}), nil
	}, engine.ReadsRequest)
}

type proveOutcomes struct {
	Password engine.Outcome[engine.None] `flow:"password" proves:"with.id" factor:"password"`
	Totp     engine.Outcome[engine.None] `flow:"totp" proves:"with.id" factor:"totp"`
	Recovery engine.Outcome[engine.None] `flow:"recovery" proves:"with.id" factor:"recovery"`
	Mailed   engine.Outcome[engine.None] `flow:"mailed" proves:"with.id" factor:"mailbox" grade:"carried"`
	Live     engine.Outcome[engine.None] `flow:"live" proves:"with.id" grade:"session"`
	Pending  engine.Outcome[engine.None] `flow:"pending" proves:"with.id" grade:"pending"`
	Reset    engine.Outcome[engine.None] `flow:"reset" proves:"with.id" grade:"reset"`
	Address  engine.Outcome[engine.None] `flow:"address" proves:"with.id" subject:"address" factor:"mailbox"`
}

// bound is what a proof "bounded" keeps: as of a token that was made in a session which
// ends in an hour.
var bound = engine.Kept{Factors: []engine.Factor{"totp"}, Ceiling: engine.InstantOf(start.Add(time.Hour))}

// prove proves whatever a test wants.
func prove() engine.NodeType {
	type with struct {
		ID    string        `flow:"id"`
		As    string        `flow:"as"`
		Proof engine.Secret `flow:"proof,evidence"`
	}
	return engine.Define("test.prove", "Proves a user.", func(_ context.Context, in with, out proveOutcomes) (engine.Exit, error) {
		exits := map[string]engine.Outcome[engine.None]{
			"password": out.Password, "totp": out.Totp, "recovery": out.Recovery, "mailed": out.Mailed,
			"live": out.Live, "pending": out.Pending, "reset": out.Reset, "address": out.Address,
		}
		if in.As == "resumed" {
			return out.Pending.Exit(engine.None{}).Keeping(engine.Kept{Factors: []engine.Factor{"password"}, Challenge: "c1"}), nil
		}
		if id, sprung := strings.CutPrefix(in.As, "of-"); sprung {
			return out.Mailed.Exit(engine.None{}).Keeping(engine.Kept{Factors: []engine.Factor{"password"}, Origin: id}), nil
		}
		if in.As == "bounded" {
			return out.Mailed.Exit(engine.None{}).Keeping(bound), nil
		}
		return exits[in.As].Exit(engine.None{}), nil
	})
}

func end() engine.NodeType {
	return engine.Define("test.end", "Ends a run.", func(ctx context.Context, _ struct{}, _ struct{}) (engine.Exit, error) {
		engine.AnswerOf(ctx).Status = 204
		return engine.Exit{}, nil
	}, engine.Answers)
}

// anyKey is the guard of a key that lets everybody pass.
func anyKey() engine.NodeType {
	type with struct {
		Scope *string `flow:"scope,optional,literal"`
	}
	type info struct {
		ID string `flow:"id"`
	}
	type outcomes struct {
		Passed engine.Outcome[info] `flow:"passed"`
	}
	return engine.Define("guard.key", "Lets everybody pass.", func(_ context.Context, _ with, out outcomes) (engine.Exit, error) {
		return out.Passed.Exit(info{"k1"}), nil
	}, engine.ReadsRequest)
}
