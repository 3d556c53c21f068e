package engine

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// way is how a run may end: where, and at what cost on the way.
type way struct {
	end   string
	more  string // what else the client sees of a closed end
	costs [Send + 1]int
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
