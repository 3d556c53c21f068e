package answer_test

import (
	"context"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/answer"
)

// compile loads a flow of these inputs and nodes.
func compile(t *testing.T, types *engine.Registry, rest string) (*engine.Bundle, flows.Diagnostics) {
	t.Helper()
	f, diags := flows.Parse("test.yaml", []byte("version: 1\nflow: test\nendpoints:\n  - {method: POST, path: /, require: none}\n"+rest))
	if len(diags) > 0 {
		t.Fatalf("%v", diags)
	}
	c := &engine.Compiler{Types: types}
	return c.Compile(&engine.App{Cookies: true}, []*flows.Flow{f})
}

// body is a request that consists of its body.
type body struct {
	engine.Source
	fields map[string]any
}

func (b body) Body() (any, error) { return b.fields, nil }

// answerTo runs a flow of these inputs and nodes.
func answerTo(t *testing.T, rest string, fields map[string]any) *engine.Answer {
	t.Helper()
	var types engine.Registry
	if err := types.AddStandard(answer.Nodes(answer.Deps{})...); err != nil {
		t.Fatal(err)
	}
	b, diags := compile(t, &types, rest)
	if len(diags) > 0 {
		t.Fatalf("%v", diags)
	}
	var a engine.Answer
	b.Programs[0].Run(context.Background(), &engine.Request{Realm: engine.MainRealm, Source: body{fields: fields}}, &a)
	return &a
}

// The example of each node type loads.
func TestExamples(t *testing.T) {
	var types engine.Registry
	nodes := answer.Nodes(answer.Deps{})
	if err := types.AddStandard(nodes...); err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes {
		if _, diags := compile(t, &types, "nodes:"+n.Describe().Example); len(diags) > 0 {
			t.Errorf("%s: %v", n.Name(), diags)
		}
	}
}
