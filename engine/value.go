package engine

import (
	"reflect"
	"slices"

	"github.com/latchwork/latchwork/flows"
)

// argument is one thing that a vertex is given: an input of its node type, a
// field of set, merge or return, or an input of a flow.
type argument struct {
	name    string
	field   *field       // of a node type; nil for forms
	value   *value       // nil where it comes from the request, or from merge
	slot    int          // its own memory; -1 where it has none
	typ     reflect.Type // of the slot
	input   *inputField
	secret  bool // a declared input marked secret
	masked  bool // what it is given must not be shown to observers
	checked bool // of a sub-flow's input: the value is checked when the sub-flow is entered
	*argumentFacts
}

// argumentFacts are what the checks ask of an argument. A program does not keep them.
type argumentFacts struct {
	pos      flows.Pos
	nullable bool
	alts     []*place // of merge: by incoming edge
	edges    []*edge  // the edges that alts belong to
	only     *place   // of the end of a sub-flow that one return leads to
	unknown  bool     // its type is not known after a mistake
}

// newArgument is a, written at pos. It has no memory of its own yet.
func newArgument(a argument, pos flows.Pos) *argument {
	a.slot, a.argumentFacts = -1, &argumentFacts{pos: pos}
	return &a
}

// value is what stands under with: a constant, an expression, a text with
// expressions in it, or a list or map of these.
type value struct {
	constant reflect.Value // of the wanted type
	expr     *expression
	text     []textPart
	items    []*value
	fields   []valueField
	typ      reflect.Type // static type of what it gives
	want     reflect.Type
	*valueFacts
}

// valueFacts are what the checks ask of a value. A program does not keep them.
type valueFacts struct {
	pos      flows.Pos
	field    *field // the input, or the part of one, that it is for
	nullable bool

	// What was found once: what it is made of may lead to the same places many times.
	secrets   *[]leaf
	isTrusted *bool
}

type textPart struct {
	literal string
	expr    *expression
}

type valueField struct {
	name  string
	value *value
}

func isChecked(a *argument) bool { return a.checked }

// constant is the value of a Go constant.
func constant(v any) *value {
	return constantValue(reflect.ValueOf(v), flows.Pos{}, false)
}

// constantValue is a constant that was written at pos.
func constantValue(v reflect.Value, pos flows.Pos, nullable bool) *value {
	return &value{constant: v, typ: v.Type(), want: v.Type(), valueFacts: &valueFacts{pos: pos, nullable: nullable}}
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
		if a.secret && !p.secret {
			declared := *p
			declared.secret = true
			return &declared
		}
		return p
	}
	p := &place{canon: v.id + "." + a.name, root: "node", vertex: v, arg: a, typ: a.typ, nullable: a.nullable, slot: a.slot, alts: a.alts, secret: a.secret}
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
	v.eachPart(func(v *value) {
		if v.expr != nil {
			visit(v.expr)
		}
		for _, p := range v.text {
			if p.expr != nil {
				visit(p.expr)
			}
		}
	})
}

// eachPart visits v and all values inside of it.
func (v *value) eachPart(visit func(*value)) {
	if v == nil {
		return
	}
	visit(v)
	for _, i := range v.items {
		i.eachPart(visit)
	}
	for _, f := range v.fields {
		f.value.eachPart(visit)
	}
}

// mayNotFit reports whether v has JSON data, whose type is known only at run time,
// where a value of some type is wanted, or what need not be a finite number where
// text is.
func (v *value) mayNotFit() bool {
	if v == nil {
		return false
	}
	return v.expr != nil && !fitting(v.expr.typ, v.want, false) ||
		slices.ContainsFunc(v.text, func(p textPart) bool { return p.expr != nil && !p.expr.hasText() }) ||
		slices.ContainsFunc(v.items, (*value).mayNotFit) ||
		slices.ContainsFunc(v.fields, func(f valueField) bool { return f.value.mayNotFit() })
}

// hasText reports whether an expression whose value may stand inside of text always
// has one that may: a number that was worked out need not be finite.
func (e *expression) hasText() bool {
	t := baseType(e.typ)
	return t != anyType && (t.Kind() != reflect.Float64 || e.whole != nil && !e.whole.isMade())
}

// leaves are the secrets that v gives away, each once. To be called when all types are
// known.
func (v *value) leaves() []leaf {
	if v == nil {
		return nil
	}
	if v.secrets == nil {
		var all []leaf
		v.each(func(e *expression) {
			for i, p := range e.vars {
				if e.whole != nil || !e.nullOnly[i] {
					all = append(all, p.leaves()...)
				}
			}
		})
		var once []leaf
		for _, l := range all {
			if !slices.Contains(once, l) {
				once = append(once, l)
			}
		}
		v.secrets = &once
	}
	return slices.Clip(*v.secrets)
}

// trusted reports whether v is made of constants and trusted values only. To be
// called when all types are known.
func (v *value) trusted() bool {
	if v.isTrusted == nil {
		ok := true
		v.each(func(e *expression) {
			for _, p := range e.vars {
				ok = ok && p.trusted()
			}
		})
		v.isTrusted = &ok
	}
	return *v.isTrusted
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
