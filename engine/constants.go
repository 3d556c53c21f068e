package engine

import (
	"slices"

	"github.com/latchwork/latchwork/flows"
)

// Constant is what is known before a run of a text that an input is given.
type Constant struct {
	Text string // all of it, or what it begins with
	Open bool   // something follows that is known only in a run
}

// Mistake says what is wrong with a constant, and what to do about it.
type Mistake struct {
	Code    string // stable; "" for bad-value
	Message string // what follows on "url of http.call", such as "must be …"
	Hint    string // "" where none is known
}

// Check looks at a text that an input is given, when a flow is loaded, as far as the text
// is known then. Nil finds nothing wrong with it. What is known only in a run is not
// looked at, so the node has to refuse it, too. Secrets count as not known.
type Check func(Constant) *Mistake

// checkConstants has formats and node types look at what is known of their inputs, so
// that a flow which can do nothing but fail is not served.
func (g *graph) checkConstants() {
	for _, v := range g.vertices {
		if v.typ == nil || v.src == nil || g.before[v.index].left == nil {
			continue
		}
		for _, a := range v.args {
			if a.field == nil || !a.field.takesText() || a.value == nil || a.value.isNull() {
				continue
			}
			for _, check := range []Check{g.app.Formats[a.field.format], v.typ.checks[a.name]} {
				if check == nil {
					continue
				}
				if m := check(a.value.known()); m != nil {
					g.refuseConstant(v, a, m)
					break
				}
			}
		}
	}
}

func (g *graph) refuseConstant(v *vertex, a *argument, m *Mistake) {
	code := m.Code
	if code == "" {
		code = "bad-value"
	}
	g.report(a.value.writtenAt(), code, m.Hint, "%s of %s %s", a.name, v.src.Use.Text, m.Message)
}

// writtenAt is where a value is written: that of a field of set, or of an input of a
// sub-flow, where it was given.
func (v *value) writtenAt() flows.Pos {
	if p := v.path(); p != nil && p.arg != nil && p.arg.value != nil {
		return p.arg.value.writtenAt()
	}
	return v.pos
}

// takesText reports whether an input is a text, or may be none.
func (f *field) takesText() bool { return baseType(f.typ) == stringType }

// known is what is known before a run of v, which gives a text: no list and no map.
func (v *value) known() Constant {
	switch {
	case v.constant.IsValid():
		return knownText(v.constant.Interface())
	case v.expr != nil:
		return v.expr.known()
	}
	var all Constant
	for _, part := range v.text {
		next := Constant{Text: part.literal}
		if part.expr != nil {
			next = part.expr.known()
		}
		if all.Text += next.Text; next.Open {
			all.Open = true
			break
		}
	}
	return all
}

// known is what is known before a run of the text at p: a constant, or what a field of
// set, or the caller of a sub-flow, has been given.
func (p *place) known() Constant {
	switch {
	case len(p.leaves()) > 0:
	case p.constant.IsValid():
		return knownText(p.constant.Interface())
	case p.arg != nil && p.arg.value != nil:
		return p.arg.value.known()
	}
	return Constant{Open: true}
}

// known is what a plain path leads to, or the text that an expression of constants gives.
func (e *expression) known() Constant {
	if e.whole != nil {
		return e.whole.known()
	}
	secret := func(p *place) bool { return len(p.leaves()) > 0 }
	if e.isConstant() && !slices.ContainsFunc(e.vars, secret) {
		if v, err := new(Run).evaluator(e)(); err == nil {
			return knownText(v)
		}
	}
	return Constant{Open: true}
}

func knownText(v any) Constant {
	text, err := textOf(v)
	return Constant{text, err != nil}
}
