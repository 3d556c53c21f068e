package engine

import (
	"slices"
	"strings"
)

// checkTrusted is check 8: access groups, redirect targets and scopes are made
// of constants, params and trusted outputs only. It is the mirror of check 7:
// there nothing leaves that must not, here nothing comes in.
func (g *graph) checkTrusted() {
	for _, v := range g.vertices {
		if v.typ == nil || v.src == nil || g.before[v.index].left == nil {
			continue
		}
		trust := g.trusts(v)
		for _, a := range v.args {
			if a.field == nil || !a.field.trusted || a.value == nil {
				continue
			}
			for _, p := range a.value.places() {
				if p.trusted() && g.ofProved(v, p, map[string]bool{}) {
					continue
				}
				if n := coveredBy(p.canon, trust); n != "" {
					v.used("trust " + n)
					continue
				}
				if p.trusted() {
					g.report(a.pos, "untrusted", "prove that user first; or add trust: ["+p.canon+"] if the caller may choose whose it is",
						"%s of %s takes trusted values only, and %s is that of a user who is not proved here", a.name, v.src.Use.Text, p.canon)
					continue
				}
				g.report(a.pos, "untrusted", "use a constant, params, or a trusted output such as url.check's url; or add trust: ["+p.canon+"] if the value is safe",
					"%s of %s takes trusted values only, and %s is not", a.name, v.src.Use.Text, p.canon)
			}
		}
	}
}

// ofProved reports whether what is trusted at p belongs to nobody, or to a user who is
// proved at v: else the caller may have named somebody, to be let in where that one is.
// What was seen needs no second look.
func (g *graph) ofProved(v *vertex, p *place, seen map[string]bool) bool {
	if p.unknown || g.proved == nil || seen[p.canon] {
		return true
	}
	seen[p.canon] = true
	switch {
	case p.ownerPath() != "" && g.proved[v.index][fact{SubjectUser, p.ownerPath()}].Meets(Live):
		return true
	case len(p.alts) > 0:
		return !slices.ContainsFunc(p.alts, func(a *place) bool { return !g.ofProved(v, a, seen) })
	case p.arg != nil && p.arg.value != nil && len(p.rest) == 0:
		return !slices.ContainsFunc(p.arg.value.places(), func(a *place) bool { return !g.ofProved(v, a, seen) })
	}
	return p.ownerPath() == ""
}

// ownerPath is the canonical path of the id of the user whose the value at p is; "" where it
// is nobody's.
func (p *place) ownerPath() string {
	f := p.field
	for _, a := range p.alts {
		if f = a.field; f != nil && f.owner != "" {
			break
		}
	}
	if f == nil || f.owner == "" {
		return ""
	}
	dot := strings.LastIndexByte(p.canon, '.')
	top, name := p.canon[:dot], p.canon[dot+1:]
	switch {
	case name != f.name: // a field of set or merge, which has nothing beside it
		return p.canon + "/" + f.owner
	case len(p.alts) == 0 && p.vertex != nil && len(p.of) > 0 && top == p.vertex.id:
		return p.vertex.output(p.of, f.owner)
	}
	return top + "." + f.owner
}

// trusts resolves the paths that a node trusts: canonical path → as written.
func (g *graph) trusts(v *vertex) map[string]string {
	out := map[string]string{}
	x := exprScope{g, v.scope, g.before[v.index], nil}
	for _, n := range v.src.Trust {
		words := strings.Split(n.Text, ".")
		p, used, miss := x.find(words)
		switch {
		case miss != nil && v.fault: // which has been reported where the value stands
		case miss != nil:
			g.report(n.Pos, miss.code, miss.hint, "%s", miss.message)
			v.used("trust " + n.Text)
		case used == len(words):
			out[p.canon] = n.Text
		}
	}
	return out
}

// coveredBy is the trusted path that a path is or lies in.
func coveredBy(path string, trust map[string]string) string {
	for canon, written := range trust {
		if _, ok := pathBelow(path, canon); ok {
			return written
		}
	}
	return ""
}
