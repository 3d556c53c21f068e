package engine

import (
	"encoding/json"
	"reflect"
	"slices"
)

// maxDescribed bounds the schema of one answer. Values that are used in many
// places would make it grow without end.
const maxDescribed = 2000

// describer makes schemas of what values are written as in an answer. What it does
// not know may be anything.
type describer struct {
	left  int      // parts that may still be described
	codes []string // that an error answer may have; nil for any
}

func newDescriber() *describer { return &describer{left: maxDescribed} }

// spent counts one part, and reports whether it is one too many.
func (d *describer) spent() bool {
	d.left--
	return d.left < 0
}

func (d *describer) value(v *value) JSONSchema {
	if v == nil || d.spent() {
		return JSONSchema{}
	}
	switch {
	case v.constant.IsValid():
		return d.constant(v.constant)
	case v.expr != nil:
		return d.expression(v.expr)
	case v.text != nil:
		return ofType("string")
	case v.items != nil:
		items := make([]JSONSchema, len(v.items))
		for i, item := range v.items {
			items[i] = d.value(item)
		}
		return listSchema(items)
	case v.fields != nil:
		fields := map[string]JSONSchema{}
		for _, f := range v.fields {
			fields[f.name] = d.value(f.value)
		}
		return objectSchema(fields)
	}
	return JSONSchema{}
}

// constant is the schema of a constant, which is written as it would be in an
// answer. A secret is not.
func (d *describer) constant(v reflect.Value) JSONSchema {
	if holdsSecret(v.Type()) {
		return typeSchema(v.Type())
	}
	switch x := v.Interface().(type) {
	case int, bool, string:
		return constantSchema(x)
	}
	var plain any
	if err := json.Unmarshal(appendJSON(nil, v.Interface()), &plain); err != nil {
		return JSONSchema{}
	}
	return constantSchema(plain)
}

// holdsSecret reports whether values of a type may hold secrets. seen are the
// structs under way.
func holdsSecret(t reflect.Type, seen ...reflect.Type) bool {
	switch t = baseType(t); t.Kind() {
	case reflect.Slice, reflect.Map:
		return holdsSecret(t.Elem(), seen...)
	case reflect.Struct:
		if t == secretType || slices.Contains(seen, t) {
			return t == secretType
		}
		return slices.ContainsFunc(fieldsOf(t), func(f *field) bool {
			return f.secret != 0 || holdsSecret(f.typ, append(slices.Clip(seen), t)...)
		})
	}
	return false
}

// expression is the schema of what an expression gives. That it is not null was
// found out where it was compiled.
func (d *describer) expression(e *expression) JSONSchema {
	var s JSONSchema
	if e.whole != nil {
		s = d.place(e.whole)
	} else {
		s = (&treeDescriber{describer: d, e: e, lets: map[string]JSONSchema{}}).node(e.tree)
	}
	if e.nullable {
		return s.orNull()
	}
	return s.withoutNull()
}

// place is the schema of what lies at a place, but for null.
func (d *describer) place(p *place) JSONSchema {
	if d.spent() {
		return JSONSchema{}
	}
	own := p.arg != nil && len(p.index) == 0 // it is the argument, not a part of it
	switch {
	case p.unknown, len(p.rest) > 0:
		return JSONSchema{}
	case p.root == "secrets":
		return ofType("string")
	case p.isNow():
		return JSONSchema{"type": "string", "format": "date-time"}
	case p.constant.IsValid():
		return d.constant(p.constant)
	case own && p.arg.input != nil && p.arg.value == nil:
		return inputSchemaAt(p)
	case own && p.arg.value != nil:
		return d.argument(p.arg, d.value(p.arg.value))
	case own && len(p.arg.alts) > 0:
		return d.argument(p.arg, d.places(p.arg.alts))
	}
	doc := ""
	if p.field != nil {
		doc = p.field.doc
	}
	if baseType(p.typ) == floatType && !p.isMade() {
		return withDoc(doc, ofType("number")) // no client and no node gives one that is not finite
	}
	return typeSchemaWithDoc(baseType(p.typ), doc)
}

// argument is the schema of a field of a form, which turns what it is given into
// its own type where that is another.
func (d *describer) argument(a *argument, given JSONSchema) JSONSchema {
	if a.typ != nil && baseType(a.typ) == floatType {
		if _, constant := given.constants(); !constant {
			return typeSchema(floatType)
		}
	}
	return given
}

// places is the schema of what lies at one of several places.
func (d *describer) places(alts []*place) JSONSchema {
	var all []JSONSchema
	for _, p := range alts {
		s := d.place(p)
		if p.nullable {
			s = s.orNull()
		}
		all = append(all, s)
	}
	return anyOf(all...)
}
