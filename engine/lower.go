package engine

import (
	"reflect"
	"slices"
)

// lower turns a graph that has passed all checks into a program.
func (g *graph) lower() *Program {
	p := &Program{flow: g.flow.Name.Text, file: g.flow.File, world: g.World, app: g.app, slots: g.slots,
		request: g.request, err: g.err, now: g.now, usesNow: g.usesNow, inputs: g.inputs, shape: g.shapeOf(g.flow)}
	p.endpoint = g.describe()
	p.route = p.endpoint.Method + " " + p.endpoint.Path
	for _, v := range g.vertices {
		s := g.lowerVertex(v)
		if g.Observer != nil {
			s.watch, s.tell = g.Observer.Watch(s.info(p))
		}
		p.steps = append(p.steps, s)
	}
	for _, v := range g.vertices {
		p.copyFields(v)
	}
	for _, u := range g.calls {
		for _, v := range u.joint {
			p.copyFields(v)
		}
	}
	p.actor = g.actor()
	p.doc = g.describeProgram()
	p.forget()
	p.pool.New = func() any { return p.newRun() }
	return p
}

func (g *graph) lowerVertex(v *vertex) *step {
	s := &step{index: v.index, id: v.id, typ: v.typ, form: v.form, timeout: v.timeout, when: v.when, value: v.value, args: v.args, class: v.class}
	s.outcomes, s.next = make([]string, 0, len(v.exits)), make([]target, 0, len(v.exits))
	for _, x := range v.exits {
		s.outcomes = append(s.outcomes, x.name)
		s.next = append(s.next, lowerEdge(x.edge))
	}
	s.onError = lowerEdge(v.onError)
	s.reveals = v.src != nil && len(v.src.Reveal) > 0
	switch v.form {
	case isSwitch:
		s.cases = map[string]int{}
		for i, x := range v.exits {
			if x.name == "default" {
				s.byDefault = i
			} else {
				s.cases[x.name] = i
			}
		}
	case isMerge, isJoin:
		s.byEdge = make([][]copyPlan, len(v.in))
	}
	if v.typ != nil {
		s.needs = needsOf(v)
		s.claims = g.claimsOf(v.typ)
	}
	return s
}

// actor says who stands in for a user where a node does without the user's proof:
// the user of the session, or the API key.
func (g *graph) actor() actor {
	var key actor
	for _, v := range g.vertices {
		switch {
		case v.src != nil:
		case v.id == "session":
			return actor{step: v.index, prefix: "user:", output: "userId"}
		case v.id == "apikey":
			key = actor{step: v.index, prefix: "key:", output: "id"}
		}
	}
	return key
}

// forget cuts a program off from the graph and the flow that it was made of, so
// that they are not kept for as long as it serves.
func (p *Program) forget() {
	for _, s := range p.steps {
		for _, a := range s.args {
			a.masked = a.isMasked()
		}
	}
	for _, s := range p.steps { // only now: masks follow places from step to step
		s.when.forget()
		s.value.forget()
		for _, a := range s.args {
			a.argumentFacts = nil
			a.value.eachPart(func(v *value) { v.valueFacts = nil })
			a.value.each((*expression).forget)
		}
		for _, plans := range s.byEdge {
			for _, c := range plans {
				c.from.forget()
			}
		}
	}
}

func (e *expression) forget() {
	if e == nil {
		return
	}
	e.exprFacts = nil
	for _, p := range e.vars {
		p.forget()
	}
	if e.whole != nil {
		e.whole.forget()
	}
}

func (p *place) forget() { p.vertex, p.arg, p.alts = nil, nil, nil }

// copyFields lets the merged fields of a vertex be filled on the edges on which
// their alternatives come.
func (p *Program) copyFields(v *vertex) {
	for _, a := range v.args {
		if a.only != nil {
			continue
		}
		for i, e := range a.edges {
			s := p.steps[e.to.index]
			s.byEdge[e.via] = append(s.byEdge[e.via], copyPlan{from: a.alts[i], slot: a.slot})
		}
	}
}

// lowerEdge is where an edge leads.
func lowerEdge(e *edge) target {
	if e == nil {
		return target{}
	}
	t := target{via: e.via, failure: e.failure}
	if e.to != nil {
		t.step = e.to.index
	}
	if e.failure != nil {
		t.from, t.outcome = e.from.index, e.outcome
	}
	return t
}

// describe is what the host has to know of the endpoint.
func (g *graph) describe() Endpoint {
	e := g.endpoint
	d := Endpoint{Method: e.Method.Text, Path: e.Path.Text, Scope: e.Scope.Text, Form: e.Accepts.Text == "form", CrossSite: e.CrossSite.Text}
	for _, n := range e.Require {
		d.Require = append(d.Require, n.Text)
	}
	for _, n := range e.Groups {
		d.Groups = append(d.Groups, n.Text)
	}
	d.Session = slices.Contains(d.Require, "session")
	for _, a := range g.inputs {
		d.HasBody = d.HasBody || a.input.reads("body")
		d.Headers = append(d.Headers, a.input.headers()...)
	}
	for _, v := range g.vertices {
		if v.typ == nil || v.src == nil {
			continue
		}
		d.Effects = d.Effects || v.typ.effect
		d.Session = d.Session || v.typ.readsRequest || v.isEnd() && v.argument("session") != nil
	}
	return d
}

// newRun makes the memory of one run and binds every step to it, so that a run
// itself parses, looks up and reflects on nothing.
func (p *Program) newRun() *Run {
	r := &Run{program: p, states: make([]stepState, len(p.steps)), slots: make([]reflect.Value, len(p.slots))}
	for i, s := range p.steps {
		r.states[i].node = s
		if s.typ != nil {
			r.states[i].instance = s.typ.newInstance()
			r.clears = append(r.clears, r.states[i].instance.clear)
		}
	}
	for i, spec := range p.slots {
		switch {
		case spec.step >= 0:
			r.slots[i] = reflect.ValueOf(r.states[spec.step].instance.slots[spec.outcome]).Elem()
		case i == p.request:
			r.slots[i] = reflect.ValueOf(&r.basics).Elem()
		case i == p.err:
			r.slots[i] = reflect.ValueOf(&r.err).Elem()
		case i == p.now:
			r.slots[i] = reflect.ValueOf(&r.now).Elem()
		default:
			r.slots[i] = reflect.New(spec.typ).Elem()
			r.clears = append(r.clears, r.slots[i].SetZero)
		}
	}
	for i := range r.states {
		r.bind(&r.states[i])
		if in := r.states[i].instance; in != nil {
			in.keep()
		}
	}
	return r
}

// bind prepares one step.
func (r *Run) bind(s *stepState) {
	n := s.node
	switch n.form {
	case isIf:
		s.when = r.condition(n.when)
	case isSwitch:
		s.value = r.caseOf(n.value)
	case isSet, isReturn, isEntry:
		for _, a := range n.args {
			if a.slot >= 0 {
				s.add(r.assign(a.value, r.slots[a.slot]))
			}
			if a.checked {
				s.add(r.fit(a))
			}
		}
	case isMerge, isJoin:
		for _, plans := range n.byEdge {
			var loads []func() error
			for _, c := range plans {
				loads = append(loads, r.loadAgain(c.from, r.slots[c.slot]))
			}
			s.byEdge = append(s.byEdge, loads)
		}
	case notForm:
		in := s.instance.input.Elem()
		for _, a := range n.args {
			s.add(r.assign(a.value, in.FieldByIndex(a.field.index)))
		}
	}
}

// add keeps a load, if there is anything to do at each run.
func (s *stepState) add(load func() error) {
	if load != nil {
		s.loads = append(s.loads, load)
	}
}

// condition is the function that works out the condition of an if.
func (r *Run) condition(e *expression) func() (bool, error) {
	if b, ok := r.directly(e).(func() bool); ok {
		return func() (bool, error) { return b(), nil }
	}
	eval := r.evaluator(e)
	return func() (bool, error) {
		v, err := eval()
		if err != nil {
			return false, err
		}
		b, ok := v.(bool)
		if !ok {
			return false, r.blame(e, &typeError{want: boolType, got: reflect.TypeOf(v)})
		}
		return b, nil
	}
}

// caseOf is the function that works out the value of a switch, as its cases are
// written; null has no case.
func (r *Run) caseOf(e *expression) func() (text string, ok bool, err error) {
	if f, ok := r.directly(e).(func() string); ok {
		return func() (string, bool, error) { return f(), true, nil }
	}
	eval := r.evaluator(e)
	return func() (string, bool, error) {
		v, err := eval()
		if err != nil {
			return "", false, err
		}
		text, ok := caseText(v)
		return text, ok, nil
	}
}

// caseText is a value as the cases of a switch are written; null has no case.
func caseText(v any) (string, bool) {
	rv := reflect.ValueOf(v)
	for rv.IsValid() && rv.Kind() == reflect.Pointer {
		rv = rv.Elem()
	}
	if !rv.IsValid() {
		return "", false
	}
	text, err := textOf(rv.Interface())
	return text, err == nil
}
