package flows

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	schemaTypes = []string{"string", "integer", "number", "boolean", "object", "array", "null"}
	schemaKeys  = []string{
		"type", "format", "minLength", "maxLength", "pattern",
		"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
		"enum", "const", "items", "properties", "required", "additionalProperties",
		"minItems", "maxItems", "uniqueItems", "description", "title", "examples",
	}
	formats = []string{
		"email", "uri", "uri-reference", "uri-template", "uuid", "hostname", "ipv4", "ipv6",
		"date", "time", "date-time", "duration", "json-pointer", "relative-json-pointer", "regex",
	}
	// appliesTo says for which types a keyword means anything.
	appliesTo = map[string][]string{
		"format": {"string"}, "minLength": {"string"}, "maxLength": {"string"}, "pattern": {"string"},
		"minimum": {"integer", "number"}, "maximum": {"integer", "number"}, "multipleOf": {"integer", "number"},
		"exclusiveMinimum": {"integer", "number"}, "exclusiveMaximum": {"integer", "number"},
		"items": {"array"}, "minItems": {"array"}, "maxItems": {"array"}, "uniqueItems": {"array"},
		"properties": {"object"}, "required": {"object"}, "additionalProperties": {"object"},
		// Values of Go types are made by nodes only.
		"enum": schemaTypes, "const": schemaTypes, "default": schemaTypes,
	}
)

// schema checks a JSON Schema within a declaration: items, a property.
func (p *parser) schema(v *Value, what string) {
	var types []Name
	for key, f := range p.fields(v, what, schemaKeys) {
		if key == "type" {
			types = p.names(f, "types", true)
			for _, t := range types {
				p.among(t, "type", schemaTypes)
			}
			continue
		}
		p.keyword(v, key, f)
	}
	p.keywordsFit(v, types)
}

// keyword checks the value of one JSON Schema keyword other than type.
func (p *parser) keyword(v *Value, key string, f Field) {
	switch key {
	case "format":
		p.oneOf(f, formats...)
	case "minLength", "maxLength", "minItems", "maxItems":
		p.count(f)
	case "pattern":
		p.pattern(f)
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
		p.numeric(f)
	case "multipleOf":
		if n, ok := p.numeric(f); ok && n <= 0 {
			p.refuse(f.Value, "bad-value", `"multipleOf" must be above 0`, "")
		}
	case "enum":
		p.list(f, "values", "")
		p.constant(f)
	case "examples":
		if !p.bad[f.Value] && f.Value.Kind != List {
			p.wrong(f, "a list of values", "")
		}
		p.constant(f)
	case "const":
		p.constant(f)
	case "items":
		p.schema(f.Value, `"items"`)
	case "properties":
		p.properties(f)
	case "required":
		p.requiredProperties(v, f)
	case "additionalProperties":
		if f.Value.Kind == Map {
			p.schema(f.Value, `"additionalProperties"`)
		} else {
			p.flag(f)
		}
	case "uniqueItems":
		p.flag(f)
	case "description", "title":
		p.text(f)
	}
	for _, bounds := range [][2]string{{"minLength", "maxLength"}, {"minItems", "maxItems"}, {"minimum", "maximum"}} {
		if key == bounds[1] {
			p.ordered(v, bounds[0], f)
		}
	}
}

// count is a whole number from 0 on.
func (p *parser) count(f Field) {
	v := f.Value
	switch {
	case p.bad[v]:
	case v.Kind != Int:
		p.wrong(f, "a whole number", "")
	case v.Int < 0:
		p.refuse(v, "bad-value", fmt.Sprintf("%q must be 0 or more, not %d", f.Key.Text, v.Int), "")
	}
}

func (p *parser) numeric(f Field) (float64, bool) {
	switch v := f.Value; {
	case p.bad[v]:
	case v.Kind == Int:
		return float64(v.Int), true
	case v.Kind == Float:
		return v.Float, true
	default:
		p.wrong(f, "a number", "")
	}
	return 0, false
}

// ordered reports an upper bound below its lower one.
func (p *parser) ordered(v *Value, lower string, f Field) {
	low := v.Get(lower)
	if low == nil || p.bad[f.Value] || !isNumber(low) || !isNumber(f.Value) {
		return
	}
	if asFloat(f.Value) < asFloat(low) {
		p.refuse(f.Value, "bad-value", fmt.Sprintf("%q is below %q, so nothing would pass", f.Key.Text, lower), "")
	}
}

func isNumber(v *Value) bool { return v.Kind == Int || v.Kind == Float }

func asFloat(v *Value) float64 {
	if v.Kind == Int {
		return float64(v.Int)
	}
	return v.Float
}

func (p *parser) pattern(f Field) {
	text, ok := p.text(f)
	if !ok {
		return
	}
	if _, err := regexp.Compile(text.Text); err != nil {
		reason := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
		p.refuse(f.Value, "bad-pattern", "the pattern must be a regular expression (RE2): "+reason, "")
	}
}

func (p *parser) properties(f Field) {
	if p.bad[f.Value] && f.Value.Kind != Map {
		return
	}
	if f.Value.Kind != Map {
		p.wrong(f, "a map of names to schemas", "")
		return
	}
	for _, f := range f.Value.Fields {
		p.schema(f.Value, fmt.Sprintf("the property %q", f.Key.Text))
	}
}

// requiredProperties checks the names under required against the properties
// that are declared beside it.
func (p *parser) requiredProperties(v *Value, f Field) {
	if f.Value.Kind == Bool && !p.bad[f.Value] {
		p.wrong(f, "a list of properties", "an input is required unless it has optional: true or a default")
		return
	}
	properties := v.Get("properties")
	if properties == nil || properties.Kind != Map || p.bad[properties] {
		p.names(f, "properties", false)
		return
	}
	declared := make([]string, len(properties.Fields))
	for i, property := range properties.Fields {
		declared[i] = property.Key.Text
	}
	slices.Sort(declared)
	for _, name := range p.names(f, "properties", false) {
		if _, found := slices.BinarySearch(declared, name.Text); found {
			continue
		}
		hint := "declare it under properties"
		if meant := Suggest(name.Text, declared[:min(len(declared), 100)]); meant != "" {
			hint = fmt.Sprintf("did you mean %q?", meant)
		}
		p.report(name.Pos, "bad-value", fmt.Sprintf("there is no property %q", name.Text), hint)
	}
}

// keywordsFit reports keywords that mean nothing for the types declared.
func (p *parser) keywordsFit(v *Value, types []Name) {
	isUnknown := func(t Name) bool { return !slices.Contains(schemaTypes, t.Text) && !goType.MatchString(t.Text) }
	if len(types) == 0 || v.Kind != Map || slices.ContainsFunc(types, isUnknown) {
		return
	}
	for _, f := range v.Fields {
		for_, limited := appliesTo[f.Key.Text]
		if !limited || p.bad[f.Value] || slices.ContainsFunc(types, func(t Name) bool { return slices.Contains(for_, t.Text) }) {
			continue
		}
		p.report(f.Key.Pos, "misplaced-keyword", fmt.Sprintf("%q means nothing for the type %s", f.Key.Text, types[0].Text), "it is for "+alternatives(for_))
	}
}
