package engine

import (
	"reflect"
	"slices"
	"strings"
)

// reach is check 4: what is in reach where. A node's outputs are in reach of a
// vertex if the node has run on every path to it, with the fields of the outcomes
// by which it may have left on those paths. A sub-flow is a node here like any
// other: it has run once it is left by one of its ends.
type reach struct {
	left []uint64 // by vertex: the outcomes by which it may have left; 0 if it may not have run; of a sub-flow, by its entry
	err  bool     // every path here took an error
}

// solveReach finds what is in reach before every vertex and on every edge.
func (g *graph) solveReach() {
	g.before = make([]reach, len(g.vertices))
	g.along = map[*edge]reach{}
	join := func(a, b reach) reach {
		out := reach{left: slices.Clone(a.left), err: a.err && b.err}
		for i := range out.left {
			if out.left[i] == 0 || b.left[i] == 0 {
				out.left[i] = 0
			} else {
				out.left[i] |= b.left[i]
			}
		}
		return out
	}
	forward(g, reach{left: make([]uint64, len(g.vertices))}, join, func(v *vertex, in reach) func(*edge) reach {
		g.before[v.index] = in
		return func(e *edge) reach {
			out := reach{left: slices.Clone(in.left), err: in.err}
			out.left[v.index] = 0
			switch {
			case v.form == isJoin:
				out.left[v.unit.entry.index] = 1 << v.port
			case v.form != isEntry && e.outcome >= 0:
				out.left[v.index] = 1 << e.outcome
			}
			if e.outcome < 0 || e.failure != nil {
				out.err = true
			}
			g.along[e] = out
			return out
		}
	})
}

// problem is what a diagnostic says, before it is known where.
type problem struct {
	code, message, hint string
}

// find resolves the words of a plain path, and says how many of them it used:
// all, unless a value that may be null stands in the way.
func (x exprScope) find(words []string) (*place, int, *problem) {
	g, s, at := x.g, x.scope, x.at
	root := words[0]
	if g.given != nil {
		return x.findGiven(words)
	}
	switch root {
	case "request":
		p := &place{canon: root, root: root, slot: g.request, typ: requestType}
		// The path holds what is read from it.
		p.secret = (len(words) == 1 || words[1] == "path") && slices.ContainsFunc(g.inputs, (*argument).isSecretOfPath)
		return x.descend(p, words, 1)
	case "error":
		if !at.err {
			return nil, 0, &problem{"not-in-reach", "error is in reach only where every way to here took an error", ""}
		}
		return x.descend(&place{canon: root, root: root, slot: g.err, typ: errorType}, words, 1)
	case "params":
		return x.descend(g.paramsPlace(), words, 1)
	case "secrets":
		return x.descend(g.secretsPlace(), words, 1)
	}
	u := s.names[root]
	if u == nil {
		return nil, 0, g.unknownName(s, root)
	}
	v := u.entry
	if v.form == isInput || v.form == isEntry && u.body == nil {
		return x.findField(v, root, words) // inputs are always in reach
	}
	left := u.left(at)
	switch {
	case len(left) == 0:
		return nil, 0, &problem{"not-in-reach", u.id + " is not in reach here: not every way to this node comes through it", "use it only behind " + u.id + ", or bring the ways together by merge"}
	case v.form == isUnknown:
		return &place{canon: root, typ: anyType, nullable: false, unknown: true, vertex: v}, len(words), nil
	case u.body != nil:
		return x.findReturned(u, left, words)
	case v.typ == nil:
		return x.findField(v, root, words)
	}
	of, miss := u.outputs(left)
	if miss != nil {
		return nil, 0, miss
	}
	p := &place{canon: v.id, root: "node", vertex: v, of: of, whole: true, typ: of[0].outputs, slot: g.outputSlot(v, of[0])}
	return x.descend(p, words, 1)
}

// findGiven resolves a path in an expression of app.yaml, where no flow is in
// reach: there are what the expression is about, params and secrets.
func (x exprScope) findGiven(words []string) (*place, int, *problem) {
	switch given := *x.g.given; words[0] {
	case given.canon:
		return x.descend(&given, words, 1)
	case "params":
		return x.descend(x.g.paramsPlace(), words, 1)
	case "secrets":
		return x.descend(x.g.secretsPlace(), words, 1)
	default:
		return nil, 0, &problem{"unknown-name", words[0] + " is not in reach in app.yaml", "here are " + given.canon + " and params"}
	}
}

func (c *compilation) paramsPlace() *place {
	return &place{canon: "params", root: "params", typ: mapType, constant: reflect.ValueOf(c.app.Params)}
}

func (c *compilation) secretsPlace() *place {
	return &place{canon: "secrets", root: "secrets", typ: reflect.TypeOf(c.app.Secrets), constant: reflect.ValueOf(c.app.Secrets)}
}

// findField resolves a path into the fields of a form: set, merge, return, the
// inputs of a flow.
func (x exprScope) findField(v *vertex, root string, words []string) (*place, int, *problem) {
	if len(words) == 1 {
		return nil, 0, &problem{"whole-value", root + " as a whole is not a value", "name a field: " + root + ".<field>"}
	}
	a := v.argument(words[1])
	if a == nil {
		var known []string
		for _, b := range v.args {
			known = append(known, b.name)
		}
		what := "has no field"
		if v.form == isInput || v.form == isEntry && root == "input" {
			what = "does not declare"
		}
		hint := didYouMean(words[1], known)
		if hint == "" && len(known) > 0 {
			hint = "there are " + strings.Join(known, ", ")
		}
		return nil, 0, &problem{"unknown-name", root + " " + what + " " + words[1], hint}
	}
	p := a.place(x.g, v)
	if p.unknown {
		return p, len(words), nil
	}
	return x.descend(p, words, 2)
}

// descend follows the words below p, of which the first used ones led to it.
func (x exprScope) descend(p *place, words []string, used int) (*place, int, *problem) {
	for used < len(words) {
		// What a pointer leads to lies elsewhere in each run, so it has no place.
		if p.nullable && (!x.present[p.canon] || p.typ.Kind() == reflect.Pointer) {
			break
		}
		next := p.member(words[used])
		if next == nil {
			return nil, 0, &problem{"unknown-name", strings.Join(words[:used], ".") + " has no field " + words[used], p.suggest(words[used])}
		}
		p = next
		used++
	}
	return p, used, nil
}

// left are the outcomes by which a unit may have left at a point; none where not
// every way to there comes through it.
func (u *unit) left(at reach) []port {
	var left []port
	for i, p := range u.outs {
		if at.left[u.entry.index]&(1<<i) != 0 {
			left = append(left, p)
		}
	}
	return left
}

// outputs are the outcomes by which a node of a node type may have left, if they
// have the same fields.
func (u *unit) outputs(left []port) ([]*outcomeSpec, *problem) {
	var of []*outcomeSpec
	for _, p := range left {
		spec := p.vertex.exits[p.outcome].spec
		if spec.outputs.NumField() == 0 {
			return nil, &problem{"not-in-reach", u.id + " is not in reach here: it may have left by " + spec.name + ", which has no fields", "use it only where it has left by another outcome"}
		}
		if len(of) > 0 && of[0].outputs != spec.outputs {
			return nil, &problem{"not-in-reach", u.id + " is not in reach here: it may have left by " + of[0].name + " or by " + spec.name + ", which have other fields", "let each lead to a node of its own, or bring them together by merge"}
		}
		of = append(of, spec)
	}
	return of, nil
}

// unknownName says what a name might have been.
func (g *graph) unknownName(s *scope, name string) *problem {
	switch name {
	case "session", "apikey":
		if len(s.flow.Endpoints) == 0 {
			return &problem{"not-in-reach", name + " is in reach only in flows with endpoints that require it", "take what is needed as an input, as in input: {userId: {type: string}}"}
		}
		return &problem{"not-in-reach", name + " is in reach only if every endpoint of the flow requires it", "add require: " + name}
	case "null":
		return &problem{"unknown-name", "nothing is named null", "null is written nil in expressions: x == nil"}
	case "env":
		return &problem{"unknown-name", "nothing is named env", "the environment is not in reach; name what a flow may see under params or secrets of app.yaml"}
	}
	if f := functionsByName()[name]; f != nil {
		call := f.Signature[:strings.LastIndexByte(f.Signature, ')')+1]
		return &problem{"unknown-name", name + " is a function, not a value", "call it: " + call}
	}
	known := []string{"request", "params", "secrets", "error"}
	for n := range s.names {
		known = append(known, n)
	}
	slices.Sort(known)
	return &problem{"unknown-name", "nothing is named " + name, didYouMean(name, known)}
}

// outputSlot is the slot of the outputs of a vertex: outcomes whose outputs have
// the same type share one.
func (g *graph) outputSlot(v *vertex, o *outcomeSpec) int {
	for i, s := range g.slots {
		if s.step == v.index && s.typ == o.outputs {
			return i
		}
	}
	outcome := slices.IndexFunc(v.exits, func(x exit) bool { return x.spec == o })
	return g.slot(slotSpec{step: v.index, outcome: outcome, typ: o.outputs})
}
