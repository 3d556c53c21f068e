package engine

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/latchwork/latchwork/flows"
)

// The rules that a node can lift by allow.
const (
	allowUnproved    = "unproved"
	allowUnverified  = "unverified"
	allowEnumeration = "enumeration"
)

// fact is that the caller was proved to be, or to hold, what lies at a canonical
// path.
type fact struct {
	subject Subject
	path    string
}

type facts map[fact]Grade

// solveProofs is check 6: whatever acts for a user has a proof of that user, of
// the right grade, on every way to it, and every proof rests on evidence from
// the caller.
func (g *graph) solveProofs() {
	g.proved = make([]facts, len(g.vertices))
	join := func(a, b facts) facts {
		both := facts{}
		for f, grade := range a {
			if other, ok := b[f]; ok {
				both[f] = weaker(grade, other)
			}
		}
		return both
	}
	forward(g, facts{}, join, func(v *vertex, in facts) func(*edge) facts {
		g.proved[v.index] = in
		if v.typ != nil && v.src != nil {
			g.checkEvidence(v)
			g.checkProved(v, in)
			g.checkVerified(v)
			g.checkListed(v)
		}
		return func(e *edge) facts { return g.learn(v, e, in) }
	})
}

// weaker is the grade that holds if either may have been meant.
func weaker(a, b Grade) Grade {
	if a == Reset || b == Reset {
		if a == b {
			return a
		}
		return NoGrade
	}
	if low := min(a, b); low != Pending || a == b {
		return low
	}
	return mixed
}

// learn is what is proved on an edge.
func (g *graph) learn(v *vertex, e *edge, in facts) facts {
	out := in
	if path, spec := provenPath(v, e.outcome); spec != nil {
		out = maps.Clone(in)
		f, grade := fact{spec.subject, path}, spec.gradeFor(v.class)
		if spec.gradeOf != "" {
			grade = v.lent(spec.gradeOf, in)
		}
		if old, ok := out[f]; !ok || old != Reset && grade > old {
			out[f] = grade
		}
	}
	if e.to == nil || len(out) == 0 {
		return out
	}
	more := facts{}
	rename := func(from, to string) {
		for f, grade := range out {
			if rest, ok := pathBelow(f.path, from); ok {
				more[fact{f.subject, to + rest}] = grade
			}
		}
	}
	// What is known of an alternative is known of the field that takes it.
	if e.to.form == isMerge || e.to.form == isJoin {
		for _, a := range e.to.args {
			if i := slices.Index(a.edges, e); i >= 0 && a.alts[i] != nil && a.only == nil {
				rename(a.alts[i].canon, e.to.id+"."+a.name)
			}
		}
	}
	g.meet(e, rename)
	if len(more) == 0 {
		return out
	}
	both := maps.Clone(out)
	maps.Copy(both, more)
	return both
}

// lent is the grade of the proof of an input. Where it has none, which checkProved
// reports, it is the best one, so that nothing else is reported for want of it.
func (v *vertex) lent(input string, in facts) Grade {
	if a := v.argument(input); a != nil && a.value.path() != nil {
		if grade, ok := in[fact{a.field.subject, a.value.path().canon}]; ok {
			return grade
		}
	}
	return Fresh
}

// pathBelow is what stands in a path behind a path that it is or lies in.
func pathBelow(path, top string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(path, top)
	return rest, ok && (rest == "" || rest[0] == '.')
}

// provenPath is the canonical path of what an outcome proves.
func provenPath(v *vertex, outcome int) (string, *outcomeSpec) {
	if v.typ == nil || outcome < 0 || v.exits[outcome].spec.proves == "" {
		return "", nil
	}
	spec := v.exits[outcome].spec
	if name, ok := strings.CutPrefix(spec.proves, "with."); ok {
		if a := v.argument(name); a != nil && a.value.path() != nil {
			return a.value.path().canon, spec
		}
		return "", nil
	}
	return v.output([]*outcomeSpec{spec}, spec.proves), spec
}

// output is the canonical path of an output: that of the input which it is the
// same as by whatever outcome the vertex has left.
func (v *vertex) output(of []*outcomeSpec, name string) string {
	in := of[0].same[name]
	for _, o := range of {
		if o.same[name] != in {
			in = ""
		}
	}
	if a := v.argument(in); in != "" && a != nil && a.value.path() != nil {
		return a.value.path().canon
	}
	return v.id + "." + name
}

// checkProved looks whether all inputs that need a proof have one.
func (g *graph) checkProved(v *vertex, in facts) {
	for _, n := range needsOf(v) {
		a := v.argument(n.field.name)
		if a.value == nil || a.value.isNull() {
			continue
		}
		if n.lifted {
			v.used(allowUnproved)
			g.demandGroups(v, v.src.ID.Text+" acts for users without a proof, so the endpoint must demand access groups or a scope")
			continue
		}
		want := gradesText(n.grades)
		path := a.value.path()
		if a.value.unknown() {
			continue
		}
		if n.field.subject != SubjectUser {
			g.checkShown(v, a, in)
			continue
		}
		if path == nil {
			g.report(a.pos, "unproved", "name the user by a plain path, such as ${{ user.id }}, that a node before has proved",
				"%s needs a proof of %s, and only a plain path can be proved", v.src.Use.Text, a.name)
			continue
		}
		grade, known := in[fact{SubjectUser, path.canon}]
		switch {
		case known && grade.meetsOne(n.grades):
		case known && grade != NoGrade:
			g.report(a.pos, "weak-proof", strongerProof[grade], "%s needs a proof of grade %s, and %s is proved only as %s here", v.src.Use.Text, want, a.value.named(), grade)
		default:
			hint := "check a credential first, such as password.check with userId: ${{ " + a.value.expr.source + " }}"
			if in[fact{SubjectUser, "session.userId"}].meetsOne(n.grades) {
				hint = "did you mean ${{ session.userId }}? It is proved here"
			}
			g.report(a.pos, "unproved", hint,
				"%s needs a proof of grade %s, and %s is not proved on every way to %s", v.src.Use.Text, want, a.value.named(), v.src.ID.Text)
		}
	}
	if v.typ.restricted {
		g.demandGroups(v, v.src.Use.Text+" may stand only behind access groups or a scope")
	}
}

// checkShown looks whether an address or an identity, which only a plain path can be,
// was shown in this run as well as an input needs it.
func (g *graph) checkShown(v *vertex, a *argument, in facts) {
	path := a.value.path()
	if path == nil {
		return // which is a mistake of its own
	}
	grade, known := in[fact{a.field.subject, path.canon}]
	switch {
	case known && slices.ContainsFunc(a.field.needs, grade.Meets):
	case known && grade != NoGrade:
		hint := "a code of the class address confirms an address by user.confirm or user.setAddress; to sign in takes one of the class signIn"
		if grade == Reset {
			hint = strongerProof[Reset]
		}
		g.report(a.pos, "weak-proof", hint, "%s needs a proof of grade %s, and %s is proved only as %s here", v.src.Use.Text, gradesText(a.field.needs), a.value.named(), grade)
	default:
		g.report(a.pos, "unproved", "check a code in this run, by otp.check; a token that is redeemed names its user itself",
			"%s needs a proof of grade %s, and %s is not proved on every way to %s", v.src.Use.Text, gradesText(a.field.needs), a.value.named(), v.src.ID.Text)
	}
}

// named is a plain path as it is written, with what it stands for.
func (v *value) named() string {
	written, canon := v.expr.source, strings.ReplaceAll(v.path().canon, "/", ".")
	if written == canon {
		return written
	}
	return written + ", which is " + canon + ","
}

// demandGroups reports, once a flow, that its endpoint demands neither access
// groups nor a scope.
func (g *graph) demandGroups(v *vertex, message string) {
	if len(g.endpoint.Groups) > 0 || g.endpoint.Scope.IsSet() || g.open {
		return
	}
	g.open = true
	g.report(v.pos, "open-endpoint", "add groups: [<group>] to the endpoint, or scope: <scope> of the API key", "%s", message)
}

// strongerProof is what to do about a proof of a grade that does not suffice.
var strongerProof = map[Grade]string{
	Pending: "check the second factor first",
	mixed:   "let the ways lead to nodes of their own, or check a credential on each",
	Live:    "check a credential in this run, such as by password.check",
	Carried: "check a credential in this run, such as by password.check",
	Reset:   "a token of a reset purpose is good for a new password only",
}

func gradesText(grades []Grade) string {
	var names []string
	for _, g := range grades {
		names = append(names, g.String())
	}
	return strings.Join(names, " or ")
}

// checkEvidence looks whether what a proof rests on comes from the caller.
func (g *graph) checkEvidence(v *vertex) {
	if names := v.missingEvidence(); len(names) > 0 {
		g.report(v.src.Use.Pos, "no-evidence", "give one of "+strings.Join(names, ", ")+" what the caller sends",
			"%s proves who the caller is, and nothing that the caller shows is given to it", v.src.Use.Text)
	}
	for _, a := range v.args {
		if a.field == nil || !a.field.evidence || a.value == nil || a.value.isNull() {
			continue
		}
		if !fromCaller(a.value) && !a.value.unknown() {
			g.report(a.pos, "not-evidence", "declare what the caller sends under input, and name it: ${{ input."+a.name+" }}",
				"%s of %s is evidence, so it must come from the caller: an expression over input and nothing else", a.name, v.src.Use.Text)
		}
	}
}

// missingEvidence are the inputs of which one would have to be given, where a node
// that proves is given none.
func (v *vertex) missingEvidence() (names []string) {
	if !slices.ContainsFunc(v.typ.outcomes, func(o *outcomeSpec) bool { return o.proves != "" }) {
		return nil
	}
	for _, f := range v.typ.evidence() {
		if a := v.argument(f.name); a != nil && (a.value == nil || !a.value.isNull()) {
			return nil
		}
		names = append(names, f.name)
	}
	return names
}

// checkVerified looks whether an address becomes verified that nobody has shown
// to hold.
func (g *graph) checkVerified(v *vertex) {
	for _, a := range v.args {
		if a.field == nil || !a.field.unverified || a.value == nil || a.value.constant.IsValid() && a.value.constant.IsZero() {
			continue
		}
		if v.allows(allowUnverified) != "" {
			v.used(allowUnverified)
			continue
		}
		g.report(a.pos, "unverified", "let the caller show it first, as by otp.check, or add allow: {unverified: <reason>}",
			"%s of %s makes an address verified that nobody has shown to hold", a.name, v.src.Use.Text)
	}
}

// isNull reports whether a value is always null, by what is written or by what the
// caller of a sub-flow has written, or left out.
func (v *value) isNull() bool {
	if v.constant.IsValid() {
		return v.nullable
	}
	p := v.path()
	return p != nil && p.arg != nil && p.arg.value != nil && p.arg.value.isNull()
}

// fromCaller reports whether a value has at least one path, and all its paths
// lead to declared inputs.
func fromCaller(v *value) bool {
	places := v.places()
	return len(places) > 0 && !slices.ContainsFunc(places, func(p *place) bool { return !placeFromCaller(p) })
}

func placeFromCaller(p *place) bool {
	switch {
	case p.root == "input":
		return true
	case len(p.alts) > 0:
		return !slices.ContainsFunc(p.alts, func(a *place) bool { return !placeFromCaller(a) })
	case p.arg != nil && p.arg.value != nil:
		return fromCaller(p.arg.value)
	}
	return false
}

// checkListed looks whether a type from outside the standard set that could open
// a door is named under proofs in app.yaml.
func (g *graph) checkListed(v *vertex) {
	if v.typ.standard || slices.ContainsFunc(g.app.Proofs, func(n flows.Name) bool { return n.Text == v.typ.name }) {
		return
	}
	takes := slices.ContainsFunc(v.typ.inputs, func(f *field) bool { return f.secret != 0 })
	if slices.ContainsFunc(v.typ.inputs, func(f *field) bool { return f.credential != "" || f.secret&kindMinted != 0 }) {
		g.report(v.src.Use.Pos, "unlisted-proof", "add to app.yaml: proofs: ["+v.typ.name+"]",
			"%s takes credentials of users, and is no standard type, so app.yaml must name it", v.typ.name)
		return
	}
	for _, o := range v.typ.outcomes {
		switch {
		case o.proves != "":
			g.report(v.src.Use.Pos, "unlisted-proof", "add to app.yaml: proofs: ["+v.typ.name+"]",
				"%s proves who the caller is, and is no standard type, so app.yaml must name it", v.typ.name)
			return
		case makesTrusted(o):
			g.report(v.src.Use.Pos, "unlisted-proof", "add to app.yaml: proofs: ["+v.typ.name+"]",
				"%s makes trusted values, and is no standard type, so app.yaml must name it", v.typ.name)
			return
		case o.public && takes:
			g.report(v.src.Use.Pos, "unlisted-proof", "add to app.yaml: proofs: ["+v.typ.name+"]",
				"%s makes outputs of secrets public, and is no standard type, so app.yaml must name it", v.typ.name)
			return
		}
	}
}

// makesTrusted reports whether an outcome carries trusted values, however deep.
func makesTrusted(o *outcomeSpec) bool {
	trusted := false
	eachField(o.outputs, func(f *field, _ reflect.Type) bool {
		trusted = trusted || f.trusted
		return !trusted
	})
	return trusted
}

// used notes that an allowance of the vertex was needed.
func (v *vertex) used(rule string) {
	if v.needed == nil {
		v.needed = map[string]bool{}
	}
	v.needed[rule] = true
}

// checkAllowances reports allowances, trusts and reveals that nothing needs: a
// door that stands open for nobody.
func (g *graph) checkAllowances() {
	for _, v := range g.vertices {
		if v.src == nil || g.before[v.index].left == nil {
			continue
		}
		hint := "remove it"
		if v.form == isEntry {
			hint = "put it on the node of the sub-flow that needs it"
		}
		for _, a := range v.src.Allow {
			if !v.needed[a.Rule.Text] {
				g.report(a.Rule.Pos, "unused-allow", hint, "nothing in %s needs allow: %s", v.src.ID.Text, a.Rule.Text)
			}
		}
		for _, n := range v.src.Reveal {
			if !v.needed["reveal "+n.Text] {
				g.report(n.Pos, "unused-reveal", hint, "nothing in %s needs reveal: %s", v.src.ID.Text, n.Text)
			}
		}
		for _, n := range v.src.Trust {
			if !v.needed["trust "+n.Text] {
				g.report(n.Pos, "unused-trust", hint, "nothing in %s needs trust: %s", v.src.ID.Text, n.Text)
			}
		}
	}
}
