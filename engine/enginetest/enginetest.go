// Package enginetest runs one node type in a test, through the same loader and
// the same runs that serve requests: tags are checked, needs must be proved,
// and what a node is given and gives is masked as it would be.
package enginetest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
)

// Node is one run of one node type.
type Node struct {
	Type engine.NodeType
	// With is what a flow would set under "with": text, numbers, booleans, lists
	// and maps. What is evidence, or takes what callers type, is sent by the
	// caller; the rest is written into the flow.
	With map[string]any
	// Proved are inputs, by name, whose user is proved before the node runs.
	Proved []string
	World  engine.World
	// Request is the request of the run; nil for an empty one.
	Request *engine.Request
	// Standard admits the type as one that Latchwork ships.
	Standard bool
}

// Result is how a node has left.
type Result struct {
	Outcome string          // "error" where it failed
	Outputs json.RawMessage // of the outcome; null where it carries none
	Status  int             // of the error
	Code    string          // of the error
	Err     error           // an error that is not for the client
	Answer  *engine.Answer  // of a type that answers
}

// String says what became of the node, for the messages of a test:
// `found {"id":"7"}`, or `error 404 user_not_found`.
func (r Result) String() string {
	switch {
	case r.Outcome == "" && r.Answer != nil:
		return fmt.Sprintf("%d %s", r.Answer.Status, r.Answer.Body)
	case r.Outcome != "error":
		return r.Outcome + " " + string(r.Outputs)
	case r.Err != nil:
		return fmt.Sprintf("error %d %s: %v", r.Status, r.Code, r.Err)
	}
	return fmt.Sprintf("error %d %s", r.Status, r.Code)
}

// Run runs the node. A problem that the loader finds ends the test.
func (n Node) Run(ctx context.Context, t testing.TB) Result {
	t.Helper()
	r, diags := n.try(ctx)
	if len(diags) > 0 {
		t.Fatalf("the loader refuses the node:\n%v", diags)
	}
	return r
}

// Refused gives what the loader says of a flow that uses the node, and ends the
// test if it says nothing.
func (n Node) Refused(t testing.TB) flows.Diagnostics {
	t.Helper()
	_, diags := n.try(context.Background())
	if len(diags) == 0 {
		t.Fatal("the loader accepts the node")
	}
	return diags
}

func (n Node) try(ctx context.Context) (Result, flows.Diagnostics) {
	var types engine.Registry
	add := types.Add
	if n.Standard {
		add = types.AddStandard
	}
	if err := add(n.Type); err != nil {
		return Result{}, flows.Diagnostics{{Code: "registry", Message: err.Error()}}
	}
	if err := types.AddStandard(end(), prove()); err != nil {
		return Result{}, flows.Diagnostics{{Code: "registry", Message: err.Error()}}
	}
	d := n.Type.Describe()
	c := &engine.Compiler{Types: &types, World: n.World}
	source, body := n.flow(d, "")
	b, diags := compile(c, d, source)
	if slices.ContainsFunc(diags, func(d flows.Diagnostic) bool { return d.Code == "enumeration" }) {
		// A test names the outcome on purpose.
		source, body = n.flow(d, "    allow: {enumeration: a test names the outcome}\n")
		b, diags = compile(c, d, source)
	}
	if len(diags) > 0 {
		return Result{}, diags
	}
	req := n.Request
	if req == nil {
		req = &engine.Request{Realm: engine.MainRealm, Method: "POST", Path: "/"}
	}
	r := *req
	r.Source = sent{r.Source, body}
	var a engine.Answer
	b.Programs[0].Run(ctx, &r, &a)
	return result(&a, d), nil
}

// compile loads the flow of a test.
func compile(c *engine.Compiler, d engine.TypeDoc, source string) (*engine.Bundle, flows.Diagnostics) {
	f, diags := flows.Parse("node.yaml", []byte(source))
	if len(diags) > 0 {
		return nil, diags
	}
	return c.Compile(&engine.App{Cookies: true, Proofs: []flows.Name{{Text: d.Name}}}, []*flows.Flow{f})
}

// result reads what the end of the flow has answered.
func result(a *engine.Answer, d engine.TypeDoc) Result {
	if f := a.Fault; f != nil {
		return Result{Outcome: "error", Status: f.Status, Code: f.Errors[0].Code, Err: f.Cause, Answer: a}
	}
	if d.Ends {
		return Result{Answer: a}
	}
	var r Result
	name, outputs, _ := strings.Cut(string(a.Body), "\n")
	r.Outcome, r.Outputs, r.Answer = name, json.RawMessage(outputs), a
	return r
}

// sent is a request whose body holds what the caller sends.
type sent struct {
	engine.Source
	body map[string]any
}

func (s sent) Body() (any, error) { return s.body, nil }

func (s sent) Header(name string) (string, bool) {
	if s.Source == nil {
		return "", false
	}
	return s.Source.Header(name)
}

func (s sent) Cookie(name string) (string, bool) {
	if s.Source == nil {
		return "", false
	}
	return s.Source.Cookie(name)
}

func (s sent) Query(name string, keepPlus bool) (string, bool) {
	if s.Source == nil {
		return "", false
	}
	return s.Source.Query(name, keepPlus)
}

// flow writes the flow that uses the node: each outcome ends in an answer that
// names it.
func (n Node) flow(d engine.TypeDoc, allow string) (source string, body map[string]any) {
	body = map[string]any{}
	var inputs, with, next, ends strings.Builder
	for _, name := range slices.Sorted(maps.Keys(n.With)) {
		f := d.Input(name)
		value := n.With[name]
		text, isText := value.(string)
		if !isText || !f.Evidence && !f.TakesTyped && !slices.Contains(n.Proved, name) {
			encoded, _ := json.Marshal(value)
			fmt.Fprintf(&with, "      %s: %s\n", name, encoded)
			continue
		}
		body[name] = text
		fmt.Fprintf(&inputs, "  %s: {type: string, secret: %v}\n", name, f.Evidence || f.TakesTyped)
		fmt.Fprintf(&with, "      %s: ${{ input.%s }}\n", name, name)
	}
	var proofs strings.Builder
	for _, name := range n.Proved {
		body["proof"] = "proof"
		fmt.Fprintf(&proofs, "  - id: %sProved\n    use: test.prove\n    with:\n      userId: ${{ input.%s }}\n      proof: ${{ input.proof }}\n", name, name)
	}
	if len(n.Proved) > 0 {
		inputs.WriteString("  proof: {type: string, secret: true}\n")
	}
	for _, o := range d.Outcomes {
		outputs := "null"
		if len(o.Outputs) > 0 {
			outputs = "${{ node }}"
		}
		if o.Name != d.Outcomes[0].Name {
			fmt.Fprintf(&next, "      %s: %sEnd\n", o.Name, o.Name)
		}
		fmt.Fprintf(&ends, "  - id: %sEnd\n    use: test.end\n    with:\n      outcome: %s\n      outputs: %s\n", o.Name, o.Name, outputs)
	}
	return "version: 1\nflow: node\nendpoints:\n  - {method: POST, path: /, require: none}\n" +
		section("input:\n", inputs.String()) + "nodes:\n" + proofs.String() +
		"  - id: node\n    use: " + d.Name + "\n" + allow + section("    with:\n", with.String()) + section("    next:\n", next.String()) + ends.String(), body
}

// section is a heading with what stands below it, or nothing.
func section(heading, below string) string {
	if below == "" {
		return ""
	}
	return heading + below
}

type endWith struct {
	Outcome string      `flow:"outcome"`
	Outputs engine.Body `flow:"outputs,optional" secret:"typed,minted,app"`
}

// end answers with the name of an outcome and its outputs.
func end() engine.NodeType {
	return engine.Define("test.end", "Ends a test.", func(ctx context.Context, in endWith, _ struct{}) (engine.Exit, error) {
		a := engine.AnswerOf(ctx)
		a.Status = 200
		a.Body = append(append(a.Body, in.Outcome...), '\n')
		body, err := in.Outputs.AppendJSON(a.Body)
		a.Body = body
		return engine.Exit{}, err
	}, engine.Answers)
}

type proveWith struct {
	UserID string        `flow:"userId"`
	Proof  engine.Secret `flow:"proof,evidence"`
}

type proveOutcomes struct {
	Proved engine.Outcome[engine.None] `flow:"proved" proves:"with.userId" factor:"test"`
}

// prove proves any user: it exists in tests only.
func prove() engine.NodeType {
	return engine.Define("test.prove", "Proves a user in a test.", func(_ context.Context, _ proveWith, out proveOutcomes) (engine.Exit, error) {
		return out.Proved.Exit(engine.None{}), nil
	})
}
