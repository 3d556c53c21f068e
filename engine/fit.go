package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
)

// fits checks what an input of a sub-flow is given against its declaration: now
// where it is constant, and when the sub-flow is entered where it may not fit.
func (t *typer) fits(v *vertex, a *argument) bool {
	c, known := a.value.constant, *anything
	if baseType(a.input.typ) != anyType && a.typ != anyType {
		known.types = a.input.types // by the types of Go
	}
	if p := a.value.path(); p != nil {
		c = p.constant
		if p.arg != nil && p.arg.input != nil && len(p.rest) == 0 {
			known = *p.arg.input.schema // it has been checked before
		}
	}
	if !c.IsValid() {
		a.checked = !known.implies(a.input.schema)
		return true
	}
	if a.input.optional && isAbsent(c.Interface()) {
		return true
	}
	if problem := a.input.schema.problem(plainOf(c.Interface())); problem != "" {
		t.report(a.value.pos, "bad-value", "", "%s of %s %s", a.name, v.src.Use.Text, problem)
		return false
	}
	return true
}

// anything is the schema that lets everything through.
var anything = &schema{minLength: -1, maxLength: -1, minItems: -1, maxItems: -1}

// implies reports whether all that passes s passes o, too, as far as that is seen
// keyword by keyword.
func (s *schema) implies(o *schema) bool {
	types := o.types
	if types&jsonNumber != 0 {
		types |= jsonInteger
	}
	least := func(a, b *float64) bool { return b == nil || a != nil && *a >= *b }
	most := func(a, b *float64) bool { return b == nil || a != nil && *a <= *b }
	return (o.types == 0 || s.types != 0 && s.types&^types == 0) &&
		(o.minLength <= max(s.minLength, 0)) &&
		(o.maxLength < 0 || s.maxLength >= 0 && s.maxLength <= o.maxLength) &&
		(o.pattern == nil || s.pattern != nil && s.pattern.String() == o.pattern.String()) &&
		(o.format == nil || s.format == o.format) &&
		least(s.minimum, o.minimum) && most(s.maximum, o.maximum) &&
		least(s.aboveMin, o.aboveMin) && most(s.belowMax, o.belowMax) &&
		(o.multipleOf == 0 || s.multipleOf == o.multipleOf) &&
		(o.enum == nil || reflect.DeepEqual(s.enum, o.enum)) &&
		!o.checksItems && !o.checksMap
}

// fit is the function that checks what an input of a sub-flow was given. What does
// not fit is the fault of the client where it is nothing but what the client
// has sent.
func (r *Run) fit(a *argument) func() error {
	read := func() (any, error) { return r.slots[a.slot].Interface(), nil }
	if a.slot < 0 {
		read = r.evaluator(a.value.expr)
	}
	sent := sentBy(a.value.places())
	at := &fieldPath{name: a.name}
	return func() error {
		v, err := read()
		if err != nil {
			return err
		}
		if a.input.optional && isAbsent(v) {
			return nil
		}
		out := faults{}
		a.input.schema.check(plainOf(v), at, &out)
		switch {
		case len(out.list) == 0:
			return nil
		case sent == "":
			return fmt.Errorf("engine: the input %s does not fit: %s", a.name, out.list[0].Message)
		}
		out = faults{}
		a.input.schema.check(plainOf(v), &fieldPath{name: r.sentAs(sent)}, &out)
		f := Fail(400, out.list[0].Code, out.list[0].Message)
		f.Details = out.list[0].Details
		return f
	}
}

// isAbsent reports whether a value stands for one that was not set.
func isAbsent(v any) bool {
	switch rv := reflect.ValueOf(withoutPointer(v)); rv.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Slice, reflect.Map:
		return rv.IsNil()
	}
	return false
}

// plainOf is a value as the JSON data that would be written of it, which shares
// nothing with it.
func plainOf(v any) any {
	switch v := withoutPointer(v).(type) {
	case nil, string, bool, int, json.Number:
		return v
	case Secret:
		return v.text
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		return v
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = plainOf(item)
		}
		return list
	case map[string]any:
		m := make(map[string]any, len(v))
		for k, item := range v {
			m[k] = plainOf(item)
		}
		return m
	default:
		// What nodes have made of other types: a list of sessions, a time.
		var plain any
		d := json.NewDecoder(bytes.NewReader(appendJSON(nil, v)))
		d.UseNumber()
		_ = d.Decode(&plain) // it was written as JSON just now
		return plain
	}
}
