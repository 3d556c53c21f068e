package engine

import (
	"cmp"
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
	v      *vertex
	behind []map[*edge]bool // of the edges that are compared, each with all edges behind it
}

// way is how a run may end: where, and at what cost on the way.
type way struct {
	end   string
	more  string // what else the client sees of a closed end
	costs [Send + 1]int
}

// choices fixes what a caller knows beforehand: by condition, which edge it takes.
type choices map[string]int

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
	e.compare([]*edge{e.v.exits[0].edge, e.v.exits[outcome].edge}, true)
}

// compare reports the first outcome whose ways differ from those of the first,
// whatever the caller chooses, and says whether there was none.
func (e *enumeration) compare(edges []*edge, withProofs bool) bool {
	if len(edges) < 2 {
		return true
	}
	e.behind = nil
	e.lookBehind(edges, withProofs)
	all, complete := e.allChoices(edges)
	for _, c := range all {
		w := &walk{enumeration: e, chosen: c, withProofs: withProofs, from: map[*vertex]map[way]bool{}}
		first := w.along(edges[0])
		for _, out := range edges[1:] {
			ways := w.along(out)
			same := maps.Equal(first, ways)
			if same && w.telltale == nil && (complete || len(ways) < 2) {
				continue
			}
			if e.v.allows(allowEnumeration) != "" {
				e.v.used(allowEnumeration)
				return true
			}
			a, b := edges[0].name(), out.name()
			if t := w.telltale; t != nil {
				e.report(t.pos, "enumeration", "let both of its ways lead to the same answer at the same cost, or add allow: {enumeration: <reason>} to "+e.v.src.ID.Text,
					"%s goes by what a merge took, which may tell %s of %s from %s", t.src.ID.Text, a, e.v.src.ID.Text, b)
				return false
			}
			if same {
				e.report(e.v.pos, "enumeration", "ask for less behind "+e.v.src.ID.Text+", or add allow: {enumeration: <reason>}",
					"what follows %s and %s of %s parts at too many conditions to see that a caller cannot tell them apart", a, b, e.v.src.ID.Text)
				return false
			}
			e.report(e.v.pos, "enumeration", "let both lead to the same answer at the same cost (password.decoy costs a password check), or add allow: {enumeration: <reason>}",
				"a caller can tell %s of %s from %s: %s ends in %s, %s in %s", a, e.v.src.ID.Text, b, a, waysText(first), b, waysText(ways))
			return false
		}
	}
	return true
}

// walk finds the ways to the ends, for one combination of what the caller knows.
type walk struct {
	*enumeration
	chosen     choices
	withProofs bool
	from       map[*vertex]map[way]bool // the ways that begin at a vertex
	telltale   *vertex                  // where ways part by the outcome of the node
}

// along are the ways that begin with an edge.
func (w *walk) along(at *edge) map[way]bool {
	switch {
	case at == nil, !w.withProofs && at.proves() && at.from != w.v:
		return nil
	case at.to == nil:
		return map[way]bool{w.closedEnd(at): true}
	case w.from[at.to] == nil:
		w.from[at.to] = w.begin(at.to)
	}
	return w.from[at.to]
}

func (w *walk) begin(v *vertex) map[way]bool {
	ways := map[way]bool{}
	next := w.edges(v)
	if v.isEnd() {
		ways[way{end: v.id}] = true
		next = nil
	} else if chosen, fixed := w.chosen[w.callerKnows(v)]; fixed {
		options := w.options(v)
		if chosen < len(options) {
			next = []*edge{options[chosen]}
		} else {
			next = []*edge{{from: v, outcome: -1}} // an error, which another of that name has wired
		}
		if v.form != isEntry {
			next = append(next, w.stops(v)...)
		}
	}
	for i, out := range next {
		some := w.along(out)
		if i > 0 && !maps.Equal(some, w.along(next[0])) && slices.ContainsFunc(slices.Concat(v.places(), w.stumbles(v)), w.tells) {
			w.telltale = v
		}
		maps.Copy(ways, some)
	}
	if v.typ == nil || v.typ.cost == NoCost {
		return ways
	}
	dearer := map[way]bool{}
	for so := range ways {
		so.costs[v.typ.cost]++
		dearer[so] = true
	}
	return dearer
}

// edges are all ways out of a vertex.
func (e *enumeration) edges(v *vertex) []*edge { return append(v.edges(), e.stops(v)...) }

// stops are the ends at a vertex of a run for which a caller has sent what a
// sub-flow does not take, or an expression cannot be worked out with, of one that
// comes to an end by what is stored of an account, and of one that takes longer
// than the node may. Other errors that nothing takes may happen to anybody.
func (e *enumeration) stops(v *vertex) []*edge {
	var ends []*edge
	switch {
	case v.onError != nil:
		return nil
	case len(e.stumbles(v)) > 0:
		ends = append(ends, failed(v))
	case slices.ContainsFunc(v.args, e.refusable), e.breakable(v):
		ends = append(ends, refused(v))
	}
	if v.timeout > 0 {
		ends = append(ends, late(v))
	}
	return ends
}

// stumbles are the places by which a run may end at a vertex although the caller
// has no say in them: an expression over them may not be worked out, or what is
// there may not be what is wanted.
func (e *enumeration) stumbles(v *vertex) []*place {
	var all []*place
	v.each(func(x *expression) {
		if x.mayFail() {
			all = append(all, x.vars...)
		}
	})
	for _, a := range v.args {
		if a.checked || a.value.mayNotFit() {
			all = append(all, a.value.places()...)
		}
	}
	return slices.DeleteFunc(all, e.known)
}

// failed is the end of a run by what a vertex was given, and nobody can change.
func failed(v *vertex) *edge {
	return &edge{from: v, outcome: -1, failure: Fail(500, "by an error of "+v.id, "")}
}

func (e *enumeration) refusable(a *argument) bool {
	return a.checked && !slices.ContainsFunc(a.value.places(), e.notKnown)
}

// late is the end of a run by the time that a node may take.
func late(v *vertex) *edge {
	return &edge{from: v, outcome: -1, failure: Fail(504, "after "+v.timeout.String(), "The request took too long.")}
}

// refused is the end of a run by the client's fault.
func refused(v *vertex) *edge {
	return &edge{from: v, outcome: -1, failure: Fail(400, "validation_error", "")}
}

// breakable reports whether a caller can send what an expression of a vertex, of
// nothing but what the caller knows, cannot be worked out with.
func (e *enumeration) breakable(v *vertex) bool {
	found := false
	v.each(func(x *expression) { found = found || x.mayFail() && !slices.ContainsFunc(x.vars, e.notKnown) })
	return found
}

// each visits every expression of a vertex.
func (v *vertex) each(visit func(*expression)) {
	for _, a := range v.args {
		a.value.each(visit)
	}
	(&value{expr: v.when}).each(visit)
	(&value{expr: v.value}).each(visit)
}

// options are the ways out of a vertex, if what decides there is known: its
// outcomes in their order, then its error.
func (e *enumeration) options(v *vertex) []*edge {
	if v.form == isEntry {
		return e.edges(v)
	}
	var options []*edge
	for _, x := range v.exits {
		options = append(options, x.edge)
	}
	if v.onError != nil {
		options = append(options, v.onError)
	}
	return options
}

// proves reports whether the outcome of an edge proves something.
func (e *edge) proves() bool {
	return e.outcome >= 0 && e.from.exits[e.outcome].spec != nil && e.from.exits[e.outcome].spec.proves != ""
}

// closedEnd is the end of an edge that leads to no node. Fields of the outcome
// become details of the answer, which differ from node to node unless the caller
// knows what they are made of.
func (e *enumeration) closedEnd(at *edge) way {
	f := at.failure
	if f == nil {
		return way{end: "error"}
	}
	so := way{end: fmt.Sprintf("%d %s", f.Status, f.Code), more: f.Message}
	if at.outcome < 0 && f.Message == "" || at.outcome >= 0 && at.from.exits[at.outcome].spec.outputs.NumField() > 0 {
		so.more = cmp.Or(e.callerKnows(at.from), at.from.id)
	}
	return so
}

// callerKnows names what decides at a vertex, if it is nothing that the telling
// node has found: a condition over input, request and params, or a node that is
// given nothing else, and does not tell of accounts itself. It is "" where
// something else decides. Vertices of the same name decide alike, whether the
// node has found an account or not: a limit on an address is exceeded or is not.
func (e *enumeration) callerKnows(v *vertex) string {
	var asked []*value
	key := "if"
	switch {
	case v.form == isIf && v.when != nil:
		asked = []*value{{expr: v.when}}
	case v.form == isSwitch && v.value != nil:
		asked = []*value{{expr: v.value}}
		key = "switch"
		for _, x := range v.exits {
			key += " " + x.name
		}
	case v.typ != nil && v.typ.ends == notEnd && !v.typ.tellsAnything():
		key = v.typ.name + " " + v.timeout.String()
		for _, a := range v.args {
			key += "\n" + a.name
			asked = append(asked, a.value)
		}
	case v.form == isEntry && slices.ContainsFunc(v.args, isChecked):
		key = v.src.Use.Text
		for _, a := range v.args {
			if a.checked {
				key += "\n" + a.name
				asked = append(asked, a.value)
			}
		}
	default:
		return ""
	}
	for _, a := range asked {
		for _, p := range a.places() {
			if e.notKnown(p) {
				return ""
			}
			key += " " + p.canon
		}
		key += "|" + a.written()
	}
	return key
}

// known reports whether a place holds only what the caller has sent, or what is
// the same for everybody.
func (e *enumeration) known(p *place) bool {
	switch {
	case p.root == "input", p.root == "request", p.root == "params", p.root == "now":
		return true
	case len(p.alts) > 0:
		return !slices.ContainsFunc(p.alts, e.notKnown) && !e.tells(p)
	case p.arg != nil && p.arg.value != nil:
		return !slices.ContainsFunc(p.arg.value.places(), e.notKnown)
	case p.vertex != nil && p.vertex.typ != nil && p.vertex.typ.pure:
		return e.callerKnows(p.vertex) != ""
	}
	return false
}

// tellsAnything reports whether the outcomes of a type depend on stored accounts.
func (t *typeSpec) tellsAnything() bool {
	return t.tells || slices.ContainsFunc(t.outcomes, func(o *outcomeSpec) bool { return o.discloses })
}

func (e *enumeration) notKnown(p *place) bool { return !e.known(p) }

// lookBehind finds the edges that a run may take behind each of some edges.
func (e *enumeration) lookBehind(edges []*edge, withProofs bool) {
	for _, first := range edges {
		behind := map[*edge]bool{}
		var visit func(at *edge)
		visit = func(at *edge) {
			if at == nil || behind[at] || !withProofs && at.proves() && at.from != e.v {
				return
			}
			behind[at] = true
			if at.to != nil {
				for _, out := range at.to.edges() {
					visit(out)
				}
			}
		}
		visit(first)
		e.behind = append(e.behind, behind)
	}
}

// tells reports whether a place holds what a merge behind several outcomes of the
// node took from one edge or another: that may tell by which of them it has left.
func (e *enumeration) tells(p *place) bool {
	switch {
	case len(p.alts) > 0:
		taken := map[string]bool{}
		outcomes := 0
		for _, behind := range e.behind {
			reached := false
			for i, in := range p.arg.edges {
				if behind[in] {
					reached, taken[p.alts[i].canon] = true, true
				}
			}
			if reached {
				outcomes++
			}
		}
		return outcomes > 1 && len(taken) > 1 || slices.ContainsFunc(p.alts, e.tells)
	case p.arg != nil && p.arg.value != nil:
		return slices.ContainsFunc(p.arg.value.places(), e.tells)
	}
	return false
}

// places are all places that decide at a vertex by which outcome it leaves.
func (v *vertex) places() []*place {
	places := slices.Concat((&value{expr: v.when}).places(), (&value{expr: v.value}).places())
	for _, a := range v.args {
		if v.typ != nil || a.checked {
			places = append(places, a.value.places()...)
		}
	}
	return places
}

// maxChoices bounds how many combinations are looked at; beyond it, and where a
// node that changes something is asked for the same again, every parting
// counts: which way the caller's own choices take is not known then, so outcomes
// that can end in the same places need not end in the same one.
const maxChoices = 1024

// allChoices are all combinations of what the caller knows behind some edges, and
// whether they are: they are not looked at one by one if they are too many.
func (e *enumeration) allChoices(edges []*edge) (all []choices, complete bool) {
	options := map[string]int{}
	deciding := map[string][]*vertex{}
	var visit func(at *edge)
	seen := map[*vertex]bool{}
	visit = func(at *edge) {
		if at == nil || at.to == nil || seen[at.to] {
			return
		}
		seen[at.to] = true
		if key := e.callerKnows(at.to); key != "" {
			options[key] = max(options[key], len(e.options(at.to)))
			deciding[key] = append(deciding[key], at.to)
		}
		for _, out := range at.to.edges() {
			visit(out)
		}
	}
	for _, at := range edges {
		visit(at)
	}
	complete = true
	for key, vertices := range deciding {
		if vertices[0].typ != nil && vertices[0].typ.effect && oneBehindAnother(vertices) {
			delete(options, key) // the second time it may decide otherwise
			complete = false
		}
	}
	all = []choices{{}}
	for _, key := range slices.Sorted(maps.Keys(options)) {
		if len(all)*options[key] > maxChoices {
			return []choices{{}}, false
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
	return all, complete
}

// oneBehindAnother reports whether a run may come to two of some vertices.
func oneBehindAnother(vertices []*vertex) bool {
	seen := map[*vertex]bool{}
	var visit func(v *vertex) bool
	visit = func(v *vertex) bool {
		for _, out := range v.edges() {
			if out.to == nil || seen[out.to] {
				continue
			}
			seen[out.to] = true
			if slices.Contains(vertices, out.to) || visit(out.to) {
				return true
			}
		}
		return false
	}
	return slices.ContainsFunc(vertices, visit)
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
	return strings.Join(slices.Compact(texts), " or ")
}
