package engine

import (
	"cmp"
	"slices"
)

// stops are how a run may be stopped at a vertex by what it was given: by what is
// stored of an account, by what a caller has sent and a sub-flow does not take or
// an expression cannot be worked out with, or because a node takes longer than it
// may. Other errors may happen to anybody.
func (e *enumeration) stops(v *vertex) []departure {
	var stops []departure
	add := func(given bool, end, cause, more string) {
		stops = append(stops, departure{edge: v.onError, stop: &way{end: end, cause: cause, more: more, given: given}})
	}
	if len(e.stumbles(v)) > 0 {
		add(true, "500", " by an error of "+v.id, "")
	}
	if slices.ContainsFunc(v.args, e.refusable) || e.breakable(v) {
		add(true, "400 validation_error", " by what was sent", cmp.Or(e.callerKnows(v), v.id))
	}
	if v.timeout > 0 {
		add(v.onError == nil, "504", " after "+v.timeout.String(), "")
		if v.typ != nil {
			stops[len(stops)-1].cost = v.typ.cost // the others come before it has begun
		}
	}
	return stops
}

// stumbles are the places by which a run may end at a vertex although the caller
// has no say in them: an expression over them may not be worked out, or what is
// there may not be what is wanted.
func (e *enumeration) stumbles(v *vertex) []*place {
	var all []*place
	v.each(func(x *expression) {
		if x.fails || e.mayBeTooMuch(x) {
			all = append(all, x.vars...)
		}
	})
	for _, a := range v.args {
		if a.checked {
			all = append(all, a.value.places()...)
		}
	}
	for _, a := range v.judged() {
		all = append(all, a.value.places()...)
	}
	for _, unfit := range v.unfit() {
		all = append(all, unfit.places()...)
	}
	return slices.DeleteFunc(all, e.known)
}

// unfit are the values of a vertex that need not be what is wanted.
func (v *vertex) unfit() []*value {
	all := []*value{{expr: v.when, want: boolType}}
	for _, a := range v.args {
		all = append(all, a.value)
	}
	return slices.DeleteFunc(all, func(x *value) bool { return !x.mayNotFit() })
}

func (e *enumeration) refusable(a *argument) bool {
	return a.checked && !slices.ContainsFunc(a.value.places(), e.notKnown)
}

// breakable reports whether a caller can send what an expression of a vertex, of
// nothing but what the caller knows, cannot be worked out with.
func (e *enumeration) breakable(v *vertex) bool {
	found := !v.isEnd() && slices.ContainsFunc(v.args, func(a *argument) bool { return e.mayOverflow(a.value) })
	for _, a := range v.judged() {
		found = found || slices.ContainsFunc(a.value.places(), e.known)
	}
	for _, unfit := range v.unfit() {
		found = found || !slices.ContainsFunc(unfit.places(), e.notKnown)
	}
	v.each(func(x *expression) {
		found = found || (x.fails || e.mayBeTooMuch(x)) && !slices.ContainsFunc(x.vars, e.notKnown)
	})
	return found
}

// judged are the inputs of a node by what they hold, or by whether they are null, it
// may refuse to run.
func (v *vertex) judged() []*argument {
	switch {
	case v.typ == nil:
		return nil
	case v.typ.refuses:
		return v.args
	}
	given, always := v.chosen()
	if len(always) == 1 && len(given) == 1 || len(always) > 0 && !v.typ.choice.one {
		return nil
	}
	return given
}

// each visits every expression of a vertex.
func (v *vertex) each(visit func(*expression)) {
	for _, a := range v.args {
		a.value.each(visit)
	}
	(&value{expr: v.when}).each(visit)
	(&value{expr: v.value}).each(visit)
}
