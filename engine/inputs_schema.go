package engine

import (
	"encoding/json"
	"maps"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// jsonTypes is a set of JSON Schema types. The empty set is any type.
type jsonTypes uint8

const (
	jsonString jsonTypes = 1 << iota
	jsonInteger
	jsonNumber
	jsonBoolean
	jsonObject
	jsonArray
	jsonNull
)

// jsonTypeNames are the types as they are written, and as messages name them.
var jsonTypeNames = []struct{ name, text string }{
	{"string", "text"}, {"integer", "a whole number"}, {"number", "a number"}, {"boolean", "true or false"},
	{"object", "an object"}, {"array", "a list"}, {"null", "null"},
}

// jsonTypeOf is the type of a name, or 0.
func jsonTypeOf(name string) jsonTypes {
	for i, t := range jsonTypeNames {
		if t.name == name {
			return 1 << i
		}
	}
	return 0
}

// String names the types as a message does: "text or a whole number".
func (t jsonTypes) String() string {
	var texts []string
	for i, n := range jsonTypeNames {
		if t&(1<<i) != 0 {
			texts = append(texts, n.text)
		}
	}
	return strings.Join(texts, " or ")
}

// schema is the JSON Schema of a value, prepared for checks. It is immutable.
type schema struct {
	types jsonTypes
	enum  []any  // plain data; empty for any
	only  string // what enum and const let through, for messages

	minLength, maxLength int // runes; -1 where unbounded
	pattern              *regexp.Regexp
	format               *textFormat

	minimum, maximum       *float64
	aboveMin, belowMax     *float64 // exclusive bounds
	multipleOf             float64  // 0 for any
	items                  *schema
	minItems, maxItems     int // -1 where unbounded
	unique                 bool
	properties             []property
	required               []string
	additional             *schema // of fields that are not declared
	closed                 bool    // there may be none
	checksItems, checksMap bool
}

type property struct {
	name   string
	schema *schema
}

// fieldPath is a place in an input: "address.lines.0".
type fieldPath struct {
	parent *fieldPath
	name   string
}

// String is the path as details.field has it.
func (p *fieldPath) String() string {
	if p.parent == nil {
		return p.name
	}
	return p.parent.String() + "." + p.name
}

// fault is the entry that says what is wrong at p.
func (p *fieldPath) fault(problem string) ErrorEntry {
	field := p.String()
	return faultEntry(field, "The field "+field+" "+problem+".")
}

// maxFaults bounds the answer to a long list of which every item is wrong.
const maxFaults = 100

// faults collects what is wrong with a value.
type faults struct {
	list []ErrorEntry
}

func (f *faults) add(at *fieldPath, problem string) {
	if len(f.list) < maxFaults {
		f.list = append(f.list, at.fault(problem))
	}
}

func (f *faults) full() bool { return len(f.list) >= maxFaults }

// check adds all that is wrong with v to out and gives v as plain data: numbers
// are int or float64. A value of the wrong type has that one fault.
func (s *schema) check(v any, at *fieldPath, out *faults) any {
	is := jsonTypes(0)
	switch x := v.(type) {
	case nil:
		is = jsonNull
	case string:
		if s.types == 0 || s.types&jsonString != 0 {
			s.checkText(x, at, out)
		}
		is = jsonString
	case bool:
		is = jsonBoolean
	case map[string]any:
		is = jsonObject
		if s.checksMap && (s.types == 0 || s.types&is != 0) {
			s.checkObject(x, at, out)
		}
	case []any:
		is = jsonArray
		if s.checksItems && (s.types == 0 || s.types&is != 0) {
			s.checkList(x, at, out)
		}
	default:
		v, is = s.number(v)
		if is == 0 && s.types&(jsonInteger|jsonNumber) != 0 {
			out.add(at, "is out of range")
			return v
		}
		s.checkNumber(v, is, at, out)
	}
	if s.types != 0 && s.types&is == 0 {
		out.add(at, "must be "+(s.types&^jsonNull).String())
		return v
	}
	if s.enum != nil && !slices.ContainsFunc(s.enum, func(e any) bool { return samePlain(e, v) }) {
		out.add(at, "must be "+s.only)
	}
	return v
}

// number gives a number as int where a whole number is declared or it is one
// already, else as float64; 0 is the type of what is too large.
func (s *schema) number(v any) (any, jsonTypes) {
	switch x := v.(type) {
	case int:
		return x, jsonInteger | jsonNumber
	case int64:
		return int(x), jsonInteger | jsonNumber
	case json.Number:
		if n, err := strconv.Atoi(x.String()); err == nil {
			return n, jsonInteger | jsonNumber
		}
		f, err := x.Float64()
		if err != nil {
			return v, 0
		}
		return s.number(f)
	case float64:
		switch {
		case x != math.Trunc(x):
			return x, jsonNumber
		case math.Abs(x) < maxExact:
			if s.types&jsonInteger != 0 && s.types&jsonNumber == 0 {
				return int(x), jsonInteger | jsonNumber
			}
			return x, jsonInteger | jsonNumber
		case s.types&jsonNumber != 0 || s.types == 0:
			return x, jsonNumber
		}
	}
	return v, 0
}

func (s *schema) checkText(text string, at *fieldPath, out *faults) {
	// The number of bytes bounds that of runes, so most texts are not counted.
	if s.minLength > 0 && (len(text) < s.minLength || utf8.RuneCountInString(text) < s.minLength) {
		out.add(at, "must have at least "+plural(s.minLength, "character"))
	}
	if s.maxLength >= 0 && len(text) > s.maxLength && utf8.RuneCountInString(text) > s.maxLength {
		out.add(at, "must have at most "+plural(s.maxLength, "character"))
		return // no more work is done for a text that is too long
	}
	if s.pattern != nil && !s.pattern.MatchString(text) {
		out.add(at, "must match the pattern "+s.pattern.String())
	}
	if s.format != nil && !s.format.valid(text) {
		out.add(at, "must be "+s.format.text)
	}
}

func (s *schema) checkNumber(v any, is jsonTypes, at *fieldPath, out *faults) {
	if s.types != 0 && s.types&is == 0 {
		return
	}
	x, ok := v.(float64)
	if n, whole := v.(int); whole {
		x, ok = float64(n), true
	}
	if !ok {
		return
	}
	switch {
	case s.minimum != nil && x < *s.minimum:
		out.add(at, "must be at least "+formatNumber(*s.minimum))
	case s.aboveMin != nil && x <= *s.aboveMin:
		out.add(at, "must be more than "+formatNumber(*s.aboveMin))
	}
	switch {
	case s.maximum != nil && x > *s.maximum:
		out.add(at, "must be at most "+formatNumber(*s.maximum))
	case s.belowMax != nil && x >= *s.belowMax:
		out.add(at, "must be less than "+formatNumber(*s.belowMax))
	}
	if s.multipleOf != 0 && !isMultiple(x, s.multipleOf) {
		out.add(at, "must be a multiple of "+formatNumber(s.multipleOf))
	}
}

func (s *schema) checkList(list []any, at *fieldPath, out *faults) {
	if len(list) < s.minItems {
		out.add(at, "must have at least "+plural(s.minItems, "item"))
	}
	if s.maxItems >= 0 && len(list) > s.maxItems {
		out.add(at, "must have at most "+plural(s.maxItems, "item"))
		return
	}
	if s.items != nil {
		for i := 0; i < len(list) && !out.full(); i++ {
			list[i] = s.items.check(list[i], &fieldPath{at, strconv.Itoa(i)}, out)
		}
	}
	if s.unique && !allDistinct(list) {
		out.add(at, "must not have an item twice")
	}
}

func (s *schema) checkObject(m map[string]any, at *fieldPath, out *faults) {
	for _, name := range s.required {
		if _, ok := m[name]; !ok {
			out.add(&fieldPath{at, name}, "is required")
		}
	}
	known := 0
	for _, p := range s.properties {
		if v, ok := m[p.name]; ok {
			known++
			m[p.name] = p.schema.check(v, &fieldPath{at, p.name}, out)
		}
	}
	if known == len(m) || !s.closed && s.additional == nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		switch {
		case out.full():
			return
		case slices.ContainsFunc(s.properties, func(p property) bool { return p.name == name }):
		case s.closed:
			out.add(&fieldPath{at, shorten(name)}, "is not known")
		default:
			m[name] = s.additional.check(m[name], &fieldPath{at, shorten(name)}, out)
		}
	}
}

// allDistinct compares items by their JSON, so that a long list costs no more
// than reading it.
func allDistinct(list []any) bool {
	seen := make(map[string]bool, len(list))
	for _, item := range list {
		seen[string(appendJSON(nil, item))] = true
	}
	return len(seen) == len(list)
}

// samePlain reports whether two values are equal as JSON data: 1 is 1.0.
func samePlain(a, b any) bool {
	switch a := a.(type) {
	case nil, bool, string:
		return a == b
	case int:
		if b, ok := b.(int); ok {
			return a == b
		}
	}
	return string(appendJSON(nil, a)) == string(appendJSON(nil, b))
}

// isMultiple reports whether x is a multiple of m, as they are written: 0.3 is
// one of 0.1.
func isMultiple(x, m float64) bool {
	if x == math.Trunc(x) && m == math.Trunc(m) {
		return math.Mod(x, m) == 0
	}
	exact := func(f float64) *big.Rat {
		r, _ := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64))
		return r
	}
	return new(big.Rat).Quo(exact(x), exact(m)).IsInt()
}

func formatNumber(f float64) string { return string(appendFloat(nil, f, 64)) }

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// shorten cuts a name that a client has made up.
func shorten(name string) string {
	if len(name) <= 64 {
		return name
	}
	return strings.ToValidUTF8(name[:64], "") + "…"
}
