package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
)

// largest is a body somewhat larger than the default allows: a long list beside
// long texts.
func largest() body {
	items := make([]any, 15_000)
	for i := range items {
		items[i] = 0
	}
	text := strings.Repeat("a", 16<<10)
	return body{"items": items, "text": text, "same": strings.Clone(text), "any": strings.Clone(text), "data": map[string]any{"t": text}}
}

const evaluating = `version: 1
flow: evaluating
endpoints:
  - {method: POST, path: /evaluate, require: none}
input:
  items: {type: array}
  text:  {type: string}
  same:  {type: string}
  any:   {type: [string, integer]}
  data:  {type: object}
nodes:
  - id: ok
    use: respond
    with:
      body:
        x: "${{ %s }}"
`

// doubled names a value twice as large as the one before, and so on.
func doubled(first, form string, times int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "let v0 = %s; ", first)
	for i := range times {
		v := fmt.Sprintf("v%d", i)
		fmt.Fprintf(&b, "let v%d = %s; ", i+1, strings.ReplaceAll(form, "V", v))
	}
	return b.String()
}

// bombs are small expressions that would take seconds to years, or gigabytes,
// over the largest body.
var bombs = map[string]string{
	"closure in a closure":        "count(input.items, any(input.items, (# ?? 0) == 1))",
	"range":                       "count(1..90000, any(input.items, (# ?? 0) == 1))",
	"texts doubled":               doubled("input.text", "V + V", 40) + "len(v40)",
	"texts of JSON data doubled":  doubled("input.data.t ?? ''", "V + V", 40) + "len(v40)",
	"lists doubled":               doubled("[input.text]", "[V, V]", 60) + "v60",
	"lists doubled and compared":  doubled("[input.text]", "[V, V]", 60) + "v60 == [v59, v59]",
	"lists doubled and looked in": doubled("[input.text]", "[V, V]", 60) + "v59 in v60",
	"objects doubled":             doubled("{'a': input.text}", "{'a': V, 'b': V}", 40) + "v40",
	"text for each":               "len(map(input.items, input.text + 'x'))",
	"data for each":               "map(input.items, input.data)",
	"lower for each":              "count(input.items, lower(input.text) == 'b')",
	"split for each":              "count(input.items, len(split(input.text, '')) == 1)",
	"search for each":             "count(input.items, input.text contains (input.text + 'b'))",
	"search of data for each":     "count(input.items, input.text contains input.any)",
	"prefix for each":             "count(input.items, input.text startsWith input.any)",
	"equal for each":              "count(input.items, input.any == input.text)",
	"texts equal for each":        "count(input.items, input.text == input.same)",
	"replace for each":            "count(input.items[:5000], replace(input.text[:50], 'a', '" + strings.Repeat("b", 1000) + "') == 'b')",
	"lists equal for each":        "count(input.items, any([input.items], (# ?? 0) == input.items))",
	"in for each":                 "count(input.items, (# ?? 0) + 1 in input.items)",
	"join for each":               "count(input.items, len(join(map(input.items, 'a'), 'b')) == 1)",
	"sort again and again":        "count(input.items[:6], (sort(input.items)[0] ?? 0) == 1)",
	"sort by a long text":         "len(sortBy(input.items, input.text))",
	"pattern":                     "input.text matches '(a?){400}b'",
	"many patterns":               strings.TrimSuffix(strings.Repeat("input.text matches '(a|b)*c' || ", 60), " || "),
	"pattern for each":            "count(input.items, input.text[:100] matches '^(a|b)*c')",
	"upper again and again":       "len(" + strings.Repeat("upper(", 400) + "input.text + input.same" + strings.Repeat(")", 400) + ")",
	"replace again and again":     "len(" + strings.Repeat("replace(", 90) + "input.text" + strings.Repeat(", 'a', 'aa')", 90) + ")",
	"encoded again and again":     "len(" + strings.Repeat("urlEncode(", 60) + "replace(input.text, 'a', '%ÿ')" + strings.Repeat(")", 60) + ")",
	"concat again and again":      doubled("input.items", "concat(V, V)", 20) + "len(v20)",
}

// evaluate runs an expression over the largest body.
func evaluate(tb testing.TB, expression string) func() *engine.Answer {
	p := compileOne(tb, types(tb), fmt.Sprintf(evaluating, strings.ReplaceAll(expression, `\`, `\\`)))
	req := &engine.Request{Source: largest()}
	var a engine.Answer
	return func() *engine.Answer {
		a.Reset()
		p.Run(context.Background(), req, &a)
		return &a
	}
}

func TestWorkIsBounded(t *testing.T) {
	for name, expression := range bombs {
		t.Run("R-62 A-15 "+name, func(t *testing.T) {
			if a := evaluate(t, expression)(); a.Status < 400 {
				t.Errorf("got %d %.60s, want the expression to end for the work it has to do", a.Status, a.Body)
			}
		})
	}
}

// What reads nothing that is known only in a run is worked out when it is loaded.
func TestConstantsThatCannotBeWorkedOut(t *testing.T) {
	for _, expression := range []string{"sort(1..50000)[0]", "int('a')", doubled("[1]", "[V, V]", 60) + "v60"} {
		f, diags := flows.Parse("f.yaml", fmt.Appendf(nil, evaluating, expression))
		if len(diags) == 0 {
			_, diags = (&engine.Compiler{Types: types(t)}).Compile(&engine.App{}, []*flows.Flow{f})
		}
		wantCode(t, diags, "bad-expression")
	}
}

// What people write is far below the bound, and means what it meant.
func TestWorkOfEverydayExpressions(t *testing.T) {
	for expression, want := range map[string]string{
		"len(filter(input.items, (# ?? 1) == 0))":                        "15000",
		"sum(map(input.items[:3], (# ?? 0) + 2))":                        "6",
		"lower(upper(input.text))[:3]":                                   `"aaa"`,
		"input.text + 'x' == input.any":                                  "false",
		"input.text == input.any":                                        "true",
		"input.text matches '^a+$'":                                      "true",
		"input.text[:2] + 'b' + string(1)":                               `"aab1"`,
		"map(input.items[:2], ({'i': #, 't': input.text[:1] + 'b'}))":    `[{"i":0,"t":"ab"},{"i":0,"t":"ab"}]`,
		"join(split('a,b', ','), '-')":                                   `"a-b"`,
		"sort([3, 1, 2])":                                                "[1,2,3]",
		"sortBy([{'n': 'b'}, {'n': 'a'}], #.n ?? '')":                    `[{"n":"a"},{"n":"b"}]`,
		"0 in input.items && !('b' in ['a'])":                            "true",
		"find(input.items, (# ?? 0) == 1) == nil":                        "true",
		"let a = input.text; len(a + a)":                                 "32768",
		"all(['x', 'y'], # startsWith 'x' || # == 'y')":                  "true",
		"count(['a', 'b'], # in ['a'])":                                  "1",
		"(concat([1], [2])[1] ?? 0) + 1":                                 "3",
		"input.data.missing ?? 'none'":                                   `"none"`,
		"any(['ab', 'b'], len(filter(['a', 'c'], true)) == 2) ? 1 : 'x'": "1",
	} {
		t.Run(expression, func(t *testing.T) {
			a := evaluate(t, expression)()
			if got := string(a.Body); a.Status != 200 || got != `{"x":`+want+`}` {
				t.Errorf("got %d %.100s, want %s", a.Status, got, want)
			}
		})
	}
}

// BenchmarkWorstExpression is what the language promises of every expression
// that loads: over the largest body it ends within 20 ms.
func BenchmarkWorstExpression(b *testing.B) {
	for name, expression := range bombs {
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			run := evaluate(b, expression)
			b.ReportAllocs()
			for b.Loop() {
				run()
			}
		})
	}
}
