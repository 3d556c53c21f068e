package engine

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/latchwork/latchwork/flows"
)

// solveTypes is check 5: every expression is compiled against the real types of
// what is in reach, and every field is given what it takes. On the way it learns
// which values are not null: on the then edge of if x != nil, x is not.
func (g *graph) solveTypes() {
	t := &typer{graph: g, presentAlong: map[*edge]map[string]bool{}}
	join := func(a, b map[string]bool) map[string]bool {
		both := map[string]bool{}
		for p := range a {
			if b[p] {
				both[p] = true
			}
		}
		return both
	}
	forward(g, map[string]bool{}, join, func(v *vertex, present map[string]bool) func(*edge) map[string]bool {
		t.vertex(v, exprScope{g, v.scope, g.before[v.index], present})
		present = t.presentBehind(v, present)
		return func(e *edge) map[string]bool {
			out := maps.Clone(present)
			if v.form == isIf && v.when != nil && e.outcome >= 0 {
				for _, p := range [][]string{v.when.ifTrue, v.when.ifFalse}[e.outcome] {
					out[p] = true
				}
			}
			t.presentAlong[e] = out
			return out
		}
	})
}

type typer struct {
	*graph
	presentAlong map[*edge]map[string]bool
}

// presentBehind is present and, of a vertex where edges meet, what holds of the
// alternatives of its fields on all of them.
func (t *typer) presentBehind(v *vertex, present map[string]bool) map[string]bool {
	var more []string
	for _, a := range v.args {
		if a.unknown || len(a.alts) == 0 || a.only != nil {
			continue
		}
		for path := range t.presentAlong[a.edges[0]] {
			rest, ok := pathBelow(path, a.alts[0].canon)
			for i, e := range a.edges {
				ok = ok && t.presentAlong[e][a.alts[i].canon+rest]
			}
			if ok {
				more = append(more, v.id+"."+a.name+rest)
			}
		}
	}
	return with(present, more)
}

func (t *typer) vertex(v *vertex, x exprScope) {
	switch v.form {
	case isInput:
		t.declare(v)
	case isEntry:
		t.enter(v, x)
	case isIf:
		t.condition(v, x)
	case isSwitch:
		t.choice(v, x)
	case isSet, isReturn:
		t.fields(v, x)
	case isMerge:
		t.merge(v)
	case isJoin:
		t.join(v)
	case notForm:
		if v.src != nil {
			t.inputs(v, x)
		}
		v.reserveOutputs(t.graph)
	}
}

// reserveOutputs makes sure that every outcome has a slot, whether it is read or
// not.
func (v *vertex) reserveOutputs(g *graph) {
	for _, x := range v.exits {
		g.outputSlot(v, x.spec)
	}
}

// declare makes the slots of a flow's inputs.
func (t *typer) declare(v *vertex) {
	f := v.scope.flow
	for i := range f.Input {
		in := &f.Input[i]
		a := &argument{name: in.Name.Text, pos: in.Name.Pos, secret: in.Secret, nullable: in.Optional && in.Default == nil, slot: -1}
		v.args = append(v.args, a)
		if goType, ok := t.declaredType(in); ok {
			a.typ = goType
			a.unknown = goType == nil
		} else {
			declared, names := *in, t.pathNames()
			declared.From = t.originsHere(in.From, names)
			input, diags := compileInput(declared, implied(f, in.Name.Text), names)
			t.diags = append(t.diags, diags...)
			if input == nil {
				a.unknown, a.typ = true, anyType
				continue
			}
			a.input, a.typ, a.nullable = input, input.typ, input.nullable
		}
		if a.typ != nil {
			a.slot = t.slot(slotSpec{step: -1, typ: a.typ})
		}
		if a.input != nil {
			t.graph.inputs = append(t.graph.inputs, a)
		}
	}
}

// pathNames are the parameters of the endpoint's path.
func (t *typer) pathNames() []string {
	if t.endpoint == nil {
		return nil
	}
	return pathNames(t.endpoint.Path.Text)
}

// originsHere leaves out what is read from the paths of other endpoints, if
// something else is left.
func (t *typer) originsHere(from []flows.Origin, names []string) []flows.Origin {
	var here []flows.Origin
	for _, o := range from {
		elsewhere := slices.ContainsFunc(t.flow.Endpoints, func(e flows.Endpoint) bool { return slices.Contains(pathNames(e.Path.Text), o.Name) })
		if o.In != "path" || slices.Contains(names, o.Name) || !elsewhere {
			here = append(here, o)
		}
	}
	if len(here) == 0 {
		return from
	}
	return here
}

// declaredType is the Go type of an input that is declared as one, such as
// user.User. Only flows that are used as nodes may have such inputs.
func (t *typer) declaredType(in *flows.Input) (reflect.Type, bool) {
	if len(in.Types) != 1 || !strings.Contains(in.Types[0].Text, ".") {
		return nil, false
	}
	name := in.Types[0]
	goType := t.goTypes[name.Text]
	switch {
	case goType == nil:
		t.report(name.Pos, "unknown-go-type", didYouMean(name.Text, t.goTypeNames()), "no node gives %s", name.Text)
	case t.endpoint != nil:
		t.report(name.Pos, "bad-input", "only a flow without endpoints, used as a node, takes such a value", "a value of the type %s cannot be read from a request", name.Text)
	}
	return goType, true
}

// implied is where an input without from is read: "" if the endpoints differ.
func implied(f *flows.Flow, name string) string {
	var where string
	for i := range f.Endpoints {
		e := &f.Endpoints[i]
		at := "body"
		switch {
		case slices.Contains(pathNames(e.Path.Text), name):
			at = "path"
		case e.Method.Text == "GET" || e.Method.Text == "DELETE":
			at = "query"
		}
		if i > 0 && at != where {
			return ""
		}
		where = at
	}
	if where == "" {
		return "body" // a sub-flow by itself: nothing is read
	}
	return where
}

// pathNames are the names of a path's parameters.
func pathNames(path string) []string {
	var names []string
	for segment := range strings.SplitSeq(path, "/") {
		if name, ok := strings.CutPrefix(segment, "{"); ok {
			names = append(names, strings.TrimSuffix(name, "}"))
		}
	}
	return names
}

// enter gives a sub-flow its inputs.
func (t *typer) enter(v *vertex, x exprScope) {
	for i := range v.callee.Input {
		in := &v.callee.Input[i]
		a := &argument{name: in.Name.Text, pos: in.Name.Pos, slot: -1, typ: anyType}
		v.args = append(v.args, a)
		want, goType := t.declaredSub(in)
		if want == nil {
			a.unknown = true
			continue
		}
		written := v.src.With.Get(in.Name.Text)
		if written == nil {
			written = in.Default
		}
		switch {
		case written == nil && !in.Optional:
			t.report(v.src.ID.Pos, "missing-field", "add under with: "+in.Name.Text+": …", "flow %s needs %s", v.callee.Name.Text, in.Name.Text)
			a.unknown = true
			continue
		case written == nil:
			if !nilable(want) {
				want = reflect.PointerTo(want)
			}
			a.value = &value{pos: v.pos, constant: reflect.Zero(want), typ: want, nullable: true}
			a.typ, a.nullable = want, true
			continue
		}
		a.value = x.build(written, want, nil, in.Optional)
		if a.value == nil {
			a.unknown = true
			continue
		}
		if goType && a.value.path() == nil {
			t.report(a.value.pos, "bad-type", "", "%s takes a plain path to %s", in.Name.Text, in.Types[0].Text)
			a.unknown = true
			continue
		}
		if a.value.path() == nil && want != anyType {
			a.value.typ = want
		}
		t.keep(a)
	}
	t.unknownFields(v, v.src.With, func(name string) bool { return v.argument(name) != nil }, v.argumentNames())
}

// declaredSub is the Go type of an input of a sub-flow.
func (t *typer) declaredSub(in *flows.Input) (want reflect.Type, goType bool) {
	if len(in.Types) == 1 {
		if g, ok := t.goTypes[in.Types[0].Text]; ok {
			return g, true
		}
		switch in.Types[0].Text {
		case "string":
			return stringType, false
		case "integer":
			return intType, false
		case "number":
			return reflect.TypeFor[float64](), false
		case "boolean":
			return boolType, false
		case "object":
			return mapType, false
		case "array":
			return reflect.TypeFor[[]any](), false
		}
		if strings.Contains(in.Types[0].Text, ".") {
			t.report(in.Types[0].Pos, "unknown-go-type", didYouMean(in.Types[0].Text, t.goTypeNames()), "no node gives %s", in.Types[0].Text)
			return nil, true
		}
	}
	return anyType, false
}

// keep gives an argument memory of its own, unless it is a plain path, which
// stays an alias, or a constant.
func (t *typer) keep(a *argument) {
	v := a.value
	a.typ, a.nullable = plainType(v.typ), v.nullable
	if v.nullable && !nilable(a.typ) {
		a.typ = reflect.PointerTo(a.typ)
	}
	if v.path() == nil && !v.constant.IsValid() {
		a.slot = t.slot(slotSpec{step: -1, typ: a.typ})
	}
}

func (v *vertex) argumentNames() []string {
	var names []string
	for _, a := range v.args {
		names = append(names, a.name)
	}
	return names
}

// unknownFields reports fields under with that nobody takes.
func (t *typer) unknownFields(v *vertex, with *flows.Value, known func(string) bool, names []string) {
	if with == nil {
		return
	}
	for _, f := range with.Fields {
		if known(f.Key.Text) {
			continue
		}
		hint := didYouMean(f.Key.Text, names)
		if hint == "" && len(names) > 0 {
			hint = "its fields are " + strings.Join(names, ", ")
		}
		t.report(f.Key.Pos, "unknown-field", hint, "%s has no field %s", v.src.Use.Text, f.Key.Text)
		v.fault = true
	}
}

// inputs gives a node of a node type what it takes.
func (t *typer) inputs(v *vertex, x exprScope) {
	var names []string
	for _, f := range v.typ.inputs {
		names = append(names, f.name)
	}
	t.unknownFields(v, v.src.With, func(name string) bool { return v.typ.input(name) != nil }, names)
	misspelt := v.fault // which may be why another field is missing
	for _, f := range v.typ.inputs {
		written := v.src.With.Get(f.name)
		if written == nil {
			if !f.optional && !f.hasDefault && !misspelt {
				v.fault = true
				t.report(v.src.ID.Pos, "missing-field", "add under with: "+f.name+": …", "%s needs %s", v.src.Use.Text, f.name)
			}
			if f.hasDefault {
				v.args = append(v.args, &argument{name: f.name, field: f, pos: v.pos, slot: -1, value: defaultOf(f)})
			}
			continue
		}
		a := &argument{name: f.name, field: f, pos: written.Pos, slot: -1}
		if a.value = x.build(written, f.typ, f, f.optional); a.value == nil {
			v.fault = true
		} else if f.format == formatPurpose {
			t.purposes(v, written)
		}
		v.args = append(v.args, a)
	}
}

// defaultOf decodes the default of a field's tag, as YAML would be.
func defaultOf(f *field) *value {
	v, _ := flows.ParseValue("", []byte(f.def))
	if v == nil {
		v = &flows.Value{Kind: flows.String, Text: f.def}
	}
	c, wrong := literalValue(v, f.typ, f)
	if wrong != nil {
		v = &flows.Value{Kind: flows.String, Text: f.def}
		c, _ = literalValue(v, f.typ, f)
	}
	return &value{constant: c, typ: f.typ, want: f.typ}
}

func (t *typer) condition(v *vertex, x exprScope) {
	t.unknownFields(v, v.src.With, func(n string) bool { return n == "when" }, []string{"when"})
	if w := t.only(v, "when"); w != nil {
		if b := x.build(w, boolType, nil, false); b != nil && b.expr != nil {
			v.when = b.expr
		} else if b != nil {
			t.report(w.Pos, "constant-condition", "remove the node, or write an expression", "the condition is always the same")
		}
	}
}

func (t *typer) choice(v *vertex, x exprScope) {
	t.unknownFields(v, v.src.With, func(n string) bool { return n == "value" }, []string{"value"})
	w := t.only(v, "value")
	if w == nil {
		return
	}
	b := x.build(w, anyType, nil, true)
	switch {
	case b == nil:
	case b.expr == nil:
		t.report(w.Pos, "constant-condition", "write an expression", "the value is always the same")
	case !isScalar(b.typ):
		t.report(w.Pos, "bad-type", "", "switch takes text, a number or a boolean, not %s", typeText(b.typ))
	default:
		v.value = b.expr
	}
	if !slices.ContainsFunc(v.exits, func(x exit) bool { return x.name == "default" }) {
		t.report(v.pos, "unwired-outcome", "add under next: default: <node>", "outcome default of %s (switch) leads nowhere", v.src.ID.Text)
	}
}

// only is the one field of a form, which it needs.
func (t *typer) only(v *vertex, name string) *flows.Value {
	w := v.src.With.Get(name)
	if w == nil && !v.fault {
		t.report(v.src.ID.Pos, "missing-field", "add under with: "+name+": …", "%s needs %s", v.src.Use.Text, name)
	}
	return w
}

// fields gives set and return their fields.
func (t *typer) fields(v *vertex, x exprScope) {
	if v.src.With == nil {
		return
	}
	for _, f := range v.src.With.Fields {
		if v.form == isReturn && f.Key.Text == "outcome" {
			if f.Value.Kind != flows.String || f.Value.Parts != nil {
				t.report(f.Value.Pos, "literal", "write the name itself", "outcome takes no expression")
			}
			continue
		}
		a := &argument{name: f.Key.Text, pos: f.Key.Pos, slot: -1, typ: anyType}
		v.args = append(v.args, a)
		if a.value = x.build(f.Value, anyType, nil, true); a.value == nil {
			a.unknown = true
			continue
		}
		t.keep(a)
	}
}

// merge looks at each edge alone: of the alternatives of a field, which are plain
// paths, exactly one must be in reach there.
func (t *typer) merge(v *vertex) {
	if v.src.With == nil || len(v.src.With.Fields) == 0 {
		t.report(v.src.ID.Pos, "missing-field", "add under with: <name>: [${{ a }}, ${{ b }}]", "merge needs at least one field")
		return
	}
	for _, f := range v.src.With.Fields {
		a := &argument{name: f.Key.Text, pos: f.Key.Pos, slot: -1, typ: anyType}
		v.args = append(v.args, a)
		items := f.Value.Items
		if f.Value.Kind != flows.List {
			items = []*flows.Value{f.Value}
		}
		ok := true
		for _, e := range v.in {
			if e.from.form == isUnknown {
				ok = false
				continue
			}
			if _, reached := t.along[e]; !reached {
				continue
			}
			p := t.alternative(v, e, f, items)
			ok = ok && p != nil && !p.unknown
			a.alts, a.edges = append(a.alts, p), append(a.edges, e)
		}
		if !ok || !t.unify(a) {
			a.unknown = true
		}
	}
}

// alternative is the one of a merge's paths that is in reach on an edge.
func (t *typer) alternative(v *vertex, e *edge, f flows.Field, items []*flows.Value) *place {
	x := exprScope{t.graph, v.scope, t.along[e], t.presentAlong[e]}
	var found []*place
	for _, item := range items {
		words, ok := t.plainPath(item)
		if !ok {
			t.report(item.Pos, "plain-path", "name a value: ${{ a.b }}", "merge takes plain paths")
			return nil
		}
		p, used, miss := x.find(words)
		switch {
		case miss == nil && used == len(words):
			found = append(found, p)
		case miss == nil:
			t.report(item.Pos, "plain-path", "merge "+p.canon+" as a whole", "%s may be null, so what lies in it cannot be merged", p.canon)
			return nil
		case miss != nil && miss.code != "not-in-reach":
			t.report(item.Pos, miss.code, miss.hint, "%s", miss.message)
			return nil
		}
	}
	from := e.from.id + "." + e.name()
	switch len(found) {
	case 1:
		return found[0]
	case 0:
		t.report(f.Key.Pos, "merge-none", "add what "+from+" gives", "on the edge from %s none of the alternatives of %s is in reach", from, f.Key.Text)
	default:
		t.report(f.Key.Pos, "merge-several", "let each edge bring one of them", "on the edge from %s several alternatives of %s are in reach", from, f.Key.Text)
	}
	return nil
}

// plainPath is the words of a value that is a plain path.
func (t *typer) plainPath(v *flows.Value) ([]string, bool) {
	if !v.IsExpr() {
		return nil, false
	}
	tree, ok := t.parseExpr(v.Parts[0])
	if !ok {
		return nil, false
	}
	if _, chained := tree.Node.(*ast.ChainNode); chained {
		return nil, false // a?.b is no plain path
	}
	return (&resolver{}).words(tree.Node)
}

// unify gives a merged field the type that all its alternatives have.
func (t *typer) unify(a *argument) bool {
	if len(a.alts) == 0 {
		return false
	}
	a.typ = a.alts[0].typ
	for i, p := range a.alts {
		if baseType(p.typ) != baseType(a.typ) {
			t.report(a.pos, "bad-type", "", "the alternatives of %s differ: %s is %s, %s is %s", a.name, a.alts[0].canon, typeText(a.alts[0].typ), p.canon, typeText(p.typ))
			return false
		}
		if a.nullable = a.nullable || p.nullable && !t.presentAlong[a.edges[i]][p.canon]; p.typ.Kind() == reflect.Pointer {
			a.typ = p.typ
		}
	}
	a.slot = t.slot(slotSpec{step: -1, typ: a.typ})
	return true
}

// join brings together what the returns of one outcome give: fields that all of
// them have.
func (t *typer) join(v *vertex) {
	var in []*edge
	for _, e := range v.in {
		if _, reached := t.along[e]; reached {
			in = append(in, e)
		}
	}
	if len(in) == 0 {
		return
	}
	for _, first := range in[0].from.args {
		a := &argument{name: first.name, pos: first.pos, slot: -1, typ: first.typ}
		for _, e := range in {
			b := e.from.argument(first.name)
			if b == nil {
				a = nil
				break
			}
			a.unknown = a.unknown || b.unknown
			a.alts, a.edges = append(a.alts, b.place(t.graph, e.from)), append(a.edges, e)
		}
		if a == nil {
			continue
		}
		v.args = append(v.args, a)
		switch {
		case a.unknown:
		case len(in) == 1:
			a.only = a.alts[0]
		default:
			a.unknown = !t.unify(a)
		}
	}
}
