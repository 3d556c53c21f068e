package engine

import (
	"reflect"
	"slices"
	"strings"

	"github.com/latchwork/latchwork/flows"
)

// build is check 5 for one value: it must be of the wanted type. It returns nil
// after it has reported a problem. f is the input that it is for, or nil.
func (x exprScope) build(v *flows.Value, want reflect.Type, f *field, nullOK bool) *value {
	out := &value{want: want, valueFacts: &valueFacts{pos: v.Pos, field: f}}
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
	if c.Kind() == reflect.Interface && !c.IsNil() {
		c = c.Elem() // of a type that is known, whatever may stand here
	}
	out.constant, out.typ = c, c.Type()
	return out
}

func hasExpression(v *flows.Value) bool {
	return v.Parts != nil || slices.ContainsFunc(v.Items, hasExpression) ||
		slices.ContainsFunc(v.Fields, func(f flows.Field) bool { return hasExpression(f.Value) })
}

const onlyNodes = "only nodes make such a value, from what the caller has shown"

func (x exprScope) mismatch(pos flows.Pos, got string, want reflect.Type) *value {
	hint := ""
	if isVerified(want) {
		hint = onlyNodes
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
		x.g.report(part.Pos, "may-be-null", instead(e.source, want)+"; or ask first with if", "%s may be null, and %s is needed here", e.source, typeText(want))
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
			x.g.report(p.Pos, "may-be-null", instead(e.source, stringType), "%s may be null, and text is needed here", e.source)
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

func (x exprScope) buildList(out *value, v *flows.Value, want reflect.Type, f *field) *value {
	elem := anyType
	switch b := baseType(want); {
	case b.Kind() == reflect.Slice:
		elem = b.Elem()
	case b != anyType && b != bodyType:
		hint := "write one value, without brackets or a dash"
		if isVerified(want) {
			hint = onlyNodes
		}
		x.g.report(v.Pos, "bad-type", hint, "expected %s, not a list", typeText(want))
		return nil
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
		fixed = fieldsOf(b)
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
	return &value{constant: made, typ: v.typ, want: v.want, valueFacts: &valueFacts{pos: v.pos, field: v.field}}
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
			if g := fieldNamed(t, f.name); g != nil {
				made.FieldByIndex(g.index).Set(p)
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
