package engine

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// Registry is a set of node types by name. The zero Registry is empty and
// ready to use. It must not be changed once a Compiler uses it.
type Registry struct {
	types map[string]*typeSpec
}

// Add admits node types from outside the standard set. It refuses types whose
// tags contradict each other, or whose name is taken.
func (r *Registry) Add(types ...NodeType) error { return r.add(false, types) }

// AddStandard admits the node types that Latchwork ships: only these may read
// credentials from requests, and prove without being named in app.yaml.
func (r *Registry) AddStandard(types ...NodeType) error { return r.add(true, types) }

func (r *Registry) add(standard bool, types []NodeType) error {
	var errs []error
	for _, t := range types {
		if t.spec == nil {
			errs = append(errs, errors.New("engine: a NodeType is made by Define"))
			continue
		}
		s := *t.spec
		s.standard = standard
		s.contradictions()
		if r.types[s.name] != nil {
			s.problem("the name is taken")
		}
		if err := s.err(); err != nil {
			errs = append(errs, err)
			continue
		}
		if r.types == nil {
			r.types = map[string]*typeSpec{}
		}
		r.types[s.name] = &s
	}
	return errors.Join(errs...)
}

// Names are the names of all types, sorted.
func (r *Registry) Names() []string { return slices.Sorted(maps.Keys(r.types)) }

var typeName = regexp.MustCompile(`^[a-z][A-Za-z0-9]*(\.[a-z][A-Za-z0-9]*)?$`)

// reserved are the names that the language itself uses.
var reserved = []string{formIf, formSwitch, formSet, formMerge, formReturn}

// contradictions finds what cannot be meant.
func (s *typeSpec) contradictions() {
	s.problems = slices.Clip(s.problems)
	if !typeName.MatchString(s.name) || slices.Contains(reserved, s.name) || strings.HasPrefix(s.name, "flow.") {
		s.problem("a name is group.verb, in camel case")
	}
	if s.doc == "" {
		s.problem("a doc is needed")
	}
	if s.ends == notEnd && len(s.outcomes) == 0 {
		s.problem("at least one outcome is needed")
	}
	if s.readsRequest && !s.standard {
		s.problem("only standard types read credentials from requests; declare what you read under the flow's input")
	}
	if s.ends != notEnd && !s.standard {
		s.problem("only standard types answer; leave by an outcome, and let respond answer")
	}
	if s.tells && s.silent {
		s.problem("it tells or is silent, not both")
	}
	for _, name := range s.choice.inputs {
		if f := s.input(name); f == nil || !f.optional {
			s.problem("a choice is between optional inputs, which %s is not", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.checks)) {
		if f := s.input(name); f == nil || !f.takesText() {
			s.problem("it checks the input %s, which is none that takes text", name)
		}
	}
	for _, r := range s.refusals {
		if r.Status < 400 || r.Status > 599 || r.Code == "" {
			s.problem("an error by which it may fail needs a status from 400 to 599 and a code, not %d %q", r.Status, r.Code)
		}
		if r.input != "" && s.input(r.input) == nil {
			s.problem("it may fail for the input %s, which it does not have", r.input)
		}
	}
	for _, f := range s.inputs {
		s.checkInput(f)
	}
	for _, o := range s.outcomes {
		s.checkOutcome(o)
	}
}

func (s *typeSpec) checkInput(f *field) {
	if len(f.needs) > 0 && (f.subject == SubjectUser) == isVerified(f.typ) || len(f.needs) > 0 && f.subject == SubjectUser && baseType(f.typ) != stringType {
		s.problem("input %s needs a proof, so it must be a string, the id of a user, or a verified type whose subject it names", f.name)
	}
	if f.literal && (f.evidence || len(f.needs) > 0) {
		s.problem("input %s is literal, so it cannot be evidence or need a proof", f.name)
	}
	if f.evidence && f.trusted {
		s.problem("input %s cannot be evidence, which comes from the caller, and trusted, which must not", f.name)
	}
	if f.typ == secretType && f.secret == 0 {
		s.problem("input %s is a Secret, so its tag secret must name the kinds it takes", f.name)
	}
	if f.credential != "" {
		if name, ok := strings.CutPrefix(f.credential, "with."); !ok || s.input(name) == nil || f.secret&kindMinted == 0 {
			s.problem("input %s takes credentials of %s, so that must be an input, and it must take minted secrets", f.name, f.credential)
		}
	}
	if f.class != "" && (!f.optional || !slices.ContainsFunc(s.inputs, func(g *field) bool { return g.format == formatPurpose })) {
		s.problem("input %s is needed for purposes of a class, so it must be optional, and another input must name purposes", f.name)
	}
	if f.format == formatPurpose && !f.literal {
		s.problem("input %s names purposes, so it must be literal", f.name)
	}
	if f.secret != 0 && !takesSecrets(f.typ) {
		s.problem("input %s takes secrets, so it must be a Secret or hold Secrets", f.name)
	}
	if err := plain(f.typ, nil); err != nil {
		s.problem("input %s: %w", f.name, err)
	} else if f.hasDefault && !f.constant.IsValid() {
		s.problem("input %s: the default %q is no value that it takes", f.name, f.def)
	}
}

func (s *typeSpec) checkOutcome(o *outcomeSpec) {
	switch {
	case o.proves == "":
	case len(s.evidence()) == 0 && !(s.readsRequest && s.standard):
		s.problem("outcome %s proves, so an input must be evidence: what the caller has typed, or a verified type", o.name)
	case !s.standard && o.subject != SubjectUser:
		s.problem("outcome %s: only standard types prove addresses and identities", o.name)
	case o.subject == SubjectUser && o.grade == Fresh && o.factor == "" && !s.standard:
		s.problem("outcome %s proves, so it must name the factor that was checked", o.name)
	case o.factor == Delegated:
		// Whoever stands in for a user is not asked for the user's second factor.
		s.problem("outcome %s: delegated is no factor that a node can check", o.name)
	}
	if name, ok := strings.CutPrefix(o.proves, "with."); o.proves != "" {
		if ok && s.input(name) == nil || !ok && fieldNamed(o.outputs, o.proves) == nil {
			s.problem("outcome %s proves %s, which is neither an input (with.x) nor one of its outputs", o.name, o.proves)
		}
	}
	if in := s.input(o.gradeOf); o.gradeOf != "" && (o.proves == "" || in == nil || len(in.needs) == 0) {
		s.problem("outcome %s: grade names an input that needs a proof, not %q", o.name, o.gradeOf)
	}
	if o.session != "" && (!s.standard || o.proves == "" || fieldNamed(o.outputs, o.session) == nil) {
		s.problem("outcome %s: session names the output that is the id of the session a standard type proves by, not %q", o.name, o.session)
	}
	if (o.grade != Fresh || o.gradeOf != "") && !s.standard {
		s.problem("outcome %s: only standard types prove at another grade than fresh", o.name)
	}
	for _, word := range []string{"notFound", "mismatch"} {
		if o.name == word && !s.tells && !s.silent {
			s.problem("it has the outcome %s, so it must say whether it tells of accounts or is silent", word)
		}
	}
	if o.discloses && !s.effect {
		s.problem("outcome %s discloses, so the type must have an effect", o.name)
	}
	if err := plain(o.outputs, nil); err != nil {
		s.problem("outcome %s: %w", o.name, err)
		return
	}
	if o.outputs.Kind() != reflect.Struct {
		s.problem("outcome %s must carry a struct of outputs, or None", o.name)
		return
	}
	if o.failCode != "" {
		s.checkDetails(o)
	}
	for _, name := range untaggedSecrets(o.outputs) {
		s.problem("output %s is a Secret, so its tag secret must name the kind that it is", name)
	}
	for _, f := range readFields(o.outputs, s.problem) {
		if f.credential != "" {
			name, ok := strings.CutPrefix(f.credential, "with.")
			if !ok || s.input(name) == nil {
				s.problem("output %s is a credential of %s, which is no input", f.name, f.credential)
			}
		}
		if !s.standard && isVerified(f.typ) {
			s.problem("output %s: only standard types make verified addresses and identities", f.name)
		}
	}
}

// checkDetails refuses closed defaults that would give a secret away: their outputs
// become the details of an answer.
func (s *typeSpec) checkDetails(o *outcomeSpec) {
	takes := slices.ContainsFunc(s.inputs, func(f *field) bool { return f.secret != 0 })
	eachField(o.outputs, func(f *field, _ reflect.Type) bool {
		if f.secret != 0 || takes && !o.public {
			s.problem("outcome %s fails with its outputs as details, so %s cannot be a secret, or made of one: tag the outcome public if it tells nothing", o.name, f.name)
			return false
		}
		return true
	})
}

// Verified marks the Go types that only nodes make and no expression can build
// or look into: address.Verified and identity.Verified embed it.
type Verified struct{}

func (Verified) verified() {}

func isVerified(t reflect.Type) bool {
	return baseType(t).Implements(reflect.TypeFor[interface{ verified() }]())
}

// baseType is t without a pointer.
func baseType(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// untaggedSecrets are the names of fields in a struct of outputs, however deep,
// that hold a Secret although no tag says so.
func untaggedSecrets(t reflect.Type) []string {
	var names []string
	eachField(t, func(f *field, holds reflect.Type) bool {
		if f.secret == 0 && holds == secretType {
			names = append(names, f.name)
		}
		return f.secret == 0
	})
	return names
}

// eachField visits the fields of a struct, each with the type that it, its elements
// or its values are of; and those of the structs in it where visit says so.
func eachField(t reflect.Type, visit func(f *field, holds reflect.Type) (deeper bool)) {
	for _, f := range fieldsOf(t) {
		holds := baseType(f.typ)
		for holds.Kind() == reflect.Slice || holds.Kind() == reflect.Map {
			holds = baseType(holds.Elem())
		}
		if visit(f, holds) && holds.Kind() == reflect.Struct && !isVerified(holds) {
			eachField(holds, visit)
		}
	}
}

// takesSecrets reports whether a Secret can be stored somewhere in t.
func takesSecrets(t reflect.Type) bool {
	switch t = baseType(t); {
	case t == secretType, t == bodyType:
		return true
	case t.Kind() == reflect.Map, t.Kind() == reflect.Slice:
		return takesSecrets(t.Elem())
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			if takesSecrets(t.Field(i).Type) {
				return true
			}
		}
	case t.Kind() == reflect.Interface:
		return true
	}
	return false
}

// plain refuses types that are not plain data: a function or a channel could be
// called or waited for from an expression.
func plain(t reflect.Type, seen []reflect.Type) error {
	if slices.Contains(seen, t) {
		return fmt.Errorf("%s contains itself", t)
	}
	seen = append(seen, t)
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return plain(t.Elem(), seen)
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			return fmt.Errorf("%s must have text as its keys", t)
		}
		return plain(t.Elem(), seen)
	case reflect.Struct:
		switch {
		case t == secretType || t == bodyType || isVerified(t) || t == cookieType:
			return nil
		case t == timeType:
			return fmt.Errorf("%s is not plain data; an engine.Instant is a moment, too", t)
		}
		for i := range t.NumField() {
			sf := t.Field(i)
			if sf.Tag.Get("flow") == "" && !sf.Anonymous {
				return fmt.Errorf("field %s of %s has no flow tag", sf.Name, t)
			}
			if err := plain(sf.Type, seen); err != nil {
				return err
			}
		}
	case reflect.Interface:
		if t != anyType {
			return fmt.Errorf("%s is not plain data", t)
		}
	case reflect.Func, reflect.Chan, reflect.UnsafePointer, reflect.Uintptr, reflect.Complex64, reflect.Complex128, reflect.Array:
		return fmt.Errorf("%s is not plain data", t)
	}
	return nil
}
