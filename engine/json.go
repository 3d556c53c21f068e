package engine

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// encoder appends a value of the one type it was made for as JSON.
type encoder func(dst []byte, v reflect.Value) []byte

// encodeState is handed down while a value is encoded.
type encodeState struct {
	masked bool // secrets are written as "[secret]"
	depth  int  // lists, maps, structs and pointers that v lies in
}

// maxEncodeDepth bounds what is written of data that contains itself: plain
// data is nowhere near as deep, and below it null is written.
const maxEncodeDepth = 256

type stateEncoder func(dst []byte, v reflect.Value, s encodeState) []byte

// stateEncoders holds a stateEncoder by reflect.Type.
var stateEncoders sync.Map

// encoderOf is the encoder of values of type t. Fields of structs are named by
// their flow tags and stand in the order of their declaration; fields without a
// tag are left out. A Secret is written in the clear: the loader has proved
// that it may leave. What JSON cannot hold, such as an infinite number, is null.
// It is safe for concurrent use.
func encoderOf(t reflect.Type) encoder { return stateOf(t).with(encodeState{}) }

// maskedEncoderOf is encoderOf with every Secret, and whatever lies in a field
// that is tagged as a secret, written as "[secret]".
func maskedEncoderOf(t reflect.Type) encoder { return stateOf(t).with(encodeState{masked: true}) }

func (e stateEncoder) with(s encodeState) encoder {
	return func(dst []byte, v reflect.Value) []byte { return e(dst, v, s) }
}

// appendJSON appends a value of any type, as encoderOf says.
func appendJSON(dst []byte, v any) []byte { return appendAny(dst, v, encodeState{}) }

// appendMasked appends a value of any type, as maskedEncoderOf says.
func appendMasked(dst []byte, v any) []byte { return appendAny(dst, v, encodeState{masked: true}) }

// appendAny writes JSON data without reflection.
func appendAny(dst []byte, v any, s encodeState) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case string:
		return appendString(dst, v)
	case bool:
		return strconv.AppendBool(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case float64:
		return appendFloat(dst, v, 64)
	case Secret:
		return appendSecret(dst, v, s)
	case Instant:
		return appendInstant(dst, v)
	case map[string]any:
		return appendMap(dst, v, s, appendAny)
	case map[string]string:
		return appendMap(dst, v, s, func(dst []byte, item string, _ encodeState) []byte { return appendString(dst, item) })
	case []any:
		return appendList(dst, v, s, appendAny)
	case []string:
		return appendList(dst, v, s, func(dst []byte, item string, _ encodeState) []byte { return appendString(dst, item) })
	}
	return stateOf(reflect.TypeOf(v))(dst, reflect.ValueOf(v), s)
}

func appendList[T any](dst []byte, list []T, s encodeState, item func([]byte, T, encodeState) []byte) []byte {
	if s.depth++; s.depth > maxEncodeDepth {
		return append(dst, "null"...)
	}
	dst = append(dst, '[')
	for i, v := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = item(dst, v, s)
	}
	return append(dst, ']')
}

// appendMap writes the keys in order, so that equal maps give equal JSON.
func appendMap[T any](dst []byte, m map[string]T, s encodeState, item func([]byte, T, encodeState) []byte) []byte {
	if s.depth++; s.depth > maxEncodeDepth {
		return append(dst, "null"...)
	}
	var few [16]string
	keys := few[:0]
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	dst = append(dst, '{')
	for i, k := range keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, k), ':')
		dst = item(dst, m[k], s)
	}
	return append(dst, '}')
}

func appendSecret(dst []byte, v Secret, s encodeState) []byte {
	if s.masked {
		return appendString(dst, masked)
	}
	return appendString(dst, v.text)
}

func appendInstant(dst []byte, v Instant) []byte {
	dst, _ = v.AppendText(append(dst, '"'))
	return append(dst, '"')
}

// appendFloat writes a number as encoding/json does: as ECMAScript would, with
// an exponent only where it is very small or very large.
func appendFloat(dst []byte, f float64, bits int) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 {
		tiny, huge := abs < 1e-6, abs >= 1e21
		if bits == 32 {
			tiny, huge = float32(abs) < 1e-6, float32(abs) >= 1e21
		}
		if tiny || huge {
			format = 'e'
		}
	}
	dst = strconv.AppendFloat(dst, f, format, -1, bits)
	// An exponent of one digit is written without the zero: e-09 is e-9.
	if n := len(dst); format == 'e' && n >= 4 && dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst
}

// unescaped are the bytes that stand for themselves in JSON text.
var unescaped = func() (table [256]bool) {
	for c := range table {
		table[c] = c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\'
	}
	return table
}()

const hexDigits = "0123456789abcdef"

// appendString writes text as encoding/json does without its escapes for HTML.
// Bytes that are not UTF-8 become U+FFFD, and the line separators that some
// readers take for line ends are escaped.
func appendString(dst []byte, text string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(text); {
		c := text[i]
		if unescaped[c] {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			dst = append(dst, text[start:i]...)
			switch c {
			case '"', '\\':
				dst = append(dst, '\\', c)
			case '\b':
				dst = append(dst, '\\', 'b')
			case '\f':
				dst = append(dst, '\\', 'f')
			case '\n':
				dst = append(dst, '\\', 'n')
			case '\r':
				dst = append(dst, '\\', 'r')
			case '\t':
				dst = append(dst, '\\', 't')
			default:
				dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(append(dst, text[start:i]...), `\ufffd`...)
			start = i + size
		case r == '\u2028' || r == '\u2029':
			dst = append(append(dst, text[start:i]...), `\u202`...)
			dst = append(dst, hexDigits[r&0xf])
			start = i + size
		}
		i += size
	}
	dst = append(dst, text[start:]...)
	return append(dst, '"')
}

// stateOf is the encoder of a type, made once.
func stateOf(t reflect.Type) stateEncoder {
	if e, ok := stateEncoders.Load(t); ok {
		return e.(stateEncoder)
	}
	e, _ := stateEncoders.LoadOrStore(t, makeEncoder(t, nil))
	return e.(stateEncoder)
}

// makeEncoder makes the encoder of a type that lies in the types under way. A
// type that contains itself is looked up while it is written.
func makeEncoder(t reflect.Type, under []reflect.Type) stateEncoder {
	if slices.Contains(under, t) {
		return func(dst []byte, v reflect.Value, s encodeState) []byte { return stateOf(t)(dst, v, s) }
	}
	under = append(slices.Clip(under), t)
	switch t {
	case secretType:
		return func(dst []byte, v reflect.Value, s encodeState) []byte {
			// Not by v.Interface, which would copy the value to the heap.
			return appendSecret(dst, Secret{v.Field(0).String()}, s)
		}
	case instantType:
		return func(dst []byte, v reflect.Value, _ encodeState) []byte { return appendInstant(dst, Instant(v.Int())) }
	case bodyType:
		return encodeBody
	case reflect.TypeFor[time.Duration]():
		return func(dst []byte, v reflect.Value, _ encodeState) []byte {
			return appendString(dst, time.Duration(v.Int()).String())
		}
	case reflect.TypeFor[json.Number]():
		return func(dst []byte, v reflect.Value, _ encodeState) []byte { return appendNumber(dst, v.String()) }
	}
	switch t.Kind() {
	case reflect.Bool:
		return func(dst []byte, v reflect.Value, _ encodeState) []byte { return strconv.AppendBool(dst, v.Bool()) }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(dst []byte, v reflect.Value, _ encodeState) []byte { return strconv.AppendInt(dst, v.Int(), 10) }
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return func(dst []byte, v reflect.Value, _ encodeState) []byte { return strconv.AppendUint(dst, v.Uint(), 10) }
	case reflect.Float32, reflect.Float64:
		return func(dst []byte, v reflect.Value, _ encodeState) []byte { return appendFloat(dst, v.Float(), t.Bits()) }
	case reflect.String:
		return func(dst []byte, v reflect.Value, _ encodeState) []byte { return appendString(dst, v.String()) }
	case reflect.Interface:
		return encodeInterface
	case reflect.Pointer:
		return pointerEncoder(makeEncoder(t.Elem(), under))
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 && t.Kind() == reflect.Slice {
			return encodeBytes
		}
		return listEncoder(makeEncoder(t.Elem(), under))
	case reflect.Map:
		if t.Key().Kind() == reflect.String {
			return mapEncoder(makeEncoder(t.Elem(), under))
		}
	case reflect.Struct:
		return structEncoder(t, under)
	}
	return func(dst []byte, _ reflect.Value, _ encodeState) []byte { return append(dst, "null"...) }
}

// encodeBody renders a body, save where secrets are masked: what it will hold is
// not known by its type.
func encodeBody(dst []byte, v reflect.Value, s encodeState) []byte {
	b := v.Interface().(Body)
	switch {
	case !b.IsSet():
		return append(dst, "null"...)
	case s.masked:
		return appendString(dst, masked)
	}
	start := len(dst)
	out, err := b.AppendJSON(dst)
	if err != nil {
		return append(dst[:start], "null"...)
	}
	return out
}

// appendNumber writes the text of a number that was read from JSON.
func appendNumber(dst []byte, text string) []byte {
	if !json.Valid([]byte(text)) || strings.TrimLeft(text, "-0123456789") == text {
		return append(dst, "null"...)
	}
	return append(dst, text...)
}

func encodeInterface(dst []byte, v reflect.Value, s encodeState) []byte {
	if v.IsNil() {
		return append(dst, "null"...)
	}
	return appendAny(dst, v.Elem().Interface(), s)
}

func encodeBytes(dst []byte, v reflect.Value, _ encodeState) []byte {
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, v.Bytes())
	return append(dst, '"')
}

func pointerEncoder(elem stateEncoder) stateEncoder {
	return func(dst []byte, v reflect.Value, s encodeState) []byte {
		if s.depth++; v.IsNil() || s.depth > maxEncodeDepth {
			return append(dst, "null"...)
		}
		return elem(dst, v.Elem(), s)
	}
}

func listEncoder(elem stateEncoder) stateEncoder {
	return func(dst []byte, v reflect.Value, s encodeState) []byte {
		if s.depth++; s.depth > maxEncodeDepth {
			return append(dst, "null"...)
		}
		dst = append(dst, '[')
		for i := range v.Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = elem(dst, v.Index(i), s)
		}
		return append(dst, ']')
	}
}

func mapEncoder(elem stateEncoder) stateEncoder {
	return func(dst []byte, v reflect.Value, s encodeState) []byte {
		if s.depth++; s.depth > maxEncodeDepth {
			return append(dst, "null"...)
		}
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(a.String(), b.String()) })
		dst = append(dst, '{')
		for i, k := range keys {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, k.String()), ':')
			dst = elem(dst, v.MapIndex(k), s)
		}
		return append(dst, '}')
	}
}

// encodedField is a field of a struct, with all that can be written beforehand.
type encodedField struct {
	label  string // `"userId":`, with a comma in front but for the first
	index  []int
	secret bool
	encode stateEncoder
}

// isSecret reports whether what lies in a field must not be shown, whatever its
// type.
func isSecret(sf reflect.StructField) bool {
	_, options, _ := strings.Cut(sf.Tag.Get("flow"), ",")
	return sf.Tag.Get("secret") != "" || sf.Tag.Get("credential") != "" || slices.Contains(strings.Split(options, ","), "evidence")
}

func structEncoder(t reflect.Type, under []reflect.Type) stateEncoder {
	var fields []encodedField
	for sf := range fieldsIn(t) {
		name, _, _ := strings.Cut(sf.Tag.Get("flow"), ",")
		label := string(appendString(nil, name)) + ":"
		if len(fields) > 0 {
			label = "," + label
		}
		fields = append(fields, encodedField{label, sf.Index, isSecret(sf), makeEncoder(sf.Type, under)})
	}
	return func(dst []byte, v reflect.Value, s encodeState) []byte {
		if s.depth++; s.depth > maxEncodeDepth {
			return append(dst, "null"...)
		}
		dst = append(dst, '{')
		for i := range fields {
			f := &fields[i]
			dst = append(dst, f.label...)
			switch {
			case s.masked && f.secret:
				dst = appendString(dst, masked)
			case len(f.index) == 1:
				dst = f.encode(dst, v.Field(f.index[0]), s)
			default:
				dst = f.encodePromoted(dst, v, s)
			}
		}
		return append(dst, '}')
	}
}

// encodePromoted writes a field of an embedded struct, which may be missing.
func (f *encodedField) encodePromoted(dst []byte, v reflect.Value, s encodeState) []byte {
	field, err := v.FieldByIndexErr(f.index)
	if err != nil {
		return append(dst, "null"...)
	}
	return f.encode(dst, field, s)
}
