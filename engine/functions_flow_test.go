package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
)

// A function gives in a flow what its documentation says, alone, inside of a list
// and beside another operand, which the machine has on its stack then.
func TestFunctionsInFlows(t *testing.T) {
	examples := map[string]string{
		"last(filter(['x'], # == 'y')) ?? 'none'":                          `"none"`,
		"findLast([{'n': 'x'}, {'n': 'y'}], (#.n ?? '') == 'z') ?? 'none'": `"none"`,
		"findLast(['x', 'y', 'x'], # == 'x') ?? 'none'":                    `"x"`,
		"find(['x', 'y'], # == 'z') ?? 'none'":                             `"none"`,
		"filter(['x', 'y'], # == 'z')[-1:]":                                `[]`,
		"len(filter(['x', 'y'], # == 'x')) > 0 ? first(['a']) ?? '' : 'b'": `"a"`,
	}
	for _, d := range engine.FunctionList() {
		examples[d.Example] = d.Result
	}
	for example, want := range examples {
		t.Run(example, func(t *testing.T) {
			src := "version: 1\nflow: f\nendpoints:\n  - {method: POST, path: /f, require: none}\nnodes:\n  - id: v\n    use: set\n    with:\n"
			for name, expr := range map[string]string{"alone": "EX", "listed": "[0, EX, 1][1]", "beside": "['x' == (EX ?? 'none'), EX][1]"} {
				src += fmt.Sprintf("      %s: '${{ %s }}'\n", name, strings.ReplaceAll(strings.ReplaceAll(expr, "EX", "("+example+")"), "'", "''"))
			}
			src += "  - id: ok\n    use: respond\n    with:\n      body: ['${{ v.alone }}', '${{ v.listed }}', '${{ v.beside }}']\n"
			f, diags := flows.Parse("f.yaml", []byte(src))
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			noon := func() time.Time { return time.Date(2026, 1, 31, 9, 30, 0, 0, time.UTC) }
			b, diags := (&engine.Compiler{Types: types(t), World: engine.World{Now: noon}}).Compile(&engine.App{}, []*flows.Flow{f})
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			var a engine.Answer
			b.Programs[0].Run(t.Context(), &engine.Request{Source: body{}}, &a)
			if got := string(a.Body); got != "["+want+","+want+","+want+"]" {
				t.Errorf("got %d %s, want %s three times", a.Status, got, want)
			}
		})
	}
}
