package engine

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/latchwork/latchwork/flows"
)

// meantDuration is the hint to write a time with a unit that is known.
func meantDuration(v *flows.Value) string {
	if v.Kind == flows.Int && v.Int > 0 {
		return fmt.Sprintf("write %ds", v.Int)
	}
	if meant := flows.MeantDuration(v.Text); meant != "" {
		return "write " + meant
	}
	return ""
}

// literalValue decodes a constant that is written in YAML.
func literalValue(v *flows.Value, want reflect.Type, f *field) (reflect.Value, *problem) {
	b := baseType(want)
	wrong := func() (reflect.Value, *problem) {
		p := &problem{code: "bad-type", message: fmt.Sprintf("expected %s, not %s", typeText(want), v.Kind)}
		switch {
		case b.Kind() == reflect.String && v.Kind != flows.String:
			p.hint = "put it in quotes"
		case v.Kind != flows.String || classOf(b)&^(cNumber|cTruth) != 0:
		case json.Valid([]byte(v.Text)):
			p.hint = "write it without quotes: " + v.Text
		case strings.ContainsAny(v.Text, ".()"):
			p.hint = "an expression stands in braces: ${{ " + v.Text + " }}"
		}
		return reflect.Value{}, p
	}
	out := reflect.New(b).Elem()
	switch {
	case b == anyType:
		if x := v.Plain(); x != nil {
			out.Set(reflect.ValueOf(x))
		}
	case b == bodyType:
		return reflect.ValueOf(v.Plain()), nil
	case b == reflect.TypeFor[time.Duration]():
		d, err := flows.ParseDuration(v.Text)
		if v.Kind != flows.String || err != nil {
			return reflect.Value{}, &problem{code: "bad-type", message: "expected a duration such as 10s, 15m or 168h", hint: meantDuration(v)}
		}
		out.SetInt(int64(d))
	case b == secretType:
		if v.Kind != flows.String {
			return wrong()
		}
		out.Set(reflect.ValueOf(NewSecret(v.Text)))
	case b.Kind() == reflect.String:
		if v.Kind != flows.String {
			return wrong()
		}
		if f != nil && len(f.enum) > 0 && !slices.Contains(f.enum, v.Text) {
			return reflect.Value{}, &problem{"bad-value", fmt.Sprintf("expected %s, not %q", orList(f.enum), v.Text), didYouMean(v.Text, f.enum)}
		}
		out.SetString(v.Text)
	case b.Kind() == reflect.Bool && v.Kind == flows.Bool:
		out.SetBool(v.Bool)
	case b.Kind() == reflect.Int && v.Kind == flows.Int:
		if p := outOfBounds(f, float64(v.Int)); p != nil {
			return reflect.Value{}, p
		}
		out.SetInt(v.Int)
	case b.Kind() == reflect.Float64 && (v.Kind == flows.Int || v.Kind == flows.Float):
		n := v.Float
		if v.Kind == flows.Int {
			n = float64(v.Int)
		}
		if p := outOfBounds(f, n); p != nil {
			return reflect.Value{}, p
		}
		out.SetFloat(n)
	case b.Kind() == reflect.Slice && b.Elem().Kind() == reflect.String && v.Kind == flows.String:
		// One text where a list of texts is wanted stands for a list of one.
		item, wrong := literalValue(v, b.Elem(), f)
		if wrong != nil {
			return item, wrong
		}
		out = reflect.Append(out, item)
	default:
		return wrong()
	}
	if want.Kind() == reflect.Pointer {
		p := reflect.New(b)
		p.Elem().Set(out)
		return p, nil
	}
	return out, nil
}

// orList writes words as "a, b or c".
func orList(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

func outOfBounds(f *field, n float64) *problem {
	switch {
	case f == nil:
	case f.min != nil && n < *f.min:
		return &problem{code: "bad-value", message: fmt.Sprintf("expected %v or more, not %v", *f.min, n)}
	case f.max != nil && n > *f.max:
		return &problem{code: "bad-value", message: fmt.Sprintf("expected %v or less, not %v", *f.max, n)}
	}
	return nil
}
