package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/latchwork/latchwork/flows"
)

// listAudit notes what check --audit prints of a program: what its endpoint
// requires, what its proofs rest on, and each door that is open on purpose.
func (g *graph) listAudit() {
	e := g.endpoint
	var requires []string
	for _, n := range e.Require {
		requires = append(requires, n.Text)
	}
	if len(requires) == 0 {
		requires = []string{"nothing"}
	}
	text := fmt.Sprintf("%s %s requires %s", e.Method.Text, e.Path.Text, strings.Join(requires, " and "))
	if len(e.Groups) > 0 {
		var groups []string
		for _, n := range e.Groups {
			groups = append(groups, n.Text)
		}
		text += ", one of the groups " + strings.Join(groups, ", ")
	}
	if e.Scope.IsSet() {
		text += ", the scope " + e.Scope.Text
	}
	g.note(e.Path.Pos, "endpoint", "%s", text)
	if e.CrossSite.IsSet() {
		g.note(e.CrossSite.Pos, "crossSite", "%s: %s", e.Path.Text, e.CrossSite.Text)
	}
	for _, v := range g.vertices {
		if v.typ == nil || v.src == nil || g.before[v.index].left == nil {
			continue
		}
		g.auditVertex(v)
	}
}

func (g *graph) note(pos flows.Pos, kind, format string, args ...any) {
	g.audit = append(g.audit, AuditEntry{Pos: pos, Flow: g.flow.Name.Text, Kind: kind, Text: fmt.Sprintf(format, args...)})
}

func (g *graph) auditVertex(v *vertex) {
	for _, n := range needsOf(v) {
		a := v.argument(n.field.name)
		if n.lifted || a.value == nil || a.value.path() == nil || slices.Equal(n.grades, []Grade{Live}) {
			continue
		}
		path := a.value.path().canon
		g.note(v.pos, "proof", "%s (%s) for %s rests on %s", v.id, v.typ.name, path, strings.Join(g.provers(v, path), ", "))
	}
	for _, n := range v.src.Reveal {
		g.note(n.Pos, "reveal", "%s answers with %s", v.id, n.Text)
	}
	for _, n := range v.src.Trust {
		g.note(n.Pos, "trust", "%s trusts %s", v.id, n.Text)
	}
	for _, a := range v.src.Allow {
		g.note(a.Rule.Pos, "allow", "%s is allowed %s: %s", v.id, a.Rule.Text, a.Reason.Text)
	}
	for _, a := range v.args {
		if a.field == nil || a.field.format != "target" && a.field.format != "outbound" {
			continue
		}
		kind := map[string]string{"target": "redirect", "outbound": "outbound"}[a.field.format]
		g.note(a.pos, kind, "%s goes to %s", v.id, a.value.written())
	}
}

// written is a value on one line, much as it stands in the flow.
func (v *value) written() string {
	switch {
	case v == nil:
		return ""
	case v.constant.IsValid():
		return string(appendJSON(nil, v.constant.Interface()))
	case v.expr != nil:
		return "${{ " + v.expr.source + " }}"
	}
	var b strings.Builder
	for _, p := range v.text {
		if b.WriteString(p.literal); p.expr != nil {
			b.WriteString("${{ " + p.expr.source + " }}")
		}
	}
	for _, i := range v.items {
		b.WriteString("- " + i.written() + " ")
	}
	for _, f := range v.fields {
		b.WriteString(f.name + ": " + f.value.written() + " ")
	}
	return b.String()
}

// provers are the outcomes before a vertex that prove what lies at a path. A
// field of merge is proved by what proves its alternatives.
func (g *graph) provers(at *vertex, path string) []string {
	paths := map[string]bool{path: true}
	for _, v := range slices.Backward(g.vertices[:at.index]) {
		for _, a := range v.args {
			for _, alt := range a.alts {
				prefix := v.id + "." + a.name
				for p := range paths {
					if rest, ok := pathBelow(p, prefix); ok && alt != nil {
						paths[alt.canon+rest] = true
					}
				}
			}
		}
	}
	var names []string
	for _, v := range g.vertices[:at.index] {
		for i, x := range v.exits {
			if p, spec := provenPath(v, i); spec != nil && paths[p] {
				names = append(names, v.id+"."+x.name)
			}
		}
	}
	return names
}
