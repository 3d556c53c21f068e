package engine

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"
)

// FunctionDoc documents a function of expressions. Example is an expression, and
// Result is what it gives, as JSON.
type FunctionDoc struct {
	Name      string
	Signature string
	Doc       string
	Example   string
	Result    string
	TakesNull bool // its arguments may be null
	Nullable  bool // its result may be null
}

// FunctionList documents every function that expressions may call, by name.
// There are no others: what expr-lang has besides is switched off.
func FunctionList() []FunctionDoc {
	docs := make([]FunctionDoc, len(functions))
	for i, f := range functions {
		docs[i] = f.FunctionDoc
	}
	return docs
}

// function is a function of expressions. Without run it is expr-lang's own of
// that name; a closure is part of expr-lang's syntax.
type function struct {
	FunctionDoc
	run   func(args ...any) (any, error)
	types []any // overloads, as expr.Function takes them
}

// Limits of what a function makes of its arguments, wherever the size of the one
// multiplies that of another.
const (
	maxTextResult = 1 << 20 // bytes
	maxPieces     = 100_000 // elements of a list
)

var errResultTooLong = fmt.Errorf("engine: the result is longer than %d bytes", maxTextResult)

// functions are in the order of their names. What is not here is left out on
// purpose: reduce, repeat, flatten, fromPairs and groupBy can make much of
// little; uniq compares each with each; date and timezone read files; keys,
// values and toPairs of expr-lang have no order; now reads another clock.
var functions = []function{
	{FunctionDoc{"abs", "abs(number) number", "The number without its sign.", "abs(-3)", "3", false, false}, nil, nil},
	{FunctionDoc{"all", "all(list, condition) bool", "Whether the condition holds for each element, which is #.", "all([1, 2], # > 0)", "true", false, false}, nil, nil},
	{FunctionDoc{"any", "any(list, condition) bool", "Whether the condition holds for an element.", "any([1, 2], # > 1)", "true", false, false}, nil, nil},
	{FunctionDoc{"assign", "assign(object, object, …) object", "The fields of all objects. Of two of the same name the later counts.", "assign({'a': 1, 'b': 1}, {'b': 2})", `{"a":1,"b":2}`, false, false},
		assignFunction, []any{new(func(map[string]any, ...map[string]any) map[string]any)}},
	{FunctionDoc{"ceil", "ceil(number) number", "The number, rounded up.", "ceil(1.2)", "2", false, false}, nil, nil},
	{FunctionDoc{"concat", "concat(list, list, …) list", "The elements of all lists.", "concat([1], [2, 3])", "[1,2,3]", false, false}, nil, nil},
	{FunctionDoc{"count", "count(list, condition) int", "How many elements the condition holds for.", "count([1, 2, 3], # > 1)", "2", false, false}, nil, nil},
	{FunctionDoc{"epochMs", "epochMs(instant) int", "The instant in milliseconds since 1970.", "epochMs('2026-01-31T09:30:00.000Z')", "1769851800000", false, false},
		func(args ...any) (any, error) {
			t, err := instantOf(args[0])
			return int(t), err
		}, []any{new(func(string) int)}},
	{FunctionDoc{"filter", "filter(list, condition) list", "The elements that the condition holds for.", "filter([1, 2, 3], # > 1)", "[2,3]", false, false}, nil, nil},
	{FunctionDoc{"find", "find(list, condition) any", "The first element that the condition holds for, or null.", "find([1, 2, 3], # > 1)", "2", false, true}, nil, nil},
	{FunctionDoc{"findLast", "findLast(list, condition) any", "The last element that the condition holds for, or null.", "findLast([1, 2, 3], # > 1)", "3", false, true}, nil, nil},
	{FunctionDoc{"first", "first(list) any", "The first element, or null.", "first(['a', 'b'])", `"a"`, false, true}, nil, nil},
	{FunctionDoc{"float", "float(number or text) number", "The number that a text stands for.", "float('1.5')", "1.5", false, false},
		func(args ...any) (any, error) { return floatFunction(args[0]) }, []any{new(func(any) float64)}},
	{FunctionDoc{"floor", "floor(number) number", "The number, rounded down.", "floor(1.8)", "1", false, false}, nil, nil},
	{FunctionDoc{"hasPrefix", "hasPrefix(text, prefix) bool", "Whether the text begins so.", "hasPrefix('lws_1', 'lws_')", "true", false, false}, nil, nil},
	{FunctionDoc{"hasSuffix", "hasSuffix(text, suffix) bool", "Whether the text ends so.", "hasSuffix('a@example.com', '@example.com')", "true", false, false}, nil, nil},
	{FunctionDoc{"indexOf", "indexOf(text, part) int", "The byte at which the part begins, or -1.", "indexOf('a@b', '@')", "1", false, false}, nil, nil},
	{FunctionDoc{"int", "int(number or text) int", "The whole number that a text stands for, or that is left without the fraction.", "int('42')", "42", false, false},
		func(args ...any) (any, error) { return intFunction(args[0]) }, []any{new(func(any) int)}},
	{FunctionDoc{"join", "join(list, separator) text", "The texts of a list, one after the other.", "join(['a', 'b'], ', ')", `"a, b"`, false, false},
		joinFunction, []any{new(func([]string, string) string), new(func([]any, string) string)}},
	{FunctionDoc{"keys", "keys(object) list", "The names of the fields, in order.", "keys({'b': 1, 'a': 2})", `["a","b"]`, false, false},
		func(args ...any) (any, error) { return keysFunction(args[0]) }, []any{new(func(map[string]any) []string)}},
	{FunctionDoc{"last", "last(list) any", "The last element, or null.", "last(['a', 'b'])", `"b"`, false, true}, nil, nil},
	{FunctionDoc{"len", "len(text or list or object) int", "How many characters, elements or fields there are.", "len('abc')", "3", false, false}, nil, nil},
	{FunctionDoc{"lower", "lower(text) text", "The text in lower case.", "lower('Ada')", `"ada"`, false, false}, nil, nil},
	{FunctionDoc{"map", "map(list, expression) list", "The expression for each element, which is #. An object needs parentheses: ({…}).", "map([1, 2], # * 2)", "[2,4]", false, false}, nil, nil},
	{FunctionDoc{"max", "max(number, number, …) number", "The greatest of the numbers.", "max(1, 3, 2)", "3", false, false},
		func(args ...any) (any, error) { return extreme(args, func(a, b float64) bool { return a > b }) }, numberOverloads},
	{FunctionDoc{"min", "min(number, number, …) number", "The least of the numbers.", "min(1, 3, 2)", "1", false, false},
		func(args ...any) (any, error) { return extreme(args, func(a, b float64) bool { return a < b }) }, numberOverloads},
	{FunctionDoc{"none", "none(list, condition) bool", "Whether the condition holds for no element.", "none([1, 2], # > 2)", "true", false, false}, nil, nil},
	{FunctionDoc{"now", "now() instant", "The time of the run, as RFC 3339 text with milliseconds. It is the same everywhere in a run.", "now()", `"2026-01-31T09:30:00.000Z"`, false, false},
		func(...any) (any, error) { return nil, errNoClock }, []any{new(func() string)}},
	{FunctionDoc{"one", "one(list, condition) bool", "Whether the condition holds for exactly one element.", "one([1, 2], # > 1)", "true", false, false}, nil, nil},
	{FunctionDoc{"replace", "replace(text, old, new) text", "The text with each old part replaced.", "replace('a-b-c', '-', '.')", `"a.b.c"`, false, false},
		replaceFunction, []any{new(func(string, string, string) string)}},
	{FunctionDoc{"reverse", "reverse(list) list", "The elements from the last to the first.", "reverse([1, 2])", "[2,1]", false, false}, nil, nil},
	{FunctionDoc{"round", "round(number) number", "The nearest whole number.", "round(1.5)", "2", false, false}, nil, nil},
	{FunctionDoc{"since", "since(instant) number", "The seconds from the instant to the time of the run.", "since('2026-01-31T09:29:58.500Z')", "1.5", false, false},
		func(...any) (any, error) { return nil, errNoClock }, []any{new(func(string) float64)}},
	{FunctionDoc{"sort", "sort(list) list", "The elements in order, numbers or texts.", "sort([3, 1, 2])", "[1,2,3]", false, false}, nil, nil},
	{FunctionDoc{"sortBy", "sortBy(list, expression) list", "The elements in the order of an expression.", "sortBy([{'n': 2}, {'n': 1}], #.n ?? 0)", `[{"n":1},{"n":2}]`, false, false}, nil, nil},
	{FunctionDoc{"split", "split(text, separator) list", "The parts of the text between separators.", "split('a,b', ',')", `["a","b"]`, false, false},
		splitFunction, []any{new(func(string, string) []string)}},
	{FunctionDoc{"string", "string(value) text", "A text, a number without an exponent, or true or false, as text. Objects and lists are refused.", "string(1000000)", `"1000000"`, false, false},
		func(args ...any) (any, error) { return textOf(args[0]) }, []any{new(func(any) string)}},
	{FunctionDoc{"sum", "sum(list) number", "The sum of the numbers.", "sum([1, 2, 3])", "6", false, false}, nil, nil},
	{FunctionDoc{"trim", "trim(text) text", "The text without blanks around it.", "trim(' a ')", `"a"`, false, false}, nil, nil},
	{FunctionDoc{"trimPrefix", "trimPrefix(text, prefix) text", "The text without the prefix.", "trimPrefix('+49', '+')", `"49"`, false, false}, nil, nil},
	{FunctionDoc{"trimSuffix", "trimSuffix(text, suffix) text", "The text without the suffix.", "trimSuffix('a/', '/')", `"a"`, false, false}, nil, nil},
	{FunctionDoc{"type", "type(value) text", "string, number, boolean, object, array or null.", "type('a')", `"string"`, true, false},
		func(args ...any) (any, error) { return typeFunction(args[0]), nil }, []any{new(func(any) string)}},
	{FunctionDoc{"upper", "upper(text) text", "The text in upper case.", "upper('Ada')", `"ADA"`, false, false}, nil, nil},
	{FunctionDoc{"urlEncode", "urlEncode(text) text", "The text as it may stand in a query of a URL.", "urlEncode('a&b c')", `"a%26b+c"`, false, false},
		func(args ...any) (any, error) { return url.QueryEscape(args[0].(string)), nil }, []any{new(func(string) string)}},
}

// sinceNow is what since becomes in a compiled program: since$(instant, now).
const sinceNow = "since$"

// hidden are functions that the compiler puts into programs. They are not in the
// list, so no source can call them.
var hidden = []function{
	{FunctionDoc{Name: asText}, func(args ...any) (any, error) {
		if isNull(args[0]) {
			return nil, nil
		}
		return textOf(args[0])
	}, []any{new(func(any) string)}},
	{FunctionDoc{Name: sinceNow}, func(args ...any) (any, error) {
		from, err := instantOf(args[0])
		if err != nil {
			return nil, err
		}
		to, err := instantOf(args[1])
		return float64(to-from) / 1000, err
	}, []any{new(func(string, string) float64)}},
}

var numberOverloads = []any{new(func(int, ...int) int), new(func(float64, ...float64) float64), new(func(...any) any)}

// errNoClock is the error of now and since where the compiler has not put the
// time of the run in their place.
var errNoClock = errors.New("engine: the time of the run is not known here")

// exprFunctions are the options of expr-lang that leave exactly the documented
// functions. Compiled programs are shared by all runs, so no function may know
// the run: now, and since, which needs it, are given the time as a variable. The
// closures are syntax to expr-lang and cannot be switched off by an option:
// whoever walks the tree must refuse a BuiltinNode that isFunction does not know.
var exprFunctions = sync.OnceValue(func() []expr.Option {
	var options []expr.Option
	kept := map[string]bool{}
	for _, f := range slices.Concat(functions, hidden) {
		if f.run == nil {
			kept[f.Name] = true
			continue
		}
		options = append(options, expr.Function(f.Name, f.guarded(), f.types...))
	}
	options = append(options, expr.Function(payFor, payForFunction), expr.Function(payTurn, payTurnFunction))
	return append(options, func(c *conf.Config) {
		for _, b := range builtin.Builtins {
			if !kept[b.Name] {
				c.Disabled[b.Name] = true
			}
		}
	})
})

// guarded is run with values in place of pointers, and errors in place of
// panics.
func (f function) guarded() func(...any) (any, error) {
	return func(args ...any) (result any, err error) {
		defer func() {
			if recover() != nil {
				result, err = nil, fmt.Errorf("engine: %s cannot take these values", f.Name)
			}
		}()
		for i, a := range args {
			args[i] = withoutPointer(a)
		}
		return f.run(args...)
	}
}

// functionsByName holds the documented functions.
var functionsByName = sync.OnceValue(func() map[string]*FunctionDoc {
	m := map[string]*FunctionDoc{}
	for i := range functions {
		m[functions[i].Name] = &functions[i].FunctionDoc
	}
	return m
})

// isFunction reports whether expressions may call a function of that name.
func isFunction(name string) bool { return functionsByName()[name] != nil }

// functionNames are the names of all functions, sorted.
func functionNames() []string { return slices.Sorted(maps.Keys(functionsByName())) }

// takesNull reports whether the arguments of a function may be null.
func takesNull(name string) bool {
	f := functionsByName()[name]
	return f != nil && f.TakesNull
}

// givesNull reports whether the result of a function may be null. It is so for
// one that is not known.
func givesNull(name string) bool {
	if name == sinceNow {
		return false
	}
	f := functionsByName()[name]
	return f == nil || f.Nullable
}

func withoutPointer(v any) any {
	rv := reflect.ValueOf(v)
	for rv.Kind() == reflect.Pointer {
		if rv.IsNil() {
			return nil
		}
		rv = rv.Elem()
		v = rv.Interface()
	}
	return v
}

func isNull(v any) bool { return withoutPointer(v) == nil }

// textOf is a text, a number or a boolean as text: what string gives, and what
// stands in the place of an expression inside of text. Null, objects and lists
// are errors.
func textOf(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case int:
		return strconv.Itoa(v), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return "", errors.New("engine: a number that is not finite has no text")
		}
		return strconv.FormatFloat(v+0, 'f', -1, 64), nil // + 0 makes 0 of -0
	case Secret:
		return v.text, nil
	case Instant:
		return v.String(), nil
	case nil:
		return "", errNull
	case time.Duration:
		return v.String(), nil
	}
	switch rv := reflect.ValueOf(v); {
	case rv.Kind() == reflect.Pointer && rv.IsNil():
		return "", errNull
	case rv.Kind() == reflect.Pointer:
		return textOf(rv.Elem().Interface())
	case rv.Kind() == reflect.String:
		return rv.String(), nil
	case rv.Kind() == reflect.Bool:
		return strconv.FormatBool(rv.Bool()), nil
	case rv.CanInt():
		return strconv.FormatInt(rv.Int(), 10), nil
	case rv.CanUint():
		return strconv.FormatUint(rv.Uint(), 10), nil
	case rv.CanFloat():
		return textOf(rv.Float())
	}
	return "", fmt.Errorf("engine: %T has no text", v)
}

// instantOf reads RFC 3339 text.
func instantOf(v any) (Instant, error) {
	t, ok := parseDateTime(v.(string))
	if !ok {
		return 0, errors.New("engine: expected an instant such as 2026-01-31T09:30:00.000Z")
	}
	return InstantOf(t), nil
}

func typeFunction(v any) string {
	if v == nil {
		return "null"
	}
	switch reflect.TypeOf(v).Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Slice, reflect.Array:
		return "array"
	case reflect.Map, reflect.Struct:
		return "object"
	}
	return "number"
}

func intFunction(v any) (any, error) {
	switch v := v.(type) {
	case int:
		return v, nil
	case float64:
		if v = math.Trunc(v); math.Abs(v) < maxExact {
			return int(v), nil
		}
	case string:
		if n, err := strconv.Atoi(v); err == nil {
			return n, nil
		}
	}
	return nil, errors.New("engine: int cannot take this value")
}

func floatFunction(v any) (any, error) {
	switch v := v.(type) {
	case int:
		return float64(v), nil
	case float64:
		return v, nil
	case string:
		if x, err := strconv.ParseFloat(v, 64); err == nil && v != "" && isNumber(v) {
			return x, nil
		}
	}
	return nil, errors.New("engine: float cannot take this value")
}

// extreme is the number that is better than all others. The number itself is
// given, so whole numbers stay whole.
func extreme(args []any, better func(a, b float64) bool) (any, error) {
	if len(args) == 0 {
		return nil, errors.New("engine: expected at least one number")
	}
	best := args[0]
	for _, a := range args {
		if better(asFloat(a), asFloat(best)) {
			best = a
		}
	}
	return best, nil
}

func joinFunction(args ...any) (any, error) {
	separator := args[1].(string)
	texts, ok := args[0].([]string)
	if !ok {
		for _, item := range args[0].([]any) {
			texts = append(texts, withoutPointer(item).(string))
		}
	}
	size := max(0, len(texts)-1) * len(separator)
	for _, text := range texts {
		size += len(text)
	}
	if size > maxTextResult {
		return nil, errResultTooLong
	}
	return strings.Join(texts, separator), nil
}

func splitFunction(args ...any) (any, error) {
	text, separator := args[0].(string), args[1].(string)
	if strings.Count(text, separator) > maxPieces {
		return nil, fmt.Errorf("engine: split would make more than %d parts", maxPieces)
	}
	return strings.Split(text, separator), nil
}

func replaceFunction(args ...any) (any, error) {
	text, old, replacement := args[0].(string), args[1].(string), args[2].(string)
	if len(text)+strings.Count(text, old)*(len(replacement)-len(old)) > maxTextResult {
		return nil, errResultTooLong
	}
	return strings.ReplaceAll(text, old, replacement), nil
}

func keysFunction(v any) (any, error) {
	return slices.Sorted(maps.Keys(v.(map[string]any))), nil
}

func assignFunction(args ...any) (any, error) {
	all := map[string]any{}
	for _, fields := range args {
		maps.Copy(all, fields.(map[string]any))
	}
	return all, nil
}
