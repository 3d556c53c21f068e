package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
)

type stored struct {
	Text   string          `flow:"text"`
	Name   *string         `flow:"name,optional"`
	Groups []string        `flow:"groups"`
	Sizes  []float64       `flow:"sizes"`
	N      int             `flow:"n"`
	X      float64         `flow:"x"`
	Ok     bool            `flow:"ok"`
	At     engine.Instant  `flow:"at"`
	Last   *engine.Instant `flow:"last,optional"`
	Data   map[string]any  `flow:"data"`
	Items  []storedItem    `flow:"items"`
}

type storedItem struct {
	Label string         `flow:"label"`
	At    engine.Instant `flow:"at"`
	Size  *int           `flow:"size,optional"`
}

type storedOut struct {
	Found    engine.Outcome[stored] `flow:"found"`
	NotFound none                   `flow:"notFound"`
}

type storedKey struct{}

// storedFlow works an expression out for accounts only, with the same answer.
const storedFlow = `version: 1
flow: f
endpoints:
  - {method: POST, path: /f, require: none}
input:
  name: {type: string, maxLength: 20}
  long: {type: string}
  list: {type: array, items: {type: string}}
  few:  {type: array, maxItems: 20, items: {type: string, maxLength: 20}}
  tags: {type: array, maxItems: 5, items: {type: string, maxLength: 9}, optional: true}
  bio:  {type: string, maxLength: 4096}
  sent: {type: object}
nodes:
  - id: user
    use: stored.get
    next: {notFound: ok}
  - id: s
    use: set
    with:
      v: 'EXPR'
  - id: ok
    use: respond
    with: {status: 204}
`

// workedOut compiles storedFlow with an expression, and runs it for accounts of all
// sorts if it loads. It gives the code of the first problem if it does not.
func workedOut(t testing.TB, expr string, data any) (code string) {
	t.Helper()
	var r engine.Registry
	err := r.AddStandard(append(answers(), engine.Define("stored.get", "Finds a user.", func(ctx context.Context, _ struct{}, out storedOut) (engine.Exit, error) {
		return out.Found.Exit(ctx.Value(storedKey{}).(stored)), nil
	}, engine.Tells))...)
	if err != nil {
		t.Fatal(err)
	}
	f, diags := flows.Parse("f.yaml", []byte(strings.Replace(storedFlow, "EXPR", strings.ReplaceAll(expr, "'", "''"), 1)))
	if len(diags) > 0 {
		return diags[0].Code
	}
	b, diags := (&engine.Compiler{Types: &r}).Compile(&engine.App{}, []*flows.Flow{f})
	if len(diags) > 0 {
		return diags[0].Code
	}
	var zero, two = 0, 2
	name, empty := "Ada", ""
	accounts := []stored{
		{},
		{Name: &empty, Data: map[string]any{"x": data}, Items: []storedItem{{}}, Groups: []string{""}, Sizes: []float64{0}},
		{Text: "1", Name: &name, Groups: []string{"b", "", "a"}, Sizes: []float64{1e308, 1e308, -0.5}, N: -1 << 63, X: -1e308, Ok: true, At: 1,
			Data: map[string]any{"x": data, "y": "text"}, Items: []storedItem{{"b", 5, &zero}, {"", -1, nil}, {"a", 5, &two}}},
		{Text: strings.Repeat("ä,", 500), Groups: strings.Split(strings.Repeat("a,", 100), ","), N: 1<<63 - 1, X: 0.1, Data: map[string]any{"x": []any{data, data}}},
	}
	long := strings.Repeat("a,", 32<<10)
	var many []any
	for range 16 << 10 {
		many = append(many, "ab")
	}
	for i, u := range accounts {
		for _, in := range []body{{"name": "", "long": "", "list": []any{}, "few": []any{}, "bio": "", "sent": map[string]any{}}, {"name": "x", "few": []any{"a"}, "tags": []any{"b"}, "bio": strings.Repeat("😀", 4096), "long": long, "list": many,
			"sent": map[string]any{"x": data}}} {
			var a engine.Answer
			b.Programs[0].Run(context.WithValue(t.Context(), storedKey{}, u), &engine.Request{Source: in}, &a)
			if a.Status != 204 {
				t.Errorf("%s: account %d with %v: got %d %s, want an expression that loads worked out", expr, i, data, a.Status, a.Body)
			}
		}
	}
	return ""
}

var total = []string{
	`${{ assign(user.data, {"a": user.text}) }}`, `${{ assign(user.data, input.sent, {"a": 1}) }}`,
	`${{ abs(user.n) + ceil(user.x) }}`, `${{ user.n / 0 }}`, `${{ user.x ** 2 - user.n % 7 }}`, `${{ -user.n }}`, `${{ max(user.n, len(user.groups)) }}`,
	`${{ int(user.n) }}`, `${{ float(user.x) }}`, `${{ round(user.x) }}`, `${{ string(user.ok) }}`, `${{ string(user.n) + user.text }}`,
	`${{ lower(user.text) }}`, `${{ trimPrefix(user.name ?? "", "a") }}`, `${{ urlEncode(user.text) }}`, `${{ user.text + (user.name ?? "") }}`,
	`${{ split(user.text, ",") }}`, `${{ join(user.groups, ", ") }}`, `${{ replace(user.text, "a", "bb") }}`, `${{ indexOf(user.text, "a") }}`,
	`${{ hasPrefix(user.text, "a") }}`, `${{ user.text contains "a" }}`, `${{ user.text matches "^[a-z]+$" }}`, `${{ user.text < "b" }}`, `${{ user.n >= user.x }}`,
	`${{ user.name != nil && user.ok }}`, `${{ user.ok ? 1 : "a" }}`, `${{ not user.ok }}`, `${{ user.text == (user.data.x ?? 1) }}`, `${{ user.data.x ?? "" }}`,
	`${{ "staff" in user.groups }}`, `${{ user.text in ["a", "b"] }}`, `${{ user.text in user.data }}`, `${{ (user.data.x ?? 1) in ["a", "b"] }}`, `${{ (user.data.x ?? 1) in [1, 2] }}`,
	`${{ first(user.groups) ?? "" }}`, `${{ last(user.items)?.label ?? "" }}`, `${{ reverse(user.groups) }}`, `${{ sort(user.groups) }}`, `${{ sort(user.sizes) }}`, `${{ sum(user.sizes) }}`,
	`${{ concat(user.groups, ["a"]) }}`, `${{ user.groups[0:2] }}`, `${{ user.text[1:user.n] }}`, `${{ keys(user.data) }}`, `${{ len(user.data) }}`, `${{ type(user.data.x) }}`,
	`${{ map(user.groups, lower(#)) }}`, `${{ map(user.items, #.label + "!") }}`, `${{ filter(user.items, #.at == now()) }}`, `${{ any(user.groups, # == "staff") }}`,
	`${{ count(user.groups, # startsWith "a") }}`, `${{ find(user.groups, # == "b") ?? "" }}`, `${{ sortBy(user.items, #.label) }}`, `${{ map(user.items, since(#.at)) }}`,
	`${{ since(user.at) }}`, `${{ epochMs(user.at) + epochMs(now()) }}`, `${{ user.at < now() }}`, `${{ let a = user.text; a + a }}`, `${{ {"a": [user.data.x, user.n]} }}`,
	`${{ input.name + user.text }}`, `${{ user.data?.x }}`, `a ${{ user.n }} ${{ user.text }} ${{ user.x }} ${{ user.at }}`, `${{ map(user.sizes, {let a = #; a * 2}) }}`,
	`${{ any(split(user.text, ","), # == "a") }}`,
	`${{ [map(user.groups, {let a = #; lower(a)}), map(user.items, {let b = #.label; upper(b)})] }}`,
	`${{ len(input.tags ?? []) }}`, `${{ len(input.tags ?? ["a"]) }}`, `${{ len(user.name != nil ? [1] : ["a"]) }}`, `${{ "a" in (input.tags ?? []) }}`,
	`${{ (user.ok ? 1 : 1.5) * 2 }}`, `${{ len(concat(user.groups, input.tags ?? [])) }}`, `${{ map(input.tags ?? [], 1) }}`, `${{ round(user.ok ? user.n : user.x) }}`,
	`${{ input.bio matches "^[a-z ]+$" }}`, `${{ lower(input.bio) + user.text }}`, `${{ replace(user.text, "a", input.name) }}`, `${{ join(user.groups, input.name) }}`,
	`${{ let a = user.groups; any(a, # in a) }}`, `${{ any(user.groups, # == input.name) }}`,
	`${{ count(user.groups, # in input.few) }}`, `${{ lower(input.long) + user.text }}`, `${{ input.long contains user.text }}`, `${{ user.text in input.list }}`,
	`${{ user.ok ? user.text : (user.data.x ?? "") }}`, `${{ lower(user.ok ? user.text : "x") }}`, `${{ type(user.ok ? user.text : user.data.x) }}`,
	`${{ since(user.last ?? user.at) }}`, `${{ epochMs(user.last ?? now()) }}`, `${{ let t = user.at; since(t) }}`, `${{ since(user.ok ? user.at : now()) }}`,
	`${{ join(map(user.groups, lower(#)), ", ") }}`, `${{ join([user.name ?? "", user.text], " ") }}`, `${{ join(sort(concat(user.groups, ["all"])), ",") }}`,
	`${{ sum(map(user.items, #.size ?? 0)) }}`, `${{ findLast(user.groups, # == "b") ?? "" }}`, `${{ last(filter(user.groups, # == "b")) ?? "" }}`, `${{ join(filter(user.groups, # != "b"), "") }}`,
}

var partial = []string{
	`${{ lower(user.ok ? user.text : (user.data.x ?? "")) }}`, `${{ lower(user.ok ? (user.data.x ?? "") : user.text) }}`, `a ${{ user.ok ? user.text : (user.data.x ?? "") }}`,
	`${{ user.n + (user.ok ? 1 : (user.data.x ?? 1)) }}`, `${{ let a = user.ok ? user.n : (user.data.x ?? 1); a + 1 }}`, `${{ since(user.text) }}`, `${{ since(user.last ?? user.text) }}`,
	`${{ join([user.text, user.data.x ?? ""], "") }}`, `${{ join(map(user.items, #.size ?? 0), "") }}`, `${{ sum(concat([user.n], [user.data.x ?? 1])) }}`,
	`${{ lower(user.data.x ?? "") }}`, `${{ len(user.data.x ?? "") }}`, `${{ trim(user.data.x ?? "") }}`, `${{ -(user.data.x ?? 1) }}`, `${{ !(user.data.x ?? false) }}`,
	`${{ (user.data.x ?? false) && user.ok }}`, `${{ user.ok || (user.data.x ?? false) }}`, `${{ (user.data.x ?? false) ? "a" : "b" }}`, `${{ (user.data.x ?? {}).first }}`,
	`${{ user.data?.x?.first ?? "" }}`, `${{ let a = (user.data.x ?? ""); a?.b }}`, `a ${{ user.data.x ?? "" }}`, `a ${{ user.x / user.n }}`, `${{ string(user.x) }}`,
	`${{ int(user.text) }}`, `${{ int(user.x) }}`, `${{ float(user.text) }}`, `${{ epochMs(user.text) }}`, `${{ since(user.text) }}`, `${{ user.groups[0] }}`,
	`${{ user.n % user.n }}`, `${{ 1..user.n }}`, `${{ sort(user.data.x ?? []) }}`, `${{ "a" in (user.data.x ?? []) }}`, `${{ sum(user.data.x ?? []) }}`,
	`${{ (user.data.x ?? 1) < 2 }}`, `${{ (user.data.x ?? 1) + 2 }}`, `${{ (user.data.x ?? "") contains "a" }}`, `${{ (user.data.x ?? "") in user.data }}`, `${{ (user.data.x ?? "")[1:2] }}`,
	`${{ map(user.data.x ?? [], #) }}`, `${{ filter(user.groups, user.data.x ?? true) }}`, `${{ map(concat(user.groups, [1]), lower(# ?? "")) }}`, `${{ join(user.data.x ?? [], "") }}`,
	`${{ any(user.groups, # in input.list) }}`, `${{ map(input.list, type(#) + user.text) }}`, `${{ any(input.list, (# ?? "") in user.groups) }}`,
	`${{ join(user.groups, input.long) }}`, `${{ replace(input.long, "a", user.text) }}`, `${{ user.text + input.long matches "^(ab|cd|ef|gh|ij|kl)+$" }}`, `${{ map(input.list, type(#)) }}`,
	`${{ concat(user.groups, input.list, input.list, input.list, input.list, input.list, input.list) }}`,
	`${{ user.text in input.list || user.text + "a" in input.list || user.text + "b" in input.list || user.text + "c" in input.list }}`,
	`${{ any(user.groups, any(user.groups, # == "a")) }}`, `${{ let t = input.list; map(t, map(t, 1)) }}`, `${{ let t = input.long; replace(t, "a", t) }}`,
	`${{ let t = input.long; len(split(t, "")) + len(map(split(t, ""), map(split(t, ""), 1))) }}`, `${{ input.bio matches "^[a-z ]{1,64}$" }}`,
	`${{ replace(input.bio, "", input.bio) }}`, `${{ map(split(input.bio, ""), map(split(input.bio, ""), 1)) }}`, `${{ map(input.few, map(input.few, [1, 2, 3])) }}`,
	`${{ replace(request.userAgent ?? "", "", request.userAgent ?? "") }}`,
	`${{ map(split(request.userAgent ?? "", ""), map(split(request.userAgent ?? "", ""), 1)) }}`,
	`${{ replace(replace(replace(user.name ?? "", "", "aaaaaaaaaaaaaaaa"), "", "aaaaaaaaaaaaaaaa"), "", "aaaaaaaaaaaaaaaa") }}`,
	`${{ (let x = user.data.x ?? "a"; lower(x)) + (let x = "b"; x) }}`, `${{ let y = "a"; (let x = user.data.x ?? "a"; let z = x; lower(z)) + (let z = "b"; z) }}`,
	`${{ [map(user.groups, {let a = #; lower(a)}), map(user.items, {let a = (user.data.x ?? 1); lower(a)})] }}`,
	`${{ [map(user.items, {let a = (user.data.x ?? 1); lower(a)}), map(user.groups, {let a = #; lower(a)})] }}`,
	`${{ let a = input.list; count(a, (# ?? "") in user.groups) }}`, `${{ let a = input.long + "a"; let b = a + a; let c = b + b; let d = c + c; d + d + user.text }}`,
	`a ${{ 0 / 0 }}`, `a ${{ input.sent.x ?? 1 }}`,
	`${{ count([user.ok, user.data.x ?? 1]) }}`, `${{ sortBy(user.items, #.label, user.text) }}`,
}

// An expression over what is stored of an account loads before a proof if it can be
// worked out for all accounts, and only then.
func TestTotal(t *testing.T) {
	for _, data := range []any{nil, "text", true, 1, json.Number("1.5"), []any{"a", 1}, map[string]any{"first": 1}} {
		for _, expr := range total {
			if code := workedOut(t, expr, data); code != "" {
				t.Errorf("%s: got %s, want it to load", expr, code)
			}
		}
		for _, expr := range partial {
			if code := workedOut(t, expr, data); code != "enumeration" {
				t.Errorf("%s: got %q, want enumeration", expr, code)
			}
		}
		if t.Failed() {
			break
		}
	}
}

// FuzzTotal looks for expressions that load although they cannot be worked out for
// some account.
func FuzzTotal(f *testing.F) {
	for _, expr := range append(total, partial...) {
		f.Add(expr, `"text"`)
		f.Add(expr, `{"first": [1, null]}`)
	}
	f.Fuzz(func(t *testing.T, expr, data string) {
		var x any
		if json.Unmarshal([]byte(data), &x) != nil {
			t.Skip()
		}
		workedOut(t, expr, x)
	})
}

type kindOut struct {
	Kind string `flow:"kind"`
}

type kindOutcomes struct {
	Found    engine.Outcome[kindOut] `flow:"found"`
	NotFound engine.Outcome[kindOut] `flow:"notFound"`
}

type saidWith struct {
	Text string `flow:"text"`
}

type saidOutcomes struct {
	Done engine.Outcome[saidWith] `flow:"done"`
}

// An output that several outcomes of a node have tells of them, and so does what
// another node has made of what tells.
func TestOutputsTell(t *testing.T) {
	var r engine.Registry
	err := r.AddStandard(append(answers(),
		define[struct{}, kindOutcomes]("kind.get", engine.Tells),
		define[saidWith, saidOutcomes]("text.echo"))...)
	if err != nil {
		t.Fatal(err)
	}
	const head = "version: 1\nflow: f\nendpoints:\n  - {method: POST, path: /f, require: none}\nnodes:\n  - {id: user, use: kind.get, next: {found: %s, notFound: %s}}\n"
	const tail = "  - {id: q, use: if, with: {when: \"${{ %s == 'a' }}\"}, next: {else: r2}}\n  - {id: r, use: respond}\n  - {id: r2, use: respond}\n"
	for name, src := range map[string]string{
		"a field of both": fmt.Sprintf(head, "q", "q") + fmt.Sprintf(tail, "user.kind"),
		"what a node made of a merge": fmt.Sprintf(head, "a", "b") + "  - {id: a, use: set, with: {kind: a}, next: {set: m}}\n  - {id: b, use: set, with: {kind: b}}\n" +
			"  - {id: m, use: merge, with: {kind: [\"${{ a.kind }}\", \"${{ b.kind }}\"]}}\n  - {id: made, use: text.echo, with: {text: \"${{ m.kind }}\"}}\n" + fmt.Sprintf(tail, "made.text"),
	} {
		f, diags := flows.Parse("f.yaml", []byte(src))
		if len(diags) == 0 {
			_, diags = (&engine.Compiler{Types: &r}).Compile(&engine.App{}, []*flows.Flow{f})
		}
		if len(diags) != 1 || diags[0].Code != "enumeration" || !strings.Contains(diags[0].Message, "q goes by") {
			t.Errorf("%s: got %v, want that q goes by what tells", name, diags)
		}
	}
}
