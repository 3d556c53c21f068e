package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
)

type pickWith struct {
	From *string `flow:"from,optional" doc:"A place."`
}

type pickOutcomes struct {
	Picked engine.Outcome[engine.None] `flow:"picked"`
	None   engine.Outcome[engine.None] `flow:"none" fails:"404 nothing There is nothing."`
}

// pick may fail in two ways, of which one concerns an input.
var pick = define[pickWith, pickOutcomes]("test.pick", engine.Pure,
	engine.MayFail(engine.Fail(409, "busy", "Busy.")), engine.MayFailFor("from", engine.Fail(422, "no_place", "No place.")))

// TestDescribeErrors looks at which errors a program can answer with, by how its
// nodes are wired.
func TestDescribeErrors(t *testing.T) {
	known := types(t)
	if err := known.Add(pick); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, node, want string }{
		{"not wired", "", "404 nothing, 409 busy"},
		{"with the input", "with: {from: here}", "404 nothing, 409 busy, 422 no_place"},
		{"with null", "with: {from: null}", "404 nothing, 409 busy"},
		{"outcome wired", "next: {none: reject}", "409 busy, 400 no"},
		{"error wired", "next: {error: reject}", "404 nothing, 400 no"},
		{"all wired", "next: {none: reject, error: reject}", "400 no"},
	} {
		t.Run(c.name, func(t *testing.T) {
			reject := ""
			if strings.Contains(c.node, "reject") {
				reject = "\n  - {id: reject, use: fail, with: {status: 400, code: no, message: No.}}"
			}
			source := "version: 1\nflow: f\nendpoints:\n  - {method: GET, path: /, require: none}\nnodes:\n  - id: picked\n    use: test.pick\n    " +
				c.node + "\n  - {id: ok, use: respond, with: {body: x}}" + reject + "\n"
			f, diags := flows.Parse("f.yaml", []byte(source))
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			bundle, diags := (&engine.Compiler{Types: known}).Compile(&engine.App{}, []*flows.Flow{f})
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			var got []string
			for _, e := range bundle.Programs[0].Describe().Errors {
				got = append(got, fmt.Sprint(e.Status, " ", e.Code))
			}
			if diff := cmp.Diff(c.want, strings.Join(got, ", ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestDescribeCoerced: what is taken besides the declared type is part of the contract.
func TestDescribeCoerced(t *testing.T) {
	f, diags := flows.Parse("f.yaml", []byte(`version: 1
flow: f
endpoints:
  - {method: POST, path: /, require: none}
input:
  code:   {type: string, maxLength: 6, coerce: string}
  person: {type: object, coerce: {string: name}}
nodes:
  - {id: ok, use: respond, with: {body: x}}
`))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	bundle, diags := (&engine.Compiler{Types: types(t)}).Compile(&engine.App{}, []*flows.Flow{f})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	got := map[string]engine.JSONSchema{}
	for _, in := range bundle.Programs[0].Describe().Inputs {
		got[in.Name] = in.Schema
	}
	want := map[string]engine.JSONSchema{
		"code":   {"type": []string{"string", "number", "boolean"}, "maxLength": 6},
		"person": {"anyOf": []engine.JSONSchema{{"type": "object"}, {"type": "string"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
