package engine

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// need is an input that takes a proof of the user it names, or of the address or the
// identity it is.
type need struct {
	field  *field
	grades []Grade
	lifted bool // by allow: unproved
}

func needsOf(v *vertex) []need {
	var needs []need
	for _, f := range v.typ.inputs {
		if len(f.needs) > 0 && v.argument(f.name) != nil {
			// Somebody may stand in for a user, and for nobody's address.
			lifted := f.subject == SubjectUser && v.allows(allowUnproved) != ""
			needs = append(needs, need{field: f, grades: f.needs, lifted: lifted})
		}
	}
	return needs
}

// errUnproved says that a node was about to act for a user, or to use an address, that
// this run has not proved. The loader proves that it does not happen; should it, the run fails.
var errUnproved = errors.New("engine: no proof in this run")

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
		if !r.isProved(n.field.subject, value, n.grades) {
			return fmt.Errorf("%w: %s", errUnproved, n.field.name)
		}
	}
	return nil
}

// checkOwed is the second lock of credentials: an answer has only those of users whom the
// run has proved. What was not made in this run has no user.
func (r *Run) checkOwed(s *stepState) error {
	for _, c := range s.node.owes {
		owner := textAt(r.states[c.maker].instance.input.Elem(), c.owner.index)
		if owner != "" && !r.isProved(SubjectUser, owner, pendingOrBetter) {
			return fmt.Errorf("%w: a credential of %s", errUnproved, r.states[c.maker].node.id)
		}
	}
	return nil
}

var pendingOrBetter = []Grade{Pending}

func (r *Run) isProved(subject Subject, value string, grades []Grade) bool {
	for i := range r.proofs {
		p := &r.proofs[i]
		if p.subject != subject || p.value != value {
			continue
		}
		if p.grade.meetsOne(grades) {
			return true
		}
	}
	return false
}

// delegate records that somebody else stands in for a user: the user of the
// session, or the API key.
func (r *Run) delegate(userID string) {
	p := Proof{subject: SubjectUser, value: userID, grade: Fresh, factors: []Factor{Delegated}}
	if a := r.program.actor; a.output != "" {
		p.actor = a.prefix + r.outputText(a.step, a.output)
	}
	r.proofs = append(r.proofs, p)
}

// outputText is a text among the outputs of a guard.
func (r *Run) outputText(step int, name string) string {
	v := reflect.ValueOf(r.states[step].instance.slots[0]).Elem()
	if f := fieldNamed(v.Type(), name); f != nil {
		return v.FieldByIndex(f.index).String()
	}
	return ""
}

// claim is what an outcome of a step proves, and what its node has to keep to,
// with the fields found once and for all.
type claim struct {
	spec    *outcomeSpec
	byInput bool // value is a field of the inputs, else of the outputs
	value   []int
	session []int
	lends   *field // the input whose proof lends its grade; nil for none
	factors []Factor
	same    []sameField

	evidence []*field // the inputs that what it proves rests on
}

// sameField is an output that equals an input.
type sameField struct {
	output, input string
	out, in       []int
}

// claimsOf are the claims of a node type's outcomes, which all nodes of the type share.
func (c *compilation) claimsOf(t *typeSpec) []claim {
	if _, known := c.claims[t]; !known {
		for _, spec := range t.outcomes {
			c.claims[t] = append(c.claims[t], newClaim(t, spec))
		}
	}
	return c.claims[t]
}

func newClaim(t *typeSpec, spec *outcomeSpec) claim {
	c := claim{spec: spec}
	index := func(output string) []int { return fieldNamed(spec.outputs, output).index }
	for output, input := range spec.same {
		c.same = append(c.same, sameField{output: output, input: input, out: index(output), in: t.input(input).index})
	}
	if spec.proves != "" {
		c.evidence = t.evidence()
	}
	if name, ok := strings.CutPrefix(spec.proves, "with."); ok {
		c.byInput, c.value = true, t.input(name).index
	} else if spec.proves != "" {
		c.value = index(spec.proves)
	}
	if spec.gradeOf != "" {
		c.lends = t.input(spec.gradeOf)
	}
	if spec.session != "" {
		c.session = index(spec.session)
	}
	if spec.factor != "" {
		c.factors = []Factor{spec.factor}
	}
	return c
}

// prove records what the outcome of a step proves, after it has looked whether
// the node kept its word.
func (r *Run) prove(s *stepState, exit Exit) error {
	c := &s.node.claims[exit.index]
	if exit.kept != nil && (!s.node.typ.standard || c.spec.proves == "") {
		return errKept
	}
	if c.spec.proves == "" && c.same == nil {
		return nil
	}
	out := reflect.ValueOf(s.instance.slots[exit.index]).Elem()
	in := s.instance.input.Elem()
	for i := range c.same {
		f := &c.same[i]
		if given := textAt(in, f.in); given != "" && given != textAt(out, f.out) {
			return fmt.Errorf("engine: output %s is not the same as input %s", f.output, f.input)
		}
	}
	if c.spec.proves == "" {
		return nil
	}
	if err := c.rests(in); err != nil {
		return err
	}
	from := out
	if c.byInput {
		from = in
	}
	value := textAt(from, c.value)
	if value == "" {
		return fmt.Errorf("engine: outcome %s proves an empty value", c.spec.name)
	}
	p := Proof{subject: c.spec.subject, value: value, grade: c.spec.gradeFor(s.node.class), factors: c.factors}
	if c.lends != nil {
		lent, _ := r.proofOf(c.lends.subject, textAt(in, c.lends.index))
		p.grade = lent.grade
	}
	if c.spec.session != "" {
		p.session = textAt(out, c.session)
	}
	if k := exit.kept; k != nil {
		p.factors, p.actor, p.ceiling, p.challenge = slices.Concat(c.factors, k.Factors), k.Actor, k.Ceiling, k.Challenge
		p.origin = k.Origin
	}
	r.proofs = append(r.proofs, p)
	return nil
}

// errNoEvidence says that a node claims a proof that rests on nothing.
var errNoEvidence = errors.New("engine: the outcome proves, and its evidence is missing")

// rests looks whether the caller has shown what the claim rests on: all evidence that
// is required, and some.
func (c *claim) rests(in reflect.Value) error {
	shown := len(c.evidence) == 0
	for _, f := range c.evidence {
		v := in.FieldByIndex(f.index)
		if v.Kind() == reflect.Pointer && !v.IsNil() {
			v = v.Elem()
		}
		switch {
		case !v.IsZero():
			shown = true
		case !f.optional:
			return fmt.Errorf("%w: %s is empty", errNoEvidence, f.name)
		}
	}
	if !shown {
		return errNoEvidence
	}
	return nil
}

// errKept says that a node claims an earlier proof and may not.
var errKept = errors.New("engine: only standard node types, by outcomes that prove, can keep an earlier proof")

// textAt is the text of a field; "" where it is null.
func textAt(v reflect.Value, index []int) string {
	v = v.FieldByIndex(index)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	if v.Type() == stringType {
		return v.String() // nearly always, without an allocation
	}
	switch x := v.Interface().(type) {
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
