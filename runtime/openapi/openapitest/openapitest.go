// Package openapitest checks OpenAPI documents, and answers against them.
package openapitest

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// specification is the OpenAPI Initiative's JSON Schema of OpenAPI 3.1 documents,
// https://spec.openapis.org/oas/3.1/schema/2022-10-07 (Apache-2.0).
//
//go:embed testdata/openapi-3.1.json
var specification []byte

const draft = "https://json-schema.org/draft/2020-12/schema"

// Valid fails the test unless a document is one of OpenAPI 3.1 and each schema in it
// one of JSON Schema 2020-12. It gives the document back as plain data.
func Valid(t testing.TB, document []byte) map[string]any {
	t.Helper()
	plain := parse(t, document).(map[string]any)
	const name = "https://spec.openapis.org/oas/3.1/schema/2022-10-07"
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name, parse(t, specification)); err != nil {
		t.Fatal(err)
	}
	if err := compile(t, c, name).Validate(plain); err != nil {
		t.Errorf("got a document that OpenAPI 3.1 does not take: %v\n%s", err, document)
	}
	schema := compile(t, jsonschema.NewCompiler(), draft)
	eachSchema("#", plain, func(at string, s any) {
		if err := schema.Validate(s); err != nil {
			t.Errorf("%s: got no JSON Schema: %v", at, err)
		}
	})
	checkOperations(t, plain)
	return plain
}

// eachSchema visits every value that stands under the key schema.
func eachSchema(at string, v any, visit func(at string, schema any)) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if key == "schema" {
				visit(at+"/schema", v[key])
				continue
			}
			eachSchema(at+"/"+key, v[key], visit)
		}
	case []any:
		for i, item := range v {
			eachSchema(at+"/"+strconv.Itoa(i), item, visit)
		}
	}
}

// checkOperations checks what the schema of OpenAPI cannot say: ids of operations
// are unique, what is required is declared, and each parameter of a path stands in
// it once.
func checkOperations(t testing.TB, document map[string]any) {
	t.Helper()
	ids, schemes := map[any]bool{}, map[string]any{}
	if components, ok := document["components"].(map[string]any); ok {
		schemes, _ = components["securitySchemes"].(map[string]any)
	}
	for path, item := range document["paths"].(map[string]any) {
		for method, o := range item.(map[string]any) {
			operation := o.(map[string]any)
			if id := operation["operationId"]; ids[id] {
				t.Errorf("%s %s: the id %v is taken", method, path, id)
			}
			ids[operation["operationId"]] = true
			for _, requirement := range operation["security"].([]any) {
				for name := range requirement.(map[string]any) {
					if schemes[name] == nil {
						t.Errorf("%s %s: no security scheme is named %s", method, path, name)
					}
				}
			}
			checkPath(t, path, operation)
		}
	}
}

func checkPath(t testing.TB, path string, operation map[string]any) {
	t.Helper()
	var written, declared []string
	for segment := range strings.SplitSeq(path, "/") {
		if name, ok := strings.CutPrefix(segment, "{"); ok {
			written = append(written, strings.TrimSuffix(name, "}"))
		}
	}
	seen := map[string]bool{}
	parameters, _ := operation["parameters"].([]any)
	for _, p := range parameters {
		parameter := p.(map[string]any)
		key := fmt.Sprint(parameter["in"], " ", parameter["name"])
		if seen[key] {
			t.Errorf("%s: the parameter %s stands there twice", path, key)
		}
		if seen[key] = true; parameter["in"] == "path" {
			declared = append(declared, parameter["name"].(string))
		}
	}
	slices.Sort(written)
	slices.Sort(declared)
	if !slices.Equal(written, declared) {
		t.Errorf("%s: got the parameters %q", path, declared)
	}
}

// Answer fails the test unless a document says that an operation may answer so: with
// this status, and with this body. A field that the document does not have is one
// too many.
func Answer(t testing.TB, document map[string]any, method, path string, status int, mediaType string, body []byte) {
	t.Helper()
	at := fmt.Sprintf("%s %s %d", method, path, status)
	item, _ := document["paths"].(map[string]any)[path].(map[string]any)
	operation, _ := item[strings.ToLower(method)].(map[string]any)
	responses, _ := operation["responses"].(map[string]any)
	response, ok := responses[strconv.Itoa(status)].(map[string]any)
	if !ok {
		t.Errorf("%s: no such answer is documented; got %s", at, body)
		return
	}
	content, _ := response["content"].(map[string]any)
	mediaType, _, _ = strings.Cut(mediaType, ";")
	media, ok := content[mediaType].(map[string]any)
	if !ok {
		if len(body) > 0 {
			t.Errorf("%s: got a body of %q, and none is documented: %s", at, mediaType, body)
		}
		return
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("answer.json", closed(media["schema"])); err != nil {
		t.Fatal(err)
	}
	if err := compile(t, c, "answer.json").Validate(parse(t, body)); err != nil {
		t.Errorf("%s: got an answer that the document does not take: %v\n%s", at, err, body)
	}
}

// closed is a schema of which no object takes fields that it does not name.
func closed(schema any) any {
	switch s := schema.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, v := range s {
			out[key] = closed(v)
		}
		if _, names := s["properties"].(map[string]any); names && s["additionalProperties"] == nil {
			out["additionalProperties"] = false
		}
		return out
	case []any:
		out := make([]any, len(s))
		for i, v := range s {
			out[i] = closed(v)
		}
		return out
	}
	return schema
}

func parse(t testing.TB, text []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

func compile(t testing.TB, c *jsonschema.Compiler, name string) *jsonschema.Schema {
	t.Helper()
	s, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Equal fails the test unless two documents are the same text.
func Equal(t testing.TB, a, b []byte) {
	t.Helper()
	if !bytes.Equal(a, b) || !json.Valid(a) {
		t.Errorf("got\n%s\nand then\n%s", a, b)
	}
}
