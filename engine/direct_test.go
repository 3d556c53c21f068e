package engine_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
)

// An expression that is lowered to functions gives what the machine gives. The
// machine works out the second form of each: an element of a list is not
// lowered.
func TestDirectIsTheMachine(t *testing.T) {
	conditions := []string{
		"input.a == input.b", "input.a != input.b", "input.a < input.b", "input.a >= input.b", "input.a startsWith input.b",
		"input.a endsWith input.b", "not (input.a startsWith 'ä')", "len(input.a) > 1", "len(input.a) == len(input.b)",
		"len(input.a) == input.n", "input.n >= 2 && input.n < 4", "input.n > 1 || input.a == 'x'", "(input.c ?? 'none') == input.a",
		"input.c == nil", "input.c != nil and input.yes", "input.yes == (input.n == 3)",
	}
	var source strings.Builder
	source.WriteString(`version: 1
flow: direct
endpoints:
  - {method: POST, path: /, require: none}
input:
  a: {type: string}
  b: {type: string}
  c: {type: string, optional: true}
  n: {type: integer}
  yes: {type: boolean}
nodes:
  - id: both
    use: set
    with:
`)
	for i, c := range conditions {
		fmt.Fprintf(&source, "      direct%d: ${{ %s }}\n      machine%d: ${{ [%s][0] }}\n", i, c, i, c)
	}
	source.WriteString("      text: \"${{ input.a }}, ${{ input.n }}: ${{ input.a startsWith 'x' }}/${{ input.b }}\"\n")
	source.WriteString("  - id: ok\n    use: respond\n    with:\n      body:\n        text: ${{ both.text }}\n")
	for i := range conditions {
		fmt.Fprintf(&source, "        direct%d: ${{ both.direct%d }}\n        machine%d: ${{ both.machine%d }}\n", i, i, i, i)
	}
	f, diags := flows.Parse("direct.yaml", []byte(source.String()))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	b, diags := (&engine.Compiler{Types: types(t)}).Compile(&engine.App{}, []*flows.Flow{f})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	for _, in := range []body{
		{"a": "x", "b": "x", "n": 1, "yes": true},
		{"a": "äö", "b": "ä", "n": 2, "yes": false, "c": "äö"},
		{"a": "xyz", "b": "yz", "n": 3, "yes": true, "c": "none"},
		{"a": "none", "b": "nonesuch", "n": 4, "yes": false},
		{"a": "\xf0\x9f\x94\x91", "b": "longer", "n": -1, "yes": true},
	} {
		var a engine.Answer
		b.Programs[0].Run(t.Context(), &engine.Request{Source: in}, &a)
		if a.Status != 200 {
			t.Fatalf("%v: got %d %s", in, a.Status, a.Body)
		}
		var got map[string]any
		if err := json.Unmarshal(a.Body, &got); err != nil {
			t.Fatal(err)
		}
		for i, c := range conditions {
			direct, machine := got[fmt.Sprint("direct", i)], got[fmt.Sprint("machine", i)]
			if direct != machine || direct == nil {
				t.Errorf("%v: %s: got %v, and %v by the machine", in, c, direct, machine)
			}
		}
		want := fmt.Sprintf("%s, %d: %t/%s", in["a"], in["n"], strings.HasPrefix(in["a"].(string), "x"), in["b"])
		if diff := cmp.Diff(want, got["text"]); diff != "" {
			t.Errorf("text: -want +got:\n%s", diff)
		}
	}
}
