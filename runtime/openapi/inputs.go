package openapi

import (
	"maps"
	"slices"
	"strings"

	"github.com/latchwork/latchwork/engine"
)

// Parameter is an input that stands in the path, the query, a header or a cookie.
type Parameter struct {
	Name        string            `json:"name"`
	In          string            `json:"in"`
	Description string            `json:"description,omitempty"`
	Required    bool              `json:"required,omitempty"`
	Schema      engine.JSONSchema `json:"schema"`
}

// RequestBody is the inputs that stand in the body.
type RequestBody struct {
	Required bool                 `json:"required,omitempty"`
	Content  map[string]MediaType `json:"content"`
}

// MediaType is a body of one type.
type MediaType struct {
	Schema engine.JSONSchema `json:"schema"`
}

const (
	typeJSON = "application/json"
	typeForm = "application/x-www-form-urlencoded"
	typeHTML = "text/html"
)

// inputs are the parameters and the body of an operation. pathNames is what
// parameters of the path are called.
func inputs(docs []engine.InputDoc, e engine.Endpoint, pathNames map[string]string) ([]Parameter, *RequestBody) {
	var parameters []Parameter
	fields, required := map[string]engine.JSONSchema{}, []string{}
	for _, in := range docs {
		alone := len(in.From) == 1
		for _, from := range in.From {
			s, needed := schemaOf(in), alone && !in.Optional
			if from.In == "body" {
				s = described(s, several(in))
				if other, taken := fields[from.Name]; taken {
					s = engine.JSONSchema{"allOf": []engine.JSONSchema{other, s}}
				}
				if fields[from.Name] = s; needed && !slices.Contains(required, from.Name) {
					required = append(required, from.Name)
				}
				continue
			}
			p := Parameter{Name: from.Name, In: from.In, Required: needed || from.In == "path", Schema: s}
			if from.In == "path" {
				p.Name = pathNames[from.Name]
			}
			text, _ := s["description"].(string)
			p.Description = strings.TrimSpace(text + " " + several(in))
			parameters = addParameter(parameters, p)
		}
	}
	return parameters, body(fields, required, e.Form)
}

// addParameter adds a parameter. A place from which two inputs are read is one
// parameter, which has to be what both take.
func addParameter(all []Parameter, p Parameter) []Parameter {
	i := slices.IndexFunc(all, func(other Parameter) bool {
		return other.In == p.In && (other.Name == p.Name || p.In == "header" && strings.EqualFold(other.Name, p.Name))
	})
	if i < 0 {
		return append(all, p)
	}
	all[i].Required = all[i].Required || p.Required
	all[i].Schema = engine.JSONSchema{"allOf": []engine.JSONSchema{all[i].Schema, p.Schema}}
	return all
}

func body(fields map[string]engine.JSONSchema, required []string, form bool) *RequestBody {
	if len(fields) == 0 {
		return nil
	}
	s := engine.JSONSchema{"type": "object", "properties": fields}
	if len(required) > 0 {
		slices.Sort(required)
		s["required"] = required
	}
	mediaType := typeJSON
	if form {
		mediaType = typeForm
	}
	return &RequestBody{Required: len(required) > 0, Content: map[string]MediaType{mediaType: {Schema: s}}}
}

// schemaOf is the schema of an input. What is typed in secret is written only.
func schemaOf(in engine.InputDoc) engine.JSONSchema {
	if !in.Secret {
		return in.Schema
	}
	s := maps.Clone(in.Schema)
	s["writeOnly"] = true
	if s["format"] == nil {
		s["format"] = "password"
	}
	return s
}

// several says of an input that may stand in several places which of them counts.
func several(in engine.InputDoc) string {
	if len(in.From) < 2 {
		return ""
	}
	var places []string
	for _, from := range in.From {
		places = append(places, from.In+" "+from.Name)
	}
	text := "The first counts that is given of: " + strings.Join(places, ", ") + "."
	if !in.Optional {
		text += " One of them is required."
	}
	return text
}

// described is s with more said to people.
func described(s engine.JSONSchema, more string) engine.JSONSchema {
	if more == "" {
		return s
	}
	out := maps.Clone(s)
	text, _ := s["description"].(string)
	out["description"] = strings.TrimSpace(text + " " + more)
	return out
}
