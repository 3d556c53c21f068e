package engine

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/vm"
	"github.com/google/go-cmp/cmp"
)

// runExpr compiles an expression with our functions, as the compiler does but
// for the names that it resolves, and runs it.
func runExpr(source string, env map[string]any, more ...expr.Option) (any, error) {
	options := slices.Concat(exprFunctions(), []expr.Option{expr.Env(env)}, more)
	program, err := expr.Compile(source, options...)
	if err != nil {
		return nil, err
	}
	machine := vm.VM{MemoryBudget: memoryBudget}
	return machine.Run(program, env)
}

// clock does what the compiler does with now and since: it puts the time of the
// run into the program.
type clock struct{}

func (clock) Visit(n *ast.Node) {
	call, ok := (*n).(*ast.CallNode)
	if !ok {
		return
	}
	now := &ast.StringNode{Value: "2026-01-31T09:30:00.000Z"}
	switch id := call.Callee.(*ast.IdentifierNode); id.Value {
	case "now":
		ast.Patch(n, now)
	case "since":
		ast.Patch(n, &ast.CallNode{Callee: &ast.IdentifierNode{Value: sinceNow}, Arguments: append(call.Arguments, now)})
	}
}

func TestFunctionExamples(t *testing.T) {
	docs := FunctionList()
	if !slices.IsSortedFunc(docs, func(a, b FunctionDoc) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("got the list out of order, want it by name")
	}
	for _, d := range docs {
		t.Run(d.Name, func(t *testing.T) {
			if !strings.HasPrefix(d.Signature, d.Name+"(") || d.Doc == "" || !strings.Contains(d.Example, d.Name+"(") {
				t.Errorf("got %+v, want a signature, a doc and an example that calls it", d)
			}
			v, err := runExpr(d.Example, map[string]any{}, expr.Patch(clock{}))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(d.Result, string(appendJSON(nil, v))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFunctions(t *testing.T) {
	name, count := "ada", 3
	env := map[string]any{
		"null": nil, "name": &name, "count": &count, "none": (*string)(nil), "texts": []string{"b", "a"}, "any": any("x"), "data": map[string]any{"n": 1e6, "b": true, "l": []any{1}},
	}
	tests := []struct{ source, want string }{
		{"string(1e6)", `"1000000"`}, {"string(0.1)", `"0.1"`}, {"string(1e21)", `"1000000000000000000000"`}, {"string(true)", `"true"`},
		{"string(data.n)", `"1000000"`}, {"string(name)", `"ada"`}, {"string(count)", `"3"`}, {"string(-0.0)", `"0"`},
		{"type(null)", `"null"`}, {"type(none)", `"null"`}, {"type(1)", `"number"`}, {"type(1.5)", `"number"`}, {"type(texts)", `"array"`}, {"type(data)", `"object"`}, {"type(data.b)", `"boolean"`}, {"type(name)", `"string"`},
		{"upper(name)", `"ADA"`}, {"len(name)", "3"}, {"join(texts, '+')", `"b+a"`}, {"join(['x', any], '')", `"xx"`}, {"sort(texts)", `["a","b"]`},
		{"split('', ',')", `[""]`}, {"split('aé', '')", `["a","é"]`}, {"replace('aaa', 'a', 'bb')", `"bbbbbb"`},
		{"int('007')", "7"}, {"int(-1.9)", "-1"}, {"int(data.n)", "1000000"}, {"float('1e3')", "1000"}, {"max([1, 2][0], 5)", "5"}, {"min(1.5, 2)", "1.5"}, {"max(count, 1)", "3"}, {"min(data.n, 7)", "7"},
		{"keys(data)", `["b","l","n"]`}, {"urlEncode('ä/?=')", `"%C3%A4%2F%3F%3D"`}, {"epochMs('1970-01-01T01:00:00+01:00')", "0"},
		{"since$('2026-01-31T09:30:00.000Z', '2026-01-31T09:29:59.000Z')", "-1"},
		{"name | upper() | lower()", `"ada"`}, {"map(texts, upper(#))", `["B","A"]`}, {"text$(none)", "null"}, {"text$(name)", `"ada"`},
		{"filter(data.l, # > 0)[0]", "1"}, {"len(filter(texts, # == 'a'))", "1"},
	}
	for _, test := range tests {
		t.Run(test.source, func(t *testing.T) {
			v, err := runExpr(test.source, env)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(appendJSON(nil, v)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestFunctionsRefuse(t *testing.T) {
	env := map[string]any{"null": nil, "none": (*string)(nil), "any": any([]any{1}), "big": strings.Repeat("a", 60_000), "items": make([]any, 30_000), "huge": math.MaxFloat64, "inf": math.Inf(1)}
	for i := range env["items"].([]any) {
		env["items"].([]any)[i] = "x"
	}
	for _, source := range []string{
		"string(null)", "string(none)", "string({})", "string([])", "string(any)", "string(inf)",
		"int('1.5')", "int('')", "int('x')", "int(huge)", "int(null)", "int(true)", "int(any)", "float('')", "float('NaN')", "float('0x1p4')", "float('1_0')",
		"lower(any)", "trim(any)", "len(none)", "keys(any)", "join([1], '')", "join(any, '')", "split(any, '')", "urlEncode(any)", "max(any)", "max()", "max('a', 'b')", "abs(any)",
		"epochMs('yesterday')", "epochMs('')", "epochMs('2026-01-31')", "since$('x', 'y')", "now()", "since('2026-01-31T09:30:00.000Z')",
		"first(1)", "sortBy([1, 'a'], #)", "sum(['a', 1])", "all(1, true)", "1 % 0", "[1][5]", "any.x.y",
		// Much out of little.
		"join(items, big)", "replace(big, 'a', big)", "replace(big, '', big)", "split(big + big, '')",
		"repeat('a', 10)", "reduce([1], # + #acc)", "::reduce([1], # + #acc)", "::repeat('a', 10)", "flatten([[1]])", "groupBy([1], #)", "fromPairs([])", "toPairs({})", "uniq([1])",
		"date('2026-01-31')", "timezone('UTC')", "duration('1h')", "::now()", "fromJSON('1')", "toJSON(1)", "get({}, 'a')", "values({})", "bitshl(1, 62)", "1..1000000", "1..1000000000000",
	} {
		v, err := runRefused(source, env)
		if err == nil {
			t.Errorf("R-62 A-15 %s: got %.60v, want an error", source, v)
		}
	}
}

// runRefused is runExpr with the check that the compiler makes of closures.
func runRefused(source string, env map[string]any) (any, error) {
	check := &builtinCheck{}
	v, err := runExpr(source, env, expr.Patch(check))
	if check.unknown != "" {
		return nil, errors.New("unknown function " + check.unknown)
	}
	return v, err
}

type builtinCheck struct{ unknown string }

func (c *builtinCheck) Visit(n *ast.Node) {
	if b, ok := (*n).(*ast.BuiltinNode); ok && !isFunction(b.Name) {
		c.unknown = b.Name
	}
}

// Whatever expr-lang brings is in our list or cannot be called.
func TestEveryBuiltinIsKnownOrOff(t *testing.T) {
	for _, b := range builtin.Builtins {
		if isFunction(b.Name) {
			continue
		}
		for _, call := range []string{"%s()", "%s([1])", "%s([1], 1)", "%s([1], 1, 1)", "::%s([1], 1)"} {
			if v, err := runRefused(fmt.Sprintf(call, b.Name), map[string]any{}); err == nil {
				t.Errorf("R-62 "+call+": got %v, want an error", b.Name, v)
			}
		}
	}
}

func TestNullOfFunctions(t *testing.T) {
	for name, want := range map[string][2]bool{"type": {true, false}, "find": {false, true}, "first": {false, true}, "lower": {false, false}, sinceNow: {false, false}, "unknown": {false, true}} {
		if got := [2]bool{takesNull(name), givesNull(name)}; got != want {
			t.Errorf("%s: got takes and gives %v, want %v", name, got, want)
		}
	}
	if isFunction(sinceNow) || isFunction(asText) || slices.Contains(functionNames(), sinceNow) {
		t.Error("got a hidden function in the list, want it out of reach of sources")
	}
}

// FuzzFunctions gives every function all kinds of values: none may panic, and
// none may answer with more than its bound.
func FuzzFunctions(f *testing.F) {
	for _, s := range []string{"", "a", "2026-01-31T09:30:00.000Z", "1e9", "\xff", "a,b"} {
		f.Add(s, "b", 3, 0.5)
	}
	f.Fuzz(func(t *testing.T, a, b string, n int, x float64) {
		values := []any{nil, a, b, &a, (*string)(nil), n, x, true, []any{a, n, nil}, []string{a, b}, map[string]any{a: b}, Secret{a}, Instant(n), struct{}{}}
		for _, fn := range slices.Concat(functions, hidden) {
			if fn.run == nil {
				continue
			}
			call := fn.guarded()
			for _, v := range values {
				for count := range 4 {
					args := make([]any, count)
					for i := range args {
						args[i] = v
						if i > 0 {
							args[i] = values[(i+n&0xff)%len(values)]
						}
					}
					out, err := call(args...)
					if err == nil && reflect.ValueOf(out).Kind() == reflect.String && len(out.(string)) > maxTextResult {
						t.Errorf("%s: got %d bytes, want at most %d", fn.Name, len(out.(string)), maxTextResult)
					}
				}
			}
		}
	})
}
