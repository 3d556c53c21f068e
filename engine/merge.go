package engine

import (
	"reflect"

	"github.com/expr-lang/expr/ast"

	"github.com/latchwork/latchwork/flows"
)

// merge looks at each edge alone: of the alternatives of a field, which are plain
// paths, exactly one must be in reach there.
func (t *typer) merge(v *vertex) {
	if v.src.With == nil || len(v.src.With.Fields) == 0 {
		t.report(v.src.ID.Pos, "missing-field", "add under with: <name>: [${{ a }}, ${{ b }}]", "merge needs at least one field")
		return
	}
	for _, f := range v.src.With.Fields {
		a := newArgument(argument{name: f.Key.Text, typ: anyType}, f.Key.Pos)
		v.args = append(v.args, a)
		items := f.Value.Items
		if f.Value.Kind != flows.List {
			items = []*flows.Value{f.Value}
		}
		ok := true
		for _, e := range v.in {
			if e.from.form == isUnknown {
				ok = false
				continue
			}
			if _, reached := t.along[e]; !reached {
				continue
			}
			p := t.alternative(v, e, f, items)
			ok = ok && p != nil && !p.unknown
			a.alts, a.edges = append(a.alts, p), append(a.edges, e)
		}
		if !ok || !t.unify(a) {
			a.unknown = true
		}
	}
}

// alternative is the one of a merge's paths that is in reach on an edge.
func (t *typer) alternative(v *vertex, e *edge, f flows.Field, items []*flows.Value) *place {
	x := exprScope{t.graph, v.scope, t.along[e], t.presentAlong[e]}
	var found []*place
	for _, item := range items {
		words, ok := t.plainPath(item)
		if !ok {
			t.report(item.Pos, "plain-path", "name a value: ${{ a.b }}", "merge takes plain paths")
			return nil
		}
		p, used, miss := x.find(words)
		switch {
		case miss == nil && used == len(words):
			found = append(found, p)
		case miss == nil:
			t.report(item.Pos, "plain-path", "merge "+p.canon+" as a whole", "%s may be null, so what lies in it cannot be merged", p.canon)
			return nil
		case miss != nil && miss.code != "not-in-reach":
			t.report(item.Pos, miss.code, miss.hint, "%s", miss.message)
			return nil
		}
	}
	from := e.from.id + "." + e.name()
	switch len(found) {
	case 1:
		return found[0]
	case 0:
		t.report(f.Key.Pos, "merge-none", "add what "+from+" gives", "on the edge from %s none of the alternatives of %s is in reach", from, f.Key.Text)
	default:
		t.report(f.Key.Pos, "merge-several", "let each edge bring one of them", "on the edge from %s several alternatives of %s are in reach", from, f.Key.Text)
	}
	return nil
}

// plainPath is the words of a value that is a plain path.
func (t *typer) plainPath(v *flows.Value) ([]string, bool) {
	if !v.IsExpr() {
		return nil, false
	}
	tree, ok := t.parseExpr(v.Parts[0])
	if !ok {
		return nil, false
	}
	if _, chained := tree.Node.(*ast.ChainNode); chained {
		return nil, false // a?.b is no plain path
	}
	return (&resolver{}).words(tree.Node)
}

// unify gives a merged field the type that all its alternatives have.
func (t *typer) unify(a *argument) bool {
	if len(a.alts) == 0 {
		return false
	}
	typ, i := a.joined()
	if i > 0 {
		t.report(a.pos, "bad-type", "", "the alternatives of %s differ: %s, %s", a.name, a.alts[0].isWhat(), a.alts[i].isWhat())
		return false
	}
	t.merged(a, typ)
	return true
}

// isWhat tells what is in a place, for a message.
func (p *place) isWhat() string {
	if baseType(p.typ) == secretType {
		return p.canon + " is a secret"
	}
	return p.canon + " is " + typeText(p.typ)
}

// joined is the type that holds all alternatives of a merged field, or the number of
// the first for which there is none.
func (a *argument) joined() (typ reflect.Type, differs int) {
	so := *a.alts[0]
	so.typ = baseType(so.typ)
	for i, p := range a.alts[1:] {
		typ := so.common(p)
		switch {
		case typ == nil:
			return nil, i + 1
		case so.isNull():
			so.constant = p.constant
		case typ != baseType(p.typ) && !p.isNull() || typ != so.typ || !p.constant.IsValid():
			so.constant = reflect.Value{} // no constants of one type any more
		}
		so.typ = typ
	}
	return so.typ, 0
}

// common is the type that holds what is in either of two places, or nil: that of
// both, or of one, if the other can be turned into it whatever it is. Constants of
// two types, and JSON data beside another value, make JSON data.
func (p *place) common(q *place) reflect.Type {
	a, b := baseType(p.typ), baseType(q.typ)
	switch {
	case a == b, q.isNull():
		return a
	case p.isNull():
		return b
	case a == secretType, b == secretType:
		return nil
	case plainType(a) == plainType(b):
		return plainType(a)
	case p.becomes(b):
		return b
	case q.becomes(a):
		return a
	case isData(a) && isData(b) && (a == anyType || b == anyType || p.constant.IsValid() && q.constant.IsValid()):
		return anyType
	}
	return nil
}

// isNull reports whether p is null, whenever it is read.
func (p *place) isNull() bool { return p.constant.IsValid() && isNull(p.constant.Interface()) }

// becomes reports whether what is in p can be turned into another type: whole
// numbers into others, and constants that are values of it.
func (p *place) becomes(t reflect.Type) bool {
	if t == anyType || isVerified(t) {
		return false
	}
	if baseType(p.typ) == intType && t == floatType {
		return true
	}
	return p.constant.IsValid() && convert(reflect.New(t).Elem(), p.constant.Interface()) == nil
}

// isData reports whether a type is one of those that JSON data has.
func isData(t reflect.Type) bool {
	return t == anyType || t == mapType || t == listType || classOf(t)&^(cText|cNumber|cTruth) == 0
}

// merged gives a merged field its memory, of the type that joins its alternatives. It
// may be null if any of them may.
func (g *graph) merged(a *argument, typ reflect.Type) {
	a.typ = typ
	for i, p := range a.alts {
		a.nullable = a.nullable || p.nullable && !g.presentAlong[a.edges[i]][p.canon]
		if (p.typ.Kind() == reflect.Pointer || p.isNull()) && !nilable(a.typ) {
			a.typ = reflect.PointerTo(a.typ)
		}
	}
	a.slot = g.slot(slotSpec{step: -1, typ: a.typ})
}

// presentBehind is present and, of a vertex where edges meet, what holds of the
// alternatives of its fields on all of them.
func (t *typer) presentBehind(v *vertex, present map[string]bool) map[string]bool {
	var more []string
	for _, a := range v.args {
		if a.unknown || len(a.alts) == 0 || a.only != nil {
			continue
		}
		for path := range t.presentAlong[a.edges[0]] {
			rest, ok := pathBelow(path, a.alts[0].canon)
			for i, e := range a.edges {
				ok = ok && t.presentAlong[e][a.alts[i].canon+rest]
			}
			if ok {
				more = append(more, v.id+"."+a.name+rest)
			}
		}
	}
	return with(present, more)
}
