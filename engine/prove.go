package engine

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// need is an input that takes a proof of the user it names.
type need struct {
	field  *field
	grades []Grade
	lifted bool // by allow: unproved
}

func needsOf(v *vertex) []need {
	var needs []need
	for _, f := range v.typ.inputs {
		if len(f.needs) > 0 && v.argument(f.name) != nil {
			needs = append(needs, need{field: f, grades: f.needs, lifted: v.allows(allowUnproved) != ""})
		}
	}
	return needs
}

// errUnproved says that a node was about to act for a user that this run has not
// proved. The loader proves that it does not happen; should it, the run fails.
var errUnproved = errors.New("engine: no proof of the user in this run")

// checkNeeds is the second lock: whatever the loader has proved is checked again,
// by value, before a node runs.
func (r *Run) checkNeeds(s *stepState) error {
	for i := range s.node.needs {
		n := &s.node.needs[i]
		value := textAt(s.instance.input.Elem(), n.field.index)
		if value == "" {
			if n.field.optional && s.instance.input.Elem().FieldByIndex(n.field.index).IsZero() {
				continue
			}
			return fmt.Errorf("%w: %s is empty", errUnproved, n.field.name)
		}
		if n.lifted {
			r.delegate(value)
			continue
		}
		if !r.isProved(value, n.grades) {
			return fmt.Errorf("%w: %s", errUnproved, n.field.name)
		}
	}
	return nil
}

func (r *Run) isProved(userID string, grades []Grade) bool {
	for i := range r.proofs {
		p := &r.proofs[i]
		if p.subject != SubjectUser || p.value != userID {
			continue
		}
		for _, g := range grades {
			if p.grade.Meets(g) {
				return true
			}
		}
	}
	return false
}

// delegate records that somebody else stands in for a user: the user of the
// session, or the API key.
func (r *Run) delegate(userID string) {
	p := Proof{subject: SubjectUser, value: userID, grade: Fresh, factors: []Factor{Delegated}}
	if v := r.program.actorSession; v != nil {
		p.actor = "user:" + r.outputText(v.index, "userId")
	} else if v := r.program.actorKey; v != nil {
		p.actor = "key:" + r.outputText(v.index, "id")
	}
	r.proofs = append(r.proofs, p)
}

// outputText is a text among the outputs of a guard.
func (r *Run) outputText(step int, name string) string {
	v := reflect.ValueOf(r.states[step].instance.slots[0]).Elem()
	if sf, ok := flowField(v.Type(), name); ok {
		return v.FieldByIndex(sf.Index).String()
	}
	return ""
}

// prove records what the outcome of a step proves, after it has looked whether
// the node kept its word.
func (r *Run) prove(s *stepState, outcome int) error {
	spec := s.node.typ.outcomes[outcome]
	if spec.proves == "" && spec.same == nil {
		return nil
	}
	out := reflect.ValueOf(s.instance.slots[outcome]).Elem()
	in := s.instance.input.Elem()
	for name, input := range spec.same {
		sf, _ := flowField(out.Type(), name)
		f := s.node.typ.input(input)
		if given := textAt(in, f.index); given != "" && given != textAt(out, sf.Index) {
			return fmt.Errorf("engine: output %s is not the same as input %s", name, input)
		}
	}
	if spec.proves == "" {
		return nil
	}
	var value string
	if name, ok := strings.CutPrefix(spec.proves, "with."); ok {
		value = textAt(in, s.node.typ.input(name).index)
	} else {
		sf, _ := flowField(out.Type(), spec.proves)
		value = textAt(out, sf.Index)
	}
	if value == "" {
		return fmt.Errorf("engine: outcome %s proves an empty value", spec.name)
	}
	p := Proof{subject: spec.subject, value: value, grade: spec.gradeFor(s.node.resets)}
	if spec.session != "" {
		sf, _ := flowField(out.Type(), spec.session)
		p.session = textAt(out, sf.Index)
	}
	if spec.factor != "" {
		p.factors = []Factor{spec.factor}
	}
	r.proofs = append(r.proofs, p)
	return nil
}

// textAt is the text of a field; "" where it is null.
func textAt(v reflect.Value, index []int) string {
	v = v.FieldByIndex(index)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	switch x := v.Interface().(type) {
	case string:
		return x
	case Secret:
		return x.text
	case interface{ ProofValue() string }:
		return x.ProofValue()
	}
	if v.Kind() == reflect.String {
		return v.String()
	}
	return ""
}
