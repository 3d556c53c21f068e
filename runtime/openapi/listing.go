package openapi

import (
	"maps"
	"slices"
	"strings"

	"github.com/latchwork/latchwork/engine"
)

// requires says what an operation requires, without the places where that may stand:
// whatever they are, each requirement has the same credentials.
func (o *Operation) requires() string {
	var parts []string
	needs := func(kind string) bool {
		return slices.ContainsFunc(o.Security, func(r Requirement) bool { return r[kind] != nil })
	}
	if needs(schemeKey) {
		part := "API key"
		if o.Scope != "" {
			part += " with the scope " + o.Scope
		}
		parts = append(parts, part)
	}
	if needs(schemeSession) {
		part := "session"
		if len(o.Groups) > 0 {
			part += " in the group " + strings.Join(o.Groups, " or ")
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

// listInputs are the inputs of an operation, as the page shows them.
func listInputs(o *Operation) []listedInput {
	var rows []listedInput
	for _, p := range o.Parameters {
		rows = append(rows, listedInput{p.Name, p.In, typeText(p.Schema), p.Description, p.Required})
	}
	if o.RequestBody == nil {
		return rows
	}
	for _, m := range o.RequestBody.Content {
		fields, _ := m.Schema["properties"].(map[string]engine.JSONSchema)
		required, _ := m.Schema["required"].([]string)
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			text, _ := fields[name]["description"].(string)
			rows = append(rows, listedInput{name, "body", typeText(fields[name]), text, slices.Contains(required, name)})
		}
	}
	return rows
}

// listAnswers are the answers of an operation, as the page shows them.
func listAnswers(o *Operation) []listedAnswer {
	var rows []listedAnswer
	for _, status := range slices.Sorted(maps.Keys(o.Responses)) {
		r := o.Responses[status]
		row := listedAnswer{Status: status, Description: r.Description}
		for _, mediaType := range slices.Sorted(maps.Keys(r.Content)) {
			row.Type = strings.TrimPrefix(row.Type+", "+bodyText(mediaType, r.Content[mediaType].Schema), ", ")
		}
		rows = append(rows, row)
	}
	return rows
}

// bodyText is a body on one line: what it is, and the fields of an object.
func bodyText(mediaType string, s engine.JSONSchema) string {
	fields, ok := s["properties"].(map[string]engine.JSONSchema)
	if !ok {
		return mediaType
	}
	return mediaType + " {" + strings.Join(slices.Sorted(maps.Keys(fields)), ", ") + "}"
}

// typeText is the type of a value, and its format.
func typeText(s engine.JSONSchema) string {
	text := "any"
	switch t := s["type"].(type) {
	case string:
		text = t
	case []string:
		text = strings.Join(t, " or ")
	}
	if format, ok := s["format"].(string); ok {
		text += " (" + format + ")"
	}
	return text
}
