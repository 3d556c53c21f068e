package engine_test

import (
	"context"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
)

type nickWith struct {
	Nick string `flow:"nick"`
}

// What a node refuses is told by the name that the request has it under, if the client
// has sent it, else as the node says; and of the type's own error nothing is changed.
func TestNamed(t *testing.T) {
	refused := engine.Fail(400, "validation_error", "No.")
	refused.Details = map[string]any{"field": "nick", "most": 5}
	another := engine.Fail(409, "taken", "No.")
	another.Details = refused.Details
	for given, want := range map[string]string{
		"${{ input.name }}":                  `"details":{"field":"user_name","most":5}`,
		"${{ lower(input.name) }}":           `"details":{"field":"user_name","most":5}`,
		"Dr ${{ input.name }}":               `"details":{"field":"user_name","most":5}`,
		"${{ input.person.name ?? '' }}":     `"details":{"field":"who.name","most":5}`,
		"Ada":                                `"details":{"field":"nick","most":5}`,
		"${{ request.method + input.name }}": `"details":{"field":"nick","most":5}`,
		"another ${{ input.name }}":          `"details":{"field":"nick","most":5}`,
	} {
		r := types(t)
		if err := r.AddStandard(engine.Define("nick.take", "Takes none.", func(_ context.Context, in nickWith, _ decoyOut) (engine.Exit, error) {
			if strings.HasPrefix(in.Nick, "another") {
				return engine.Exit{}, another
			}
			return engine.Exit{}, refused
		})); err != nil {
			t.Fatal(err)
		}
		f, diags := flows.Parse("f.yaml", []byte(`version: 1
flow: f
endpoints:
  - {method: POST, path: /f, require: none}
input:
  name: {type: string, from: body.user_name}
  person: {type: object, default: {}, from: body.who}
nodes:
  - id: taken
    use: nick.take
    with:
      nick: `+given+`
  - id: ok
    use: respond
`))
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		b, diags := (&engine.Compiler{Types: r}).Compile(&engine.App{}, []*flows.Flow{f})
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		var a engine.Answer
		b.Programs[0].Run(context.Background(), &engine.Request{Source: body{"user_name": "Ada"}}, &a)
		if !strings.Contains(string(a.Body), want) {
			t.Errorf("%s: got %s, want %s", given, a.Body, want)
		}
		if refused.Details.(map[string]any)["field"] != "nick" {
			t.Fatalf("%s: the type's own error is changed", given)
		}
	}
}

// What a flow says itself stays as it is written.
func TestNamedByTheFlow(t *testing.T) {
	var r engine.Registry
	err := r.AddStandard(engine.Define("refuse", "Refuses.", func(_ context.Context, in nickWith, _ struct{}) (engine.Exit, error) {
		f := engine.Fail(400, "validation_error", "No.")
		f.Details = map[string]any{"field": "nick"}
		return engine.Exit{}, f
	}, engine.Fails))
	if err != nil {
		t.Fatal(err)
	}
	f, diags := flows.Parse("f.yaml", []byte(`version: 1
flow: f
endpoints:
  - {method: POST, path: /f, require: none}
input:
  name: {type: string, from: body.user_name}
nodes:
  - id: no
    use: refuse
    with:
      nick: ${{ input.name }}
`))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	b, diags := (&engine.Compiler{Types: &r}).Compile(&engine.App{}, []*flows.Flow{f})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	var a engine.Answer
	b.Programs[0].Run(context.Background(), &engine.Request{Source: body{"user_name": "Ada"}}, &a)
	if want := `"details":{"field":"nick"}`; !strings.Contains(string(a.Body), want) {
		t.Errorf("got %s, want %s", a.Body, want)
	}
}
