package engine

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// kinds is a set of kinds of secrets.
type kinds uint8

// The kinds of secrets.
const (
	kindTyped  kinds = 1 << iota // inputs marked secret: what the caller typed
	kindMinted                   // tokens and codes that nodes make
	kindApp                      // from secrets in app.yaml
)

var kindNames = []string{"typed", "minted", "app"}

// String lists the kinds as tags write them.
func (k kinds) String() string {
	var names []string
	for i, n := range kindNames {
		if k&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return strings.Join(names, ", ")
}

func kindsOf(tag string) (k kinds, ok bool) {
	if tag == "" {
		return 0, true
	}
	for name := range strings.SplitSeq(tag, ",") {
		i := slices.Index(kindNames, name)
		if i < 0 {
			return 0, false
		}
		k |= 1 << i
	}
	return k, true
}

// field is an input of a node type, or an output of an outcome, as its tags
// describe it.
type field struct {
	name       string
	goName     string // in the struct, which expr finds it by
	doc        string
	typ        reflect.Type
	index      []int
	optional   bool
	evidence   bool
	trusted    bool
	literal    bool
	unverified bool    // input: it becomes a verified address that nobody has shown to hold
	secret     kinds   // input: kinds it takes; output: kind it is
	typed      bool    // input: it takes nothing but what callers type in secret
	needs      []Grade // input: a proof of any of these grades
	subject    Subject // of that proof
	credential string  // output: the input whose user it opens the door for; input: to whom it goes
	def        string
	hasDefault bool
	constant   reflect.Value // input: what def is of its type; not valid where it is none
	example    string
	enum       []string
	min, max   *float64
	format     string
	class      string // input: it must be written where the node names a purpose of this class; "" for none
}

// outcomeSpec is one way by which a node leaves, as its tags describe it.
type outcomeSpec struct {
	name        string
	doc         string
	index       int // in the struct of outcomes
	outputs     reflect.Type
	proves      string // "with.userId" or the name of an output; "" for nothing
	subject     Subject
	session     string // the output that is the id of the session the proof rests on; "" for none
	grade       Grade
	gradeOf     string // the input whose proof lends its grade; "" where it is the type's own
	factor      Factor
	failStatus  int
	failCode    string
	failMessage string
	discloses   bool
	free        bool // nothing of what the type costs is spent by then
	public      bool
	same        map[string]string // output → "with.x", the input that it equals
}

var (
	secretType  = reflect.TypeFor[Secret]()
	instantType = reflect.TypeFor[Instant]()
	timeType    = reflect.TypeFor[time.Time]()
	bodyType    = reflect.TypeFor[Body]()
	cookieType  = reflect.TypeFor[Cookie]()
	anyType     = reflect.TypeFor[any]()
)

// readInputs reads the fields of a struct of inputs.
func (s *typeSpec) readInputs(t reflect.Type) []*field {
	if t.Kind() != reflect.Struct {
		s.problem("inputs must be a struct, not %s", t)
		return nil
	}
	for _, sf := range reflect.VisibleFields(t) {
		if sf.IsExported() && !sf.Anonymous && sf.Tag.Get("flow") == "" {
			s.problem("field %s has no tag flow, so no flow could set it", sf.Name)
		}
	}
	fields := readFields(t, s.problem)
	for _, f := range fields {
		if f.optional && !nilable(f.typ) && f.typ != secretType {
			s.problem("optional input %s must be a pointer, slice, map or any, so that it can be absent", f.name)
		}
		f.typed = f.secret == kindTyped
		if f.evidence { // which need not be a secret, such as an address
			f.secret |= kindTyped
		}
		if f.hasDefault && plain(f.typ, nil) == nil {
			f.constant = defaultOf(f)
		}
	}
	return fields
}

// nilable reports whether the zero value of t stands for "not set".
func nilable(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return true
	}
	return t == bodyType
}

// fieldsByType is what fieldsOf has read.
var fieldsByType sync.Map // reflect.Type → []*field

// fieldsOf is the tagged fields of a struct. They are shared and nobody's to
// change.
func fieldsOf(t reflect.Type) []*field {
	if known, ok := fieldsByType.Load(t); ok {
		return known.([]*field)
	}
	fields := readFields(t, func(string, ...any) {})
	fieldsByType.Store(t, fields)
	return fields
}

// fieldNamed is the field of a struct, or of a pointer to one, by its name in
// flows; nil if there is none.
func fieldNamed(t reflect.Type, name string) *field {
	if t == nil {
		return nil
	}
	if t = baseType(t); t.Kind() != reflect.Struct {
		return nil
	}
	for _, f := range fieldsOf(t) {
		if f.name == name {
			return f
		}
	}
	return nil
}

// readFields reads the tagged fields of a struct, those of embedded structs
// included. They are the caller's own.
func readFields(t reflect.Type, problem func(string, ...any)) []*field {
	var fields []*field
	for _, sf := range reflect.VisibleFields(t) {
		tag := sf.Tag.Get("flow")
		if tag == "" {
			continue
		}
		if !sf.IsExported() {
			problem("field %s has a tag and is not exported, so nothing could be put there", sf.Name)
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		f := &field{name: name, goName: sf.Name, doc: sf.Tag.Get("doc"), typ: sf.Type, index: sf.Index, subject: SubjectUser,
			credential: sf.Tag.Get("credential"), example: sf.Tag.Get("example"), format: sf.Tag.Get("format"),
			class: sf.Tag.Get("class")}
		for o := range strings.SplitSeq(options, ",") {
			switch o {
			case "optional":
				f.optional = true
			case "evidence":
				f.evidence = true
			case "trusted":
				f.trusted = true
			case "literal":
				f.literal = true
			case "unverified":
				f.unverified = true
			case "":
			default:
				problem("field %s has an unknown option %q", name, o)
			}
		}
		var ok bool
		if f.secret, ok = kindsOf(sf.Tag.Get("secret")); !ok {
			problem("field %s: secret takes typed, minted and app, not %q", name, sf.Tag.Get("secret"))
		}
		if f.credential != "" && f.secret == 0 {
			f.secret = kindMinted
		}
		if needs := sf.Tag.Get("needs"); needs != "" {
			for n := range strings.SplitSeq(needs, ",") {
				g := gradeOf(n)
				if g == NoGrade {
					problem("field %s needs an unknown grade %q", name, n)
				}
				f.needs = append(f.needs, g)
			}
		}
		if about := sf.Tag.Get("subject"); about != "" {
			f.subject = Subject(about)
		}
		f.def, f.hasDefault = sf.Tag.Lookup("default")
		if e := sf.Tag.Get("enum"); e != "" {
			f.enum = strings.Split(e, ",")
		}
		f.min, f.max = bound(sf.Tag, "min", problem), bound(sf.Tag, "max", problem)
		if slices.ContainsFunc(fields, func(g *field) bool { return g.name == name }) {
			problem("two fields are named %s", name)
		}
		fields = append(fields, f)
	}
	return fields
}

// fieldsIn walks the exported fields of t that have a flow tag; those of
// embedded structs without a tag stand for themselves.
func fieldsIn(t reflect.Type) func(func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for _, sf := range reflect.VisibleFields(t) {
			if sf.IsExported() && sf.Tag.Get("flow") != "" && !yield(sf) {
				return
			}
		}
	}
}

func bound(tag reflect.StructTag, key string, problem func(string, ...any)) *float64 {
	text := tag.Get(key)
	if text == "" {
		return nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		problem("%s is not a number: %q", key, text)
		return nil
	}
	return &n
}

// readOutcomes reads the fields of a struct of outcomes.
func (s *typeSpec) readOutcomes(t reflect.Type) {
	if t.Kind() != reflect.Struct {
		s.problem("outcomes must be a struct, not %s", t)
		return
	}
	for i := range t.NumField() {
		sf := t.Field(i)
		b, ok := reflect.New(sf.Type).Interface().(binder)
		if !ok || !sf.IsExported() {
			s.problem("outcome %s must be an exported engine.Outcome[T]", sf.Name)
			continue
		}
		o := &outcomeSpec{name: sf.Tag.Get("flow"), doc: sf.Tag.Get("doc"), index: i,
			outputs: reflect.TypeOf(b.outputs()).Elem(), proves: sf.Tag.Get("proves"), subject: SubjectUser,
			grade: Fresh, factor: Factor(sf.Tag.Get("factor")), session: sf.Tag.Get("session")}
		_, o.public = sf.Tag.Lookup("public")
		_, o.discloses = sf.Tag.Lookup("discloses")
		_, o.free = sf.Tag.Lookup("free")
		if g := sf.Tag.Get("grade"); strings.HasPrefix(g, "with.") {
			o.gradeOf = strings.TrimPrefix(g, "with.")
		} else if g != "" {
			if o.grade = gradeOf(g); o.grade == NoGrade {
				s.problem("outcome %s has an unknown grade %q", o.name, g)
			}
		}
		if about := sf.Tag.Get("subject"); about != "" {
			o.subject = Subject(about)
		}
		s.readFails(o, sf.Tag.Get("fails"))
		s.readSame(o, sf.Tag.Get("same"))
		if o.name == "" || o.name == "error" || s.outcome(o.name) >= 0 {
			s.problem("outcome %s needs a name of its own that is not \"error\"", sf.Name)
		}
		s.outcomes = append(s.outcomes, o)
	}
}

// readFails reads fails:"404 user_not_found There is no such user."
func (s *typeSpec) readFails(o *outcomeSpec, tag string) {
	if tag == "" {
		return
	}
	status, rest, _ := strings.Cut(tag, " ")
	o.failCode, o.failMessage, _ = strings.Cut(rest, " ")
	var err error
	if o.failStatus, err = strconv.Atoi(status); err != nil || o.failStatus < 400 || o.failStatus > 599 || o.failCode == "" {
		s.problem("outcome %s: fails takes a status from 400 to 599, a code and a message, not %q", o.name, tag)
	}
}

// readSame reads same:"id=with.userId,email=with.email".
func (s *typeSpec) readSame(o *outcomeSpec, tag string) {
	if tag == "" {
		return
	}
	o.same = map[string]string{}
	for pair := range strings.SplitSeq(tag, ",") {
		out, in, ok := strings.Cut(pair, "=")
		name, with := strings.CutPrefix(in, "with.")
		if !ok || !with || s.input(name) == nil || fieldNamed(o.outputs, out) == nil {
			s.problem("outcome %s: same takes output=with.input, not %q", o.name, pair)
			continue
		}
		o.same[out] = name
	}
}
