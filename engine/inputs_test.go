package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/flows"
)

// fakeSource is a request whose values are maps.
type fakeSource struct {
	header, cookie, query, path map[string]string
	plus                        map[string]string // queries with + kept
	body                        any
	err                         error
}

func (s fakeSource) Header(name string) (string, bool)    { v, ok := s.header[name]; return v, ok }
func (s fakeSource) Cookie(name string) (string, bool)    { v, ok := s.cookie[name]; return v, ok }
func (s fakeSource) PathValue(name string) (string, bool) { v, ok := s.path[name]; return v, ok }
func (s fakeSource) Body() (any, error)                   { return s.body, s.err }
func (s fakeSource) Query(name string, keepPlus bool) (string, bool) {
	if v, ok := s.plus[name]; ok && keepPlus {
		return v, true
	}
	v, ok := s.query[name]
	return v, ok
}

// parseInputs parses declarations, which are the lines under input.
func parseInputs(t testing.TB, declarations string) []flows.Input {
	t.Helper()
	src := "version: 1\nflow: f\nendpoints:\n  - {method: POST, path: '/u/{id}', require: none}\ninput:\n" + declarations + "nodes:\n  - id: ok\n    use: respond\n"
	f, diags := flows.Parse("f.yaml", []byte(src))
	if len(diags) > 0 {
		t.Fatalf("%s\n%v", src, diags)
	}
	return f.Input
}

// compiled is the one input that a declaration such as "{type: string}" gives.
func compiled(t testing.TB, declaration string) *inputField {
	t.Helper()
	f, diags := compileInput(parseInputs(t, "  x: "+declaration+"\n")[0], "body", []string{"id"})
	if len(diags) > 0 {
		t.Fatalf("%s: %v", declaration, diags)
	}
	return f
}

// readBack reads an input and gives its value as JSON, or what was wrong as
// "field: message" lines.
func readBack(f *inputField, src Source) string {
	dst := reflect.New(f.typ).Elem()
	entries := f.read(src, dst)
	if len(entries) == 0 {
		return string(encoderOf(f.typ)(nil, dst))
	}
	var lines []string
	for _, e := range entries {
		lines = append(lines, e.Details.(map[string]any)["field"].(string)+": "+e.Message)
	}
	return strings.Join(lines, "\n")
}

func bodyOf(json any) fakeSource { return fakeSource{body: map[string]any{"x": json}} }

func TestInputTypes(t *testing.T) {
	tests := []struct {
		declaration string
		want        any // a pointer to the type
		nullable    bool
	}{
		{"{type: string}", new(string), false},
		{"{type: string, optional: true}", new(*string), true},
		{"{type: string, default: a}", new(string), false},
		{"{type: [string, 'null']}", new(*string), true},
		{"{type: string, secret: true}", new(Secret), false},
		{"{type: string, secret: true, optional: true}", new(*Secret), true},
		{"{type: integer}", new(int), false},
		{"{type: integer, optional: true}", new(*int), true},
		{"{type: number}", new(float64), false},
		{"{type: [integer, number]}", new(float64), false},
		{"{type: boolean, optional: true}", new(*bool), true},
		{"{type: object}", new(map[string]any), false},
		{"{type: object, optional: true}", new(map[string]any), true},
		{"{type: array}", new([]any), false},
		{"{type: [string, integer]}", new(any), false},
		{"{type: [string, object], optional: true}", new(any), true},
	}
	for _, test := range tests {
		t.Run(test.declaration, func(t *testing.T) {
			f := compiled(t, test.declaration)
			if want := reflect.TypeOf(test.want).Elem(); f.typ != want || f.nullable != test.nullable {
				t.Errorf("got %s (nullable %t), want %s (nullable %t)", f.typ, f.nullable, want, test.nullable)
			}
		})
	}
}

func TestInputOfBody(t *testing.T) {
	type values map[string]any
	long := strings.Repeat("k", 100)
	tests := []struct {
		declaration string
		body        any // value of x; values for a whole body
		want        string
	}{
		{"{type: string}", "a", `"a"`},
		{"{type: string}", "", `""`},
		{"{type: string}", values{}, "x: The field x is required."},
		{"{type: string}", nil, "x: The field x is required."},
		{"{type: string, optional: true}", nil, "null"},
		{"{type: string, optional: true}", values{}, "null"},
		{"{type: string, optional: true}", 1, "x: The field x must be text."},
		{"{type: string, default: d}", nil, `"d"`},
		{"{type: [string, 'null'], default: d}", nil, "null"},
		{"{type: [string, 'null'], default: d}", values{}, `"d"`},
		{"{type: [string, 'null']}", nil, "null"},
		{"{type: [string, 'null']}", values{}, "x: The field x is required."},
		{"{type: string, secret: true}", "pw", `"pw"`},
		{"{type: string, secret: true, optional: true}", nil, "null"},
		{"{type: string}", values{"x": "a", "unknown": 1}, `"a"`},
		{"{type: string, from: body.phone-number}", values{"phone-number": "1"}, `"1"`},
		{"{type: string, from: [body.a, body.b]}", values{"a": nil, "b": "2"}, `"2"`},

		{"{type: integer}", 7, "7"},
		{"{type: integer}", 1.0, "1"},
		{"{type: integer}", json.Number("9007199254740993"), "9007199254740993"},
		{"{type: integer}", json.Number("1e2"), "100"},
		{"{type: integer}", 1.5, "x: The field x must be a whole number."},
		{"{type: integer}", 1e20, "x: The field x is out of range."},
		{"{type: integer}", json.Number("1e999"), "x: The field x is out of range."},
		{"{type: integer}", "1", "x: The field x must be a whole number."},
		{"{type: integer}", true, "x: The field x must be a whole number."},
		{"{type: number}", 7, "7"},
		{"{type: number}", 1e20, "100000000000000000000"},
		{"{type: number}", json.Number("0.5"), "0.5"},
		{"{type: [string, integer]}", 12.0, "12"},
		{"{type: [string, integer]}", "012", `"012"`},
		{"{type: [string, integer]}", true, "x: The field x must be text or a whole number."},
		{"{type: boolean}", false, "false"},
		{"{type: boolean}", "true", "x: The field x must be true or false."},
		{"{type: string, coerce: string}", 123456, `"123456"`},
		{"{type: string, coerce: string}", 1e15, `"1000000000000000"`},
		{"{type: string, coerce: string}", 1e20, "x: The field x must be text."},
		{"{type: string, coerce: string}", 0.5, `"0.5"`},
		{"{type: string, coerce: string}", json.Number("1.50"), `"1.50"`},
		{"{type: string, coerce: string}", true, `"true"`},
		{"{type: string, coerce: string}", []any{}, "x: The field x must be text."},
		{"{type: object, coerce: {string: name}}", "Ann", `{"name":"Ann"}`},
		{"{type: object, coerce: {string: name}}", map[string]any{"name": "Ann", "age": 7}, `{"age":7,"name":"Ann"}`},
		{"{type: object, coerce: {string: name}}", 7, "x: The field x must be an object."},
		{"{type: object, coerce: {string: name}}", []any{"Ann"}, "x: The field x must be an object."},
		{"{type: object, coerce: {string: name}, properties: {name: {type: string, maxLength: 2}}}", "Ann", "x.name: The field x.name must have at most 2 characters."},

		{"{type: string, minLength: 3}", "äöü", `"äöü"`},
		{"{type: string, minLength: 3}", "äö", "x: The field x must have at least 3 characters."},
		{"{type: string, maxLength: 3}", "äöü", `"äöü"`},
		{"{type: string, maxLength: 1}", "äö", "x: The field x must have at most 1 character."},
		{"{type: string, pattern: '^[a-z]+$'}", "abc", `"abc"`},
		{"{type: string, pattern: '^[a-z]+$'}", "aBc", "x: The field x must match the pattern ^[a-z]+$."},
		{"{type: string, format: email, minLength: 9}", "a@", "x: The field x must have at least 9 characters.\nx: The field x must be an e-mail address."},
		{"{type: string, enum: [a, b]}", "b", `"b"`},
		{"{type: string, enum: [a, b]}", "c", "x: The field x must be one of a, b."},
		{"{type: string, const: a}", "b", "x: The field x must be a."},
		{"{type: integer, enum: [1, 2]}", 2.0, "2"},
		{"{type: [integer, string, object, 'null'], enum: [1, a, null, {b: [1]}]}", map[string]any{"b": []any{1.0}}, `{"b":[1]}`},
		{"{type: integer, minimum: 1, maximum: 3}", 3, "3"},
		{"{type: integer, minimum: 1, maximum: 3}", 0, "x: The field x must be at least 1."},
		{"{type: integer, minimum: 1, maximum: 3}", 4, "x: The field x must be at most 3."},
		{"{type: number, exclusiveMinimum: 1, exclusiveMaximum: 2.5}", 1.0, "x: The field x must be more than 1."},
		{"{type: number, exclusiveMinimum: 1, exclusiveMaximum: 2.5}", 2.5, "x: The field x must be less than 2.5."},
		{"{type: number, multipleOf: 0.1}", 0.3, "0.3"},
		{"{type: number, multipleOf: 0.1}", 0.35, "x: The field x must be a multiple of 0.1."},
		{"{type: integer, multipleOf: 5}", 11, "x: The field x must be a multiple of 5."},

		{"{type: array, items: {type: integer}}", []any{1, 2.0}, "[1,2]"},
		{"{type: array, items: {type: integer}}", []any{1, "b", nil}, "x.1: The field x.1 must be a whole number.\nx.2: The field x.2 must be a whole number."},
		{"{type: array, minItems: 1, maxItems: 2}", []any{}, "x: The field x must have at least 1 item."},
		{"{type: array, minItems: 1, maxItems: 2}", []any{1, 2, 3}, "x: The field x must have at most 2 items."},
		{"{type: array, uniqueItems: true}", []any{1, 1.0}, "x: The field x must not have an item twice."},
		{"{type: array, uniqueItems: true}", []any{1, "1", map[string]any{"a": 1}, map[string]any{"a": 2}}, `[1,"1",{"a":1},{"a":2}]`},
		{"{type: object, properties: {city: {type: string}, zip: {type: integer}}, required: [city, zip]}",
			map[string]any{"city": 1}, "x.zip: The field x.zip is required.\nx.city: The field x.city must be text."},
		{"{type: object, properties: {a: {type: string}}}", map[string]any{"b": 1}, `{"b":1}`},
		{"{type: object, properties: {a: {type: string}}, additionalProperties: false}", map[string]any{"a": "", "c": 1, "b": 1},
			"x.b: The field x.b is not known.\nx.c: The field x.c is not known."},
		{"{type: object, additionalProperties: false}", map[string]any{long: 1}, "x." + long[:64] + "…: The field x." + long[:64] + "… is not known."},
		{"{type: object, additionalProperties: {type: integer}}", map[string]any{"a": 1, "b": "2"}, "x.b: The field x.b must be a whole number."},
		{"{type: object, properties: {a: {type: array, items: {type: object, required: [b]}}}}", map[string]any{"a": []any{map[string]any{}}},
			"x.a.0.b: The field x.a.0.b is required."},
		{"{type: object, properties: {n: {type: [number, 'null']}}}", map[string]any{"n": json.Number("3")}, `{"n":3}`},
		{"{type: object, default: {a: [1, b, null, 1.5, true]}}", nil, `{"a":[1,"b",null,1.5,true]}`},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%s %v", test.declaration, test.body), func(t *testing.T) {
			src := bodyOf(test.body)
			if whole, ok := test.body.(values); ok {
				src.body = map[string]any(whole)
			}
			if diff := cmp.Diff(test.want, readBack(compiled(t, test.declaration), src)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestInputOfText(t *testing.T) {
	tests := []struct {
		declaration string
		src         fakeSource
		want        string
	}{
		{"{type: string, from: query.x}", fakeSource{query: map[string]string{"x": "a"}}, `"a"`},
		{"{type: string, from: query.x}", fakeSource{query: map[string]string{"x": ""}}, "x: The field x is required."},
		{"{type: string, optional: true, from: query.x}", fakeSource{query: map[string]string{"x": ""}}, "null"},
		{"{type: string, default: d, from: cookie.x}", fakeSource{cookie: map[string]string{"x": ""}}, `"d"`},
		{"{type: string, from: query.x}", fakeSource{query: map[string]string{"x": "\xff"}}, "x: The field x must be valid UTF-8."},
		{"{type: string, from: query.x}", fakeSource{query: map[string]string{"x": "a b"}, plus: map[string]string{"x": "a+b"}}, `"a b"`},
		{"{type: string, plus: keep, from: query.x}", fakeSource{query: map[string]string{"x": "a b"}, plus: map[string]string{"x": "a+b"}}, `"a+b"`},
		{"{type: string, from: path.id}", fakeSource{path: map[string]string{"id": "7"}}, `"7"`},
		{"{type: string, from: header.x-client}", fakeSource{header: map[string]string{"X-Client": "c"}}, `"c"`},
		{"{type: string, from: [header.x-a, query.b, cookie.c]}", fakeSource{header: map[string]string{"X-A": ""}, cookie: map[string]string{"c": "3"}}, `"3"`},
		{"{type: integer, from: query.x}", fakeSource{query: map[string]string{"x": "-7"}}, "-7"},
		{"{type: integer, from: query.x}", fakeSource{query: map[string]string{"x": "9223372036854775807"}}, "9223372036854775807"},
		{"{type: integer, from: query.x}", fakeSource{query: map[string]string{"x": "1e3"}}, "x: The field x must be a whole number."},
		{"{type: integer, from: query.x}", fakeSource{query: map[string]string{"x": "007"}}, "x: The field x must be a whole number."},
		{"{type: integer, from: query.x}", fakeSource{query: map[string]string{"x": "+7"}}, "x: The field x must be a whole number."},
		{"{type: integer, from: query.x}", fakeSource{query: map[string]string{"x": " 7"}}, "x: The field x must be a whole number."},
		{"{type: integer, from: query.x}", fakeSource{query: map[string]string{"x": "9223372036854775808"}}, "x: The field x must be a whole number."},
		{"{type: number, from: query.x}", fakeSource{query: map[string]string{"x": "1e3"}}, "1000"},
		{"{type: number, from: query.x}", fakeSource{query: map[string]string{"x": "1e999"}}, "x: The field x must be a number."},
		{"{type: number, from: query.x}", fakeSource{query: map[string]string{"x": "NaN"}}, "x: The field x must be a number."},
		{"{type: number, from: query.x}", fakeSource{query: map[string]string{"x": "0x10"}}, "x: The field x must be a number."},
		{"{type: boolean, from: query.x}", fakeSource{query: map[string]string{"x": "true"}}, "true"},
		{"{type: boolean, from: query.x}", fakeSource{query: map[string]string{"x": "True"}}, "x: The field x must be true or false."},
		{"{type: boolean, from: query.x}", fakeSource{query: map[string]string{"x": "1"}}, "x: The field x must be true or false."},
		{"{type: [string, integer], from: query.x}", fakeSource{query: map[string]string{"x": "12"}}, `"12"`},
		{"{type: [boolean, integer], from: query.x}", fakeSource{query: map[string]string{"x": "12"}}, "12"},
		{"{type: [boolean, integer], from: query.x}", fakeSource{query: map[string]string{"x": "false"}}, "false"},
		{"{type: integer, minimum: 5, from: query.x}", fakeSource{query: map[string]string{"x": "4"}}, "x: The field x must be at least 5."},
		{"{type: integer}", fakeSource{body: map[string]string{"x": "4"}}, "4"},
		{"{type: string, optional: true}", fakeSource{body: map[string]string{"x": ""}}, "null"},
		{"{type: string, from: [body.x, query.x]}", fakeSource{body: []any{}, query: map[string]string{"x": "q"}}, `"q"`},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%s %v", test.declaration, test.src), func(t *testing.T) {
			if diff := cmp.Diff(test.want, readBack(compiled(t, test.declaration), test.src)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestInputFormats(t *testing.T) {
	tests := map[string]struct{ good, bad []string }{
		"email": {[]string{"a@b.c", "a.b+c'd@x-y.example.com", "root@localhost", strings.Repeat("a", 64) + "@b.c"},
			[]string{"a", "@b", "a@", "a b@c.d", "a@b@c", "a@-b.c", "a@b..c", "Ada <a@b.c>", "a@b.c\r\nX: y", "ä@b.c", strings.Repeat("a", 65) + "@b.c", "a@" + strings.Repeat("b.", 130) + "c"}},
		"uri": {[]string{"https://a.example/b?c=%20#d", "mailto:a@b.c", "urn:x:y", "http://[::1]:80/"},
			[]string{"/a", "a b:c", "http://a b", "://x", "https://a/%zz", "https://a/?%z", "https://ä/", "https://a/\x00", "https://a/%2"}},
		"uri-reference":         {[]string{"/a?b#c", "", "https://x/", "../x"}, []string{"a b", "%zz", "a<b"}},
		"uri-template":          {[]string{"/u/{id}", "{?a,b*}{+c:3}", "plain"}, []string{"{", "}", "{a", "a}b{", "{}", "{a b}", "{{a}}"}},
		"uuid":                  {[]string{"123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-426614174000"}, []string{"", "123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-42661417400g", "123e4567-e89b-12d3-a456_426614174000"}},
		"hostname":              {[]string{"a", "a-b.example.com", "1.2"}, []string{"", "a.", ".a", "a_b", "-a", "a-", strings.Repeat("a", 64), strings.Repeat("a.", 127) + "a"}},
		"ipv4":                  {[]string{"1.2.3.4", "255.255.255.255"}, []string{"1.2.3", "01.2.3.4", "256.1.1.1", "::1", "1.2.3.4 "}},
		"ipv6":                  {[]string{"::1", "2001:db8::1", "::ffff:1.2.3.4"}, []string{"1.2.3.4", "fe80::1%eth0", ":::", "[::1]"}},
		"date":                  {[]string{"2024-02-29"}, []string{"2023-02-29", "2024-2-9", "20240229", "2024-02-29T00:00:00Z"}},
		"time":                  {[]string{"09:30:00Z", "09:30:00.123+02:00"}, []string{"09:30:00", "24:00:00Z", "9:30:00Z", "09:30Z"}},
		"date-time":             {[]string{"2026-01-31T09:30:00Z", "2026-01-31T09:30:00.5-05:30"}, []string{"2026-01-31 09:30:00Z", "2026-01-31T09:30:00", "2026-01-31T09:30:00,5Z", "2026-13-01T00:00:00Z", "2026-01-31T9:30:00Z", "2026-01-31T25:30:00Z", "2026-01-31T09:30:00+25:00"}},
		"duration":              {[]string{"P1D", "PT1H30M", "P2W", "P1Y2M3DT4H5M6S"}, []string{"", "P", "PT", "P1DT", "1D", "P1W2D", "P1.5D"}},
		"json-pointer":          {[]string{"", "/a/0", "/a~1b~0"}, []string{"a", "/~", "/~2"}},
		"relative-json-pointer": {[]string{"0", "1/a", "2#"}, []string{"", "/a", "-1", "01/a"}},
		"regex":                 {[]string{"^a+$", ""}, []string{"(", "a**", "(?<", `\p{Foo}`, strings.Repeat("(a{1000}){1000}", 3)}},
	}
	for format := range textFormats {
		test, ok := tests[format]
		if !ok {
			t.Errorf("no test of the format %s", format)
		}
		f := compiled(t, "{type: string, format: "+format+"}")
		for _, s := range test.good {
			if got := readBack(f, bodyOf(s)); strings.HasPrefix(got, "x:") {
				t.Errorf("%s: got %q refused, want it taken", format, s)
			}
		}
		for _, s := range test.bad {
			if got := readBack(f, bodyOf(s)); !strings.HasPrefix(got, "x: The field x must be "+textFormats[format].text) {
				t.Errorf("%s: got %q for %q, want it refused", format, got, s)
			}
		}
	}
}

// Each format that flow files may name is checked: one that is only noted would
// let anything through.
func TestEveryFormatOfFlowsIsChecked(t *testing.T) {
	for _, format := range []string{"email", "uri", "uri-reference", "uri-template", "uuid", "hostname", "ipv4", "ipv6", "date", "time", "date-time", "duration", "json-pointer", "relative-json-pointer", "regex"} {
		parseInputs(t, "  x: {type: string, format: "+format+"}\n")
		if textFormats[format] == nil {
			t.Errorf("the format %s is not checked", format)
		}
	}
	_, diags := flows.Parse("f.yaml", []byte("version: 1\nflow: f\ninput:\n  x: {type: string, format: e-mail}\nnodes:\n  - {id: ok, use: respond}\n"))
	if len(diags) != 1 || diags[0].Code != "bad-value" {
		t.Errorf("got %v, want one problem with the unknown format", diags)
	}
}

// What flows.Parse would have refused lets nothing through here.
func TestInputKeywordsAreClosed(t *testing.T) {
	text := func(s string) *flows.Value { return &flows.Value{Kind: flows.String, Text: s} }
	for key, value := range map[string]*flows.Value{"format": text("e-mail"), "pattern": text("(")} {
		in := flows.Input{Name: flows.Name{Text: "x"}, Types: []flows.Name{{Text: "string"}},
			Schema: &flows.Value{Kind: flows.Map, Fields: []flows.Field{{Key: flows.Name{Text: key}, Value: value}}}}
		f, _ := compileInput(in, "body", nil)
		for _, s := range []string{"", "a", "a@b.c", "\x00"} {
			if got := readBack(f, bodyOf(s)); !strings.HasPrefix(got, "x:") {
				t.Errorf("R-61 %s: got %s, want %q refused", key, got, s)
			}
		}
	}
}

func TestSeveralFaultsGiveSeveralEntries(t *testing.T) {
	ins := parseInputs(t, "  email: {type: string, format: email}\n  password: {type: string, minLength: 15, secret: true}\n")
	src := fakeSource{body: map[string]any{"email": "nobody", "password": "hunter2"}}
	var got []ErrorEntry
	for _, in := range ins {
		f, diags := compileInput(in, "body", nil)
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		got = append(got, f.read(src, reflect.New(f.typ).Elem())...)
	}
	want := []ErrorEntry{
		{"client_error", "validation_error", "The field email must be an e-mail address.", map[string]any{"field": "email"}},
		{"client_error", "validation_error", "The field password must have at least 15 characters.", map[string]any{"field": "password"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Clients know what they have sent by the names of the request, not by those of the flow.
func TestFaultsNameWhatWasSent(t *testing.T) {
	for _, test := range []struct {
		declaration string
		src         fakeSource
		want        string
	}{
		{"{type: string, from: body.user_email}", fakeSource{}, "user_email: The field user_email is required."},
		{"{type: string, from: body.user_email}", bodyWith("user_email", 1), "user_email: The field user_email must be text."},
		{"{type: string, maxLength: 2, from: body.user_email}", bodyWith("user_email", "abc"), "user_email: The field user_email must have at most 2 characters."},
		{"{type: object, required: [a], from: body.user}", bodyWith("user", map[string]any{}), "user.a: The field user.a is required."},
		{"{type: array, items: {type: integer}, from: body.ids}", bodyWith("ids", []any{1, "b"}), "ids.1: The field ids.1 must be a whole number."},
		{"{type: integer, from: query.max-items}", fakeSource{query: map[string]string{"max-items": "many"}}, "max-items: The field max-items must be a whole number."},
		{"{type: string, from: query.q}", fakeSource{query: map[string]string{"q": "\xff"}}, "q: The field q must be valid UTF-8."},
		{"{type: integer, from: path.id}", fakeSource{path: map[string]string{"id": "x"}}, "id: The field id must be a whole number."},
		{"{type: string, from: header.x-client}", fakeSource{}, "X-Client: The field X-Client is required."},
		{"{type: string, from: cookie.seen}", fakeSource{}, "seen: The field seen is required."},
		// Of several places the one that it came from, else the first.
		{"{type: integer, from: [query.lang, header.Accept-Language]}", fakeSource{}, "lang: The field lang is required."},
		{"{type: integer, from: [query.lang, header.Accept-Language]}", fakeSource{query: map[string]string{"lang": "x"}, header: map[string]string{"Accept-Language": "1"}}, "lang: The field lang must be a whole number."},
		{"{type: integer, from: [query.lang, header.Accept-Language]}", fakeSource{query: map[string]string{"lang": ""}, header: map[string]string{"Accept-Language": "x"}}, "Accept-Language: The field Accept-Language must be a whole number."},
		{"{type: string, maxLength: 1, from: [body.a, body.b]}", fakeSource{body: map[string]any{"a": nil, "b": "xx"}}, "b: The field b must have at most 1 character."},
	} {
		if diff := cmp.Diff(test.want, readBack(compiled(t, test.declaration), test.src)); diff != "" {
			t.Errorf("%s: %s", test.declaration, diff)
		}
	}
}

func bodyWith(name string, v any) fakeSource { return fakeSource{body: map[string]any{name: v}} }

// No message holds what was sent, secret or not.
func TestFaultsNeverEchoValues(t *testing.T) {
	const canary = "c4nary-value"
	for _, declaration := range []string{
		"{type: string, secret: true, minLength: 50}", "{type: string, secret: true, maxLength: 2}", "{type: string, secret: true, pattern: '^x'}",
		"{type: string, secret: true, format: uuid}", "{type: string, secret: true, enum: [a]}", "{type: string, secret: true, const: b}", "{type: integer}",
		"{type: object}", "{type: array}", "{type: string, format: email}", "{type: boolean}",
	} {
		got := readBack(compiled(t, declaration), bodyOf(canary))
		if !strings.HasPrefix(got, "x: ") || strings.Contains(got, canary) {
			t.Errorf("R-64 %s: got %s, want a fault without the value", declaration, got)
		}
	}
}

func TestFaultsAreBounded(t *testing.T) {
	list, object := make([]any, 30_000), map[string]any{}
	for i := range list {
		object[fmt.Sprint(i)] = 1
	}
	objects := make([]any, len(list))
	for i := range objects {
		objects[i] = map[string]any{}
	}
	for declaration, v := range map[string]any{
		"{type: array, items: {type: integer}}":                     list,
		"{type: object, additionalProperties: false}":               object,
		"{type: object, additionalProperties: {type: string}}":      object,
		"{type: array, items: {type: object, required: [a, b, c]}}": objects,
	} {
		f := compiled(t, declaration)
		if n := len(f.read(bodyOf(v), reflect.New(f.typ).Elem())); n == 0 || n > maxFaults {
			t.Errorf("%s: got %d entries, want 1 to %d", declaration, n, maxFaults)
		}
	}
}

func TestBodyProblem(t *testing.T) {
	broken := Fail(413, "request_body_size_too_large", "")
	tests := []struct {
		name string
		src  fakeSource
		want []ErrorEntry
		err  error
	}{
		{"object", fakeSource{body: map[string]any{}}, nil, nil},
		{"form", fakeSource{body: map[string]string{}}, nil, nil},
		{"none", fakeSource{}, nil, nil},
		{"list", fakeSource{body: []any{}}, []ErrorEntry{faultEntry("body", "The body must be a JSON object.")}, nil},
		{"text", fakeSource{body: "x"}, []ErrorEntry{faultEntry("body", "The body must be a JSON object.")}, nil},
		{"broken", fakeSource{err: broken}, nil, broken},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := bodyProblem(test.src)
			if diff := cmp.Diff(test.want, got); diff != "" || !errors.Is(err, test.err) {
				t.Errorf("%s got error %v, want %v", diff, err, test.err)
			}
		})
	}
}

// A default is made anew for each run: what one does to it no other sees.
func TestDefaultsAreNotShared(t *testing.T) {
	f := compiled(t, "{type: object, default: {a: [1]}}")
	first, second := reflect.New(f.typ).Elem(), reflect.New(f.typ).Elem()
	f.read(fakeSource{}, first)
	first.Interface().(map[string]any)["a"].([]any)[0] = "changed"
	f.read(fakeSource{}, second)
	if got := string(appendJSON(nil, second.Interface())); got != `{"a":[1]}` {
		t.Errorf("got %s, want the default unchanged", got)
	}
}

func TestInputMistakes(t *testing.T) {
	tests := []struct {
		declaration string
		implied     string
		want        string // "" for none
	}{
		{"{type: string}", "", `f.yaml:6:3: the endpoints of the flow differ in where x is read [missing-from]`},
		{"{type: string, from: body.x}", "", ""},
		{"{type: string, from: path.ix}", "body", `f.yaml:6:27: the path has no parameter "ix" [unknown-path-name]`},
		{"{type: string, from: [query.x, path.ix]}", "body", `f.yaml:6:37: the path has no parameter "ix" [unknown-path-name]`},
		{"{type: integer, secret: true}", "body", `f.yaml:6:6: the secret input x must be text [bad-secret]`},
		{"{type: [string, integer], secret: true}", "body", `f.yaml:6:6: the secret input x must be text [bad-secret]`},
		{"{type: [string, 'null'], secret: true}", "body", ""},
		{"{type: 'null'}", "body", `f.yaml:6:13: an input that is always null tells nothing [bad-input]`},
		{"{type: string, coerce: {string: name}}", "body", `f.yaml:6:21: coerce: {string: name} gives an object, so the type must be object [misplaced-keyword]`},
		{"{type: integer, coerce: string}", "body", `f.yaml:6:22: coerce: string gives text, so the type must be string [misplaced-keyword]`},
		{"{type: string, plus: keep}", "body", `f.yaml:6:21: plus: keep is for inputs that are read from the query [misplaced-keyword]`},
		{"{type: string, plus: keep}", "query", ""},
		{"{type: object, from: query.x}", "body", `f.yaml:6:27: an object can be read from the body only [bad-input]`},
		{"{type: array}", "query", `f.yaml:6:3: a list can be read from the body only [bad-input]`},
		{"{type: [array, string], from: query.x}", "body", ""},
		{"{type: integer, default: a}", "body", `f.yaml:6:31: the default of x must be a whole number [bad-value]`},
		{"{type: integer, default: 1.5}", "body", `f.yaml:6:31: the default of x must be a whole number [bad-value]`},
		{"{type: string, maxLength: 2, default: abc}", "body", `f.yaml:6:44: the default of x must have at most 2 characters [bad-value]`},
		{"{type: string, enum: [a], default: b}", "body", `f.yaml:6:41: the default of x must be a [bad-value]`},
		{"{type: string, default: null}", "body", `f.yaml:6:30: the default of x must be text [bad-value]`},
		{"{type: string, enum: [a, 1]}", "body", `f.yaml:6:31: this value could never be sent: it must be text [bad-value]`},
		{"{type: string, minLength: 2, const: a}", "body", `f.yaml:6:42: this value could never be sent: it must have at least 2 characters [bad-value]`},
		{"{type: array, items: {type: integer, enum: [1, b]}}", "body", `f.yaml:6:53: this value could never be sent: it must be a whole number [bad-value]`},
		{"{type: object, properties: {a: {type: string, const: 1}}}", "body", `f.yaml:6:59: this value could never be sent: it must be text [bad-value]`},
	}
	for _, test := range tests {
		t.Run(test.declaration, func(t *testing.T) {
			_, diags := compileInput(parseInputs(t, "  x: "+test.declaration+"\n")[0], test.implied, []string{"id"})
			var got string
			for _, d := range diags {
				got += d.String()
			}
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestInputPlaces(t *testing.T) {
	f := compiled(t, "{type: string, from: [header.x-one, body.a, header.Two]}")
	if diff := cmp.Diff([]string{"X-One", "Two"}, f.headers()); diff != "" {
		t.Error(diff)
	}
	if !f.reads("body") || f.reads("query") {
		t.Errorf("got body %t and query %t, want true and false", f.reads("body"), f.reads("query"))
	}
}

// FuzzInput asserts that no body brings a reader to panic, and that whatever is
// taken fits what was declared.
func FuzzInput(f *testing.F) {
	fields := []*inputField{
		compiled(f, "{type: string, minLength: 2, maxLength: 4, pattern: '^[a-c]*$'}"),
		compiled(f, "{type: integer, minimum: -3, maximum: 9, multipleOf: 3}"),
		compiled(f, "{type: number, multipleOf: 0.01, optional: true}"),
		compiled(f, "{type: array, uniqueItems: true, maxItems: 3, items: {type: [string, integer, 'null']}}"),
		compiled(f, "{type: object, required: [a], properties: {a: {type: boolean}}, additionalProperties: {type: number}}"),
		compiled(f, "{type: string, format: uri, coerce: string}"),
		compiled(f, "{type: string, format: email, secret: true}"),
		compiled(f, "{type: [object, 'null', boolean]}"),
	}
	for _, s := range []string{`{"x":"abc"}`, `{"x":9}`, `{"x":0.07}`, `{"x":["a",1,null]}`, `{"x":{"a":true,"b":1e300}}`, `{"x":5e-324}`, `[]`, `{"x":"a@b.c"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		var body any
		if json.Unmarshal(src, &body) != nil {
			return
		}
		for _, field := range fields {
			dst := reflect.New(field.typ).Elem()
			if entries := field.read(fakeSource{body: body}, dst); len(entries) > 0 {
				continue
			}
			// What was taken must be taken again, unchanged.
			again := reflect.New(field.typ).Elem()
			text := encoderOf(field.typ)(nil, dst)
			var v any
			if err := json.Unmarshal(text, &v); err != nil {
				t.Fatalf("got %s, want JSON: %v", text, err)
			}
			if entries := field.read(bodyOf(v), again); len(entries) > 0 {
				t.Errorf("%s: got %v, want it taken again", text, entries)
			}
		}
	})
}

func FuzzInputText(f *testing.F) {
	fields := []*inputField{
		compiled(f, "{type: integer, from: query.x}"),
		compiled(f, "{type: number, from: query.x}"),
		compiled(f, "{type: boolean, from: query.x}"),
		compiled(f, "{type: [integer, boolean], optional: true, from: query.x}"),
	}
	for name := range textFormats {
		fields = append(fields, compiled(f, "{type: string, from: query.x, format: "+name+"}"))
	}
	for _, s := range []string{"1", "-0", "1e5", "true", "a@b.c", "https://a/?b#c", "{a}", "%", "\xff", "P1D"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, field := range fields {
			readBack(field, fakeSource{query: map[string]string{"x": s}})
		}
	})
}

func BenchmarkInput(b *testing.B) {
	ins := parseInputs(b, "  email: {type: string, format: email, maxLength: 254}\n  password: {type: string, maxLength: 1024, secret: true}\n")
	var src Source = fakeSource{body: map[string]any{"email": "ada.lovelace@example.com", "password": "correct horse battery staple"}}
	var fields []*inputField
	var slots []reflect.Value
	for _, in := range ins {
		f, _ := compileInput(in, "body", nil)
		fields, slots = append(fields, f), append(slots, reflect.New(f.typ).Elem())
	}
	b.ReportAllocs()
	for b.Loop() {
		for i, f := range fields {
			if entries := f.read(src, slots[i]); len(entries) > 0 {
				b.Fatal(entries)
			}
		}
	}
}
