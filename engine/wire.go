package engine

import (
	"slices"
	"strings"

	"github.com/latchwork/latchwork/flows"
)

// wire leads the outcomes of a scope's units to where next, their order and the
// closed defaults say.
func (l *linker) wire(s *scope) {
	if s.caller != nil {
		s.otherwise = s.caller.otherwise
	}
	if o := s.flow.Otherwise; o.IsSet() {
		if u := l.find(s, o); u != nil {
			s.otherwise = u.entry
		}
	}
	for i, u := range s.units {
		l.wireUnit(s, i, u)
		if u.body != nil {
			l.wire(u.body)
		}
	}
	// An error inside of a sub-flow that nothing there takes is the caller's.
	for _, u := range s.units {
		if u.body != nil && u.entry.onError != nil {
			l.inheritError(u.body, u.entry.onError)
		}
	}
}

func (l *linker) inheritError(s *scope, to *edge) {
	for _, u := range s.units {
		if u.entry.onError == nil {
			l.connect(u.entry, -1, to.to, to.pos)
		}
		if u.body != nil {
			l.inheritError(u.body, to)
		}
	}
}

func (l *linker) wireUnit(s *scope, at int, u *unit) {
	wired := map[string]bool{}
	for _, e := range u.src.Next {
		i := slices.IndexFunc(u.outs, func(p port) bool { return p.name == e.Outcome.Text })
		if i < 0 && e.Outcome.Text != "error" || u.entry.form == isReturn {
			l.unknownOutcome(u, e.Outcome)
			continue
		}
		wired[e.Outcome.Text] = true
		to := l.target(s, at, e.To)
		if to == nil {
			u.entry.fault = true
		}
		if i < 0 {
			l.connect(u.entry, -1, to, e.To.Pos)
		} else {
			l.connect(u.outs[i].vertex, u.outs[i].outcome, to, e.To.Pos)
		}
	}
	if u.entry.form == isReturn || u.entry.form == isUnknown {
		if u.entry.form == isUnknown && at+1 < len(s.units) {
			l.connect(u.entry, 0, s.units[at+1].entry, u.entry.pos)
		}
		return
	}
	for i, p := range u.outs {
		if !wired[p.name] {
			l.wireDefault(s, at, u, i)
		}
	}
}

// wireDefault leads an outcome that next does not name: the first falls
// through, others take their closed default.
func (l *linker) wireDefault(s *scope, at int, u *unit, i int) {
	p := u.outs[i]
	spec := p.vertex.exits[p.outcome].spec
	switch {
	case i == 0 && u.entry.form != isSwitch && at+1 < len(s.units):
		l.connect(p.vertex, p.outcome, s.units[at+1].entry, u.entry.pos)
	case i == 0 && u.entry.form != isSwitch:
		if !u.entry.fault {
			l.report(u.entry.pos, "no-answer", "end with respond, redirect, page or fail"+orReturn(s), "the run would end after %s without an answer", u.id)
			u.entry.fault = true
		}
	case spec != nil && spec.failStatus != 0:
		to := s.otherwise
		if to != nil && to.index <= p.vertex.index {
			to = nil // an edge leads forward only
		}
		e := l.connect(p.vertex, p.outcome, to, u.entry.pos)
		e.failure = Fail(spec.failStatus, spec.failCode, spec.failMessage)
	case !u.entry.fault:
		l.report(u.entry.pos, "unwired-outcome", "add under next: "+p.name+": <node>", "outcome %s of %s (%s) leads nowhere", p.name, u.id, u.src.Use.Text)
	}
}

func orReturn(s *scope) string {
	if s.caller != nil || len(s.flow.Endpoints) == 0 {
		return ", or with return"
	}
	return ""
}

func (l *linker) unknownOutcome(u *unit, name flows.Name) {
	u.entry.fault = true
	if u.entry.form == isUnknown {
		return
	}
	var known []string
	if u.entry.form != isReturn {
		for _, p := range u.outs {
			known = append(known, p.name)
		}
		if !u.entry.isEnd() {
			known = append(known, "error")
		}
	}
	hint := didYouMean(name.Text, known)
	switch {
	case len(known) == 0:
		hint = "remove next: " + u.src.Use.Text + " ends here"
	case hint == "":
		hint = "its outcomes are " + strings.Join(known, ", ")
	}
	l.report(name.Pos, "unknown-outcome", hint, "%s has no outcome %q", u.src.Use.Text, name.Text)
}

// find is the unit that a word names, or nil.
func (l *linker) find(s *scope, to flows.Name) *unit {
	i := slices.IndexFunc(s.units, func(u *unit) bool { return u.id == to.Text })
	if i >= 0 {
		return s.units[i]
	}
	var known []string
	for _, u := range s.units {
		known = append(known, u.id)
	}
	l.report(to.Pos, "unknown-node", didYouMean(to.Text, known), "no node is named %s", to.Text)
	return nil
}

// target is the entry of the node that an edge names.
func (l *linker) target(s *scope, at int, to flows.Name) *vertex {
	u := l.find(s, to)
	if u == nil {
		return nil
	}
	if slices.Index(s.units, u) <= at {
		l.report(to.Pos, "backward-edge", "edges lead forward only: move "+to.Text+" below "+s.units[at].id, "the edge to %s leads backwards", to.Text)
		return nil
	}
	return u.entry
}

// checkReach reports nodes that no edge enters. Nodes behind such a node follow
// from the same mistake, and so may any where edges are faulty.
func (l *linker) checkReach() {
	if len(l.diags) > l.problems || len(l.vertices) > maxNodes {
		return
	}
	for _, v := range l.vertices {
		if len(v.in) > 0 || v.index == 0 || v.src == nil {
			continue
		}
		l.report(v.pos, "unreachable-node", "wire an outcome to it, or remove it", "nothing leads to %s", v.src.ID.Text)
	}
}
