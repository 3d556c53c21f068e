package engine

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/latchwork/latchwork/flows"
)

// solveTypes is check 5: every expression is compiled against the real types of
// what is in reach, and every field is given what it takes. On the way it learns
// which values are not null: on the then edge of if x != nil, x is not.
func (g *graph) solveTypes() {
	t := &typer{g}
	g.presentAlong = map[*edge]map[string]bool{}
	join := func(a, b map[string]bool) map[string]bool {
		both := map[string]bool{}
		for p := range a {
			if b[p] {
				both[p] = true
			}
		}
		return both
	}
	forward(g, map[string]bool{}, join, func(v *vertex, present map[string]bool) func(*edge) map[string]bool {
		t.vertex(v, exprScope{g, v.scope, g.before[v.index], present})
		present = t.presentBehind(v, present)
		return func(e *edge) map[string]bool {
			out := maps.Clone(present)
			if v.form == isIf && v.when != nil && e.outcome >= 0 {
				for _, p := range [][]string{v.when.ifTrue, v.when.ifFalse}[e.outcome] {
					out[p] = true
				}
			}
			g.meet(e, func(from, to string) { maps.Copy(out, renamed(out, from, to)) })
			g.presentAlong[e] = out
			return out
		}
	})
}

type typer struct{ *graph }

func (t *typer) vertex(v *vertex, x exprScope) {
	switch v.form {
	case isInput:
		t.declare(v)
	case isEntry:
		t.enter(v, x)
	case isIf:
		t.condition(v, x)
	case isSwitch:
		t.choice(v, x)
	case isSet, isReturn:
		t.fields(v, x)
	case isMerge:
		t.merge(v)
	case isJoin:
		t.join(v)
	case notForm:
		if v.src != nil {
			t.inputs(v, x)
		}
		v.reserveOutputs(t.graph)
	}
}

// reserveOutputs makes sure that every outcome has a slot, whether it is read or
// not.
func (v *vertex) reserveOutputs(g *graph) {
	for _, x := range v.exits {
		g.outputSlot(v, x.spec)
	}
}

// keep gives an argument memory of its own, of the given type, unless it is a
// plain path, which stays an alias, or a constant.
func (t *typer) keep(a *argument, typ reflect.Type) {
	v := a.value
	a.typ, a.nullable = typ, v.nullable
	if v.nullable && !nilable(a.typ) {
		a.typ = reflect.PointerTo(a.typ)
	}
	if v.path() == nil && !v.constant.IsValid() {
		a.slot = t.slot(slotSpec{step: -1, typ: a.typ})
	}
}

func (v *vertex) argumentNames() []string {
	var names []string
	for _, a := range v.args {
		names = append(names, a.name)
	}
	return names
}

// unknownFields reports fields under with that nobody takes.
func (t *typer) unknownFields(v *vertex, with *flows.Value, known func(string) bool, names []string) {
	if with == nil {
		return
	}
	for _, f := range with.Fields {
		if known(f.Key.Text) {
			continue
		}
		hint := didYouMean(f.Key.Text, names)
		if hint == "" && len(names) > 0 {
			hint = "its fields are " + strings.Join(names, ", ")
		}
		t.report(f.Key.Pos, "unknown-field", hint, "%s has no field %s", v.src.Use.Text, f.Key.Text)
		v.fault = true
	}
}

// inputs gives a node of a node type what it takes.
func (t *typer) inputs(v *vertex, x exprScope) {
	var names []string
	for _, f := range v.typ.inputs {
		names = append(names, f.name)
	}
	t.unknownFields(v, v.src.With, func(name string) bool { return v.typ.input(name) != nil }, names)
	misspelt := v.fault // which may be why another field is missing
	var purposes []*flows.Value
	for _, f := range v.typ.inputs {
		written := v.src.With.Get(f.name)
		if written == nil {
			if !f.optional && !f.hasDefault && !misspelt {
				v.fault = true
				t.report(v.src.ID.Pos, "missing-field", "add under with: "+f.name+": …", "%s needs %s", v.src.Use.Text, f.name)
			}
			if f.hasDefault {
				v.args = append(v.args, newArgument(argument{name: f.name, field: f, value: constantValue(f.constant, flows.Pos{}, false)}, v.pos))
			}
			continue
		}
		if f.literal {
			if written = x.settled(written); written == nil {
				v.fault = true // which shows where the sub-flow is used
				continue
			}
		}
		a := newArgument(argument{name: f.name, field: f}, written.Pos)
		if a.value = x.build(written, f.typ, f, f.optional); a.value == nil {
			v.fault = true
		} else if f.format == formatPurpose {
			purposes = t.purposes(v, written)
		}
		v.args = append(v.args, a)
	}
	t.demanded(v, purposes)
	if !misspelt {
		t.choose(v)
	}
}

// choose reports a node that is given none of the inputs of which it needs one, or
// always several.
func (t *typer) choose(v *vertex) {
	c := v.typ.choice
	if len(c.inputs) == 0 {
		return
	}
	given, always := v.chosen()
	switch {
	case len(given) == 0:
		v.fault = true
		t.report(v.src.ID.Pos, "missing-field", "add under with: "+c.inputs[0]+": …", "%s needs one of %s", v.src.Use.Text, orList(c.inputs))
	case c.one && len(always) > 1:
		var names []string
		for _, a := range always {
			names = append(names, a.name)
		}
		t.report(always[1].pos, "bad-value", "leave one out, or give what may be null, which is then not set",
			"%s takes one of %s, and is always given %s", v.src.Use.Text, orList(c.inputs), strings.Join(names, " and "))
	}
}

// chosen are the inputs that a node is given of those of which it needs some, and
// which of them are never null.
func (v *vertex) chosen() (given, always []*argument) {
	for _, name := range v.typ.choice.inputs {
		a := v.argument(name)
		if a == nil || a.value != nil && a.value.isNull() {
			continue // or null, or left out by the caller of a sub-flow
		}
		given = append(given, a)
		if a.value != nil && !a.value.nullable {
			always = append(always, a)
		}
	}
	return given, always
}

// defaultOf decodes the default of a field's tag, as YAML would be; it is not valid if
// that is no value of the field's type.
func defaultOf(f *field) reflect.Value {
	v, _ := flows.ParseValue("", []byte(f.def))
	if v == nil {
		v = &flows.Value{Kind: flows.String, Text: f.def}
	}
	c, wrong := literalValue(v, f.typ, f)
	if wrong != nil {
		v = &flows.Value{Kind: flows.String, Text: f.def}
		c, wrong = literalValue(v, f.typ, f)
	}
	if wrong != nil {
		return reflect.Value{}
	}
	return c
}

func (t *typer) condition(v *vertex, x exprScope) {
	t.unknownFields(v, v.src.With, func(n string) bool { return n == "when" }, []string{"when"})
	if w := t.only(v, "when"); w != nil {
		if b := x.build(w, boolType, nil, false); b != nil && b.expr != nil {
			v.when = b.expr
		} else if b != nil {
			t.report(w.Pos, "constant-condition", "remove the node, or write an expression", "the condition is always the same")
		}
	}
}

func (t *typer) choice(v *vertex, x exprScope) {
	t.unknownFields(v, v.src.With, func(n string) bool { return n == "value" }, []string{"value"})
	w := t.only(v, "value")
	if w == nil {
		return
	}
	b := x.build(w, anyType, nil, true)
	switch {
	case b == nil:
	case b.expr == nil:
		t.report(w.Pos, "constant-condition", "write an expression", "the value is always the same")
	case !isScalar(b.typ):
		t.report(w.Pos, "bad-type", "", "switch takes text, a number or a boolean, not %s", typeText(b.typ))
	default:
		v.value = b.expr
	}
	if !slices.ContainsFunc(v.exits, func(x exit) bool { return x.name == "default" }) {
		t.report(v.pos, "unwired-outcome", "add under next: default: <node>", "outcome default of %s (switch) leads nowhere", v.src.ID.Text)
	}
}

// only is the one field of a form, which it needs.
func (t *typer) only(v *vertex, name string) *flows.Value {
	w := v.src.With.Get(name)
	if w == nil && !v.fault {
		t.report(v.src.ID.Pos, "missing-field", "add under with: "+name+": …", "%s needs %s", v.src.Use.Text, name)
	}
	return w
}

// fields gives set and return their fields.
func (t *typer) fields(v *vertex, x exprScope) {
	if v.src.With == nil {
		return
	}
	for _, f := range v.src.With.Fields {
		if v.form == isReturn && f.Key.Text == "outcome" {
			if f.Value.Kind != flows.String || f.Value.Parts != nil {
				t.report(f.Value.Pos, "literal", "write the name itself", "outcome takes no expression")
			}
			continue
		}
		a := newArgument(argument{name: f.Key.Text, typ: anyType}, f.Key.Pos)
		v.args = append(v.args, a)
		if a.value = x.build(f.Value, anyType, nil, true); a.value == nil {
			a.unknown = true
			continue
		}
		t.keep(a, plainType(a.value.typ))
	}
}
