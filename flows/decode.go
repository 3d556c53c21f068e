package flows

import (
	"cmp"
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Decode fills the struct that into points to from a map. A field is filled
// from the key in its tag: `yaml:"name"`, or `yaml:"name,required"`. Fields
// without a tag are left alone; those of an embedded struct with
// `yaml:",inline"` count as the outer struct's own, and a Pos with `yaml:",pos"`
// takes the place of the map.
//
// It fills bools, numbers, strings, structs, maps with string keys, slices,
// pointers, any, time.Duration ("10s", "7d"), Size ("64KiB"), types that
// implement encoding.TextUnmarshaler, Name with its place, and *Value, which
// takes whatever is written, expressions included; other fields take none. Any
// other type panics.
//
// What is not written keeps its value, so defaults are set beforehand. Slices
// are replaced, maps filled key by key; neither maps nor targets of pointers
// that were there before are written to. A nil v is a map without keys.
//
// Decode reports unknown keys, missing ones and wrong kinds, sorted. A value
// for which the parser has reported something may be reported again.
func Decode(v *Value, into any) Diagnostics {
	target := reflect.ValueOf(into)
	if target.Kind() != reflect.Pointer || target.Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("flows: Decode into %T, not a pointer to a struct", into))
	}
	if v == nil {
		v = &Value{Kind: Map}
	}
	var d decoder
	d.decode("the section", v, target.Elem())
	d.diags.Sort()
	return d.diags
}

type decoder struct{ diags Diagnostics }

var (
	valueType    = reflect.TypeFor[*Value]()
	nameType     = reflect.TypeFor[Name]()
	posType      = reflect.TypeFor[Pos]()
	durationType = reflect.TypeFor[time.Duration]()
	sizeType     = reflect.TypeFor[Size]()
)

// decode fills into from v. What names the value in messages.
func (d *decoder) decode(what string, v *Value, into reflect.Value) {
	switch {
	case into.Type() == valueType:
		into.Set(reflect.ValueOf(v))
		return
	case into.Type() == nameType:
		if text, ok := d.text(what, v); ok {
			into.Set(reflect.ValueOf(Name{text, v.Pos}))
		}
		return
	case into.Type() == durationType:
		d.duration(what, v, into)
		return
	case into.Type() == sizeType:
		d.size(what, v, into)
		return
	}
	if u, ok := into.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if text, ok := d.text(what, v); ok {
			if err := u.UnmarshalText([]byte(text)); err != nil {
				d.diags.Add(v.Pos, "bad-value", fmt.Sprintf("%s cannot be %q: %v", what, text, err), "")
			}
		}
		return
	}
	switch into.Kind() {
	case reflect.Pointer:
		d.pointer(what, v, into)
	case reflect.Struct:
		d.structure(what, v, into)
	case reflect.Map:
		d.mapping(what, v, into)
	case reflect.Slice:
		d.slice(what, v, into)
	case reflect.Interface:
		if found := v.expression(); found != nil {
			d.expression(what, found)
		} else if plain := v.Plain(); plain == nil {
			into.SetZero()
		} else {
			into.Set(reflect.ValueOf(plain))
		}
	default:
		d.scalar(what, v, into)
	}
}

func (d *decoder) wrong(what string, v *Value, want, hint string) {
	d.diags.Add(v.Pos, "wrong-type", fmt.Sprintf("%s must be %s, %s", what, want, butIs(v)), hint)
}

func (d *decoder) expression(what string, v *Value) {
	d.diags.Add(v.Pos, "misplaced-expression", what+" takes no expression", "write the value itself")
}

func (d *decoder) text(what string, v *Value) (string, bool) {
	switch {
	case v.Kind == Bool || v.Kind == Int || v.Kind == Float:
		d.wrong(what, v, "text", "put it in quotes")
	case v.Kind != String:
		d.wrong(what, v, "text", "")
	case v.Parts != nil:
		d.expression(what, v)
	default:
		return v.Text, true
	}
	return "", false
}

func (d *decoder) duration(what string, v *Value, into reflect.Value) {
	text, ok := d.measure(what, v, aDuration, "s")
	if !ok {
		return
	}
	duration, err := ParseDuration(text)
	if err != nil {
		d.diags.Add(v.Pos, "bad-duration", fmt.Sprintf("%s must be %s, not %q", what, aDuration, text), written(MeantDuration(text)))
		return
	}
	into.SetInt(int64(duration))
}

func (d *decoder) size(what string, v *Value, into reflect.Value) {
	text, ok := d.measure(what, v, aSize, "B")
	if !ok {
		return
	}
	size, err := ParseSize(text)
	if err != nil {
		d.diags.Add(v.Pos, "bad-size", fmt.Sprintf("%s must be %s, not %q", what, aSize, text), written(meantSize(text)))
		return
	}
	into.SetInt(int64(size))
}

// written is the hint to write what was meant; none if that is not clear.
func written(meant string) string {
	if meant == "" {
		return ""
	}
	return "write " + meant
}

const aSize = "a size such as 64KiB or 1MiB"

// measure is the text of a number with its unit.
func (d *decoder) measure(what string, v *Value, want, unit string) (string, bool) {
	switch v.Kind {
	case Int:
		d.wrong(what, v, want, fmt.Sprintf("write %d%s", v.Int, unit))
	case String:
		return d.text(what, v)
	default:
		d.wrong(what, v, want, "")
	}
	return "", false
}

// pointer fills a copy of what the pointer points to. Null makes it nil.
func (d *decoder) pointer(what string, v *Value, into reflect.Value) {
	if v.Kind == Null {
		into.SetZero()
		return
	}
	target := reflect.New(into.Type().Elem())
	if !into.IsNil() {
		target.Elem().Set(into.Elem())
	}
	d.decode(what, v, target.Elem())
	into.Set(target)
}

// mapping fills a copy of the map.
func (d *decoder) mapping(what string, v *Value, into reflect.Value) {
	if v.Kind == Null {
		return
	}
	if v.Kind != Map {
		d.wrong(what, v, "a map", "")
		return
	}
	filled := reflect.MakeMapWithSize(into.Type(), into.Len()+len(v.Fields))
	for entry := into.MapRange(); entry.Next(); {
		filled.SetMapIndex(entry.Key(), entry.Value())
	}
	for _, f := range v.Fields {
		key := reflect.ValueOf(f.Key.Text).Convert(into.Type().Key())
		item := reflect.New(into.Type().Elem()).Elem()
		if before := filled.MapIndex(key); before.IsValid() {
			item.Set(before)
		}
		d.decode(fmt.Sprintf("%q", f.Key.Text), f.Value, item)
		filled.SetMapIndex(key, item)
	}
	into.Set(filled)
}

func (d *decoder) slice(what string, v *Value, into reflect.Value) {
	if v.Kind == Null {
		return
	}
	if v.Kind != List {
		d.wrong(what, v, "a list", "")
		return
	}
	items := reflect.MakeSlice(into.Type(), len(v.Items), len(v.Items))
	for i, item := range v.Items {
		d.decode("an entry of "+what, item, items.Index(i))
	}
	into.Set(items)
}

func (d *decoder) scalar(what string, v *Value, into reflect.Value) {
	if v.Parts != nil {
		d.expression(what, v)
		return
	}
	switch into.Kind() {
	case reflect.Bool:
		if v.Kind != Bool {
			d.wrong(what, v, "true or false", yesOrNo(v))
			return
		}
		into.SetBool(v.Bool)
	case reflect.String:
		if text, ok := d.text(what, v); ok {
			into.SetString(text)
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if d.whole(what, v, into.OverflowInt(v.Int)) {
			into.SetInt(v.Int)
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if d.whole(what, v, v.Int < 0 || into.OverflowUint(uint64(v.Int))) {
			into.SetUint(uint64(v.Int))
		}
	case reflect.Float32, reflect.Float64:
		if v.Kind != Int && v.Kind != Float {
			d.wrong(what, v, "a number", "")
			return
		}
		into.SetFloat(asFloat(v))
	default:
		panic(fmt.Sprintf("flows: Decode does not fill %s", into.Type()))
	}
}

// whole checks a whole number that has to fit a field.
func (d *decoder) whole(what string, v *Value, overflows bool) bool {
	switch {
	case v.Kind != Int:
		d.wrong(what, v, "a whole number", "")
	case overflows:
		d.diags.Add(v.Pos, "bad-value", fmt.Sprintf("%s cannot be %d", what, v.Int), "")
	default:
		return true
	}
	return false
}

// target is a field of a struct under its key.
type target struct {
	key      string
	field    reflect.Value
	required bool
}

// targets lists the fields of a struct that can be filled, and puts its place
// where it is wanted.
func targets(of reflect.Value, pos Pos) []target {
	var all []target
	for i := range of.NumField() {
		name, options, _ := strings.Cut(of.Type().Field(i).Tag.Get("yaml"), ",")
		switch {
		case options == "inline":
			all = append(all, targets(of.Field(i), pos)...)
		case options == "pos" && of.Field(i).Type() == posType:
			of.Field(i).Set(reflect.ValueOf(pos))
		case name != "" && name != "-":
			all = append(all, target{name, of.Field(i), options == "required"})
		}
	}
	return all
}

func (d *decoder) structure(what string, v *Value, into reflect.Value) {
	if v.Kind != Map && v.Kind != Null {
		d.wrong(what, v, "a map", "")
		return
	}
	fields := targets(into, v.Pos)
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	var written []string
	for _, f := range v.Fields {
		if slices.Contains(keys, f.Key.Text) {
			written = append(written, f.Key.Text)
		}
	}
	for _, f := range v.Fields {
		i := slices.Index(keys, f.Key.Text)
		if i < 0 {
			meant := Suggest(f.Key.Text, keys)
			d.diags.Add(f.Key.Pos, "unknown-key", fmt.Sprintf("%s has no key %q", what, f.Key.Text), didYouMean(meant, keys))
			if meant == "" || slices.Contains(written, meant) {
				continue
			}
			i = slices.Index(keys, meant)
			written = append(written, meant)
		}
		d.decode(fmt.Sprintf("%q", f.Key.Text), f.Value, fields[i].field)
	}
	for _, f := range fields {
		if f.required && !slices.Contains(written, f.key) {
			d.diags.Add(v.Pos, "missing-key", fmt.Sprintf("%s needs %q", what, f.key), "add "+f.key+": "+cmp.Or(sampleOf[f.key], "…"))
		}
	}
}

// didYouMean is the hint for a word that is not among those known.
func didYouMean(meant string, known []string) string {
	if meant != "" {
		return fmt.Sprintf("did you mean %q?", meant)
	}
	return "known are " + strings.Join(known, ", ")
}

// yesOrNo is the hint for a text where a boolean is wanted: YAML 1.1 took some
// words for one, YAML 1.2 does not.
func yesOrNo(v *Value) string {
	switch strings.ToLower(v.Text) {
	case "yes", "on", "y":
		return "write true"
	case "no", "off", "n":
		return "write false"
	}
	return ""
}
