package engine

import (
	"reflect"
	"slices"
	"strings"
)

var (
	stringType  = reflect.TypeFor[string]()
	boolType    = reflect.TypeFor[bool]()
	intType     = reflect.TypeFor[int]()
	floatType   = reflect.TypeFor[float64]()
	mapType     = reflect.TypeFor[map[string]any]()
	listType    = reflect.TypeFor[[]any]()
	requestType = reflect.TypeFor[requestValue]()
	errorType   = reflect.TypeFor[errorValue]()
)

// place is where a plain path leads: a value in a run's memory, with all that
// the loader knows of it.
type place struct {
	// canon is the canonical path: aliases are replaced by what they stand for.
	canon    string
	typ      reflect.Type
	nullable bool

	slot     int
	index    []int         // of the field in the slot's struct
	rest     []string      // members below that are looked up in JSON data at run time
	constant reflect.Value // of params and secrets; then slot counts for nothing

	root    string         // "input", "request", "params", "secrets", "error", "now" or "node"
	vertex  *vertex        // whose output or field it is
	of      []*outcomeSpec // the outcomes whose output it is or lies in
	whole   bool           // it is all outputs of these outcomes
	field   *field         // tags of the output, or of the one that it lies in
	arg     *argument      // of a declared input, or of a field of set, merge or return
	alts    []*place       // of a field of merge: what it may stand for
	secret  bool           // it was declared as a secret, whatever it is made of
	unknown bool           // of a node whose type does not exist
}

// leaf is one secret that lies in a place.
type leaf struct {
	path       string // canonical
	kinds      kinds
	session    bool    // it is a session's token
	credential string  // canonical path of the user's id for whom it opens the door
	maker      *vertex // that made it
}

// isNow reports whether p is the time of the run.
func (p *place) isNow() bool { return p.root == "now" }

// isMade reports whether what is in p was worked out or merged by the flow.
func (p *place) isMade() bool {
	return p.arg != nil && p.vertex.form != isInput
}

// member is the place of a field of p, or nil where p has no such field.
func (p *place) member(name string) *place {
	if p.unknown {
		return p
	}
	m := *p
	m.canon = p.canon + "." + name
	m.whole = false
	m.alts = p.alternatives(name)
	if p.constant.IsValid() && p.typ.Kind() == reflect.Map {
		v := p.constant.MapIndex(reflect.ValueOf(name))
		if !v.IsValid() {
			return nil
		}
		if v.Kind() == reflect.Interface && !v.IsNil() {
			v = v.Elem()
		}
		m.constant, m.typ, m.nullable = v, v.Type(), v.Type() == anyType
		return &m
	}
	switch {
	case len(p.rest) > 0, p.typ == mapType, p.typ == anyType:
		m.rest = append(slices.Clip(p.rest), name)
		m.typ, m.nullable = anyType, true
		return &m
	case p.typ.Kind() != reflect.Struct, isVerified(p.typ):
		return nil
	}
	f := fieldNamed(p.typ, name)
	if f == nil {
		return nil
	}
	m.index = append(slices.Clip(p.index), f.index...)
	m.typ, m.nullable = f.typ, f.optional
	if m.field = f; p.field != nil {
		m.field = inherit(p.field, f)
	}
	if p.whole {
		m.canon = p.vertex.output(p.of, name)
	}
	return &m
}

// alternatives are what a field of p may stand for. An alternative without the
// field counts as a whole: what it is made of may lie below it.
func (p *place) alternatives(name string) []*place {
	var alts []*place
	for _, a := range p.alts {
		if m := a.member(name); m != nil {
			a = m
		}
		alts = append(alts, a)
	}
	return alts
}

// inherit is the tags of a field that lies inside of another: what is trusted or
// secret as a whole is so in its parts.
func inherit(outer, inner *field) *field {
	f := *inner
	f.trusted = f.trusted || outer.trusted
	f.secret |= outer.secret
	return &f
}

// suggest is the hint for a field that p does not have.
func (p *place) suggest(name string) string {
	known := p.members()
	hint := didYouMean(name, known)
	switch {
	case hint != "":
	case p.canon == "params" || p.canon == "secrets":
		hint = "name it under " + p.canon + " of app.yaml"
	case len(known) == 0:
	case p.canon == "request":
		hint = "declare under input what you read besides " + strings.Join(known, ", ")
	default:
		hint = "its fields are " + strings.Join(known, ", ")
	}
	return hint
}

// members are the names below p, for hints.
func (p *place) members() []string {
	var names []string
	if p.typ.Kind() == reflect.Struct {
		for _, f := range fieldsOf(p.typ) {
			names = append(names, f.name)
		}
	}
	if p.constant.IsValid() && p.typ.Kind() == reflect.Map {
		for _, k := range p.constant.MapKeys() {
			names = append(names, k.String())
		}
		slices.Sort(names)
	}
	return names
}

// trusted reports whether the value at p may stand where trusted values must.
func (p *place) trusted() bool {
	switch {
	case p.unknown, p.root == "params":
		return true
	case len(p.alts) > 0:
		return !slices.ContainsFunc(p.alts, func(a *place) bool { return !a.trusted() })
	case p.arg != nil && p.arg.value != nil && len(p.rest) == 0:
		return p.arg.value.trusted()
	}
	return p.field != nil && p.field.trusted
}

// leaves are the secrets that lie at p or below it: what it was made of, and p
// itself where it was declared as one.
func (p *place) leaves() []leaf {
	all := p.carried()
	if own := (leaf{path: p.canon, kinds: kindTyped}); p.secret && !p.unknown && !slices.Contains(all, own) {
		all = append(slices.Clip(all), own)
	}
	return all
}

// carried are the secrets that lie at p by what it was made of.
func (p *place) carried() []leaf {
	switch {
	case p.unknown:
		return nil
	case p.root == "secrets":
		return []leaf{{path: p.canon, kinds: kindApp}}
	case len(p.alts) > 0:
		var all []leaf
		for _, a := range p.alts {
			for _, l := range a.leaves() {
				// A secret that the alternative was made of keeps its own path.
				if rest, ok := pathBelow(l.path, a.canon); ok {
					l.path = p.canon + rest
				}
				all = append(all, l)
			}
		}
		return all
	case p.arg != nil && p.arg.value != nil:
		return p.arg.value.leaves()
	case p.arg != nil && len(p.arg.alts) > 0: // which ones is not known here, so all that they have
		var all []leaf
		for _, a := range p.arg.alts {
			all = append(all, a.leaves()...)
		}
		return all
	case p.vertex == nil || p.vertex.typ == nil:
		return nil
	}
	if p.field != nil {
		return p.fieldLeaves(p.canon, p.field, p.typ)
	}
	var all []leaf
	for _, f := range fieldsOf(p.typ) {
		all = append(all, p.fieldLeaves(p.canon+"."+f.name, f, f.typ)...)
	}
	return all
}

// fieldLeaves are the secrets in an output with the tags f.
func (p *place) fieldLeaves(path string, f *field, t reflect.Type) []leaf {
	kinds := f.secret | p.hidden()
	if kinds != 0 {
		l := leaf{path: path, kinds: kinds, session: f.format == formatSession, maker: p.vertex}
		if in, ok := strings.CutPrefix(f.credential, "with."); ok {
			if a := p.vertex.argument(in); a != nil && a.value.path() != nil {
				l.credential = a.value.path().canon
			} else {
				l.credential = "?" // an argument that no proof can be about
			}
		}
		return []leaf{l}
	}
	for baseType(t).Kind() == reflect.Slice || baseType(t).Kind() == reflect.Map {
		t = baseType(t).Elem()
	}
	t = baseType(t)
	if t.Kind() != reflect.Struct || t == secretType || isVerified(t) {
		return nil
	}
	var all []leaf
	for _, g := range fieldsOf(t) {
		all = append(all, p.fieldLeaves(path+"."+g.name, g, g.typ)...)
	}
	return all
}

// hidden is what the outputs hold in which p lies.
func (p *place) hidden() kinds {
	var k kinds
	for _, o := range p.of {
		k |= hiddenOutputs(p.vertex.typ, o)
	}
	return k
}

// formatSession is the format of outputs that hold a session's token.
const formatSession = "session"
