package engine

import (
	"reflect"

	"github.com/latchwork/latchwork/flows"
)

// enter gives a sub-flow its inputs.
func (t *typer) enter(v *vertex, x exprScope) {
	for i := range v.callee.Input {
		in := &v.callee.Input[i]
		a := newArgument(argument{name: in.Name.Text, secret: in.Secret, typ: anyType}, in.Name.Pos)
		v.args = append(v.args, a)
		a.unknown = !t.give(v, a, in, x)
	}
	t.unknownFields(v, v.src.With, func(name string) bool { return v.argument(name) != nil }, v.argumentNames())
}

// give gives an input of a sub-flow what stands under with, its default, or null.
// It reports whether that is what the input takes.
func (t *typer) give(v *vertex, a *argument, in *flows.Input, x exprScope) bool {
	want, nullable := reflect.Type(nil), in.Optional
	goType, isGo := t.declaredType(in)
	if isGo {
		want = goType
	} else if a.input = t.declared(v.callee, in); a.input != nil {
		want, nullable = baseType(a.input.typ), a.input.nullable
	}
	if want == nil {
		return false
	}
	switch written := v.src.With.Get(in.Name.Text); {
	case written != nil && (written.Kind != flows.Null || !nullable):
		a.value = x.build(written, want, nil, nullable)
	case written == nil && in.Default != nil && a.input != nil:
		a.value = a.input.defaultValue(in.Default.Pos)
	case nullable:
		null := want
		if !nilable(null) {
			null = reflect.PointerTo(null)
		}
		a.value = constantValue(reflect.Zero(null), v.pos, true)
	default:
		t.report(v.src.ID.Pos, "missing-field", "add under with: "+a.name+": …", "flow %s needs %s", v.callee.Name.Text, a.name)
	}
	if a.value == nil {
		return false
	}
	typ := plainType(a.value.typ)
	if a.value.path() == nil {
		if isGo && !a.value.nullable {
			t.report(a.value.pos, "bad-type", "", "%s takes a plain path to %s", a.name, in.Types[0].Text)
			return false
		}
		if want != anyType {
			typ = want // whatever it was made of
		}
	}
	t.keep(a, typ)
	return a.input == nil || t.fits(v, a)
}
