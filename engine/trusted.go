package engine

import "strings"

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
				if p.trusted() {
					continue
				}
				if n := coveredBy(p.canon, trust); n != "" {
					v.used("trust " + n)
					continue
				}
				g.report(a.pos, "untrusted", "use a constant, params, or a trusted output such as url.check's url; or add trust: ["+p.canon+"] if the value is safe",
					"%s of %s takes trusted values only, and %s is not", a.name, v.src.Use.Text, p.canon)
			}
		}
	}
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
