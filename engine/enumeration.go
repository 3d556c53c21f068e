package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// checkEnumeration is check 9: where a node tells of stored accounts, a caller
// who has proved nothing must not be able to tell its outcomes apart, neither by
// the answer nor by the time it takes.
func (g *graph) checkEnumeration() {
	for _, v := range g.vertices {
		if v.typ == nil || v.src == nil || g.before[v.index].left == nil {
			continue
		}
		e := &enumeration{graph: g, v: v}
		if v.typ.tells && len(g.proved[v.index]) == 0 {
			e.telling()
		}
		for i, x := range v.exits {
			if x.spec.discloses && len(g.proved[v.index]) == 0 {
				e.disclosing(i)
			}
		}
	}
}

// enumeration looks at one node.
type enumeration struct {
	*graph
	v *vertex
}

// way is how a run may end: where, and at what cost on the way.
type way struct {
	end   string
	costs [Send + 1]int
}

// choices fixes what a caller knows beforehand: by condition, which edge it takes.
type choices map[string]int

// telling compares the outcomes of a node that tells, along ways on which nothing
// is proved.
func (e *enumeration) telling() {
	var compared []*edge
	for _, out := range e.v.edges() {
		if out.outcome >= 0 && e.v.exits[out.outcome].spec.proves != "" {
			continue
		}
		compared = append(compared, out)
	}
	if e.compare(compared, false) {
		e.readsOnly(compared)
	}
}

// disclosing compares an outcome that discloses with the first, whether or not
// something is proved on the way.
func (e *enumeration) disclosing(outcome int) {
	e.compare([]*edge{e.v.exits[0].edge, e.v.exits[outcome].edge}, true)
}

// compare reports the first outcome whose ways differ from those of the first,
// whatever the caller chooses, and says whether there was none.
func (e *enumeration) compare(edges []*edge, withProofs bool) bool {
	if len(edges) < 2 {
		return true
	}
	for _, c := range e.allChoices(edges) {
		var first map[way]bool
		for i, out := range edges {
			ways := map[way]bool{}
			e.walk(out, way{}, c, withProofs, ways)
			if i == 0 {
				first = ways
				continue
			}
			if maps.Equal(first, ways) {
				continue
			}
			if e.v.allows(allowEnumeration) != "" {
				e.v.used(allowEnumeration)
				return true
			}
			a, b := edges[0].name(), out.name()
			e.report(e.v.pos, "enumeration", "let both lead to the same answer at the same cost (password.decoy costs a password check), or add allow: {enumeration: <reason>}",
				"a caller can tell %s of %s from %s: %s ends in %s, %s in %s", a, e.v.src.ID.Text, b, a, waysText(first), b, waysText(ways))
			return false
		}
	}
	return true
}

// walk collects the ways from an edge to the ends.
func (e *enumeration) walk(at *edge, so way, c choices, withProofs bool, ways map[way]bool) {
	if at == nil {
		return
	}
	if !withProofs && at.outcome >= 0 && at.from != e.v && at.from.exits[at.outcome].spec != nil && at.from.exits[at.outcome].spec.proves != "" {
		return
	}
	if at.to == nil {
		so.end = "error"
		if at.failure != nil {
			so.end = fmt.Sprintf("%d %s", at.failure.Status, at.failure.Code)
		}
		ways[so] = true
		return
	}
	v := at.to
	if v.typ != nil {
		so.costs[v.typ.cost]++
		so.costs[NoCost] = 0
	}
	if v.isEnd() {
		so.end = v.id
		ways[so] = true
		return
	}
	if chosen, fixed := c[callerKnows(v)]; fixed {
		if chosen < len(v.exits) {
			e.walk(v.exits[chosen].edge, so, c, withProofs, ways)
		}
		return
	}
	for _, out := range v.edges() {
		e.walk(out, so, c, withProofs, ways)
	}
}

// callerKnows names what decides at a vertex, if the caller knows it anyway: a
// condition over input, request and params, or a node that looks at nothing else.
// It is "" where something else decides.
func callerKnows(v *vertex) string {
	var asked []*expression
	switch {
	case v.form == isIf && v.when != nil:
		asked = []*expression{v.when}
	case v.form == isSwitch && v.value != nil:
		asked = []*expression{v.value}
	case v.typ != nil && v.typ.pure:
		for _, a := range v.args {
			a.value.each(func(x *expression) { asked = append(asked, x) })
		}
	default:
		return ""
	}
	key := fmt.Sprint(v.form)
	if v.typ != nil {
		key = v.typ.name
	}
	for _, x := range asked {
		for _, p := range x.vars {
			if !knownToCaller(p) {
				return ""
			}
			key += " " + p.canon
		}
		key += "|" + strings.TrimSpace(x.source)
	}
	return key
}

// knownToCaller reports whether a place holds only what the caller has sent, or
// what is the same for everybody.
func knownToCaller(p *place) bool {
	switch {
	case p.root == "input", p.root == "request", p.root == "params", p.root == "now":
		return true
	case len(p.alts) > 0:
		return !slices.ContainsFunc(p.alts, func(a *place) bool { return !knownToCaller(a) })
	case p.arg != nil && p.arg.value != nil:
		return !slices.ContainsFunc(p.arg.value.places(), func(q *place) bool { return !knownToCaller(q) })
	case p.vertex != nil && p.vertex.typ != nil && p.vertex.typ.pure:
		return callerKnows(p.vertex) != ""
	}
	return false
}

// maxChoices bounds how many combinations are looked at; beyond it every parting
// counts.
const maxChoices = 1024

// allChoices are all combinations of what the caller knows behind some edges.
func (e *enumeration) allChoices(edges []*edge) []choices {
	options := map[string]int{}
	var visit func(at *edge)
	seen := map[*vertex]bool{}
	visit = func(at *edge) {
		if at == nil || at.to == nil || seen[at.to] {
			return
		}
		seen[at.to] = true
		if key := callerKnows(at.to); key != "" {
			options[key] = max(options[key], len(at.to.exits))
		}
		for _, out := range at.to.edges() {
			visit(out)
		}
	}
	for _, at := range edges {
		visit(at)
	}
	all := []choices{{}}
	for _, key := range slices.Sorted(maps.Keys(options)) {
		if len(all)*options[key] > maxChoices {
			return []choices{{}}
		}
		var next []choices
		for _, c := range all {
			for i := range options[key] {
				d := maps.Clone(c)
				d[key] = i
				next = append(next, d)
			}
		}
		all = next
	}
	return all
}

// readsOnly looks whether the ends of ways on which nothing is proved answer with
// nothing but what the caller knows.
func (e *enumeration) readsOnly(edges []*edge) {
	seen := map[*vertex]bool{}
	var visit func(at *edge)
	visit = func(at *edge) {
		if at == nil || at.to == nil || seen[at.to] {
			return
		}
		if at.from != e.v && at.outcome >= 0 && at.from.exits[at.outcome].spec != nil && at.from.exits[at.outcome].spec.proves != "" {
			return
		}
		v := at.to
		seen[v] = true
		for _, out := range v.edges() {
			visit(out)
		}
		if !v.isEnd() {
			return
		}
		for _, a := range v.args {
			for _, p := range a.value.places() {
				if knownToCaller(p) || p.unknown {
					continue
				}
				if e.v.allows(allowEnumeration) != "" {
					e.v.used(allowEnumeration)
					continue
				}
				if seen[e.v] {
					return // one report a node
				}
				seen[e.v] = true
				e.report(a.pos, "enumeration", "answer with input, request and params only, or add allow: {enumeration: <reason>} to "+e.v.src.ID.Text,
					"%s answers without a proof, so it must not tell what %s has found: %s", v.src.ID.Text, e.v.src.ID.Text, p.canon)
			}
		}
	}
	for _, at := range edges {
		visit(at)
	}
}

// waysText lists ways for a message.
func waysText(ways map[way]bool) string {
	if len(ways) == 0 {
		return "nothing"
	}
	var texts []string
	for w := range ways {
		text := w.end
		if n := w.costs[PasswordCheck]; n > 0 {
			text += " after " + plural(n, "password check")
		}
		if n := w.costs[Send]; n > 0 {
			text += " after " + plural(n, "message")
		}
		texts = append(texts, text)
	}
	slices.Sort(texts)
	return strings.Join(texts, " or ")
}
