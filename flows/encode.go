package flows

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// lineWidth is how long a list or map that is written in one line may be.
const lineWidth = 72

// encoder writes values as YAML, in the style of the documentation: two blanks
// a level, lists under their key, quotes only where needed.
type encoder struct {
	lineBreak string
	// noBlocks writes texts of several lines in quotes.
	noBlocks bool
}

// valueOf turns Go data into a value: nil, bool, integers, floats, strings,
// slices, maps with string keys, in the order of their keys, and *Value as it is.
func valueOf(data any) (*Value, error) {
	if v, ok := data.(*Value); ok && v != nil {
		return v, nil
	}
	v := &Value{}
	switch d := reflect.ValueOf(data); d.Kind() {
	case reflect.Invalid:
		return v, nil
	case reflect.Bool:
		v.Kind, v.Bool = Bool, d.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.Kind, v.Int = Int, d.Int()
	case reflect.Float32, reflect.Float64:
		if math.IsNaN(d.Float()) || math.IsInf(d.Float(), 0) {
			return nil, fmt.Errorf("flows: %v cannot be written", data)
		}
		v.Kind, v.Float = Float, d.Float()
		// A number that comes from JSON is whole more often than not.
		if whole := math.Trunc(v.Float); whole == v.Float && math.Abs(whole) < 1<<53 {
			v.Kind, v.Int, v.Float = Int, int64(whole), 0
		}
	case reflect.String:
		v.Kind, v.Text = String, d.String()
	case reflect.Slice:
		v.Kind = List
		for i := range d.Len() {
			item, err := valueOf(d.Index(i).Interface())
			if err != nil {
				return nil, err
			}
			v.Items = append(v.Items, item)
		}
	case reflect.Map:
		entries, ok := data.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("flows: a %T cannot be written", data)
		}
		v.Kind = Map
		for _, key := range slices.Sorted(maps.Keys(entries)) {
			item, err := valueOf(entries[key])
			if err != nil {
				return nil, err
			}
			v.Fields = append(v.Fields, Field{Name{Text: key}, item})
		}
	default:
		return nil, fmt.Errorf("flows: a %T cannot be written", data)
	}
	return v, nil
}

// flow writes a value as it may stand between brackets.
func (e encoder) flow(v *Value) string {
	switch v.Kind {
	case List:
		items := make([]string, len(v.Items))
		for i, item := range v.Items {
			items[i] = e.flow(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case Map:
		fields := make([]string, len(v.Fields))
		for i, f := range v.Fields {
			fields[i] = e.key(f.Key.Text) + ": " + e.flow(f.Value)
		}
		return "{" + strings.Join(fields, ", ") + "}"
	}
	return e.scalar(v, true)
}

func (e encoder) key(key string) string { return e.scalar(&Value{Kind: String, Text: key}, true) }

// scalar writes a scalar in one line.
func (e encoder) scalar(v *Value, inFlow bool) string {
	switch v.Kind {
	case Bool:
		return strconv.FormatBool(v.Bool)
	case Int:
		return strconv.FormatInt(v.Int, 10)
	case Float:
		written := strconv.FormatFloat(v.Float, 'g', -1, 64)
		if !strings.ContainsAny(written, ".e") {
			written += ".0"
		}
		return written
	case String:
		if isPlain(v.Text, inFlow) {
			return v.Text
		}
		return quote(v.Text)
	}
	return "null"
}

var (
	// plainForm is text that cannot be taken for anything else: words of letters,
	// digits and the marks that mean nothing to YAML at their place.
	plainForm = regexp.MustCompile(`^[\p{L}/_$][^\x00-\x20#:,\[\]{}?\x7f]*( [^\x00-\x20#:,\[\]{}?\x7f]+)*$`)
	// wordForms are words to which YAML, in one of its versions, gives a meaning.
	wordForms = regexp.MustCompile(`^(?i:true|false|null|yes|no|on|off|y|n|nan|inf|infinity)$`)
	// plainExpression is text that begins with an expression and would be cut or
	// taken for a key by nothing.
	plainExpression = regexp.MustCompile(`^\$\{\{ [^\x00-\x1f\x7f]*\}\}$`)
)

// isPlain reports whether a text needs no quotes. It errs on the side of quotes.
func isPlain(text string, inFlow bool) bool {
	if !isPrintable(text) {
		return false
	}
	if !inFlow && plainExpression.MatchString(text) {
		return !strings.Contains(text, " #") && !strings.Contains(text, ": ")
	}
	return plainForm.MatchString(text) && !wordForms.MatchString(text)
}

// block writes a value to stand behind a colon or dash; indent is that of what
// stands below it. The result begins with a blank or a line break and ends
// without one.
func (e encoder) block(v *Value, indent int) string {
	switch {
	case v.Kind == List && len(v.Items) > 0 || v.Kind == Map && len(v.Fields) > 0:
		if line := e.flow(v); isShort(v) && len(line)+indent <= lineWidth {
			return " " + line
		}
		return e.lineBreak + e.lines(v, indent)
	case v.Kind == String && strings.Contains(v.Text, "\n") && !e.noBlocks:
		if written, ok := e.literal(v.Text, indent); ok {
			return written
		}
	case v.Kind == List || v.Kind == Map:
		return " " + e.flow(v)
	}
	return " " + e.scalar(v, false)
}

// field writes the value of a key as block does, but what stands under with
// always line by line.
func (e encoder) field(key string, v *Value, indent int) string {
	if key == "with" && v.Kind == Map && len(v.Fields) > 0 {
		return e.lineBreak + e.lines(v, indent)
	}
	return e.block(v, indent)
}

// lines writes the entries of a list or map, one a line, from the indentation
// of the first one on.
func (e encoder) lines(v *Value, indent int) string {
	margin := strings.Repeat(" ", indent)
	var lines []string
	for _, item := range v.Items {
		if item.Kind == Map && len(item.Fields) > 0 {
			// The keys of a map begin behind the dash.
			lines = append(lines, margin+"- "+strings.TrimLeft(e.lines(item, indent+2), " "))
			continue
		}
		lines = append(lines, margin+"-"+e.block(item, indent+2))
	}
	for _, f := range v.Fields {
		lines = append(lines, margin+e.key(f.Key.Text)+":"+e.field(f.Key.Text, f.Value, indent+2))
	}
	return strings.Join(lines, e.lineBreak)
}

// isShort reports whether a list or map reads well in one line: it has scalars
// only, and no expressions, which would need quotes there.
func isShort(v *Value) bool {
	for _, item := range v.Items {
		if !isShortScalar(item) {
			return false
		}
	}
	for _, f := range v.Fields {
		if !isShortScalar(f.Value) {
			return false
		}
	}
	return true
}

func isShortScalar(v *Value) bool {
	return v.Kind != List && v.Kind != Map && !strings.Contains(v.Text, opening) && !strings.Contains(v.Text, "\n")
}

// literal writes a text of several lines as it is, line by line. ok is false if
// YAML would read it back as another.
func (e encoder) literal(text string, indent int) (written string, ok bool) {
	body := strings.TrimSuffix(text, "\n")
	header := " |-"
	if body != text {
		header = " |"
	}
	if body == "" || strings.HasSuffix(body, "\n") || body[0] == ' ' || body[0] == '\n' {
		return "", false
	}
	lines := strings.Split(body, "\n")
	for i, line := range lines {
		if !isPrintable(line) {
			return "", false
		}
		if line != "" {
			lines[i] = strings.Repeat(" ", indent) + line
		}
	}
	return header + e.lineBreak + strings.Join(lines, e.lineBreak), true
}
