package engine

import (
	"maps"
	"slices"
)

// checkEnumeration is check 9: where a node tells of stored accounts, a caller
// who has proved nothing must not be able to tell its outcomes apart, neither by
// the answer nor by the time it takes.
func (g *graph) checkEnumeration() {
	for _, v := range g.vertices {
		if v.typ == nil || v.src == nil || g.before[v.index].left == nil {
			continue
		}
		e := &enumeration{graph: g, v: v, knows: map[*argument]bool{}, tellsOf: map[*argument]bool{}, sizes: map[*argument]int{}}
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
	v       *vertex
	behind  []map[*edge]bool   // of the edges that are compared, each with all edges behind it
	knows   map[*argument]bool // whether what it is given is known; see known
	tellsOf map[*argument]bool // whether what it is given tells; see tells
	sizes   map[*argument]int  // how many bytes of what it is given a caller has sent; see sent
}

// telling compares the outcomes of a node that tells, along ways on which nothing
// is proved.
func (e *enumeration) telling() {
	var compared []*edge
	for _, out := range e.v.edges() {
		if !out.proves() {
			compared = append(compared, out)
		}
	}
	if e.compare(compared, false) {
		e.readsOnly(compared)
	}
}

// disclosing compares an outcome that discloses with the first, whether or not
// something is proved on the way.
func (e *enumeration) disclosing(outcome int) {
	compared := []*edge{e.v.exits[0].edge, e.v.exits[outcome].edge}
	if e.compare(compared, true) {
		e.answersAlike(compared)
	}
}

// answersAlike looks whether the ends to which both of two edges lead answer with
// nothing that tells by which of them the run has come.
func (e *enumeration) answersAlike(edges []*edge) {
	for _, v := range e.vertices {
		into := func(behind map[*edge]bool) bool {
			return slices.ContainsFunc(v.in, func(in *edge) bool { return behind[in] })
		}
		if !v.isEnd() || !into(e.behind[0]) || !into(e.behind[1]) {
			continue
		}
		for _, a := range v.args {
			i := slices.IndexFunc(a.value.places(), e.tells)
			switch {
			case i < 0:
			case e.v.allows(allowEnumeration) != "":
				e.v.used(allowEnumeration)
			default:
				e.report(a.pos, "enumeration", "answer with the same after both, or add allow: {enumeration: <reason>} to "+e.v.src.ID.Text,
					"%s answers with what tells %s of %s from %s: %s", v.src.ID.Text, edges[0].name(), e.v.src.ID.Text, edges[1].name(), a.value.places()[i].canon)
				return
			}
		}
	}
}

// compare reports the first outcome whose ways differ from those of the first,
// whatever the caller chooses, and says whether there was none.
func (e *enumeration) compare(edges []*edge, withProofs bool) bool {
	if len(edges) < 2 {
		return true
	}
	e.behind = nil
	clear(e.knows)
	clear(e.tellsOf)
	e.lookBehind(edges, withProofs)
	all, complete := e.allChoices(edges)
	for _, c := range all {
		w := &walk{enumeration: e, chosen: c, withProofs: withProofs, from: map[*vertex]map[way]bool{}, numbers: map[string]int{}}
		first := w.leaving(edges[0], edges)
		for _, out := range edges[1:] {
			ways := w.leaving(out, edges)
			same := maps.Equal(first, ways)
			if same && w.telltale == nil && !w.tooMany && (complete || areOne(ways)) {
				continue
			}
			if e.v.allows(allowEnumeration) != "" {
				e.v.used(allowEnumeration)
				return true
			}
			a, b := edges[0].name(), out.name()
			if t := w.telltale; t != nil {
				e.report(t.pos, "enumeration", "let both of its ways lead to the same answer at the same cost, or add allow: {enumeration: <reason>} to "+e.v.src.ID.Text,
					"%s goes by %s, which may tell %s of %s from %s", t.src.ID.Text, w.by.canon, a, e.v.src.ID.Text, b)
				return false
			}
			ends, others := w.ends(first), w.ends(ways)
			if ends == others {
				e.report(e.v.pos, "enumeration", "let both part at the same nodes, or ask for less behind "+e.v.src.ID.Text+", or add allow: {enumeration: <reason>}",
					"what follows %s and %s of %s parts at conditions of which it cannot be seen that they are the same for both", a, b, e.v.src.ID.Text)
				return false
			}
			hint := "let both lead to the same answer at the same cost (password.decoy costs a password check)"
			if w.anyGiven(first) != w.anyGiven(ways) {
				hint = "move what may fail behind a proof or before " + e.v.src.ID.Text + ", or lead its error to where it leads otherwise"
			}
			e.report(e.v.pos, "enumeration", hint+", or add allow: {enumeration: <reason>}",
				"a caller can tell %s of %s from %s: %s ends in %s, %s in %s", a, e.v.src.ID.Text, b, a, ends, b, others)
			return false
		}
	}
	return true
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
		if at.from != e.v && at.proves() {
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
				if e.known(p) {
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
