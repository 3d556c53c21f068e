package engine

import (
	"time"

	"github.com/latchwork/latchwork/flows"
)

// graph is a flow behind one endpoint while it is being compiled: guards, the
// reading of inputs and nodes, sub-flows inlined, in their order. Edges lead
// forward, so one walk over the list sees every vertex after all that lead to it.
type graph struct {
	*compilation
	flow     *flows.Flow
	endpoint *flows.Endpoint // nil for a sub-flow that is looked at by itself
	vertices []*vertex
	slots    []slotSpec
	inputs   []*argument // that are read from the request
	calls    []*unit     // nodes that are sub-flows

	linked       bool                      // check 3 found nothing
	before       []reach                   // by vertex, from check 4
	along        map[*edge]reach           // from check 4
	presentAlong map[*edge]map[string]bool // canonical paths that are not null, from check 5
	proved       []facts                   // by vertex, from check 6

	request, err, now int    // slots that every flow has
	usesNow           bool   // an expression asks for the time
	given             *place // what an expression of app.yaml is about; nil in a flow
	open              bool   // it was reported that the endpoint demands too little
	incomplete        bool   // an expression uses a view that has problems
}

// vertex is one node of a graph.
type vertex struct {
	index   int
	id      string // "signedIn/opened" in a sub-flow
	pos     flows.Pos
	src     *flows.Node // nil for guards, the reading of inputs and ends of sub-flows
	scope   *scope
	typ     *typeSpec
	form    form
	exits   []exit // by outcome
	onError *edge
	in      []*edge
	timeout time.Duration

	args   []*argument     // inputs of a node type; fields of set, merge and return
	when   *expression     // of if
	value  *expression     // of switch
	callee *flows.Flow     // of the entry of a sub-flow
	unit   *unit           // of an end of a sub-flow: whose outcome it is
	port   int             // and which of its outcomes
	owes   []credential    // of an answer: the credentials in it
	needed map[string]bool // allowances, reveals and trusts that something needs
	class  string          // of the purposes that it names: reset, address if one of them is, else ""
	fault  bool            // a problem was reported here: follow-up errors are suppressed
}

// exit is an outcome of a vertex with the edge that it takes.
type exit struct {
	name string
	spec *outcomeSpec // nil for forms
	edge *edge
}

// edge leads from an outcome of a vertex to another vertex, or to the end.
type edge struct {
	from    *vertex
	outcome int      // -1 for error
	to      *vertex  // nil for the end
	failure *Failure // of a closed default
	pos     flows.Pos
	via     int // which of the incoming edges of to it is
}

// scope is where names are looked up: one for a flow, one more for each use of
// a sub-flow.
type scope struct {
	flow      *flows.Flow
	prefix    string // of ids: "signedIn/"
	units     []*unit
	names     map[string]*unit // units, and input, session and apikey
	enter     *vertex          // holds the inputs
	caller    *scope           // nil for the flow itself
	otherwise *vertex
}

// name is the outcome's name for messages.
func (e *edge) name() string {
	if e.outcome < 0 {
		return "error"
	}
	return e.from.exits[e.outcome].name
}

// edges are all ways out of v that lead to a vertex, error included.
func (v *vertex) edges() []*edge {
	var out []*edge
	for i := range v.exits {
		if e := v.exits[i].edge; e != nil {
			out = append(out, e)
		}
	}
	if v.onError != nil {
		out = append(out, v.onError)
	}
	return out
}

// argument finds an argument by name, or nil.
func (v *vertex) argument(name string) *argument {
	for _, a := range v.args {
		if a.name == name {
			return a
		}
	}
	return nil
}

// isEnd reports whether v answers the request.
func (v *vertex) isEnd() bool { return v.typ != nil && v.typ.ends != notEnd }

// allows is the reason for which the vertex lifts a rule, or "".
func (v *vertex) allows(rule string) string {
	if v.src == nil {
		return ""
	}
	for _, a := range v.src.Allow {
		if a.Rule.Text == rule {
			return a.Reason.Text
		}
	}
	return ""
}

// slot reserves memory for a value of its own.
func (g *graph) slot(spec slotSpec) int {
	g.slots = append(g.slots, spec)
	return len(g.slots) - 1
}

// forward walks the vertices in order and carries a state along the edges: in is
// what holds before a vertex, joined over its incoming edges; step gives what
// holds on an outgoing edge. Vertices that nothing reaches are left out.
func forward[S any](g *graph, entry S, join func(a, b S) S, step func(v *vertex, in S) func(e *edge) S) {
	states := make([]S, len(g.vertices))
	known := make([]bool, len(g.vertices))
	if len(g.vertices) > 0 {
		states[0], known[0] = entry, true
	}
	for i, v := range g.vertices {
		if !known[i] {
			continue
		}
		out := step(v, states[i])
		for _, e := range v.edges() {
			if e.to == nil {
				continue
			}
			s := out(e)
			if j := e.to.index; known[j] {
				states[j] = join(states[j], s)
			} else {
				states[j], known[j] = s, true
			}
		}
	}
}
