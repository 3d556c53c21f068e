package runtime

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxJSONDepth is how deep lists and objects of a body may be nested.
const maxJSONDepth = 32

// Problems of a body. Their texts are for tests and logs; clients are told only
// that the body could not be read.
var (
	errJSONSyntax    = errors.New("runtime: the body is not JSON")
	errJSONDepth     = errors.New("runtime: the body is nested too deep")
	errJSONDuplicate = errors.New("runtime: the body has a key twice")
	errJSONText      = errors.New("runtime: the body has text that is not Unicode")
	errJSONNumber    = errors.New("runtime: the body has a number that is too large")
)

// decodeJSON reads one JSON value (RFC 8259) as map[string]any, []any, string,
// bool, int, float64 or nil. Whole numbers that fit are int. It is stricter than
// encoding/json where two readers could understand a body differently: a key
// that stands twice, text that is not Unicode and anything after the value are
// refused. The strings of the result share the memory of src.
func decodeJSON(src string) (any, error) {
	d := jsonDecoder{src: src}
	v, err := d.value(0)
	if err != nil {
		return nil, err
	}
	d.blanks()
	if d.at != len(d.src) {
		return nil, errJSONSyntax
	}
	return v, nil
}

type jsonDecoder struct {
	src string
	at  int
}

// blanks skips white space and gives the next byte, or 0 at the end.
func (d *jsonDecoder) blanks() byte {
	for ; d.at < len(d.src); d.at++ {
		switch c := d.src[d.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

func (d *jsonDecoder) value(depth int) (any, error) {
	switch c := d.blanks(); c {
	case '{':
		return d.object(depth + 1)
	case '[':
		return d.list(depth + 1)
	case '"':
		return d.text()
	case 't':
		return true, d.word("true")
	case 'f':
		return false, d.word("false")
	case 'n':
		return nil, d.word("null")
	default:
		return d.number()
	}
}

func (d *jsonDecoder) word(w string) error {
	if !strings.HasPrefix(d.src[d.at:], w) {
		return errJSONSyntax
	}
	d.at += len(w)
	return nil
}

func (d *jsonDecoder) object(depth int) (any, error) {
	if depth > maxJSONDepth {
		return nil, errJSONDepth
	}
	fields := map[string]any{}
	d.at++
	if d.blanks() == '}' {
		d.at++
		return fields, nil
	}
	for {
		if d.blanks() != '"' {
			return nil, errJSONSyntax
		}
		key, err := d.text()
		if err != nil {
			return nil, err
		}
		if _, twice := fields[key]; twice {
			return nil, errJSONDuplicate
		}
		if d.blanks() != ':' {
			return nil, errJSONSyntax
		}
		d.at++
		if fields[key], err = d.value(depth); err != nil {
			return nil, err
		}
		if done, err := d.next('}'); done || err != nil {
			return fields, err
		}
	}
}

func (d *jsonDecoder) list(depth int) (any, error) {
	if depth > maxJSONDepth {
		return nil, errJSONDepth
	}
	items := []any{}
	d.at++
	if d.blanks() == ']' {
		d.at++
		return items, nil
	}
	for {
		item, err := d.value(depth)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
		if done, err := d.next(']'); done || err != nil {
			return items, err
		}
	}
}

// next reads what stands after an item: a comma, or the end of the list.
func (d *jsonDecoder) next(end byte) (done bool, err error) {
	switch d.blanks() {
	case ',':
		d.at++
		return false, nil
	case end:
		d.at++
		return true, nil
	}
	return false, errJSONSyntax
}

// text reads a string. Without escapes it is a piece of src.
func (d *jsonDecoder) text() (string, error) {
	start := d.at + 1
	plain := true // neither escapes nor bytes beyond ASCII
	for i := start; i < len(d.src); i++ {
		switch c := d.src[i]; {
		case c == '"':
			s := d.src[start:i]
			d.at = i + 1
			if !plain && !utf8.ValidString(s) {
				return "", errJSONText
			}
			return s, nil
		case c == '\\':
			return d.escaped(start, i)
		case c < ' ':
			return "", errJSONSyntax
		case c >= utf8.RuneSelf:
			plain = false
		}
	}
	return "", errJSONSyntax
}

// escaped reads the rest of a string whose first escape stands at i.
func (d *jsonDecoder) escaped(start, i int) (string, error) {
	b := make([]byte, 0, i-start+32)
	b = append(b, d.src[start:i]...)
	for i < len(d.src) {
		switch c := d.src[i]; {
		case c == '"':
			d.at = i + 1
			if !utf8.Valid(b) {
				return "", errJSONText
			}
			return string(b), nil
		case c < ' ':
			return "", errJSONSyntax
		case c != '\\':
			b = append(b, c)
			i++
		case i+1 < len(d.src) && d.src[i+1] == 'u':
			r, width, err := unicodeEscape(d.src[i:])
			if err != nil {
				return "", err
			}
			b = utf8.AppendRune(b, r)
			i += width
		default:
			if i+1 == len(d.src) {
				return "", errJSONSyntax
			}
			at := strings.IndexByte(`"\/bfnrt`, d.src[i+1])
			if at < 0 {
				return "", errJSONSyntax
			}
			b = append(b, "\"\\/\b\f\n\r\t"[at])
			i += 2
		}
	}
	return "", errJSONSyntax
}

// unicodeEscape reads \uXXXX, or two of them that make up one character. Half
// of such a pair is no text.
func unicodeEscape(s string) (r rune, width int, err error) {
	r, ok := hexRune(s)
	switch {
	case !ok:
		return 0, 0, errJSONSyntax
	case !utf16.IsSurrogate(r):
		return r, 6, nil
	}
	low, ok := hexRune(s[6:])
	if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
		return 0, 0, errJSONText
	}
	return r, 12, nil
}

func hexRune(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range []byte(s[2:6]) {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

func (d *jsonDecoder) number() (any, error) {
	start := d.at
	if d.peek() == '-' {
		d.at++
	}
	switch c := d.peek(); {
	case c == '0':
		d.at++
	case !d.digits():
		return nil, errJSONSyntax
	}
	whole := true
	if d.peek() == '.' {
		whole = false
		d.at++
		if !d.digits() {
			return nil, errJSONSyntax
		}
	}
	if d.peek()|0x20 == 'e' {
		whole = false
		d.at++
		if c := d.peek(); c == '+' || c == '-' {
			d.at++
		}
		if !d.digits() {
			return nil, errJSONSyntax
		}
	}
	literal := d.src[start:d.at]
	if whole && literal != "-0" {
		if n, err := strconv.Atoi(literal); err == nil {
			return n, nil
		}
	}
	f, err := strconv.ParseFloat(literal, 64)
	if err != nil {
		return nil, errJSONNumber
	}
	return f, nil
}

// peek is the byte under way, or 0 at the end.
func (d *jsonDecoder) peek() byte {
	if d.at == len(d.src) {
		return 0
	}
	return d.src[d.at]
}

// digits skips one or more digits.
func (d *jsonDecoder) digits() bool {
	start := d.at
	for c := d.peek(); '0' <= c && c <= '9'; c = d.peek() {
		d.at++
	}
	return d.at > start
}
