package engine

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// way is how a run may end: where, why, if that lies in what it was given, and at
// what cost on the way.
type way struct {
	end   string
	cause string
	more  string // what else the client sees of a closed end, or has to do with the cause
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
	var next []departure
	if v.isEnd() {
		ways[way{end: v.id}] = true
	} else {
		next = w.departures(v)
	}
	var branches []map[way]bool
	for _, d := range next {
		some := w.after(d, branches)
		if len(branches) > 0 && !maps.Equal(some, branches[0]) && slices.ContainsFunc(slices.Concat(v.places(), w.stumbles(v)), w.tells) {
			w.telltale = v
		}
		branches = append(branches, some)
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

// departure is how a run leaves a vertex: along an edge, or since it is stopped
// there, where the edge is that of a wired error, or nil.
type departure struct {
	edge *edge
	stop *way
}

// departures are how a run may leave a vertex, after the caller's choice where it is
// one.
func (w *walk) departures(v *vertex) []departure {
	chosen, fixed := w.chosen[w.callerKnows(v)]
	if !fixed {
		return append(along(v.edges()), w.stops(v)...)
	}
	options := w.options(v)
	next := []departure{{stop: &way{end: "error"}}} // which another of that name has wired
	if chosen < len(options) {
		next = options[chosen : chosen+1]
	}
	if v.form == isEntry {
		return next
	}
	return slices.Concat(next, w.stops(v))
}

// along are departures along edges.
func along(edges []*edge) []departure {
	var all []departure
	for _, out := range edges {
		all = append(all, departure{edge: out})
	}
	return all
}

// after are the ways that begin with a departure. A stop is a way of its
// own, save where it leads nowhere else than all other departures.
func (w *walk) after(d departure, others []map[way]bool) map[way]bool {
	switch {
	case d.stop == nil:
		return w.along(d.edge)
	case d.edge == nil:
		return map[way]bool{*d.stop: true}
	}
	ways := w.along(d.edge)
	if !slices.ContainsFunc(others, func(other map[way]bool) bool { return !maps.Equal(other, ways) }) {
		return ways
	}
	caused := map[way]bool{}
	for so := range ways {
		so.cause += d.stop.cause
		so.more += d.stop.more
		caused[so] = true
	}
	return caused
}

// stops are how a run may be stopped at a vertex by what it was given: by what is
// stored of an account, by what a caller has sent and a sub-flow does not take or
// an expression cannot be worked out with, or because a node takes longer than it
// may. Other errors may happen to anybody.
func (e *enumeration) stops(v *vertex) []departure {
	var stops []departure
	add := func(end, cause, more string) {
		stops = append(stops, departure{edge: v.onError, stop: &way{end: end, cause: cause, more: more}})
	}
	if len(e.stumbles(v)) > 0 {
		add("500", " by an error of "+v.id, "")
	}
	if slices.ContainsFunc(v.args, e.refusable) || e.breakable(v) {
		add("400 validation_error", " by what was sent", cmp.Or(e.callerKnows(v), v.id))
	}
	if v.timeout > 0 {
		add("504", " after "+v.timeout.String(), "")
	}
	return stops
}

// stumbles are the places by which a run may end at a vertex although the caller
// has no say in them: an expression over them may not be worked out, or what is
// there may not be what is wanted.
func (e *enumeration) stumbles(v *vertex) []*place {
	var all []*place
	v.each(func(x *expression) {
		if x.fails || x.mayBeTooMuch(e.app.bodyLimit()) {
			all = append(all, x.vars...)
		}
	})
	for _, a := range v.args {
		if a.checked || a.value.mayNotFit() {
			all = append(all, a.value.places()...)
		}
	}
	if condition := (&value{expr: v.when, want: boolType}); condition.mayNotFit() {
		all = append(all, condition.places()...)
	}
	return slices.DeleteFunc(all, e.known)
}

func (e *enumeration) refusable(a *argument) bool {
	return a.checked && !slices.ContainsFunc(a.value.places(), e.notKnown)
}

// breakable reports whether a caller can send what an expression of a vertex, of
// nothing but what the caller knows, cannot be worked out with.
func (e *enumeration) breakable(v *vertex) bool {
	found := !v.isEnd() && slices.ContainsFunc(v.args, func(a *argument) bool { return a.value.mayOverflow(e.app.bodyLimit()) })
	v.each(func(x *expression) {
		found = found || (x.fails || x.mayBeTooMuch(e.app.bodyLimit())) && !slices.ContainsFunc(x.vars, e.notKnown)
	})
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
func (e *enumeration) options(v *vertex) []departure {
	if v.form == isEntry {
		return append(along(v.edges()), e.stops(v)...)
	}
	var options []departure
	for _, x := range v.exits {
		options = append(options, departure{edge: x.edge})
	}
	if v.onError != nil {
		options = append(options, departure{edge: v.onError})
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
	if at.outcome >= 0 && at.from.exits[at.outcome].spec.outputs.NumField() > 0 {
		so.more = cmp.Or(e.callerKnows(at.from), at.from.id)
	}
	return so
}

// hasCause reports whether a run may end because of what it was given.
func hasCause(ways map[way]bool) bool {
	for w := range ways {
		if w.cause != "" {
			return true
		}
	}
	return false
}

// waysText lists ways for a message.
func waysText(ways map[way]bool) string {
	if len(ways) == 0 {
		return "nothing"
	}
	var texts []string
	for w := range ways {
		text := w.end + w.cause
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
