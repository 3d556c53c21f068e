package engine

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
)

// The encoding of the schema follows what editors were measured to complete and
// explain best: draft-07; in every if a type object and a pattern, since while a
// word is being typed a prefix of a const counts as a match; with and next open
// in the base, so that their descriptions come from the node type; use as anyOf
// of constants with documentation, its errors from an else of its own.

// object is a JSON object that keeps the order of its keys.
type object []member

type member struct {
	key   string
	value any
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			out = append(out, ',')
		}
		key, _ := json.Marshal(m.key)
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, key...), ':'), value...)
	}
	return append(out, '}'), nil
}

const (
	expressionPattern = `^\$\{\{[\s\S]*\}\}$`
	inputPattern      = `^\$\{\{ *input\.[A-Za-z0-9]+ *\}\}$` // in a sub-flow, what takes no other expression
	idPattern         = "^[a-z][A-Za-z0-9]*$"
)

// FlowSchema is the JSON Schema (draft-07) of flow files, made from the tags of
// the registry's types, for editors.
func (r *Registry) FlowSchema() ([]byte, error) {
	docs := append(r.Describe(), FormDocs()...)
	var names []string
	choices := []any{}
	all := []any{}
	for _, d := range docs {
		names = append(names, regexp.QuoteMeta(d.Name))
		choices = append(choices, object{{"const", d.Name}, {"title", d.Name}, {"description", d.Doc}})
	}
	choices = append(choices, object{{"type", "string"}})
	enum := make([]string, len(docs))
	for i, d := range docs {
		enum[i] = d.Name
	}
	all = append(all, object{
		{"if", object{{"type", "object"}, {"properties", object{{"use", object{{"pattern", `^(` + strings.Join(names, "|") + `|flow\.[a-z][A-Za-z0-9]*)$`}}}}}}},
		{"else", object{{"properties", object{{"use", object{{"enum", enum}, {"errorMessage", "No such node type. `latchwork nodes` lists them."}}}}}}},
	})
	for _, d := range docs {
		all = append(all, object{
			{"if", object{{"type", "object"}, {"required", []string{"use"}}, {"properties", object{{"use", object{{"pattern", "^" + regexp.QuoteMeta(d.Name) + "$"}}}}}}},
			{"then", nodeSchema(d)},
		})
	}
	node := object{
		{"title", "node"}, {"type", "object"}, {"required", []string{"id", "use"}}, {"additionalProperties", false},
		{"properties", object{
			{"id", object{{"type", "string"}, {"pattern", idPattern}, {"description", "The name of this node."}}},
			{"use", object{{"anyOf", choices}}},
			{"with", true}, {"next", true},
			{"reveal", texts("Secrets that this answer may carry, as plain paths: opened.token.")},
			{"trust", texts("Values that this node may trust, as plain paths.")},
			{"allow", object{{"type", "object"}, {"description", "Rules that this node lifts, each with the reason."}, {"additionalProperties", false},
				{"properties", object{
					{allowUnproved, described("Acts for a user without a proof. The endpoint must demand groups or a scope.")},
					{allowUnverified, described("Takes an address without a proof that the user holds it.")},
					{allowEnumeration, described("Lets a caller tell whether an account exists.")},
				}}}},
			{"timeout", described("How long the node may take: 2s. Too late is error.")},
			{"note", described("A remark for people.")},
		}},
		{"allOf", all},
	}
	schema := object{
		{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "Latchwork flow"}, {"type", "object"},
		{"required", []string{"version", "flow", "nodes"}}, {"additionalProperties", false},
		{"properties", object{
			{"version", object{{"const", 1}, {"description", "The version of the language."}}},
			{"flow", object{{"type", "string"}, {"pattern", idPattern}, {"description", "The name of the flow."}}},
			{"description", described("What the flow is for.")},
			{"endpoints", object{{"type", "array"}, {"description", "The ways into the flow over HTTP. A flow without endpoints is used as a node: flow.<name>."}, {"items", endpointSchema()}}},
			{"input", object{{"type", "object"}, {"description", "What the flow reads of a request."}, {"propertyNames", object{{"pattern", idPattern}}}, {"additionalProperties", inputSchema()}}},
			{"nodes", object{{"type", "array"}, {"minItems", 1}, {"description", "The steps, in their order."}, {"items", node}}},
			{"otherwise", described("The node that takes every outcome which is not wired and would end the run.")},
			{"errors", described("The shape of this flow's error answers, by its name in app.yaml.")},
		}},
	}
	out, err := json.MarshalIndent(schema, "", "  ")
	return append(out, '\n'), err
}

func described(text string) object { return object{{"type", "string"}, {"description", text}} }

func texts(description string) object {
	return object{{"type", "array"}, {"items", object{{"type", "string"}}}, {"description", description}}
}

func endpointSchema() object {
	require := object{{"enum", []string{"none", "apikey", "session"}}}
	return object{
		{"type", "object"}, {"required", []string{"method", "path", "require"}}, {"additionalProperties", false},
		{"properties", object{
			{"method", object{{"enum", []string{"GET", "POST", "PUT", "PATCH", "DELETE"}}, {"description", "The HTTP method."}}},
			{"path", object{{"type", "string"}, {"pattern", "^/"}, {"description", "The path: /users/{id}."}}},
			{"require", object{{"anyOf", []any{require, object{{"type", "array"}, {"items", object{{"enum", []string{"apikey", "session"}}}}}}}, {"description", "What a caller must present."}}},
			{"groups", texts("Access groups of which the session must have one.")},
			{"scope", described("A scope that the API key must have.")},
			{"rate", object{{"type", "object"}, {"required", []string{"max", "per"}}, {"additionalProperties", false}, {"description", "How many requests one address may make."},
				{"properties", object{{"max", object{{"type", "integer"}, {"minimum", 1}}}, {"per", described("A duration: 1m.")}}}}},
			{"accepts", object{{"enum", []string{"json", "form"}}, {"description", "What the body is; json by default."}}},
			{"crossSite", described("Why top-level navigations from other sites are admitted.")},
		}},
	}
}

func inputSchema() object {
	return object{{"type", "object"}, {"properties", object{
		{"type", object{{"description", "A JSON Schema type, a list of them, or a Go type such as user.User in a flow that is used as a node."},
			{"anyOf", []any{object{{"type", "string"}}, object{{"type", "array"}, {"items", object{{"type", "string"}}}}}}}},
		{"secret", object{{"type", "boolean"}, {"description", "What callers type in secret: it never reaches a log."}}},
		{"optional", object{{"type", "boolean"}, {"description", "It may be missing; then it is null."}}},
		{"default", object{{"description", "What it is where it is missing."}}},
		{"from", object{{"description", "Where it is read: body.x, query.x, path.x, header.x, cookie.x, or a list of them."},
			{"anyOf", []any{object{{"type", "string"}}, object{{"type", "array"}, {"items", object{{"type", "string"}}}}}}}},
		{"coerce", object{{"description", "string takes a number or a boolean as text; {string: name} takes a text as an object with that field."},
			{"anyOf", []any{object{{"enum", []string{"string"}}}, object{{"type", "object"}, {"properties", object{{"string", object{{"type", "string"}}}}}, {"required", []string{"string"}}, {"additionalProperties", false}}}}}},
		{"plus", object{{"enum", []string{"keep"}}, {"description", "Leaves + in a query value alone."}}},
		{"format", described("A JSON Schema format: email, uri, uuid, date-time.")},
		{"pattern", described("A regular expression.")},
		{"minLength", object{{"type", "integer"}, {"minimum", 0}}}, {"maxLength", object{{"type", "integer"}, {"minimum", 0}}},
		{"minimum", object{{"type", "number"}}}, {"maximum", object{{"type", "number"}}},
		{"enum", object{{"type", "array"}}},
	}}}
}

// nodeSchema is what one node type takes and where it may lead.
func nodeSchema(d TypeDoc) object {
	required := []string{}
	properties := object{}
	fields, need := fieldsSchema(d.Inputs)
	switch {
	case len(fields) > 0 || len(d.Inputs) > 0:
		with := object{{"title", d.Name + " with"}, {"description", d.Doc}, {"type", "object"}}
		if len(need) > 0 {
			with = append(with, member{"required", need})
			required = append(required, "with")
		}
		properties = append(properties, member{"with", append(with, member{"additionalProperties", false}, member{"properties", fields})})
	case isOpenForm(d.Name):
		if d.Name != formReturn { // which may give nothing back
			required = append(required, "with")
		}
		properties = append(properties, member{"with", object{{"title", d.Name + " with"}, {"description", d.Doc}, {"type", "object"}}})
	default:
		properties = append(properties, member{"with", false})
	}
	next := nextSchema(d)
	if next == nil {
		properties = append(properties, member{"next", false})
	} else {
		properties = append(properties, member{"next", next})
		for _, m := range next {
			if m.key == "required" {
				required = append(required, "next")
			}
		}
	}
	s := object{{"title", d.Name}}
	if len(required) > 0 {
		s = append(s, member{"required", required})
	}
	return append(s, member{"properties", properties})
}

func isOpenForm(name string) bool { return name == formSet || name == formMerge || name == formReturn }

// nextSchema is the outcomes of a type; nil where it ends the run.
func nextSchema(d TypeDoc) object {
	if d.Ends || d.Name == formReturn {
		return nil
	}
	title := object{{"title", d.Name + " next"}, {"description", "The outcomes of " + d.Name + "."}, {"type", "object"}}
	if d.Name == formSwitch {
		return append(title, member{"required", []string{"default"}}, member{"additionalProperties", object{{"type", "string"}}},
			member{"properties", object{{"default", described("Where any other value leads.")}}})
	}
	var need []string
	properties := object{}
	for i, o := range d.Outcomes {
		doc := o.Doc
		switch {
		case i == 0:
			doc += " Default: the next node."
		case o.Status != 0:
			doc += " Default: the answer " + o.Code + "."
		default:
			need = append(need, o.Name)
		}
		properties = append(properties, member{o.Name, described(strings.TrimSpace(doc))})
	}
	properties = append(properties, member{"error", described("The node failed. Default: 5xx.")})
	if len(need) > 0 {
		title = append(title, member{"required", need})
	}
	return append(title, member{"additionalProperties", false}, member{"properties", properties})
}

// fieldsSchema is the fields of a type and the names of those that it needs.
func fieldsSchema(fields []FieldDoc) (properties object, need []string) {
	properties = object{}
	for _, f := range fields {
		if !f.Optional {
			need = append(need, f.Name)
		}
		properties = append(properties, member{f.Name, fieldSchema(f)})
	}
	return properties, need
}

func fieldSchema(f FieldDoc) object {
	doc := f.Doc
	if f.Default != "" {
		doc += " Default: " + f.Default + "."
	}
	var s object
	switch t := baseType(f.GoType); {
	case len(f.Enum) > 0 && f.Literal:
		s = object{{"anyOf", []any{object{{"enum", f.Enum}}, object{{"type", "string"}, {"pattern", inputPattern}}}}}
	case len(f.Enum) > 0:
		s = object{{"anyOf", []any{object{{"enum", f.Enum}}, object{{"type", "string"}, {"pattern", expressionPattern}}}}}
	case t.Kind() == reflect.Bool:
		s = object{{"type", []string{"string", "boolean"}}, {"pattern", expressionPattern}, {"errorMessage", "Give true, false or one whole expression: ${{ … }}."}}
	case t.Kind() == reflect.Int:
		s = numberSchema(f, "integer", "Give a whole number or one whole expression: ${{ … }}.")
	case t.Kind() == reflect.Float64:
		s = numberSchema(f, "number", "Give a number or one whole expression: ${{ … }}.")
	case t == secretType, t.Kind() == reflect.String, t.Kind() == reflect.Int64, isVerified(t):
		s = object{{"type", "string"}}
	case t.Kind() == reflect.Slice:
		s = object{{"type", []string{"string", "array"}}}
	case t.Kind() == reflect.Map || t.Kind() == reflect.Struct && t != bodyType:
		s = object{{"type", []string{"string", "object"}}}
	default:
		s = object{{"type", []string{"string", "object", "array", "number", "boolean", "null"}}}
	}
	return append(s, member{"description", strings.TrimSpace(doc)})
}

func numberSchema(f FieldDoc, kind, message string) object {
	s := object{{"type", []string{"string", kind}}}
	if f.Min != nil {
		s = append(s, member{"minimum", *f.Min})
	}
	if f.Max != nil {
		s = append(s, member{"maximum", *f.Max})
	}
	return append(s, member{"pattern", expressionPattern}, member{"errorMessage", message})
}
