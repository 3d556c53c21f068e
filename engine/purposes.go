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

// The classes of purposes that the loader knows. Tokens and codes of the class reset
// are good for a new password and nothing else; a code of the class address shows who
// holds an address, and signs nobody in.
const (
	classReset   = "reset"
	classAddress = "address"
)

// purposes looks whether app.yaml declares the purposes that a node names, and gives
// those that are in order. A node names purposes of any classes but reset, or reset ones
// only: else it could not be told before a run what its tokens prove.
func (t *typer) purposes(v *vertex, written *flows.Value) []*flows.Value {
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
			return named[:i]
		}
		if i > 0 && (class == classReset) != (v.class == classReset) {
			t.report(n.Pos, "mixed-purposes", "redeem tokens of the class reset by a node of their own",
				"%s is of class %s, and %s is not of the same kind: purposes of the class reset stand alone", n.Text, class, named[0].Text)
			return named[:i]
		}
		if class == classReset || class == classAddress {
			v.class = class
		}
	}
	return named
}

// demanded looks whether a node says all that it has to for purposes of a class. What is
// always null is not said: the caller of a sub-flow may have left it out.
func (t *typer) demanded(v *vertex, purposes []*flows.Value) {
	for _, purpose := range purposes {
		class := t.app.Purposes[purpose.Text]
		for _, f := range v.typ.inputs {
			a := v.argument(f.name)
			if f.class != class || class == "" || a != nil && (a.value == nil || !a.value.isNull()) {
				continue
			}
			t.report(purpose.Pos, "missing-field", "add under with: "+f.name+": …", "%s needs %s: %s is of class %s", v.src.Use.Text, f.name, purpose.Text, class)
		}
	}
}

// gradeFor is the grade that an outcome proves with where the node names purposes of
// a class. What a token carries, and what a code shows, is good for a new password
// only if it is of a reset purpose; a code that confirms an address shows it, and does
// not stand for a credential.
func (o *outcomeSpec) gradeFor(class string) Grade {
	switch {
	case class == classReset && (o.grade == Carried || o.subject == SubjectAddress):
		return Reset
	case class == classAddress && o.subject == SubjectAddress:
		return Carried
	}
	return o.grade
}

// Purpose is what app.yaml says of a purpose of tokens and codes.
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
