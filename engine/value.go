package engine

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/latchwork/latchwork/flows"
)

// argument is one thing that a vertex is given: an input of its node type, a
// field of set, merge or return, or an input of a flow.
type argument struct {
	name     string
	field    *field // of a node type; nil for forms
	pos      flows.Pos
	value    *value       // nil where it comes from the request, or from merge
	slot     int          // its own memory; -1 where it has none
	typ      reflect.Type // of the slot
	nullable bool
	secret   bool // a declared input marked secret
	input    *inputField
	alts     []*place // of merge: by incoming edge
	edges    []*edge  // the edges that alts belong to
	only     *place   // of the end of a sub-flow that one return leads to
	unknown  bool     // its type is not known after a mistake
}

// value is what stands under with: a constant, an expression, a text with
// expressions in it, or a list or map of these.
type value struct {
	pos      flows.Pos
	constant reflect.Value // of the wanted type
	expr     *expression
	text     []textPart
	items    []*value
	fields   []valueField
	typ      reflect.Type // static type of what it gives
	want     reflect.Type
	field    *field // the input, or the part of one, that it is for
	nullable bool
}

type textPart struct {
	literal string
	expr    *expression
}

type valueField struct {
	name  string
	value *value
}

// constant is the value of a Go constant.
func constant(v any) *value {
	rv := reflect.ValueOf(v)
	return &value{constant: rv, typ: rv.Type(), want: rv.Type()}
}

// place is where the argument's value lies.
func (a *argument) place(g *graph, v *vertex) *place {
	if a.unknown {
		return &place{canon: v.id + "." + a.name, typ: anyType, unknown: true, vertex: v}
	}
	if a.only != nil {
		return a.only
	}
	if p := a.value.path(); p != nil {
		return p
	}
	p := &place{canon: v.id + "." + a.name, root: "node", vertex: v, arg: a, typ: a.typ, nullable: a.nullable, slot: a.slot, alts: a.alts}
	switch v.form {
	case isInput:
		p.canon, p.root = "input."+a.name, "input"
	case isEntry:
		// Not the path of what the sub-flow returns.
		p.canon = v.id + "/input." + a.name
	}
	if a.value != nil {
		p.constant = a.value.constant
	}
	return p
}

// path is the plain path that v is, or nil.
func (v *value) path() *place {
	if v == nil || v.expr == nil {
		return nil
	}
	return v.expr.whole
}

// each visits every expression of v.
func (v *value) each(visit func(*expression)) {
	if v == nil {
		return
	}
	if v.expr != nil {
		visit(v.expr)
	}
	for _, p := range v.text {
		if p.expr != nil {
			visit(p.expr)
		}
	}
	for _, i := range v.items {
		i.each(visit)
	}
	for _, f := range v.fields {
		f.value.each(visit)
	}
}

// leaves are the secrets that v gives away.
func (v *value) leaves() []leaf {
	var all []leaf
	v.each(func(e *expression) {
		for i, p := range e.vars {
			if e.whole != nil || !e.nullOnly[i] {
				all = append(all, p.leaves()...)
			}
		}
	})
	return all
}

// trusted reports whether v is made of constants and trusted values only.
func (v *value) trusted() bool {
	ok := true
	v.each(func(e *expression) {
		for _, p := range e.vars {
			ok = ok && p.trusted()
		}
	})
	return ok
}

// unknown reports whether v reads something of which no more is known after a
// mistake that has been reported.
func (v *value) unknown() bool {
	return slices.ContainsFunc(v.places(), func(p *place) bool { return p.unknown })
}

// places are all places that v reads.
func (v *value) places() []*place {
	var all []*place
	v.each(func(e *expression) { all = append(all, e.vars...) })
	return all
}

// build is check 5 for one value: it must be of the wanted type. It returns nil
// after it has reported a problem. f is the input that it is for, or nil.
func (x exprScope) build(v *flows.Value, want reflect.Type, f *field, nullOK bool) *value {
	out := &value{pos: v.Pos, want: want, field: f}
	switch {
	case f != nil && f.literal && hasExpression(v):
		x.g.report(v.Pos, "literal", "write the value itself", "%s takes no expression", f.name)
		return nil
	case v.IsExpr():
		return x.buildExpr(out, v, want, f, nullOK)
	case v.Parts != nil:
		return x.buildText(out, v, want)
	case v.Kind == flows.Null:
		if !nullOK {
			return x.mismatch(v.Pos, "null", want)
		}
		out.constant, out.nullable, out.typ = reflect.Zero(want), true, want
		return out
	case v.Kind == flows.List:
		return x.buildList(out, v, want, f)
	case v.Kind == flows.Map:
		return x.buildMap(out, v, want, f)
	}
	c, wrong := literalValue(v, want, f)
	if wrong != nil {
		x.g.report(v.Pos, wrong.code, wrong.hint, "%s", wrong.message)
		return nil
	}
	out.constant, out.typ = c, c.Type()
	return out
}

func hasExpression(v *flows.Value) bool {
	return v.Parts != nil || slices.ContainsFunc(v.Items, hasExpression) ||
		slices.ContainsFunc(v.Fields, func(f flows.Field) bool { return hasExpression(f.Value) })
}

func (x exprScope) mismatch(pos flows.Pos, got string, want reflect.Type) *value {
	hint := ""
	if isVerified(want) {
		hint = "only nodes make such a value, from what the caller has shown"
	}
	x.g.report(pos, "bad-type", hint, "expected %s, not %s", typeText(want), got)
	return nil
}

// instead is the hint for something that may be null: what could stand in.
func instead(source string, t reflect.Type) string {
	other := "…"
	switch plainType(baseType(t)).Kind() {
	case reflect.String:
		other = "''"
	case reflect.Bool:
		other = "false"
	case reflect.Int, reflect.Float64:
		other = "0"
	case reflect.Slice:
		other = "[]"
	}
	return "give a value for that case: " + strings.TrimSpace(source) + " ?? " + other
}

func (x exprScope) buildExpr(out *value, v *flows.Value, want reflect.Type, f *field, nullOK bool) *value {
	part := v.Parts[0]
	e := x.compileExpr(part)
	if e == nil {
		return nil
	}
	out.expr, out.typ, out.nullable = e, e.typ, e.nullable
	unknown := slices.ContainsFunc(e.vars, func(p *place) bool { return p.unknown })
	switch {
	case unknown:
	case e.nullable && !nullOK:
		x.g.report(part.Pos, "may-be-null", instead(e.part.Expr, want)+"; or ask first with if", "%s may be null, and %s is needed here", e.part.Expr, typeText(want))
		return nil
	case !assignable(e.typ, want):
		return x.mismatch(part.Pos, typeText(e.typ), want)
	case f != nil && isVerified(f.typ) && e.whole == nil:
		x.g.report(part.Pos, "verified-path", "", "%s takes a plain path to a value that a node has made", f.name)
		return nil
	}
	return out
}

func (x exprScope) buildText(out *value, v *flows.Value, want reflect.Type) *value {
	if !assignable(stringType, want) {
		return x.mismatch(v.Pos, "text", want)
	}
	ok := true
	for _, p := range v.Parts {
		if !p.IsExpr {
			out.text = append(out.text, textPart{literal: p.Literal})
			continue
		}
		e := x.compileExpr(p)
		switch {
		case e == nil:
			ok = false
		case e.nullable:
			x.g.report(p.Pos, "may-be-null", instead(e.part.Expr, stringType), "%s may be null, and text is needed here", e.part.Expr)
			ok = false
		case !isScalar(e.typ):
			x.g.report(p.Pos, "bad-type", "", "%s cannot stand inside of text", typeText(e.typ))
			ok = false
		}
		out.text = append(out.text, textPart{expr: e})
	}
	out.typ = stringType
	if !ok {
		return nil
	}
	return out
}

func isScalar(t reflect.Type) bool {
	switch baseType(t).Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Float64, reflect.Interface:
		return true
	}
	return t == secretType
}

func (x exprScope) buildList(out *value, v *flows.Value, want reflect.Type, f *field) *value {
	elem := anyType
	switch b := baseType(want); {
	case b.Kind() == reflect.Slice:
		elem = b.Elem()
	case b != anyType && b != bodyType:
		return x.mismatch(v.Pos, "a list", want)
	}
	out.typ, out.items = reflect.SliceOf(elem), []*value{}
	ok := true
	for _, item := range v.Items {
		i := x.build(item, elem, f, elem == anyType)
		ok = ok && i != nil
		out.items = append(out.items, i)
	}
	if !ok {
		return nil
	}
	return out.fold()
}

func (x exprScope) buildMap(out *value, v *flows.Value, want reflect.Type, f *field) *value {
	b := baseType(want)
	elem, fixed := anyType, []*field(nil)
	switch {
	case b.Kind() == reflect.Map:
		elem = b.Elem()
	case b.Kind() == reflect.Struct && b != bodyType && b != secretType && !isVerified(b):
		fixed = fieldsOf(b, ignore)
	case b != anyType && b != bodyType:
		return x.mismatch(v.Pos, "a map", want)
	}
	out.typ, out.fields = b, []valueField{}
	if b == anyType || b == bodyType {
		out.typ = mapType
	}
	ok, misspelt := true, false
	for _, entry := range v.Fields {
		t, g, nullOK := elem, f, elem == anyType
		if fixed != nil {
			i := slices.IndexFunc(fixed, func(g *field) bool { return g.name == entry.Key.Text })
			if i < 0 {
				var known []string
				for _, g := range fixed {
					known = append(known, g.name)
				}
				x.g.report(entry.Key.Pos, "unknown-field", didYouMean(entry.Key.Text, known), "there is no field %s here; there are %s", entry.Key.Text, strings.Join(known, ", "))
				ok, misspelt = false, true
				continue
			}
			t, g, nullOK = fixed[i].typ, fixed[i], fixed[i].optional
		}
		item := x.build(entry.Value, t, g, nullOK)
		ok = ok && item != nil
		out.fields = append(out.fields, valueField{entry.Key.Text, item})
	}
	for _, g := range fixed {
		if !g.optional && !g.hasDefault && v.Get(g.name) == nil && !misspelt {
			x.g.report(v.Pos, "missing-field", "add "+g.name+": …", "%s is missing here", g.name)
			ok = false
		}
	}
	if !ok {
		return nil
	}
	return out.fold()
}

// fold turns a list or map of constants into one constant.
func (v *value) fold() *value {
	if v.want == bodyType {
		return v
	}
	for _, i := range v.items {
		if !i.constant.IsValid() {
			return v
		}
	}
	for _, f := range v.fields {
		if !f.value.constant.IsValid() {
			return v
		}
	}
	made, err := v.assemble(func(item *value) (reflect.Value, error) { return item.constant, nil })
	if err != nil {
		return v
	}
	return &value{pos: v.pos, constant: made, typ: v.typ, want: v.want, field: v.field}
}

// assemble makes the list or map from its parts.
func (v *value) assemble(part func(*value) (reflect.Value, error)) (reflect.Value, error) {
	t := v.typ
	if v.items != nil {
		list := reflect.MakeSlice(t, len(v.items), len(v.items))
		for i, item := range v.items {
			p, err := part(item)
			if err != nil {
				return reflect.Value{}, err
			}
			if p.IsValid() {
				list.Index(i).Set(p)
			}
		}
		return list, nil
	}
	if t.Kind() == reflect.Struct {
		made := reflect.New(t).Elem()
		for _, f := range v.fields {
			p, err := part(f.value)
			if err != nil {
				return reflect.Value{}, err
			}
			for _, g := range fieldsOf(t, ignore) {
				if g.name == f.name {
					made.FieldByIndex(g.index).Set(p)
				}
			}
		}
		return made, nil
	}
	made := reflect.MakeMapWithSize(t, len(v.fields))
	for _, f := range v.fields {
		p, err := part(f.value)
		if err != nil {
			return reflect.Value{}, err
		}
		if !p.IsValid() {
			p = reflect.Zero(t.Elem())
		}
		made.SetMapIndex(reflect.ValueOf(f.name), p)
	}
	return made, nil
}

// literalValue decodes a constant that is written in YAML.
func literalValue(v *flows.Value, want reflect.Type, f *field) (reflect.Value, *problem) {
	b := baseType(want)
	wrong := func() (reflect.Value, *problem) {
		p := &problem{code: "bad-type", message: fmt.Sprintf("expected %s, not %s", typeText(want), v.Kind)}
		if b.Kind() == reflect.String && v.Kind != flows.String {
			p.hint = "put it in quotes"
		}
		return reflect.Value{}, p
	}
	out := reflect.New(b).Elem()
	switch {
	case b == anyType:
		if x := plainLiteral(v); x != nil {
			out.Set(reflect.ValueOf(x))
		}
	case b == bodyType:
		return reflect.ValueOf(plainLiteral(v)), nil
	case b == reflect.TypeFor[time.Duration]():
		d, err := flows.ParseDuration(v.Text)
		if v.Kind != flows.String || err != nil {
			return reflect.Value{}, &problem{code: "bad-type", message: "expected a duration such as 10s, 15m or 168h"}
		}
		out.SetInt(int64(d))
	case b == secretType:
		if v.Kind != flows.String {
			return wrong()
		}
		out.Set(reflect.ValueOf(NewSecret(v.Text)))
	case b.Kind() == reflect.String:
		if v.Kind != flows.String {
			return wrong()
		}
		if f != nil && len(f.enum) > 0 && !slices.Contains(f.enum, v.Text) {
			return reflect.Value{}, &problem{"bad-value", fmt.Sprintf("expected %s, not %q", orList(f.enum), v.Text), didYouMean(v.Text, f.enum)}
		}
		out.SetString(v.Text)
	case b.Kind() == reflect.Bool && v.Kind == flows.Bool:
		out.SetBool(v.Bool)
	case b.Kind() == reflect.Int && v.Kind == flows.Int:
		if p := outOfBounds(f, float64(v.Int)); p != nil {
			return reflect.Value{}, p
		}
		out.SetInt(v.Int)
	case b.Kind() == reflect.Float64 && (v.Kind == flows.Int || v.Kind == flows.Float):
		n := v.Float
		if v.Kind == flows.Int {
			n = float64(v.Int)
		}
		if p := outOfBounds(f, n); p != nil {
			return reflect.Value{}, p
		}
		out.SetFloat(n)
	case b.Kind() == reflect.Slice && b.Elem().Kind() == reflect.String && v.Kind == flows.String:
		// One text where a list of texts is wanted stands for a list of one.
		item, wrong := literalValue(v, b.Elem(), f)
		if wrong != nil {
			return item, wrong
		}
		out = reflect.Append(out, item)
	default:
		return wrong()
	}
	if want.Kind() == reflect.Pointer {
		p := reflect.New(b)
		p.Elem().Set(out)
		return p, nil
	}
	return out, nil
}

// orList writes words as "a, b or c".
func orList(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

func outOfBounds(f *field, n float64) *problem {
	switch {
	case f == nil:
	case f.min != nil && n < *f.min:
		return &problem{code: "bad-value", message: fmt.Sprintf("expected %v or more, not %v", *f.min, n)}
	case f.max != nil && n > *f.max:
		return &problem{code: "bad-value", message: fmt.Sprintf("expected %v or less, not %v", *f.max, n)}
	}
	return nil
}

// plainLiteral is a YAML scalar as plain data.
func plainLiteral(v *flows.Value) any {
	switch v.Kind {
	case flows.Bool:
		return v.Bool
	case flows.Int:
		return int(v.Int)
	case flows.Float:
		return v.Float
	case flows.String:
		return v.Text
	}
	return nil
}

// assignable reports whether a value of one type can be given where another is
// wanted. JSON data, whose type is known only at run time, is checked then.
func assignable(from, to reflect.Type) bool {
	from, to = baseType(from), baseType(to)
	switch {
	case from == to, to == anyType, to == bodyType:
		return true
	case isVerified(to), isVerified(from):
		return false
	case from == anyType:
		return true
	case to == secretType:
		return from.Kind() == reflect.String
	case to == reflect.TypeFor[time.Duration](), from == reflect.TypeFor[time.Duration]():
		return false
	}
	switch to.Kind() {
	case reflect.String:
		return from.Kind() == reflect.String || from == instantType || from == secretType
	case reflect.Int:
		return from != instantType && (from.Kind() == reflect.Int || from.Kind() == reflect.Int64)
	case reflect.Float64:
		return from != instantType && (from.Kind() == reflect.Int || from.Kind() == reflect.Int64 || from.Kind() == reflect.Float64)
	case reflect.Bool:
		return from.Kind() == reflect.Bool
	case reflect.Slice:
		return from.Kind() == reflect.Slice && assignable(from.Elem(), to.Elem())
	case reflect.Map:
		return from.Kind() == reflect.Map && assignable(from.Elem(), to.Elem())
	}
	return false
}

// typeText names a type as a message would.
func typeText(t reflect.Type) string {
	t = baseType(t)
	switch {
	case t == anyType, t == bodyType:
		return "any value"
	case t == secretType, t == instantType, t.Kind() == reflect.String:
		return "text"
	case t == reflect.TypeFor[time.Duration]():
		return "a duration"
	case t.Kind() == reflect.Int, t.Kind() == reflect.Int64:
		return "a whole number"
	case t.Kind() == reflect.Float64:
		return "a number"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Slice:
		return "a list"
	case t.Kind() == reflect.Map:
		return "a map"
	}
	return t.String()
}
