package engine

import (
	"fmt"
	"maps"
	"slices"
)

// choices fixes what a caller knows beforehand: by condition, which edge it takes.
type choices map[string]int

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
	case v.form == isEntry && slices.ContainsFunc(v.args, isChecked) && len(e.stumbles(v)) == 0:
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
	case p.root == "input", p.root == "request", p.root == "params", p.isNow():
		return true
	case p.vertex != nil && p.vertex.typ != nil && p.vertex.src == nil:
		return true // of the key or the session that the request came with
	case len(p.alts) > 0:
		return !slices.ContainsFunc(p.alts, e.notKnown) && !e.tells(p)
	case p.arg != nil && p.arg.value != nil:
		return once(e.knows, p.arg, func() bool { return !slices.ContainsFunc(p.arg.value.places(), e.notKnown) })
	case p.vertex != nil && p.vertex.typ != nil && p.vertex.typ.pure:
		return e.callerKnows(p.vertex) != ""
	}
	return false
}

// once works something out for an argument the first time only: what it is made of
// may lead to the same places many times over.
func once(known map[*argument]bool, a *argument, work func() bool) bool {
	was, ok := known[a]
	if !ok {
		was = work()
		known[a] = was
	}
	return was
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

// tells reports whether a place holds what may tell by which of several outcomes the
// node has left: what a merge behind them took from one edge or another, an output
// that several of them have, an error that has come from behind several of them, or
// what was made of these.
func (e *enumeration) tells(p *place) bool {
	switch {
	case p.root == "error":
		failing := slices.DeleteFunc(slices.Clone(e.behind), func(behind map[*edge]bool) bool {
			return !slices.ContainsFunc(slices.Collect(maps.Keys(behind)), (*edge).fails)
		})
		return len(failing) > 1
	case len(p.alts) > 0:
		taken := map[string]bool{}
		outcomes := 0
		for _, behind := range e.behind {
			reached := false
			for i, in := range p.arg.edges {
				if behind[in] {
					reached, taken[p.alts[i].same()] = true, true
				}
			}
			if reached {
				outcomes++
			}
		}
		return outcomes > 1 && len(taken) > 1 || slices.ContainsFunc(p.alts, e.tells)
	case p.arg != nil && p.arg.value != nil:
		return once(e.tellsOf, p.arg, func() bool { return slices.ContainsFunc(p.arg.value.places(), e.tells) })
	case p.vertex == e.v:
		return len(p.of) > 1
	case p.vertex != nil && p.vertex.typ != nil:
		return slices.ContainsFunc(p.vertex.args, func(a *argument) bool { return slices.ContainsFunc(a.value.places(), e.tells) })
	}
	return false
}

// same names what lies in a place: the same for constants that are equal.
func (p *place) same() string {
	if p.constant.IsValid() {
		return fmt.Sprintf("= %#v", p.constant.Interface())
	}
	return p.canon
}

// fails reports whether an edge is that of an error, or of an outcome that is
// closed by default.
func (e *edge) fails() bool { return e.outcome < 0 || e.failure != nil }

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
