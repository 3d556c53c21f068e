package engine

import "slices"

// join brings together what the returns of one outcome give.
func (t *typer) join(v *vertex) {
	v.args = t.returned(v.in)
	for _, a := range v.args {
		if !a.unknown && a.only == nil {
			a.unknown = !t.unify(a)
		}
	}
}

// returned are the fields that all returns on some edges have. Of a single
// return they stand for what it was given.
func (g *graph) returned(edges []*edge) []*argument {
	var in []*edge
	for _, e := range edges {
		if _, reached := g.along[e]; reached {
			in = append(in, e)
		}
	}
	if len(in) == 0 {
		return nil
	}
	var args []*argument
	for _, first := range in[0].from.args {
		a := newArgument(argument{name: first.name, typ: first.typ}, first.pos)
		for _, e := range in {
			b := e.from.argument(first.name)
			if b == nil {
				a = nil
				break
			}
			a.unknown = a.unknown || b.unknown
			a.alts, a.edges = append(a.alts, b.place(g, e.from)), append(a.edges, e)
		}
		if a == nil {
			continue
		}
		if len(in) == 1 && !a.unknown {
			a.only = a.alts[0]
		}
		args = append(args, a)
	}
	return args
}

// findReturned resolves a path into what a sub-flow has returned by one of some
// outcomes.
func (x exprScope) findReturned(u *unit, left []port, words []string) (*place, int, *problem) {
	v := x.g.end(u, left)
	if len(words) > 1 && v.argument(words[1]) == nil {
		if miss := x.g.notReturned(u, left, words[1]); miss != nil {
			return nil, 0, miss
		}
	}
	return x.findField(v, u.id, words)
}

// end is the vertex that holds what a sub-flow has returned by one of some
// outcomes: their end, or, where they are several, one outside of the list that
// stands for all of them. Its fields are merged from the returns, like those of
// an end that several returns lead to.
func (g *graph) end(u *unit, left []port) *vertex {
	if len(left) == 1 {
		return left[0].vertex
	}
	var outcomes uint64
	var in []*edge
	for _, p := range left {
		outcomes |= 1 << p.vertex.port
		in = append(in, p.vertex.in...)
	}
	v := u.joint[outcomes]
	if v == nil {
		v = &vertex{id: u.outs[0].vertex.id, pos: u.entry.pos, scope: u.entry.scope, form: isJoin, in: in}
		u.joint[outcomes] = v
		for _, a := range g.returned(in) {
			if !a.unknown {
				typ, differs := a.joined()
				if differs > 0 {
					continue
				}
				g.merged(a, typ)
			}
			v.args = append(v.args, a)
		}
	}
	return v
}

// notReturned is why a field that some outcomes of a sub-flow return is not in
// reach; nil where none of them does.
func (g *graph) notReturned(u *unit, left []port, name string) *problem {
	if !slices.ContainsFunc(u.outs, func(p port) bool { return p.vertex.argument(name) != nil }) {
		return nil
	}
	message := u.id + "." + name + " is not in reach here: "
	hint := "use it only where " + u.id + " has left by another outcome, or bring the ways together by merge"
	var first *place
	for _, p := range left {
		a := p.vertex.argument(name)
		if a == nil {
			return &problem{"not-in-reach", message + u.id + " may have left by " + p.name + ", which does not return it", hint}
		}
		if at := a.place(g, p.vertex); first == nil {
			first = at
		} else if baseType(at.typ) != baseType(first.typ) {
			return &problem{"not-in-reach", message + "by " + left[0].name + " it is " + typeText(first.typ) + ", by " + p.name + " it is " + typeText(at.typ), "return the same type by both"}
		}
	}
	return nil
}

// meet tells of each name that what a sub-flow has returned gets on an edge: where
// other outcomes of it come in, it is not what one return was given any more,
// but a field of the sub-flow.
func (g *graph) meet(e *edge, rename func(from, to string)) {
	for _, u := range g.calls {
		left, all := u.left(g.along[e]), u.left(g.before[e.to.index])
		if len(left) != 1 || len(all) < 2 {
			continue
		}
		v := left[0].vertex
		for _, a := range v.args {
			if a.only != nil {
				rename(a.only.canon, v.id+"."+a.name)
			}
		}
	}
}

// renamed are what lies at a path, or below it, under another name.
func renamed(paths map[string]bool, from, to string) map[string]bool {
	out := map[string]bool{}
	for p := range paths {
		if rest, ok := pathBelow(p, from); ok {
			out[to+rest] = true
		}
	}
	return out
}
