package engine

import (
	"reflect"
	"slices"

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
		a := &argument{name: f.Key.Text, pos: f.Key.Pos, slot: -1, typ: anyType}
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
	if i := a.differs(); i > 0 {
		first, p := a.alts[0], a.alts[i]
		t.report(a.pos, "bad-type", "", "the alternatives of %s differ: %s is %s, %s is %s", a.name, first.canon, typeText(first.typ), p.canon, typeText(p.typ))
		return false
	}
	t.merged(a)
	return true
}

// differs is the first alternative of a merged field that is of another type than
// the first; 0 if none is.
func (a *argument) differs() int {
	return max(0, slices.IndexFunc(a.alts, func(p *place) bool { return !a.alts[0].joins(p) }))
}

// joins reports whether two places can be alternatives: they are of one type, or it
// is JSON data whatever is taken, as with constants.
func (p *place) joins(q *place) bool {
	a, b := baseType(p.typ), baseType(q.typ)
	constants := p.constant.IsValid() && q.constant.IsValid()
	return a == b || isData(a) && isData(b) && (a == anyType || b == anyType || constants)
}

// isData reports whether a type is one of those that JSON data has.
func isData(t reflect.Type) bool {
	return t == anyType || t == mapType || t == listType || classOf(t)&(cText|cNumber|cTruth) != 0
}

// merged gives a merged field its memory. It may be null if any alternative may.
func (g *graph) merged(a *argument) {
	a.typ = a.alts[0].typ
	for i, p := range a.alts {
		a.nullable = a.nullable || p.nullable && !g.presentAlong[a.edges[i]][p.canon]
		switch {
		case baseType(p.typ) != baseType(a.typ):
			a.typ = anyType
		case p.typ.Kind() == reflect.Pointer:
			a.typ = p.typ
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
