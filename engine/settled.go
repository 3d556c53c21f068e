package engine

import (
	"slices"
	"strings"

	"github.com/latchwork/latchwork/flows"
)

// settled is what stands for an input that takes no expression: what is written there,
// or, where that is an input of a sub-flow, what its caller has written or its
// default. It is nil in a sub-flow that is looked at by itself, which has no caller.
func (x exprScope) settled(written *flows.Value) *flows.Value {
	for s := x.scope; written.IsExpr(); s = s.caller {
		name, ok := strings.CutPrefix(written.Parts[0].Expr, "input.")
		i := slices.IndexFunc(s.flow.Input, func(in flows.Input) bool { return in.Name.Text == name })
		switch {
		case !ok || i < 0:
			return written
		case s.caller != nil:
			given := s.enter.src.With.Get(name)
			if given == nil {
				given = s.flow.Input[i].Default
			}
			if given == nil {
				return written
			}
			written = given
		case x.g.endpoint == nil:
			return nil
		default:
			return written
		}
	}
	return written
}
