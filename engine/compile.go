package engine

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"

	"github.com/latchwork/latchwork/flows"
)

// compilation is the state of one call of Compiler.Compile.
type compilation struct {
	*Compiler
	Guards  Guards // in the place of the compiler's
	app     *App
	flows   map[string]*flows.Flow // by name
	used    map[string]bool        // flows that are used as nodes
	views   map[string]*view
	goTypes map[string]reflect.Type // of outputs, by name: user.User
	shapes  map[string]*Shape
	claims  map[*typeSpec][]claim // of their outcomes
	diags   flows.Diagnostics
	audit   []AuditEntry
}

// Compile checks flows together and turns them into programs, one for each
// endpoint. It reports all problems at once; with any, there is no bundle. The
// same function serves check, serve and reload, so that what checks is what runs.
//
// For each realm in which flows see something else they are checked and turned into
// programs again. What is wrong in one realm only says so.
func (c *Compiler) Compile(app *App, set []*flows.Flow) (*Bundle, flows.Diagnostics) {
	b, diags := c.compile(app, set)
	everywhere := slices.Clone(diags)
	for _, realm := range slices.Sorted(maps.Keys(app.Realms)) {
		own, more := c.compile(app.Realms[realm], set)
		if own != nil && b != nil {
			if b.Realms == nil {
				b.Realms = map[string]*Bundle{}
			}
			b.Realms[realm] = own
		}
		for _, d := range more {
			if !slices.Contains(everywhere, d) {
				d.Message += " (in the realm " + realm + ")"
				diags = append(diags, d)
			}
		}
	}
	if diags.Sort(); len(diags) > 0 {
		return nil, diags
	}
	return b, nil
}

func (c *Compiler) compile(app *App, set []*flows.Flow) (*Bundle, flows.Diagnostics) {
	s := &compilation{Compiler: c, Guards: c.Guards.trusted(), app: app, flows: map[string]*flows.Flow{}, used: map[string]bool{}, claims: map[*typeSpec][]claim{}}
	s.index(set)
	s.readTypes()
	s.readViews()
	s.readShapes()
	s.checkRoutes(set)
	s.checkProofNames()
	b := &Bundle{Errors: s.shapes[defaultShape]}
	for _, f := range set {
		for i := range f.Endpoints {
			if p := s.program(f, &f.Endpoints[i]); p != nil {
				b.Programs = append(b.Programs, p)
			}
		}
	}
	// A flow that nothing uses yet has no caller to be looked at with.
	for _, f := range set {
		if len(f.Endpoints) == 0 && !s.used[f.Name.Text] {
			s.standalone(f)
		}
	}
	s.diags.Sort()
	if len(s.diags) > 0 {
		return nil, s.diags
	}
	b.Audit = s.audit
	return b, nil
}

func (c *compilation) report(pos flows.Pos, code, hint, format string, args ...any) {
	c.diags.Add(pos, code, fmt.Sprintf(format, args...), hint)
}

// didYouMean is a hint that names the nearest of the known words.
func didYouMean(word string, known []string) string {
	if s := flows.Suggest(word, known); s != "" {
		return "did you mean " + s + "?"
	}
	return ""
}

// index finds flows by name.
func (c *compilation) index(set []*flows.Flow) {
	for _, f := range set {
		if other := c.flows[f.Name.Text]; other != nil {
			c.report(f.Name.Pos, "duplicate-flow", "give one of them another name", "flow %s is in %s already", f.Name.Text, other.File)
			continue
		}
		c.flows[f.Name.Text] = f
	}
}

// readTypes finds the Go types that inputs of sub-flows and views may name. Where two
// have one name, since their packages have, it is that of the standard node types.
func (c *compilation) readTypes() {
	c.goTypes = map[string]reflect.Type{}
	for _, g := range []NodeType{c.Guards.Key, c.Guards.Session} {
		if g.spec != nil {
			c.addType(g.spec.outcomes[0].outputs)
		}
	}
	for _, standard := range []bool{true, false} {
		for _, name := range c.Types.Names() {
			t := c.Types.types[name]
			for i := range t.outcomes {
				if t.standard == standard {
					c.addType(t.outcomes[i].outputs)
				}
			}
		}
	}
}

func (c *compilation) addType(t reflect.Type) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == secretType || c.goTypes[t.String()] != nil {
		return
	}
	if isExportedName(t.Name()) {
		c.goTypes[t.String()] = t
	}
	for _, f := range fieldsOf(t) {
		c.addType(f.typ)
	}
}

func isExportedName(name string) bool { return name != "" && name[0] >= 'A' && name[0] <= 'Z' }

func (c *compilation) goTypeNames() []string { return slices.Sorted(maps.Keys(c.goTypes)) }

var pathParameter = regexp.MustCompile(`\{[^}]*\}`)

// checkRoutes reports endpoints that equal one another: only one could answer.
func (c *compilation) checkRoutes(set []*flows.Flow) {
	seen := map[string]flows.Pos{}
	for _, f := range set {
		for i := range f.Endpoints {
			e := &f.Endpoints[i]
			key := e.Method.Text + " " + pathParameter.ReplaceAllString(e.Path.Text, "{}")
			if other, taken := seen[key]; taken {
				c.report(e.Path.Pos, "route-conflict", "give one of them another path or method", "%s %s is taken by %s", e.Method.Text, e.Path.Text, other)
				continue
			}
			seen[key] = e.Path.Pos
		}
	}
}

// checkProofNames reports names under proofs in app.yaml that no node type has: what
// was meant would not be admitted.
func (c *compilation) checkProofNames() {
	var known []string
	for name, t := range c.Types.types {
		if !t.standard {
			known = append(known, name)
		}
	}
	for _, n := range c.app.Proofs {
		if c.Types.types[n.Text] != nil {
			continue
		}
		hint := didYouMean(n.Text, known)
		if hint == "" {
			hint = "take it out, or start the program that has it; latchwork nodes lists the types of this one"
		}
		c.report(n.Pos, "unknown-type", hint, "no node type is named %s", n.Text)
	}
}

// program checks a flow behind one of its endpoints; nil if it has problems.
func (c *compilation) program(f *flows.Flow, e *flows.Endpoint) *Program {
	before := len(c.diags)
	g := c.link(f, e)
	if !g.checkLimits() {
		return nil
	}
	g.solveReach()
	g.solveTypes()
	if len(c.diags) == before {
		g.checkPath()
	}
	if !g.linked {
		return nil // what holds where is not known
	}
	faulty := len(c.diags) > before || g.incomplete
	if !faulty || g.factsKnown() {
		g.solveProofs()
	}
	sound := !faulty && len(c.diags) == before
	g.checkSecrets()
	g.checkTrusted()
	g.checkConstants()
	if sound {
		g.checkEnumeration() // a missing proof makes ways differ, too
	}
	if faulty || len(c.diags) > before {
		return nil
	}
	g.checkAllowances()
	if len(c.diags) > before {
		return nil
	}
	g.listAudit()
	return g.lower()
}

// checkPath reports parameters of the path that no input is read from: a name that
// is misspelt there, or here, would have the input read from somewhere else.
func (g *graph) checkPath() {
	for _, name := range pathNames(g.endpoint.Path.Text) {
		read := func(a *argument) bool {
			return slices.ContainsFunc(a.input.origins, func(o inputOrigin) bool { return o.in == "path" && o.name == name })
		}
		if slices.ContainsFunc(g.inputs, read) {
			continue
		}
		var names []string
		for _, in := range g.flow.Input {
			names = append(names, in.Name.Text)
		}
		hint := didYouMean(name, names)
		if hint == "" {
			hint = "declare it under input"
		}
		g.report(g.endpoint.Path.Pos, "unread-path-name", hint, "no input is read from {%s}", name)
	}
}

// factsKnown reports whether no value that is faulty could be what a proof is
// about: else a proof that is missing may only follow from that mistake.
func (g *graph) factsKnown() bool {
	for _, v := range g.vertices {
		passes := v.form != notForm && v.form != isInput
		for _, x := range v.exits {
			passes = passes || x.spec != nil && (x.spec.proves != "" || x.spec.same != nil)
		}
		faulty := func(a *argument) bool { return a.unknown }
		if passes && (v.fault || slices.ContainsFunc(v.args, faulty)) {
			return false
		}
	}
	return true
}

// standalone looks at a flow without endpoints by itself, as far as that goes.
func (c *compilation) standalone(f *flows.Flow) {
	g := c.link(f, nil)
	if g.checkLimits() {
		g.solveReach()
		g.solveTypes()
	}
}

// checkLimits is check 10, as far as it concerns whole flows; expressions are
// bounded where they are compiled.
func (g *graph) checkLimits() bool {
	if len(g.vertices) > maxNodes {
		g.report(g.flow.Name.Pos, "too-many-nodes", "", "the flow has more than %d nodes with its sub-flows; that many are allowed", maxNodes)
		return false
	}
	for _, v := range g.vertices {
		n := len(v.exits)
		if v.unit != nil {
			n = len(v.unit.outs)
		}
		if n > maxOutcomes {
			g.report(v.pos, "too-many-outcomes", "", "%s has %d outcomes, and %d are allowed", v.id, n, maxOutcomes)
			return false
		}
	}
	return true
}
