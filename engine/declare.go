package engine

import (
	"reflect"
	"slices"
	"strings"

	"github.com/latchwork/latchwork/flows"
)

// declare makes the slots of a flow's inputs.
func (t *typer) declare(v *vertex) {
	f := v.scope.flow
	for i := range f.Input {
		in := &f.Input[i]
		a := newArgument(argument{name: in.Name.Text, secret: in.Secret}, in.Name.Pos)
		a.nullable = in.Optional && in.Default == nil
		v.args = append(v.args, a)
		if goType, ok := t.declaredType(in); ok {
			a.typ = goType
			a.unknown = goType == nil
			if t.endpoint != nil && goType != nil {
				t.report(in.Types[0].Pos, "bad-input", "only a flow without endpoints, used as a node, takes such a value", "a value of the type %s cannot be read from a request", in.Types[0].Text)
			}
		} else {
			input := t.declared(f, in)
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

// declaredType is the Go type of an input that is declared as one, such as
// user.User; nil after a mistake. Only flows that are used as nodes may have such
// inputs.
func (t *typer) declaredType(in *flows.Input) (reflect.Type, bool) {
	if len(in.Types) != 1 || !strings.Contains(in.Types[0].Text, ".") {
		return nil, false
	}
	name := in.Types[0]
	goType := t.goTypes[name.Text]
	switch {
	case goType == nil:
		t.report(name.Pos, "unknown-go-type", didYouMean(name.Text, t.goTypeNames()), "no node gives %s", name.Text)
	case in.Secret:
		t.report(in.Pos, "bad-secret", "a value of a Go type is as secret as its fields", "the secret input %s must be text", in.Name.Text)
		goType = nil
	}
	return goType, true
}

// declared is an input whose type is one of JSON Schema, or nil where that is not
// known: one that is read from requests or, of a flow without endpoints, given by
// the node that uses it.
func (t *typer) declared(f *flows.Flow, in *flows.Input) *inputField {
	var input *inputField
	var diags flows.Diagnostics
	if declared, names := *in, t.pathNames(); len(f.Endpoints) == 0 {
		input, diags = compileGiven(declared)
	} else {
		declared.From = t.originsHere(in.From, names)
		input, diags = compileInput(declared, implied(f, in.Name.Text), names)
		t.credentials(in, input)
	}
	t.diags = append(t.diags, diags...)
	return input
}

// credentials reports an input that is read where sessions, keys or passwords travel, and
// is not declared as a secret: nothing would keep it out of answers and logs.
func (t *typer) credentials(in *flows.Input, f *inputField) {
	if f == nil || in.Secret {
		return
	}
	for _, o := range f.origins {
		place := o.in + "." + o.name
		if place == "header.Authorization" || place == "header.Cookie" || slices.Contains(t.app.Credentials, place) {
			t.report(in.Pos, "secret-undeclared", "add secret: true", "%s is read from %s, where credentials are sent, and is not declared as a secret", in.Name.Text, place)
			return
		}
	}
}

// isSecretOfPath reports whether a declared input is a secret that stands in the path.
func (a *argument) isSecretOfPath() bool { return a.secret && a.input != nil && a.input.reads("path") }

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
	return where
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

// pathNames are the parameters of the endpoint's path.
func (t *typer) pathNames() []string {
	if t.endpoint == nil {
		return nil
	}
	return pathNames(t.endpoint.Path.Text)
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
