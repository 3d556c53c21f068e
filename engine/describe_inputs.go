package engine

import (
	"maps"
	"slices"
)

// describeInput describes an input that is read from a request.
func (g *graph) describeInput(a *argument) InputDoc {
	in := a.input
	d := InputDoc{Name: a.name, Secret: a.secret, Optional: in.optional || in.hasDef, Schema: in.schema.describe()}
	for _, o := range in.origins {
		d.From = append(d.From, OriginDoc{In: o.in, Name: o.name})
	}
	if in.coerce {
		d.Schema = coerced(d.Schema)
	}
	if in.coerceTo != "" {
		d.Schema = JSONSchema{"anyOf": []JSONSchema{d.Schema, {"type": "string"}}}
	}
	if in.hasDef {
		d.Schema["default"] = in.def
	}
	for i := range g.flow.Input {
		if f := &g.flow.Input[i]; f.Name.Text == a.name {
			annotate(d.Schema, f.Schema.Plain())
		}
	}
	return d
}

// annotate adds what a declaration says to people.
func annotate(s JSONSchema, declared any) {
	m, _ := declared.(map[string]any)
	for _, key := range []string{"title", "description", "examples"} {
		if v, ok := m[key]; ok {
			s[key] = v
		}
	}
}

// coerced is the schema of a text for which a number or a boolean may stand.
func coerced(s JSONSchema) JSONSchema {
	out := maps.Clone(s)
	out["type"] = []string{"string", "number", "boolean"}
	return out
}

// inputSchemaAt is the schema of a declared input as an answer shows it. What may
// be missing is, of lists and objects, an empty one.
func inputSchemaAt(p *place) JSONSchema {
	in := p.arg.input
	if in.nullable && in.types&(jsonObject|jsonArray) != 0 {
		return (&schema{types: in.types, minLength: -1, maxLength: -1, minItems: -1, maxItems: -1}).describe()
	}
	s := in.schema.describe()
	if in.hasDef && in.def == nil {
		return s.orNull()
	}
	return s
}

// describe is the schema as data.
func (s *schema) describe() JSONSchema {
	out := JSONSchema{}
	set := func(key string, v any, is bool) {
		if is {
			out[key] = v
		}
	}
	names := s.types.names()
	set("type", names, len(names) > 1)
	if len(names) == 1 {
		out["type"] = names[0]
	}
	set("enum", s.enum, len(s.enum) > 0)
	set("minLength", s.minLength, s.minLength > 0)
	set("maxLength", s.maxLength, s.maxLength >= 0)
	if s.pattern != nil {
		out["pattern"] = s.pattern.String()
	}
	for name, f := range textFormats {
		set("format", name, f == s.format)
	}
	for key, bound := range map[string]*float64{"minimum": s.minimum, "maximum": s.maximum, "exclusiveMinimum": s.aboveMin, "exclusiveMaximum": s.belowMax} {
		if bound != nil {
			out[key] = *bound
		}
	}
	set("multipleOf", s.multipleOf, s.multipleOf > 0)
	set("minItems", s.minItems, s.minItems > 0)
	set("maxItems", s.maxItems, s.maxItems >= 0)
	set("uniqueItems", true, s.unique)
	set("required", s.required, len(s.required) > 0)
	set("additionalProperties", false, s.closed)
	if s.items != nil {
		out["items"] = s.items.describe()
	}
	if s.additional != nil {
		out["additionalProperties"] = s.additional.describe()
	}
	if len(s.properties) > 0 {
		fields := map[string]JSONSchema{}
		for _, p := range s.properties {
			fields[p.name] = p.schema.describe()
		}
		out["properties"] = fields
	}
	return out
}

// names are the types as JSON Schema writes them. A whole number is a number.
func (t jsonTypes) names() []string {
	var names []string
	for i, n := range jsonTypeNames {
		if t&(1<<i) != 0 {
			names = append(names, n.name)
		}
	}
	return slices.Clip(names)
}
