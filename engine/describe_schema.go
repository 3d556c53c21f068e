package engine

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"
)

// JSONSchema is a JSON Schema (2020-12) as data. The empty one takes anything.
type JSONSchema map[string]any

// ofType is the schema of a type of JSON.
func ofType(name string) JSONSchema { return JSONSchema{"type": name} }

// constantSchema is the schema of one value of JSON data.
func constantSchema(v any) JSONSchema {
	switch v := v.(type) {
	case nil:
		return ofType("null")
	case map[string]any:
		fields := map[string]JSONSchema{}
		for name, item := range v {
			fields[name] = constantSchema(item)
		}
		return objectSchema(fields)
	case []any:
		items := make([]JSONSchema, len(v))
		for i, item := range v {
			items[i] = constantSchema(item)
		}
		return listSchema(items)
	}
	return JSONSchema{"const": v}
}

// objectSchema is the schema of an object that has all of these fields.
func objectSchema(fields map[string]JSONSchema) JSONSchema {
	s := JSONSchema{"type": "object", "properties": fields}
	if len(fields) > 0 {
		s["required"] = slices.Sorted(maps.Keys(fields))
	}
	return s
}

// listSchema is the schema of a list of just these items.
func listSchema(items []JSONSchema) JSONSchema {
	s := JSONSchema{"type": "array", "minItems": len(items), "maxItems": len(items)}
	if len(items) > 0 {
		s["items"] = anyOf(items...)
	}
	return s
}

// arrayOf is the schema of a list of any number of items.
func arrayOf(items JSONSchema) JSONSchema { return JSONSchema{"type": "array", "items": items} }

// anyOf is the schema of what one of several takes.
func anyOf(schemas ...JSONSchema) JSONSchema {
	var all []JSONSchema
	add := func(s JSONSchema) {
		if !slices.ContainsFunc(all, func(other JSONSchema) bool { return reflect.DeepEqual(s, other) }) {
			all = append(all, s)
		}
	}
	for _, s := range schemas {
		if len(s) == 0 {
			return JSONSchema{}
		}
		if list, ok := s["anyOf"].([]JSONSchema); ok && len(s) == 1 {
			for _, inner := range list {
				add(inner)
			}
			continue
		}
		add(s)
	}
	switch len(all) {
	case 0:
		return JSONSchema{}
	case 1:
		return all[0]
	}
	if values, ok := (JSONSchema{"anyOf": all}).constants(); ok {
		return JSONSchema{"enum": values}
	}
	return JSONSchema{"anyOf": all}
}

// constants are the only values that a schema takes, if there are so few.
func (s JSONSchema) constants() ([]any, bool) {
	if v, ok := s["const"]; ok {
		return []any{v}, true
	}
	if list, ok := s["enum"].([]any); ok {
		return list, true
	}
	list, ok := s["anyOf"].([]JSONSchema)
	if !ok {
		return nil, false
	}
	var values []any
	for _, inner := range list {
		more, ok := inner.constants()
		if !ok {
			return nil, false
		}
		values = append(values, more...)
	}
	return values, true
}

// orNull is s, or null.
func (s JSONSchema) orNull() JSONSchema {
	if t, ok := s["type"].(string); ok && t != "null" && s["enum"] == nil && s["const"] == nil {
		out := maps.Clone(s)
		out["type"] = []string{t, "null"}
		return out
	}
	if list, ok := s["type"].([]string); ok && slices.Contains(list, "null") {
		return s
	}
	return anyOf(s, ofType("null"))
}

// withoutNull is s of a value that is known not to be null. A number stays what it
// is: one that is not finite is no null, but written as one.
func (s JSONSchema) withoutNull() JSONSchema {
	if list, ok := s["type"].([]string); ok && slices.Contains(list, "null") && !slices.Contains(list, "number") {
		out := maps.Clone(s)
		rest := slices.DeleteFunc(slices.Clone(list), func(t string) bool { return t == "null" })
		if out["type"] = rest; len(rest) == 1 {
			out["type"] = rest[0]
		}
		return out
	}
	list, ok := s["anyOf"].([]JSONSchema)
	if !ok {
		return s
	}
	rest := slices.DeleteFunc(slices.Clone(list), func(t JSONSchema) bool { return t["type"] == "null" })
	return anyOf(rest...)
}

// typeSchemas holds schemas of types, with what a field's tags say of it: answers of
// many flows show the same. They are shared and nobody's to change.
var typeSchemas sync.Map // by typeDoc

type typeDoc struct {
	typ reflect.Type
	doc string
}

// typeSchema is the schema of what a value of a Go type is written as, by the
// encoder of answers.
func typeSchema(t reflect.Type) JSONSchema { return typeSchemaWithDoc(t, "") }

// typeSchemaWithDoc is typeSchema with a description, which may be "".
func typeSchemaWithDoc(t reflect.Type, doc string) JSONSchema {
	key := typeDoc{t, doc}
	if s, ok := typeSchemas.Load(key); ok {
		return s.(JSONSchema)
	}
	s, _ := typeSchemas.LoadOrStore(key, withDoc(doc, makeTypeSchema(t)))
	return s.(JSONSchema)
}

// makeTypeSchema makes the schema of a type. seen are the structs under way: one that
// holds itself is not described a second time.
func makeTypeSchema(t reflect.Type, seen ...reflect.Type) JSONSchema {
	switch t {
	case secretType:
		return ofType("string")
	case instantType:
		return JSONSchema{"type": "string", "format": "date-time"}
	case bodyType, nil:
		return JSONSchema{}
	case reflect.TypeFor[time.Duration]():
		return ofType("string")
	case reflect.TypeFor[json.Number]():
		return ofType("number").orNull()
	}
	switch t.Kind() {
	case reflect.Bool:
		return ofType("boolean")
	case reflect.String:
		return ofType("string")
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return ofType("integer")
	case reflect.Float32, reflect.Float64:
		return ofType("number").orNull() // which what is not finite is written as
	case reflect.Pointer:
		return makeTypeSchema(t.Elem(), seen...).orNull()
	case reflect.Slice, reflect.Array:
		if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
			return JSONSchema{"type": "string", "contentEncoding": "base64"}
		}
		return arrayOf(makeTypeSchema(t.Elem(), seen...))
	case reflect.Map:
		return JSONSchema{"type": "object", "additionalProperties": makeTypeSchema(t.Elem(), seen...)}
	case reflect.Struct:
		if slices.Contains(seen, t) {
			return JSONSchema{}
		}
		fields := map[string]JSONSchema{}
		for _, f := range fieldsOf(t) {
			fields[f.name] = withDoc(f.doc, makeTypeSchema(f.typ, append(slices.Clip(seen), t)...))
		}
		return objectSchema(fields)
	}
	return JSONSchema{}
}

// withDoc is s with a description, which may be "".
func withDoc(doc string, s JSONSchema) JSONSchema {
	if doc == "" {
		return s
	}
	out := maps.Clone(s)
	out["description"] = doc
	return out
}
