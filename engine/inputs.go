package engine

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"
)

// inputField is a declared input of a flow: where it is read in a request, what
// it must look like and which Go type it has in a run. It is immutable and safe
// for concurrent use.
type inputField struct {
	name     string
	typ      reflect.Type // of the slot
	nullable bool         // it may be null: then typ is a pointer, a map, a slice or any
	origins  []inputOrigin
	types    jsonTypes
	schema   *schema
	coerce   bool   // numbers and booleans are taken as text
	coerceTo string // a text is taken as an object with this field; "" takes none
	optional bool
	hasDef   bool
	def      any // plain data, as a body would have it
	store    func(dst reflect.Value, v any)
}

// inputOrigin is one place of a request.
type inputOrigin struct {
	in       string // "body", "query", "path", "header" or "cookie"
	name     string // of a header in canonical form
	keepPlus bool
	root     *fieldPath // the name, by which clients are told of faults
}

// reads reports whether the input may be read from a place such as "body".
func (f *inputField) reads(in string) bool {
	return slices.ContainsFunc(f.origins, func(o inputOrigin) bool { return o.in == in })
}

// headers are the names of the headers that the input is read from.
func (f *inputField) headers() []string {
	var names []string
	for _, o := range f.origins {
		if o.in == "header" {
			names = append(names, o.name)
		}
	}
	return names
}

// bodyProblem looks at the body before inputs are read from it: the error is
// that of Source.Body, and the entries are not empty if the body is no object.
// No body at all is like an empty one.
func bodyProblem(src Source) ([]ErrorEntry, error) {
	body, err := src.Body()
	if err != nil {
		return nil, err
	}
	switch body.(type) {
	case nil, map[string]any, map[string]string:
		return nil, nil
	}
	return []ErrorEntry{faultEntry("body", "The body must be a JSON object.")}, nil
}

// read gives dst, which is of the type f.typ, the input's value in a request. It
// returns one entry for each fault of the value, and leaves dst alone then. The
// messages never quote what the client has sent; they name it as the request does, which
// need not be the input's own name.
//
// A body that bodyProblem objects to counts as empty here. The numbers of a JSON
// body may be int, float64 or json.Number; a form is a map[string]string.
func (f *inputField) read(src Source, dst reflect.Value) []ErrorEntry {
	v, from := f.find(src)
	switch {
	case from == nil:
		return f.absent(dst)
	case v.isText:
		return f.readText(v.text, from.root, dst)
	}
	return f.accept(f.coerced(v.json), from.root, dst)
}

// sentAs is the name that the input has in a request: that of the first of its origins
// that is there, else of the first.
func (f *inputField) sentAs(src Source) string {
	if _, from := f.find(src); from != nil {
		return from.name
	}
	return f.origins[0].name
}

// given is what a request has for an input: a text, or a value of a JSON body.
type given struct {
	text   string
	json   any
	isText bool
}

// find looks for the input in the order of its origins, and gives the one that has it, or
// nil. Empty text is not set, and neither is a null, unless null is one of the declared
// types.
func (f *inputField) find(src Source) (given, *inputOrigin) {
	for i := range f.origins {
		o := &f.origins[i]
		v := given{isText: true}
		found := false
		switch o.in {
		case "body":
			v, found = fromBody(src, o.name)
		case "query":
			v.text, found = src.Query(o.name, o.keepPlus)
		case "path":
			v.text, found = src.PathValue(o.name)
		case "header":
			v.text, found = src.Header(o.name)
		case "cookie":
			v.text, found = src.Cookie(o.name)
		}
		switch {
		case !found:
		case v.isText:
			if v.text != "" {
				return v, o
			}
		case v.json != nil || f.types&jsonNull != 0:
			return v, o
		}
	}
	return given{}, nil
}

func fromBody(src Source, name string) (given, bool) {
	body, err := src.Body()
	if err != nil {
		return given{}, false
	}
	switch body := body.(type) {
	case map[string]any:
		v, ok := body[name]
		return given{json: v}, ok
	case map[string]string:
		text, ok := body[name]
		return given{text: text, isText: true}, ok
	}
	return given{}, false
}

func (f *inputField) absent(dst reflect.Value) []ErrorEntry {
	switch {
	case f.hasDef:
		f.store(dst, CloneJSON(f.def))
	case f.optional:
		dst.SetZero()
	default:
		return []ErrorEntry{f.origins[0].root.fault("is required")}
	}
	return nil
}

// readText reads a value that came as text.
func (f *inputField) readText(text string, at *fieldPath, dst reflect.Value) []ErrorEntry {
	if !utf8.ValidString(text) {
		return []ErrorEntry{at.fault("must be valid UTF-8")}
	}
	v, ok := parseText(text, f.types)
	if !ok {
		return []ErrorEntry{at.fault("must be " + f.types.String())}
	}
	return f.accept(v, at, dst)
}

// accept checks a value and keeps it.
func (f *inputField) accept(v any, at *fieldPath, dst reflect.Value) []ErrorEntry {
	out := faults{}
	if v = f.schema.check(v, at, &out); out.list != nil {
		return out.list
	}
	f.store(dst, v)
	return nil
}

// coerced is a number or boolean as text, or a text as an object, where the
// declaration asks for it. Whole numbers beyond 2^53 have lost digits, so they are not
// taken.
func (f *inputField) coerced(v any) any {
	if text, ok := v.(string); ok && f.coerceTo != "" {
		return map[string]any{f.coerceTo: text}
	}
	if !f.coerce {
		return v
	}
	switch x := v.(type) {
	case bool:
		return strconv.FormatBool(x)
	case int:
		return strconv.Itoa(x)
	case float64:
		if math.Abs(x) < maxExact || x != math.Trunc(x) {
			return strconv.FormatFloat(x, 'f', -1, 64)
		}
	case json.Number:
		return x.String()
	}
	return v
}

// maxExact is the first whole number that a float64 may stand for although the
// text it was read from was another one.
const maxExact = 1 << 53

// parseText reads a text from a path, a query, a header, a cookie or a form as
// the first of the declared types that it fits; text stays as it is where text
// is declared. Numbers are written as in JSON.
func parseText(text string, types jsonTypes) (any, bool) {
	if types == 0 || types&jsonString != 0 {
		return text, true
	}
	if types&(jsonInteger|jsonNumber) != 0 && isNumber(text) {
		if n, err := strconv.Atoi(text); err == nil {
			return n, true
		}
		x, err := strconv.ParseFloat(text, 64)
		// "1e3" is no whole number here: only digits are.
		if err == nil && types&jsonNumber != 0 {
			return x, true
		}
	}
	if types&jsonBoolean != 0 && (text == "true" || text == "false") {
		return text == "true", true
	}
	return nil, false
}

// isNumber reports whether text is a number as JSON writes it (RFC 8259 §6).
func isNumber(text string) bool {
	c := text[len(text)-1]
	return (text[0] == '-' || text[0] >= '0' && text[0] <= '9') && c >= '0' && c <= '9' && json.Valid([]byte(text))
}

// CloneJSON copies JSON data, as encoding/json gives it for an any: what is done
// to the copy does not show in v.
func CloneJSON(v any) any {
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = CloneJSON(item)
		}
		return list
	case map[string]any:
		m := make(map[string]any, len(v))
		for k, item := range v {
			m[k] = CloneJSON(item)
		}
		return m
	}
	return v
}

// faultEntry is the entry of a fault in the answer.
func faultEntry(field, message string) ErrorEntry {
	return ErrorEntry{Origin: "client_error", Code: "validation_error", Message: message, Details: map[string]any{"field": field}}
}
