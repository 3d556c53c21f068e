package engine

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What one declaration is said to imply of another holds of every value.
func TestImplies(t *testing.T) {
	var schemas []*schema
	var texts []string
	for _, declaration := range []string{
		"{type: string}", "{type: string, maxLength: 2}", "{type: string, maxLength: 3}", "{type: string, minLength: 1}", "{type: string, minLength: 2, maxLength: 3}",
		"{type: string, pattern: ^a}", "{type: string, pattern: b$}", "{type: string, format: email}", "{type: string, format: uuid}", "{type: string, enum: [a, ab]}", "{type: string, const: a}",
		"{type: integer}", "{type: number}", "{type: [string, integer]}", `{type: [string, "null"]}`, "{type: boolean}", "{type: integer, minimum: 1}", "{type: number, minimum: 2}",
		"{type: number, maximum: 3}", "{type: number, exclusiveMinimum: 1}", "{type: number, exclusiveMaximum: 3}", "{type: integer, exclusiveMaximum: 2, minimum: 0}",
		"{type: number, multipleOf: 0.5}", "{type: number, multipleOf: 2}", "{type: array}", "{type: array, maxItems: 1}", "{type: array, items: {type: string}}",
		"{type: array, uniqueItems: true}", "{type: object}", "{type: object, required: [a]}", "{type: object, properties: {a: {type: string}}, additionalProperties: false}",
	} {
		f, diags := compileGiven(parseInputs(t, "  x: "+declaration+"\n")[0])
		if len(diags) > 0 {
			t.Fatalf("%s: %v", declaration, diags)
		}
		schemas, texts = append(schemas, f.schema), append(texts, declaration)
	}
	values := []any{nil, "", "a", "ab", "b", "abc", "abcd", "äöü", "a@b.c", true, 0, 1, 2, 3, 4, 0.5, 1.5, 2.5, []any{}, []any{"a"}, []any{"a", "a"}, []any{1},
		map[string]any{}, map[string]any{"a": "b"}, map[string]any{"a": 1}, map[string]any{"b": "a"}}
	said := 0
	for i, s := range schemas {
		for j, o := range schemas {
			if !s.implies(o) {
				if i == j && !o.checksItems && !o.checksMap {
					t.Errorf("got %s not to imply itself", texts[i])
				}
				continue
			}
			said++
			for _, v := range values {
				if s.problem(plainOf(v)) == "" && o.problem(plainOf(v)) != "" {
					t.Errorf("got %s to imply %s, but %v passes only the first", texts[i], texts[j], v)
				}
			}
		}
	}
	if said < 50 {
		t.Errorf("got %d implications, want 50 or more, or this shows nothing", said)
	}
}

// Values are checked as the JSON that would be written of them, and none of their
// memory is shared.
func TestPlainOf(t *testing.T) {
	text := "a"
	type part struct {
		ID    string `flow:"id"`
		Token Secret `flow:"token"`
		Left  string
	}
	for _, test := range []struct {
		v, want any
	}{
		{nil, nil}, {"a", "a"}, {&text, "a"}, {(*string)(nil), nil}, {1, 1}, {int64(1), json.Number("1")}, {1.5, 1.5}, {math.NaN(), nil}, {math.Inf(1), nil},
		{NewSecret("a"), "a"}, {Instant(0), "1970-01-01T00:00:00.000Z"}, {[]string{"a"}, []any{"a"}},
		{[]part{{"p", NewSecret("t"), "x"}}, []any{map[string]any{"id": "p", "token": "t"}}},
		{map[string]any{"a": []any{&text, Instant(0)}}, map[string]any{"a": []any{"a", "1970-01-01T00:00:00.000Z"}}},
		{map[string]int{"a": 1}, map[string]any{"a": json.Number("1")}},
	} {
		if diff := cmp.Diff(test.want, plainOf(test.v)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", test.v, diff)
		}
	}
	shared := map[string]any{"list": []any{1}}
	plainOf(shared).(map[string]any)["list"].([]any)[0] = 2
	if shared["list"].([]any)[0] != 1 {
		t.Error("got a value that shares memory")
	}
}
