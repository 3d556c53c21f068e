package engine

import (
	"slices"

	"github.com/latchwork/latchwork/flows"
)

// link is checks 2 and 3: names and edges. It builds the graph of a flow behind
// an endpoint, its guards in front and its sub-flows inlined, and wires it.
// endpoint is nil for a sub-flow that is looked at by itself.
func (c *compilation) link(f *flows.Flow, endpoint *flows.Endpoint) *graph {
	g := &graph{compilation: c, flow: f, endpoint: endpoint}
	g.request = g.slot(slotSpec{step: -1, typ: requestType})
	g.err = g.slot(slotSpec{step: -1, typ: errorType})
	g.now = g.slot(slotSpec{step: -1, typ: stringType})

	l := &linker{graph: g, problems: len(c.diags)}
	root := &scope{flow: f, names: map[string]*unit{}}
	var front []*unit
	if endpoint != nil {
		front = l.guards(root, endpoint)
	}
	front = append(front, l.inputs(root))
	l.build(root)
	for i, u := range front {
		next := root.first()
		if i+1 < len(front) {
			next = front[i+1].entry
		}
		l.connect(u.outs[0].vertex, u.outs[0].outcome, next, u.entry.pos)
	}
	l.wire(root)
	l.checkReach()
	g.linked = len(c.diags) == l.problems
	return g
}

// linker holds what is known only while a graph is linked.
type linker struct {
	*graph
	problems int      // how many there were before
	stack    []string // sub-flows under way, against recursion
}

// unit is what stands under one id in a scope: a vertex, or all vertices of a
// sub-flow that is used there.
type unit struct {
	id    string
	src   *flows.Node
	entry *vertex
	outs  []port
	body  *scope             // of a sub-flow
	joint map[uint64]*vertex // of a sub-flow: by outcomes, what all of them return
}

// port is one outcome of a unit.
type port struct {
	name    string
	vertex  *vertex
	outcome int
}

// first is the entry of the scope's first node, or nil where it has none.
func (s *scope) first() *vertex {
	if len(s.units) == 0 {
		return nil
	}
	return s.units[0].entry
}

func (l *linker) add(v *vertex) *vertex {
	v.index = len(l.vertices)
	l.vertices = append(l.vertices, v)
	return v
}

func (l *linker) connect(from *vertex, outcome int, to *vertex, pos flows.Pos) *edge {
	e := &edge{from: from, outcome: outcome, to: to, pos: pos}
	if outcome < 0 {
		from.onError = e
	} else {
		from.exits[outcome].edge = e
	}
	if to != nil {
		e.via = len(to.in)
		to.in = append(to.in, e)
	}
	return e
}

// guards puts the first steps in front, in the order rate, key, session. What a
// guard takes comes from the endpoint.
func (l *linker) guards(s *scope, e *flows.Endpoint) []*unit {
	var front []*unit
	if e.Rate != nil {
		front = append(front, l.guard(s, "rate", l.Guards.Rate, e.Rate.Pos, map[string]any{"max": e.Rate.Max, "per": e.Rate.Per}))
	}
	if requires(e, "apikey") {
		with := map[string]any{}
		if e.Scope.IsSet() {
			with["scope"] = &e.Scope.Text
		}
		front = append(front, l.guard(s, "apikey", l.Guards.Key, e.Pos, with))
	}
	if requires(e, "session") {
		var groups []string
		for _, n := range e.Groups {
			groups = append(groups, n.Text)
		}
		front = append(front, l.guard(s, "session", l.Guards.Session, e.Pos, map[string]any{"groups": groups}))
	}
	// What a guard found is in reach only if every endpoint of the flow has it.
	for _, u := range front {
		everywhere := true
		for i := range s.flow.Endpoints {
			everywhere = everywhere && requires(&s.flow.Endpoints[i], u.id)
		}
		if everywhere {
			s.names[u.id] = u
		}
	}
	return front
}

func requires(e *flows.Endpoint, what string) bool {
	return slices.ContainsFunc(e.Require, func(n flows.Name) bool { return n.Text == what })
}

func (l *linker) guard(s *scope, id string, t NodeType, pos flows.Pos, with map[string]any) *unit {
	v := l.add(&vertex{id: id, pos: pos, scope: s, typ: t.spec})
	for _, f := range t.spec.inputs {
		if value, ok := with[f.name]; ok {
			v.args = append(v.args, newArgument(argument{name: f.name, field: f, value: constant(value)}, pos))
		}
	}
	v.leaveBy(t.spec.outcomes)
	return vertexUnit(id, nil, v)
}

// leaveBy gives v the outcomes of its node type.
func (v *vertex) leaveBy(outcomes []*outcomeSpec) {
	for _, o := range outcomes {
		v.exits = append(v.exits, exit{name: o.name, spec: o})
	}
}

// vertexUnit is the unit of a single vertex.
func vertexUnit(id string, src *flows.Node, v *vertex) *unit {
	u := &unit{id: id, src: src, entry: v}
	for i, x := range v.exits {
		u.outs = append(u.outs, port{x.name, v, i})
	}
	return u
}

// inputs is the step that reads the declared inputs.
func (l *linker) inputs(s *scope) *unit {
	v := l.add(&vertex{id: "input", pos: s.flow.Pos, scope: s, form: isInput, exits: []exit{{name: "read"}}})
	s.enter = v
	u := vertexUnit("input", nil, v)
	s.names["input"] = u
	return u
}

// build makes the units of a scope, those of its sub-flows included.
func (l *linker) build(s *scope) {
	for i := range s.flow.Nodes {
		u := l.unit(s, &s.flow.Nodes[i])
		s.units = append(s.units, u)
		s.names[u.id] = u
	}
}

func (l *linker) unit(s *scope, n *flows.Node) *unit {
	if name, ok := n.SubFlow(); ok {
		if sub := l.subflow(n, name); sub != nil {
			return l.call(s, n, sub)
		}
		return l.standIn(s, n)
	}
	v := &vertex{id: s.prefix + n.ID.Text, pos: n.ID.Pos, src: n, scope: s, timeout: n.Timeout}
	if slices.Contains(reserved, n.Use.Text) {
		l.refuseTimeout(n, "remove it")
	}
	switch n.Use.Text {
	case formIf:
		v.form, v.exits = isIf, []exit{{name: "then"}, {name: "else"}}
	case formSet:
		v.form, v.exits = isSet, []exit{{name: "set"}}
	case formMerge:
		v.form, v.exits = isMerge, []exit{{name: "merged"}}
	case formSwitch:
		v.form = isSwitch
		for _, e := range n.Next {
			if e.Outcome.Text != "error" {
				v.exits = append(v.exits, exit{name: e.Outcome.Text})
			}
		}
	case formReturn:
		v.form, v.exits = isReturn, []exit{{name: "returned"}}
		if o := n.With.Get("outcome"); o != nil && o.Kind == flows.String && o.Parts == nil {
			if v.exits[0].name = o.Text; o.Text == "error" {
				l.report(o.Pos, "reserved-name", "take another name", "error is an outcome that every node has, so it cannot be returned")
			}
		}
		if l.endpoint != nil && s.caller == nil {
			l.report(n.Use.Pos, "return-outside", "end with respond, redirect, page or fail", "return ends sub-flows only, and this flow has endpoints")
			v.fault = true
		}
	default:
		if v.typ = l.Types.types[n.Use.Text]; v.typ == nil {
			if n.Use.Text == "" {
				return l.standIn(s, n) // that it is missing has been reported
			}
			hint := didYouMean(n.Use.Text, l.typeNames())
			if hint == "" {
				hint = "latchwork nodes lists them"
			}
			l.report(n.Use.Pos, "unknown-type", hint, "no node type is named %s", n.Use.Text)
			return l.standIn(s, n)
		}
		v.leaveBy(v.typ.outcomes)
	}
	return vertexUnit(n.ID.Text, n, l.add(v))
}

// standIn takes the place of a node whose type does not exist, with the outcomes
// that are wired and any outputs, so that one mistake gives one message.
func (l *linker) standIn(s *scope, n *flows.Node) *unit {
	v := l.add(&vertex{id: s.prefix + n.ID.Text, pos: n.ID.Pos, src: n, scope: s, form: isUnknown, fault: true, exits: []exit{{name: ""}}})
	for _, e := range n.Next {
		if e.Outcome.Text != "error" {
			v.exits = append(v.exits, exit{name: e.Outcome.Text})
		}
	}
	return vertexUnit(n.ID.Text, n, v)
}

func (l *linker) typeNames() []string {
	names := append(l.Types.Names(), reserved...)
	for name, f := range l.flows {
		if len(f.Endpoints) == 0 {
			names = append(names, "flow."+name)
		}
	}
	slices.Sort(names)
	return names
}

// subflow finds the flow that a node uses, or reports why it cannot be used.
func (l *linker) subflow(n *flows.Node, name string) *flows.Flow {
	f := l.flows[name]
	switch {
	case f == nil:
		hint := didYouMean(n.Use.Text, l.typeNames())
		if hint == "" {
			hint = "a sub-flow is a file with flow: " + name + " and without endpoints"
		}
		l.report(n.Use.Pos, "unknown-type", hint, "no flow is named %s", name)
	case len(f.Endpoints) > 0:
		l.report(n.Use.Pos, "not-a-subflow", "move what both need into a flow without endpoints", "flow %s has endpoints of its own, so it cannot be used as a node", name)
	case slices.Contains(l.stack, name) || f == l.flow:
		l.report(n.Use.Pos, "recursion", "a flow cannot use itself, not even by way of others", "flow %s is used inside itself", name)
	case len(l.stack) >= maxDepth:
		l.report(n.Use.Pos, "too-deep", "", "sub-flows are nested more than %d deep", maxDepth)
	case len(l.vertices) > maxNodes:
		// Which checkLimits reports; what is left out here would be more of the same.
	default:
		return f
	}
	return nil
}

// refuseTimeout reports a timeout where nothing would end by it.
func (l *linker) refuseTimeout(n *flows.Node, hint string) {
	if n.Timeout != 0 {
		l.report(n.ID.Pos, "misplaced-timeout", hint, "%s takes no timeout", n.Use.Text)
	}
}

// call puts a sub-flow in the place of a node: an entry that holds its inputs,
// its nodes, and an end for each outcome that it returns.
func (l *linker) call(s *scope, n *flows.Node, sub *flows.Flow) *unit {
	l.used[sub.Name.Text] = true
	l.refuseTimeout(n, "put it on the nodes of the sub-flow")
	l.stack = append(l.stack, sub.Name.Text)
	inner := &scope{flow: sub, prefix: s.prefix + n.ID.Text + "/", names: map[string]*unit{}, caller: s}
	u := &unit{id: n.ID.Text, src: n, body: inner, joint: map[uint64]*vertex{}}
	l.calls = append(l.calls, u)
	u.entry = l.add(&vertex{id: s.prefix + n.ID.Text, pos: n.ID.Pos, src: n, scope: s, form: isEntry, exits: []exit{{name: "entered"}}, callee: sub})
	inner.enter = u.entry
	inner.names["input"] = vertexUnit("input", nil, u.entry)
	l.build(inner)
	l.stack = l.stack[:len(l.stack)-1]

	for _, r := range inner.units {
		if r.entry.form != isReturn {
			continue
		}
		name := r.entry.exits[0].name
		i := slices.IndexFunc(u.outs, func(p port) bool { return p.name == name })
		if i < 0 {
			end := l.add(&vertex{id: s.prefix + n.ID.Text, pos: n.ID.Pos, scope: s, form: isJoin, exits: []exit{{name: name}}, unit: u, port: len(u.outs)})
			i, u.outs = len(u.outs), append(u.outs, port{name, end, 0})
		}
		l.connect(r.entry, 0, u.outs[i].vertex, r.entry.pos)
	}
	if first := inner.first(); first != nil {
		l.connect(u.entry, 0, first, n.ID.Pos)
	}
	return u
}
