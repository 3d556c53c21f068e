package engine

import (
	"fmt"
	"strings"
)

// Mermaid draws the program as a Mermaid flowchart: guards first, one line an
// edge. Diagrams lay themselves out, so a flow file holds no positions.
func (p *Program) Mermaid() string {
	var b strings.Builder
	fmt.Fprintf(&b, "flowchart TD\n  start([\"%s\"]) --> n0\n", p.route)
	ends := map[string]bool{}
	for _, s := range p.steps {
		label := s.id
		if name := s.typeName(); name != label {
			label += "<br/><small>" + name + "</small>"
		}
		left, right := "[", "]"
		switch {
		case s.form == isIf || s.form == isSwitch:
			left, right = "{", "}"
		case s.typ != nil && s.typ.ends != notEnd:
			left, right = "([", "])"
		}
		fmt.Fprintf(&b, "  n%d%s\"%s\"%s\n", s.index, left, label, right)
		for i, to := range s.next {
			drawEdge(&b, s.index, s.outcomes[i], to, ends)
		}
		if s.onError.step > 0 {
			drawEdge(&b, s.index, "error", s.onError, ends)
		}
	}
	return b.String()
}

func drawEdge(b *strings.Builder, from int, outcome string, to target, ends map[string]bool) {
	if to.failure == nil || to.step > 0 {
		fmt.Fprintf(b, "  n%d -->|%s| n%d\n", from, outcome, to.step)
		return
	}
	end := fmt.Sprintf("e%d_%s", to.failure.Status, to.failure.Code)
	if !ends[end] {
		ends[end] = true
		fmt.Fprintf(b, "  %s([\"%d %s\"])\n", end, to.failure.Status, to.failure.Code)
	}
	fmt.Fprintf(b, "  n%d -.->|%s| %s\n", from, outcome, end)
}
