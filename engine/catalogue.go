package engine

import (
	"maps"
	"reflect"
	"slices"
)

// TypeDoc describes a node type: what the reference, the JSON Schema and forms
// are made of.
type TypeDoc struct {
	Name     string       `json:"name"`
	Doc      string       `json:"doc"`
	Inputs   []FieldDoc   `json:"inputs"`
	Outcomes []OutcomeDoc `json:"outcomes"`         // the first is the default
	Errors   []FailureDoc `json:"errors,omitempty"` // of clients, by which a node may fail
	Ends     bool         `json:"ends,omitempty"`
	Effect   bool         `json:"effect,omitempty"` // see the options of these names
	Tells    bool         `json:"tells,omitempty"`
	// Restricted says that the endpoint must demand access groups or a scope.
	Restricted bool   `json:"restricted,omitempty"`
	Example    string `json:"example,omitempty"` // nodes of a flow, in YAML
}

// FailureDoc describes an error made for the client, by which a node may leave.
type FailureDoc struct {
	Status int    `json:"status"` // 400 to 599
	Code   string `json:"code"`
}

// FieldDoc describes an input or an output.
type FieldDoc struct {
	Name       string       `json:"name"`
	Doc        string       `json:"doc,omitempty"`
	Type       string       `json:"type"` // "text", "a list of text", …
	GoType     reflect.Type `json:"-"`
	Optional   bool         `json:"optional,omitempty"`
	Literal    bool         `json:"literal,omitempty"`
	Trusted    bool         `json:"trusted,omitempty"`
	Evidence   bool         `json:"evidence,omitempty"`
	TakesTyped bool         `json:"-"`
	Secret     string       `json:"secret,omitempty"` // kinds
	Needs      string       `json:"needs,omitempty"`  // grades of a proof of this user
	Default    string       `json:"default,omitempty"`
	Example    string       `json:"example,omitempty"`
	Enum       []string     `json:"enum,omitempty"`
	Min        *float64     `json:"min,omitempty"`
	Max        *float64     `json:"max,omitempty"`
	Fields     []FieldDoc   `json:"fields,omitempty"` // of a value that has some
}

// OutcomeDoc describes a way by which a node leaves.
type OutcomeDoc struct {
	Name      string     `json:"name"`
	Doc       string     `json:"doc,omitempty"`
	Proves    string     `json:"proves,omitempty"` // "with.userId" for an input, "id" for an output; "" for none
	Grade     string     `json:"grade,omitempty"`  // of that proof
	Factor    string     `json:"factor,omitempty"` // that was checked
	Status    int        `json:"status,omitempty"` // of the answer where it is not wired; 0 where it must be
	Code      string     `json:"code,omitempty"`
	Discloses bool       `json:"discloses,omitempty"`
	Outputs   []FieldDoc `json:"outputs,omitempty"`
}

// Input is the description of an input by its name; zero for an unknown one.
func (d *TypeDoc) Input(name string) FieldDoc {
	for _, f := range d.Inputs {
		if f.Name == name {
			return f
		}
	}
	return FieldDoc{}
}

// Describe describes the type.
func (t NodeType) Describe() TypeDoc {
	s := t.spec
	d := TypeDoc{Name: s.name, Doc: s.doc, Ends: s.ends != notEnd, Effect: s.effect, Tells: s.tells, Restricted: s.restricted, Example: s.example, Inputs: describeFields(s.inputs)}
	if s.refuses {
		d.Errors = append(d.Errors, FailureDoc{400, "validation_error"})
	}
	for _, r := range s.refusals {
		d.Errors = append(d.Errors, FailureDoc{r.Status, r.Code})
	}
	for _, o := range s.outcomes {
		od := OutcomeDoc{Name: o.name, Doc: o.doc, Proves: o.proves, Factor: string(o.factor), Status: o.failStatus, Code: o.failCode, Discloses: o.discloses}
		if o.proves != "" {
			od.Grade = o.grade.String()
		}
		if o.outputs.Kind() == reflect.Struct {
			od.Outputs = describeFields(fieldsOf(o.outputs))
		}
		d.Outcomes = append(d.Outcomes, od)
	}
	return d
}

// describeType is typeText, which says of a list or a map of texts what it holds; of
// what has fields these are described.
func describeType(t reflect.Type) string {
	text := typeText(t)
	switch t = baseType(t); t.Kind() {
	case reflect.Slice, reflect.Map:
		if typeText(t.Elem()) == "text" {
			text += " of text"
		}
	}
	return text
}

func describeFields(fields []*field) []FieldDoc {
	var docs []FieldDoc
	for _, f := range fields {
		d := FieldDoc{Name: f.name, Doc: f.doc, Type: describeType(f.typ), GoType: f.typ, Optional: f.optional || f.hasDefault, Literal: f.literal, Trusted: f.trusted,
			Evidence: f.evidence, TakesTyped: f.secret&kindTyped != 0, Secret: f.secret.String(), Needs: gradesText(f.needs),
			Default: f.def, Example: f.example, Enum: f.enum, Min: f.min, Max: f.max}
		t := baseType(f.typ)
		for t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
			t = baseType(t.Elem())
		}
		if t.Kind() == reflect.Struct && t != secretType && t != bodyType && !isVerified(t) {
			d.Fields = describeFields(fieldsOf(t))
		}
		docs = append(docs, d)
	}
	return docs
}

// Describe describes all types, by name.
func (r *Registry) Describe() []TypeDoc {
	var docs []TypeDoc
	for _, name := range slices.Sorted(maps.Keys(r.types)) {
		docs = append(docs, NodeType{r.types[name]}.Describe())
	}
	return docs
}
