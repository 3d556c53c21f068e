package engine

import (
	"fmt"
	"net/textproto"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/latchwork/latchwork/flows"
)

// compileInput prepares a declared input whose types are those of JSON Schema.
// implied is the place where it is read without from: "path", "query" or
// "body", or "" where the endpoints of the flow differ in that. pathNames are
// the parameters of the path.
//
// What flows.Parse reports, such as an unknown format, is not reported again. The
// input is nil where its types are not known.
func compileInput(in flows.Input, implied string, pathNames []string) (*inputField, flows.Diagnostics) {
	c := &inputCompiler{in: in}
	f := c.field()
	if f == nil {
		return nil, c.diags
	}
	c.origins(f, implied, pathNames)
	c.defaults(f)
	return f, c.diags
}

// compileGiven prepares an input of a sub-flow, which is not read in a request but
// given by the node that uses the flow. It is nil where its types are not known.
func compileGiven(in flows.Input) (*inputField, flows.Diagnostics) {
	c := &inputCompiler{in: in}
	f := c.field()
	if f == nil {
		return nil, c.diags
	}
	for _, key := range []string{"from", "coerce", "plus"} {
		if in.Schema.Get(key) != nil {
			c.report(c.keyPos(key), "misplaced-keyword", "remove it: this flow is given its inputs by the node that uses it",
				"%q is about requests, and a flow without endpoints reads none", key)
		}
	}
	c.defaults(f)
	return f, c.diags
}

type inputCompiler struct {
	in    flows.Input
	diags flows.Diagnostics
}

func (c *inputCompiler) report(pos flows.Pos, code, hint, format string, args ...any) {
	c.diags.Add(pos, code, fmt.Sprintf(format, args...), hint)
}

// field is the input with its type and its schema, but without its origins.
func (c *inputCompiler) field() *inputField {
	in := c.in
	f := &inputField{name: in.Name.Text, coerce: in.Coerce, coerceTo: in.CoerceTo.Text,
		optional: in.Optional, hasDef: in.Default != nil}
	for _, t := range in.Types {
		bit := jsonTypeOf(t.Text)
		if bit == 0 {
			return nil
		}
		f.types |= bit
	}
	values := f.types &^ jsonNull
	if f.types == jsonNull {
		c.report(in.Types[0].Pos, "bad-input", "type: [string, \"null\"]", "an input that is always null tells nothing")
		return nil
	}
	if in.Secret && values != jsonString {
		hint := "type: string"
		if values&jsonString != 0 {
			hint = "type: string with coerce: string takes numbers as text"
		}
		c.report(in.Pos, "bad-secret", hint, "the secret input %s must be text", f.name)
		return nil
	}
	if in.Coerce && values != jsonString {
		c.report(c.keyPos("coerce"), "misplaced-keyword", "type: string", "coerce: string gives text, so the type must be string")
	}
	if in.CoerceTo.IsSet() && values != jsonObject {
		c.report(c.keyPos("coerce"), "misplaced-keyword", "type: object", "coerce: {string: %s} gives an object, so the type must be object", in.CoerceTo.Text)
	}
	f.nullable = f.optional && !f.hasDef || f.types&jsonNull != 0
	f.typ, f.store = slotOf(values, in.Secret, f.nullable)
	f.schema = c.schema(in.Schema, f.types)
	return f
}

// keyPos is the place of a key of the declaration.
func (c *inputCompiler) keyPos(key string) flows.Pos {
	if c.in.Schema != nil {
		for _, f := range c.in.Schema.Fields {
			if f.Key.Text == key {
				return f.Key.Pos
			}
		}
	}
	return c.in.Pos
}

// origins resolves where the input is read.
func (c *inputCompiler) origins(f *inputField, implied string, pathNames []string) {
	from := c.in.From
	if len(from) == 0 {
		if implied == "" {
			c.report(c.in.Name.Pos, "missing-from", "add from: body."+f.name+" or another place", "the endpoints of the flow differ in where %s is read", f.name)
			return
		}
		from = []flows.Origin{{Pos: c.in.Name.Pos, In: implied, Name: f.name}}
	}
	var query, text bool
	for _, o := range from {
		origin := inputOrigin{in: o.In, name: o.Name, keepPlus: c.in.KeepPlus}
		query, text = query || o.In == "query", text || o.In != "body"
		switch {
		case o.In == "header":
			origin.name = textproto.CanonicalMIMEHeaderKey(o.Name)
		case o.In == "path" && !slices.Contains(pathNames, o.Name):
			hint := didYouMean(o.Name, pathNames)
			switch {
			case len(pathNames) == 0:
				hint = "the path has no {name}"
			case hint == "":
				hint = "its parameters are " + strings.Join(pathNames, ", ")
			}
			c.report(o.Pos, "unknown-path-name", hint, "the path has no parameter %q", o.Name)
		}
		origin.root = &fieldPath{name: origin.name}
		f.origins = append(f.origins, origin)
	}
	if c.in.KeepPlus && !query {
		c.report(c.keyPos("plus"), "misplaced-keyword", "from: query."+f.name, "plus: keep is for inputs that are read from the query")
	}
	if scalar := jsonString | jsonInteger | jsonNumber | jsonBoolean; text && f.types != 0 && f.types&scalar == 0 {
		hint := "from: body." + f.name
		if implied != "body" && len(c.in.From) == 0 {
			hint += ", of an endpoint whose method has a body; or take text and split it: split(input." + f.name + ", ',')"
		}
		c.report(from[0].Pos, "bad-input", hint, "%s can be read from the body only", f.types&^jsonNull)
	}
}

// defaults checks the default, which must be what a request could have sent.
func (c *inputCompiler) defaults(f *inputField) {
	if !f.hasDef {
		return
	}
	f.def = c.in.Default.Plain()
	if problem := f.schema.problem(f.def); problem != "" {
		c.report(c.in.Default.Pos, "bad-value", "", "the default of %s %s", f.name, problem)
	}
}

// defaultValue is the default as a constant in a flow; nil if it is faulty.
func (f *inputField) defaultValue(pos flows.Pos) *value {
	if f.schema.problem(CloneJSON(f.def)) != "" {
		return nil
	}
	dst := reflect.New(f.typ).Elem()
	f.store(dst, CloneJSON(f.def))
	if dst.Kind() == reflect.Pointer && f.def != nil {
		dst = dst.Elem()
	}
	return constantValue(dst, pos, f.def == nil)
}

// problem is the first thing wrong with a constant, or "".
func (s *schema) problem(v any) string {
	out := faults{}
	s.check(v, &fieldPath{name: "it"}, &out)
	if len(out.list) == 0 {
		return ""
	}
	text := strings.TrimSuffix(strings.TrimPrefix(out.list[0].Message, "The field it"), ".")
	if below, ok := strings.CutPrefix(text, "."); ok {
		return "does not fit: " + below
	}
	return strings.TrimPrefix(text, " ")
}

// slotOf is the Go type that an input has in a run, and the function that puts
// checked data of the given types there.
func slotOf(types jsonTypes, secret, nullable bool) (reflect.Type, func(reflect.Value, any)) {
	switch {
	case secret:
		return slot(nullable, func(v any) Secret { return Secret{v.(string)} })
	case types == jsonString:
		return slot(nullable, func(v any) string { return v.(string) })
	case types == jsonInteger:
		return slot(nullable, func(v any) int { return v.(int) })
	case types&^jsonInteger == jsonNumber:
		return slot(nullable, asFloat)
	case types == jsonBoolean:
		return slot(nullable, func(v any) bool { return v.(bool) })
	case types == jsonObject:
		return slot(false, func(v any) map[string]any { m, _ := v.(map[string]any); return m })
	case types == jsonArray:
		return slot(false, func(v any) []any { l, _ := v.([]any); return l })
	}
	return slot(false, func(v any) any { return v })
}

// slot makes the function that stores a T, by way of a new pointer if it may be
// null.
func slot[T any](nullable bool, read func(any) T) (reflect.Type, func(reflect.Value, any)) {
	if !nullable {
		return reflect.TypeFor[T](), func(dst reflect.Value, v any) { *dst.Addr().Interface().(*T) = read(v) }
	}
	return reflect.TypeFor[*T](), func(dst reflect.Value, v any) {
		p := dst.Addr().Interface().(**T)
		if v == nil {
			*p = nil
			return
		}
		*p = new(T)
		**p = read(v)
	}
}

func asFloat(v any) float64 {
	if n, ok := v.(int); ok {
		return float64(n)
	}
	return v.(float64)
}

// schema prepares a JSON Schema of the given types. Keywords with a value of the
// wrong kind are left out: flows.Parse has reported them.
func (c *inputCompiler) schema(v *flows.Value, types jsonTypes) *schema {
	s := &schema{types: types, minLength: countOf(v, "minLength"), maxLength: countOf(v, "maxLength"),
		minItems: countOf(v, "minItems"), maxItems: countOf(v, "maxItems"),
		minimum: numberOf(v, "minimum"), maximum: numberOf(v, "maximum"),
		aboveMin: numberOf(v, "exclusiveMinimum"), belowMax: numberOf(v, "exclusiveMaximum")}
	if f := v.Get("format"); f != nil {
		// A format that is not known lets nothing through.
		if s.format = textFormats[f.Text]; s.format == nil {
			s.format = &textFormat{"of the format " + f.Text, func(string) bool { return false }}
		}
	}
	if p := v.Get("pattern"); p != nil && p.Kind == flows.String {
		// A pattern that does not compile lets nothing through.
		var err error
		if s.pattern, err = regexp.Compile(p.Text); err != nil {
			s.pattern = regexp.MustCompile(`[^\x00-\x{10FFFF}]`)
		}
	}
	if m := numberOf(v, "multipleOf"); m != nil && *m > 0 {
		s.multipleOf = *m
	}
	if i := v.Get("items"); i != nil {
		s.items = c.schema(i, typesOf(i))
	}
	if u := v.Get("uniqueItems"); u != nil {
		s.unique = u.Bool
	}
	if r := v.Get("required"); r != nil {
		for _, name := range listOf(r) {
			s.required = append(s.required, name.Text)
		}
	}
	if p := v.Get("properties"); p != nil {
		for _, f := range p.Fields {
			s.properties = append(s.properties, property{f.Key.Text, c.schema(f.Value, typesOf(f.Value))})
		}
	}
	if a := v.Get("additionalProperties"); a != nil {
		if a.Kind == flows.Map {
			s.additional = c.schema(a, typesOf(a))
		} else {
			s.closed = !a.Bool
		}
	}
	s.checksItems = s.items != nil || s.minItems > 0 || s.maxItems >= 0 || s.unique
	s.checksMap = s.properties != nil || s.required != nil || s.additional != nil || s.closed
	c.enum(s, v)
	return s
}

// enum reads enum and const. A value that the rest of the schema refuses could
// never be sent, so it is a mistake.
func (c *inputCompiler) enum(s *schema, v *flows.Value) {
	var allowed []*flows.Value
	if e := v.Get("enum"); e != nil {
		allowed = e.Items
	}
	if one := v.Get("const"); one != nil {
		allowed = []*flows.Value{one}
	}
	var enum []any
	var texts []string
	for _, a := range allowed {
		plain := a.Plain()
		if problem := s.problem(plain); problem != "" {
			c.report(a.Pos, "bad-value", "", "this value could never be sent: it %s", problem)
		}
		enum, texts = append(enum, plain), append(texts, plainText(plain))
	}
	s.enum = enum
	if s.only = strings.Join(texts, ", "); len(texts) > 1 {
		s.only = "one of " + s.only
	}
}

// plainText is a constant as a message names it.
func plainText(v any) string {
	if text, ok := v.(string); ok && text != "" {
		return text
	}
	return string(appendJSON(nil, v))
}

// typesOf are the types under the key type of a schema within a declaration.
func typesOf(v *flows.Value) (types jsonTypes) {
	if t := v.Get("type"); t != nil {
		for _, name := range listOf(t) {
			types |= jsonTypeOf(name.Text)
		}
	}
	return types
}

// listOf is v's items, or v alone where it is no list.
func listOf(v *flows.Value) []*flows.Value {
	if v.Kind == flows.List {
		return v.Items
	}
	return []*flows.Value{v}
}

// countOf is a whole number under a key, or -1.
func countOf(v *flows.Value, key string) int {
	if n := v.Get(key); n != nil && n.Kind == flows.Int {
		return int(n.Int)
	}
	return -1
}

// numberOf is a number under a key, or nil.
func numberOf(v *flows.Value, key string) *float64 {
	switch n := v.Get(key); {
	case n == nil:
	case n.Kind == flows.Int:
		f := float64(n.Int)
		return &f
	case n.Kind == flows.Float:
		f := n.Float
		return &f
	}
	return nil
}
