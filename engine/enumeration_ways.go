package engine

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// way is how a run may end: where, why, if that lies in what it was given, and at
// what cost on the way. Ways that part by what nobody can foresee are one way, of
// all that is behind.
type way struct {
	end    string
	cause  string
	more   string // what else the client sees of a closed end, or has to do with the cause
	given  bool   // what a node was given has brought it about; for a hint
	ended  string // what may have ended the session of the request
	parted int    // number of what parts, in the walk; 0 for a single end
	costs  [Send + 1]int
}

// walk finds the ways to the ends, for one combination of what the caller knows.
type walk struct {
	*enumeration
	chosen     choices
	withProofs bool
	from       map[*vertex]map[way]bool // the ways that begin at a vertex
	numbers    map[string]int           // of what parts, by all that it is
	parted     []parting                // by number less one
	telltale   *vertex                  // where ways part by the outcome of the node
	by         *place                   // which tells it
	tooMany    bool                     // ways
}

// parting is where ways part by what nobody can foresee.
type parting struct {
	ends  map[string]bool // all behind, for messages
	given bool            // one of its ways is by what was given
}

// maxWays is how many ways may begin at a vertex.
const maxWays = 4096

// leaving are the ways that begin with one of the outcomes that are compared, and
// what the node has spent by then, if that is not the same for all.
func (w *walk) leaving(at *edge, compared []*edge) map[way]bool {
	d := departure{edge: at}
	if slices.ContainsFunc(compared, func(other *edge) bool { return other.cost() != at.cost() }) {
		d.cost = at.cost()
	}
	return w.spend(d, w.along(at))
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
	if v.isEnd() {
		return map[way]bool{{end: v.id}: true}
	}
	next := w.departures(v)
	var branches, spent []map[way]bool
	parted := false
	for _, d := range next {
		some, caused := w.after(d, branches)
		branches, spent = append(branches, some), append(spent, w.spend(d, some))
		parted = parted || caused
	}
	label := ""
	if w.parts(next, spent) {
		parted, label = true, v.id
	}
	ways := map[way]bool{}
	for _, some := range spent {
		if !maps.Equal(some, spent[0]) {
			w.partsBy(v)
		}
		maps.Copy(ways, some)
	}
	if parted {
		ways = w.one(label, spent)
	}
	if v.typ != nil && v.typ.endsSession {
		ways = changed(ways, func(so *way) { so.ended += "\n" + cmp.Or(w.callerKnows(v), v.id) })
	}
	if w.isShared(v) {
		ways = changed(ways, func(so *way) { so.more += "\n" + w.callerKnows(v) })
	}
	w.tooMany = w.tooMany || len(ways) > maxWays
	return ways
}

// one is the way that stands for ways that part.
func (w *walk) one(label string, branches []map[way]bool) map[way]bool {
	key := label
	p := parting{ends: map[string]bool{}}
	for _, some := range branches {
		var texts []string
		for so := range some {
			texts = append(texts, fmt.Sprintf("%#v", so))
			w.addEnds(p.ends, so)
			p.given = p.given || w.byGiven(so)
		}
		slices.Sort(texts)
		key += "\n" + strings.Join(texts, " ")
	}
	if w.numbers[key] == 0 {
		w.parted = append(w.parted, p)
		w.numbers[key] = len(w.parted)
	}
	return map[way]bool{{parted: w.numbers[key]}: true}
}

// addEnds adds the ends of a way, for messages.
func (w *walk) addEnds(ends map[string]bool, so way) {
	if so.parted > 0 {
		maps.Copy(ends, w.parted[so.parted-1].ends)
		return
	}
	text := so.end + so.cause
	if n := so.costs[PasswordCheck]; n > 0 {
		text += " after " + plural(n, "password check")
	}
	if n := so.costs[Send]; n > 0 {
		text += " after " + plural(n, "message")
	}
	if so.ended != "" {
		text += " after what may end the session"
	}
	ends[text] = true
}

// changed are ways after a change of each.
func changed(ways map[way]bool, change func(*way)) map[way]bool {
	all := make(map[way]bool, len(ways))
	for so := range ways {
		change(&so)
		all[so] = true
	}
	return all
}

// partsBy notes a vertex that leads different ways, if it goes by what tells of the
// node's outcomes.
func (w *walk) partsBy(v *vertex) {
	places := slices.Concat(v.places(), w.stumbles(v))
	if i := slices.IndexFunc(places, w.tells); i >= 0 {
		w.telltale, w.by = v, places[i]
	}
}

// spend adds what a departure has cost in its vertex to the ways behind it.
func (w *walk) spend(d departure, ways map[way]bool) map[way]bool {
	if d.cost == NoCost {
		return ways
	}
	return changed(ways, func(so *way) { so.costs[d.cost]++ })
}

// parts reports whether a vertex leads different ways by what is neither the
// caller's choice nor an error. Ways that part elsewhere may part at other times.
func (w *walk) parts(next []departure, ways []map[way]bool) bool {
	var first map[way]bool
	for i, some := range ways {
		if !next[i].isChosen() || len(some) == 0 {
			continue
		}
		if first != nil && !maps.Equal(first, some) {
			return true
		}
		first = some
	}
	return false
}

// isShared reports whether a node that changes something and leaves by what it found
// is asked elsewhere in the flow too, perhaps for the same: how often it was asked may
// decide there.
func (e *enumeration) isShared(v *vertex) bool {
	return e.counts(v) && slices.ContainsFunc(e.vertices, func(u *vertex) bool { return u != v && u.typ == v.typ && e.counts(u) })
}

// counts reports whether what a node finds may depend on how often it was asked for
// what the caller knows.
func (e *enumeration) counts(v *vertex) bool {
	return v.typ != nil && v.typ.effect && v.typ.cost == NoCost && len(v.exits) > 1 && e.callerKnows(v) != ""
}

// departure is how a run leaves a vertex: along an edge, or since it is stopped
// there, where the edge is that of a wired error, or nil.
type departure struct {
	edge *edge
	stop *way
	cost Cost // that the vertex has spent by then
}

// isChosen reports whether a run leaves by an outcome of the vertex.
func (d departure) isChosen() bool { return d.stop == nil && d.edge != nil && d.edge.outcome >= 0 }

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
		all = append(all, departure{edge: out, cost: out.cost()})
	}
	return all
}

// cost is what the node that an edge comes from has spent when it leaves by it.
func (e *edge) cost() Cost {
	if e == nil || e.from.typ == nil || e.outcome >= 0 && e.from.exits[e.outcome].spec.free {
		return NoCost
	}
	return e.from.typ.cost
}

// after are the ways that begin with a departure. A stop is a way of its own, save
// where it leads nowhere else than all other departures: caused says that its ways
// are others.
func (w *walk) after(d departure, others []map[way]bool) (ways map[way]bool, caused bool) {
	switch {
	case d.stop == nil:
		return w.along(d.edge), false
	case d.edge == nil:
		return map[way]bool{*d.stop: true}, false
	}
	ways = w.along(d.edge)
	if !slices.ContainsFunc(others, func(other map[way]bool) bool { return !maps.Equal(other, ways) }) {
		return ways, false
	}
	return changed(ways, func(so *way) {
		so.cause, so.more, so.given = so.cause+d.stop.cause, so.more+d.stop.more, so.given || d.stop.given
	}), true
}

// options are the ways out of a vertex, if what decides there is known: its
// outcomes in their order, then its error.
func (e *enumeration) options(v *vertex) []departure {
	if v.form == isEntry {
		return append(along(v.edges()), e.stops(v)...)
	}
	var options []departure
	for _, x := range v.exits {
		options = append(options, along([]*edge{x.edge})...)
	}
	if v.onError != nil {
		options = append(options, along([]*edge{v.onError})...)
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

// ends lists where ways end, for a message.
func (w *walk) ends(ways map[way]bool) string {
	all := map[string]bool{}
	for so := range ways {
		w.addEnds(all, so)
	}
	if len(all) == 0 {
		return "nothing"
	}
	return strings.Join(slices.Sorted(maps.Keys(all)), " or ")
}

// areOne reports whether all runs end alike.
func areOne(ways map[way]bool) bool {
	for so := range ways {
		if so.parted > 0 {
			return false
		}
	}
	return len(ways) < 2
}

// anyGiven reports whether a run may end because of what it was given.
func (w *walk) anyGiven(ways map[way]bool) bool {
	return slices.ContainsFunc(slices.Collect(maps.Keys(ways)), w.byGiven)
}

func (w *walk) byGiven(so way) bool { return so.given || so.parted > 0 && w.parted[so.parted-1].given }
