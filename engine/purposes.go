package engine

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/latchwork/latchwork/flows"
)

// formatPurpose is the format of literal inputs that name purposes of tokens.
const formatPurpose = "purpose"

// classReset is the class of purposes whose tokens are good for a new password
// and nothing else.
const classReset = "reset"

// purposes looks whether app.yaml declares the purposes that a node names. A node
// names purposes of any classes but reset, or reset ones only: else it could not
// be told before a run what its tokens prove.
func (t *typer) purposes(v *vertex, written *flows.Value) {
	named := []*flows.Value{written}
	if written.Kind == flows.List {
		named = written.Items
	}
	for i, n := range named {
		class, known := t.app.Purposes[n.Text]
		if !known {
			hint := didYouMean(n.Text, slices.Collect(maps.Keys(t.app.Purposes)))
			if hint == "" {
				hint = "add it to app.yaml with its class: purposes: {" + n.Text + ": signIn}"
			}
			t.report(n.Pos, "unknown-purpose", hint, "app.yaml declares no purpose %s", n.Text)
			return
		}
		if i > 0 && (class == classReset) != v.resets {
			t.report(n.Pos, "mixed-purposes", "redeem tokens of the class reset by a node of their own",
				"%s is of class %s, and %s is not of the same kind: purposes of the class reset stand alone", n.Text, class, named[0].Text)
			return
		}
		v.resets = class == classReset
	}
}

// gradeFor is the grade that an outcome proves with. What a token carries is
// good for a new password only if it is of a reset purpose.
func (o *outcomeSpec) gradeFor(resets bool) Grade {
	if resets && o.grade == Carried {
		return Reset
	}
	return o.grade
}

// Purpose is what app.yaml says of a purpose of tokens.
type Purpose struct {
	Class    string        // signIn, handOver, address or reset
	Lifetime time.Duration // of its tokens; 0 for that of the class
}

// PurposeOf is a purpose as the app.yaml has it with which the flow of this run was
// loaded, and whether it has one of the name.
func PurposeOf(ctx context.Context, name string) (Purpose, bool) {
	r := runOf(ctx)
	if r == nil || r.program.app == nil {
		return Purpose{}, false
	}
	class, known := r.program.app.Purposes[name]
	return Purpose{Class: class, Lifetime: r.program.app.Lifetimes[name]}, known
}
