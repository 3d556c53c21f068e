package engine_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
)

type shared struct {
	Groups []string       `flow:"groups,trusted"`
	Data   map[string]any `flow:"data"`
	Name   *string        `flow:"name,optional"`
}

type sharedOut struct {
	Found engine.Outcome[shared] `flow:"found"`
}

type tidyWith struct {
	Groups []string       `flow:"groups"`
	Data   map[string]any `flow:"data"`
	Name   *string        `flow:"name,optional"`
	Params map[string]any `flow:"params"`
	Own    []string       `flow:"own,literal"`
	Body   engine.Body    `flow:"body,optional"`
}

type tidied struct {
	Data map[string]any `flow:"data"`
}

type tidyOut struct {
	Done engine.Outcome[tidied] `flow:"done"`
}

type sharedWith struct {
	Groups []string       `flow:"groups,trusted"`
	Data   map[string]any `flow:"data"`
	Name   *string        `flow:"name,optional"`
	Params map[string]any `flow:"params,trusted"`
	Tidied map[string]any `flow:"tidied"`
}

const sharing = `version: 1
flow: f
endpoints:
  - {method: POST, path: /f, require: none}
input:
  text: {type: string, maxLength: 9}
nodes:
  - id: found
    use: test.found
  - id: tidy
    use: custom.tidy
    with:
      groups: ${{ found.groups }}
      data: ${{ found.data }}
      name: ${{ found.name }}
      params: ${{ params.app }}
      own: [a]
      body: {text: "${{ input.text }}"}
  - id: used
    use: test.use
    with:
      groups: ${{ found.groups }}
      data: ${{ found.data }}
      name: ${{ found.name }}
      params: ${{ params.app }}
      tidied: ${{ tidy.data }}
  - id: ok
    use: test.respond
`

// a node from outside changes nothing that others read: neither lists and objects that it
// is given, nor what it has given, nor what later runs are given. A body that it keeps is
// that of its own run.
func TestCustomSharesNoMemory(t *testing.T) {
	var used []string
	var bodies []engine.Body
	var kept map[string]any
	var custom []string
	r := types(t)
	if err := r.AddStandard(
		engine.Define("test.found", "Finds.", func(_ context.Context, _ struct{}, out sharedOut) (engine.Exit, error) {
			name := "ann"
			return out.Found.Exit(shared{[]string{"plain"}, map[string]any{"of": []any{map[string]any{"is": "plain"}}}, &name}), nil
		}),
		engine.Define("test.use", "Uses.", func(_ context.Context, in sharedWith, out doneOut) (engine.Exit, error) {
			kept["late"] = true
			used = append(used, fmt.Sprintf("%v %v %s %v %v", in.Groups, in.Data, *in.Name, in.Params, in.Tidied))
			return out.Done.Exit(engine.None{}), nil
		}),
		engine.Define("test.respond", "Answers.", func(ctx context.Context, _ struct{}, _ struct{}) (engine.Exit, error) {
			engine.AnswerOf(ctx).Status = 204
			return engine.Exit{}, nil
		}, engine.Answers),
	); err != nil {
		t.Fatal(err)
	}
	if err := r.Add(engine.Define("custom.tidy", "Tidies.", func(_ context.Context, in tidyWith, out tidyOut) (engine.Exit, error) {
		custom, bodies = append(custom, in.Own[0]), append(bodies, in.Body)
		in.Groups[0], in.Own[0], *in.Name = "admin", "b", "eve"
		in.Data["of"].([]any)[0].(map[string]any)["is"] = "admin"
		in.Params["to"] = "https://evil.example"
		kept = map[string]any{"own": true}
		return out.Done.Exit(tidied{kept}), nil
	})); err != nil {
		t.Fatal(err)
	}
	f, diags := flows.Parse("f.yaml", []byte(sharing))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	app := &engine.App{Params: map[string]any{"app": map[string]any{"to": "/"}}}
	b, diags := (&engine.Compiler{Types: r}).Compile(app, []*flows.Flow{f})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	for n := range 3 {
		var a engine.Answer
		b.Programs[0].Run(t.Context(), &engine.Request{Source: body{"text": fmt.Sprint(n)}}, &a)
		if a.Status != 204 {
			t.Fatalf("got %d %s", a.Status, a.Body)
		}
		if want := "[plain] map[of:[map[is:plain]]] ann map[to:/] map[own:true]"; used[n] != want || custom[n] != "a" {
			t.Errorf("run %d: got %s and %s, want %s and a", n, used[n], custom[n], want)
		}
	}
	for n, b := range bodies {
		if text, err := b.AppendJSON(nil); err != nil || string(text) != fmt.Sprintf(`{"text":"%d"}`, n) {
			t.Errorf("body %d: got %s, %v", n, text, err)
		}
	}
}

type doneOut struct {
	Done none `flow:"done"`
}

// the context of a node from outside leads neither to the request nor to the answer, and
// notes nothing, also while a node is at work that may do so.
func TestCustomContext(t *testing.T) {
	var kept context.Context
	looked := 0
	look := func(own context.Context) {
		looked++
		if engine.RequestOf(kept) != nil {
			t.Error("got the request")
		}
		if engine.AnswerOf(kept) != nil {
			t.Error("got the answer")
		}
		engine.Stamp(kept, "u1", "changed")
		engine.Opened(kept, "u1", "s9")
		if engine.StampOf(own, "u1") != "" || engine.OpenedFor(own, "u1") != "" {
			t.Error("something was noted")
		}
	}
	r := types(t)
	if err := r.AddStandard(
		engine.Define("test.reads", "Reads.", func(ctx context.Context, _ struct{}, out doneOut) (engine.Exit, error) {
			look(ctx)
			if engine.RequestOf(ctx) == nil {
				t.Error("got no request")
			}
			return out.Done.Exit(engine.None{}), nil
		}, engine.ReadsRequest),
		engine.Define("test.respond", "Answers.", func(ctx context.Context, _ struct{}, _ struct{}) (engine.Exit, error) {
			look(ctx)
			engine.AnswerOf(ctx).Status = 204
			return engine.Exit{}, nil
		}, engine.Answers),
	); err != nil {
		t.Fatal(err)
	}
	if err := r.Add(engine.Define("custom.keep", "Keeps.", func(ctx context.Context, _ struct{}, out doneOut) (engine.Exit, error) {
		kept = ctx
		if engine.Realm(ctx) != "shop" {
			t.Error("got no realm")
		}
		return out.Done.Exit(engine.None{}), nil
	})); err != nil {
		t.Fatal(err)
	}
	f, diags := flows.Parse("f.yaml", []byte(`version: 1
flow: f
endpoints:
  - {method: POST, path: /f, require: none}
nodes:
  - id: keep
    use: custom.keep
    timeout: 1s
  - id: read
    use: test.reads
  - id: ok
    use: test.respond
`))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	b, diags := (&engine.Compiler{Types: r}).Compile(&engine.App{}, []*flows.Flow{f})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	var a engine.Answer
	b.Programs[0].Run(t.Context(), &engine.Request{Realm: "shop"}, &a)
	if a.Status != 204 || looked != 2 {
		t.Errorf("got %d, looked %d times", a.Status, looked)
	}
	if engine.Realm(kept) != engine.MainRealm {
		t.Error("the context leads to the run after its end")
	}
}
