package cmd

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/latchwork/latchwork/flows"
)

// exampleTexts are texts of the formats of JSON Schema.
var exampleTexts = map[string]string{
	"email":     "ada@example.com",
	"uri":       "https://example.com/",
	"uuid":      "6f1ed002-ab55-4a0e-a4ea-0c1f9f0b1e54",
	"date":      "2026-01-31",
	"date-time": "2026-01-31T12:00:00Z",
	"time":      "12:00:00Z",
	"hostname":  "example.com",
	"ipv4":      "192.0.2.1",
	"ipv6":      "2001:db8::1",
}

// exampleValue is a value that a declaration takes, as far as it tells. The same
// declaration has the same example, so that what one flow stored another finds.
func exampleValue(schema *flows.Value) any {
	for _, keyword := range []string{"const", "default"} {
		if v := schema.Get(keyword); v != nil {
			return v.Plain()
		}
	}
	for _, keyword := range []string{"examples", "enum"} {
		if v := schema.Get(keyword); v != nil && len(v.Items) > 0 {
			return v.Items[0].Plain()
		}
	}
	switch typeOf(schema) {
	case "integer", "number":
		if least := schema.Get("minimum"); least != nil {
			return least.Plain()
		}
		return 1
	case "boolean":
		return true
	case "array":
		items := []any{}
		if least, of := schema.Get("minItems"), schema.Get("items"); least != nil {
			for range least.Int {
				items = append(items, exampleValue(of))
			}
		}
		return items
	case "object":
		object := map[string]any{}
		if required := schema.Get("required"); required != nil {
			for _, name := range required.Items {
				object[name.Text] = exampleValue(schema.Get("properties").Get(name.Text))
			}
		}
		return object
	}
	if format := schema.Get("format"); format != nil && exampleTexts[format.Text] != "" {
		return exampleTexts[format.Text]
	}
	return fitted("example", schema)
}

// typeOf is the type that a schema names first, "" for none.
func typeOf(schema *flows.Value) string {
	t := schema.Get("type")
	switch {
	case t == nil:
		return ""
	case t.Kind == flows.List && len(t.Items) > 0:
		return t.Items[0].Text
	}
	return t.Text
}

// fitted is a text of plain letters as long as a schema wants it.
func fitted(text string, schema *flows.Value) string {
	if least := schema.Get("minLength"); least != nil {
		text += strings.Repeat("x", max(0, int(least.Int)-utf8.RuneCountInString(text)))
	}
	if most := schema.Get("maxLength"); most != nil && int(most.Int) < len(text) {
		text = text[:max(0, most.Int)]
	}
	return text
}

// jsonText is a value in JSON, on one line.
func jsonText(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "null"
	}
	return strings.TrimSuffix(b.String(), "\n")
}
