package engine

import (
	"reflect"
	"strings"

	"github.com/latchwork/latchwork/flows"
)

// enter gives a sub-flow its inputs.
func (t *typer) enter(v *vertex, x exprScope) {
	for i := range v.callee.Input {
		in := &v.callee.Input[i]
		a := &argument{name: in.Name.Text, pos: in.Name.Pos, slot: -1, typ: anyType}
		v.args = append(v.args, a)
		want, goType := t.declaredSub(in)
		if want == nil {
			a.unknown = true
			continue
		}
		written := v.src.With.Get(in.Name.Text)
		if written == nil {
			written = in.Default
		}
		switch {
		case written == nil && !in.Optional:
			t.report(v.src.ID.Pos, "missing-field", "add under with: "+in.Name.Text+": …", "flow %s needs %s", v.callee.Name.Text, in.Name.Text)
			a.unknown = true
			continue
		case written == nil:
			if !nilable(want) {
				want = reflect.PointerTo(want)
			}
			a.value = &value{pos: v.pos, constant: reflect.Zero(want), typ: want, nullable: true}
			a.typ, a.nullable = want, true
			continue
		}
		a.value = x.build(written, want, nil, in.Optional)
		if a.value == nil {
			a.unknown = true
			continue
		}
		if goType && a.value.path() == nil {
			t.report(a.value.pos, "bad-type", "", "%s takes a plain path to %s", in.Name.Text, in.Types[0].Text)
			a.unknown = true
			continue
		}
		if a.value.path() == nil && want != anyType {
			a.value.typ = want
		}
		t.keep(a)
	}
	t.unknownFields(v, v.src.With, func(name string) bool { return v.argument(name) != nil }, v.argumentNames())
}

// declaredSub is the Go type of an input of a sub-flow.
func (t *typer) declaredSub(in *flows.Input) (want reflect.Type, goType bool) {
	if len(in.Types) == 1 {
		if g, ok := t.goTypes[in.Types[0].Text]; ok {
			return g, true
		}
		switch in.Types[0].Text {
		case "string":
			return stringType, false
		case "integer":
			return intType, false
		case "number":
			return reflect.TypeFor[float64](), false
		case "boolean":
			return boolType, false
		case "object":
			return mapType, false
		case "array":
			return reflect.TypeFor[[]any](), false
		}
		if strings.Contains(in.Types[0].Text, ".") {
			t.report(in.Types[0].Pos, "unknown-go-type", didYouMean(in.Types[0].Text, t.goTypeNames()), "no node gives %s", in.Types[0].Text)
			return nil, true
		}
	}
	return anyType, false
}
