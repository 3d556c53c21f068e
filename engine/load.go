package engine

import (
	"errors"
	"fmt"
	"math"
	"reflect"
)

// errNull says that a value is null where one is needed. The loader proves that
// it does not happen; should it, the run fails.
var errNull = errors.New("engine: a value is null where one is needed")

// at is the memory of a place in this run.
func (r *Run) at(p *place) reflect.Value {
	v := r.slots[p.slot]
	if len(p.index) > 0 {
		v = v.FieldByIndex(p.index)
	}
	return v
}

// load is the function that copies what lies at a place to dst before a step, or
// nil if it was copied once and for all.
func (r *Run) load(p *place, dst reflect.Value) func() error {
	switch {
	case p.constant.IsValid():
		if err := convert(dst, p.constant.Interface()); err != nil {
			return func() error { return err }
		}
		return nil
	case len(p.rest) > 0:
		src, rest := r.at(p), p.rest
		return func() error { return convert(dst, below(src, rest)) }
	}
	return copier(r.at(p), dst)
}

// loadAgain is load for memory that is emptied after each run, or that several
// edges fill: a constant is copied each time, too.
func (r *Run) loadAgain(p *place, dst reflect.Value) func() error {
	if !p.constant.IsValid() {
		return r.load(p, dst)
	}
	once := reflect.New(dst.Type()).Elem()
	if load := r.load(p, once); load != nil {
		return load
	}
	return func() error { dst.Set(once); return nil }
}

// below is a member of JSON data, or nil where there is none.
func below(src reflect.Value, rest []string) any {
	v := src.Interface()
	for _, name := range rest {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

// copier copies from one piece of a run's memory to another. Types that are met
// often are copied without reflection.
func copier(src, dst reflect.Value) func() error {
	switch d := dst.Addr().Interface().(type) {
	case *string:
		switch s := src.Addr().Interface().(type) {
		case *string:
			return func() error { *d = *s; return nil }
		case *Secret:
			return func() error { *d = s.text; return nil }
		case **string:
			return func() error {
				if *s == nil {
					return errNull
				}
				*d = **s
				return nil
			}
		}
	case *Secret:
		switch s := src.Addr().Interface().(type) {
		case *Secret:
			return func() error { *d = *s; return nil }
		case *string:
			return func() error { d.text = *s; return nil }
		}
	case **string:
		switch s := src.Addr().Interface().(type) {
		case **string:
			return func() error { *d = *s; return nil }
		case *string:
			// A copy: a pointer into the memory of the run must not leave it.
			return func() error { c := *s; *d = &c; return nil }
		}
	case *bool:
		if s, ok := src.Addr().Interface().(*bool); ok {
			return func() error { *d = *s; return nil }
		}
	case *int:
		if s, ok := src.Addr().Interface().(*int); ok {
			return func() error { *d = *s; return nil }
		}
	case *any:
		if s, ok := src.Addr().Interface().(*any); ok {
			return func() error { *d = *s; return nil }
		}
	}
	if src.Type() == dst.Type() {
		return func() error { dst.Set(src); return nil }
	}
	return func() error { return convert(dst, src.Interface()) }
}

// convert gives dst a value of another type, as the loader has allowed, or as
// far as JSON data allows it.
func convert(dst reflect.Value, v any) error {
	src := reflect.ValueOf(v)
	for src.IsValid() && src.Kind() == reflect.Pointer && src.Type() != dst.Type() {
		src = src.Elem()
	}
	if !src.IsValid() {
		if !nilable(dst.Type()) && dst.Type() != secretType {
			return errNull
		}
		dst.SetZero()
		return nil
	}
	if src.Type() == dst.Type() || dst.Kind() == reflect.Interface {
		dst.Set(src)
		return nil
	}
	switch {
	case dst.Kind() == reflect.Pointer:
		p := reflect.New(dst.Type().Elem())
		if err := convert(p.Elem(), src.Interface()); err != nil {
			return err
		}
		dst.Set(p)
		return nil
	case dst.Type() == secretType && src.Kind() == reflect.String:
		dst.Set(reflect.ValueOf(NewSecret(src.String())))
		return nil
	case dst.Kind() == reflect.String:
		return convertText(dst, src)
	case dst.Kind() == reflect.Bool && src.Kind() == reflect.Bool:
		dst.SetBool(src.Bool())
		return nil
	case dst.CanInt() || dst.CanFloat():
		return convertNumber(dst, src)
	case dst.Kind() == reflect.Slice && src.Kind() == reflect.Slice:
		out := reflect.MakeSlice(dst.Type(), src.Len(), src.Len())
		for i := range src.Len() {
			if err := convert(out.Index(i), src.Index(i).Interface()); err != nil {
				return err
			}
		}
		dst.Set(out)
		return nil
	case dst.Kind() == reflect.Map && src.Kind() == reflect.Map:
		out := reflect.MakeMapWithSize(dst.Type(), src.Len())
		for it := src.MapRange(); it.Next(); {
			item := reflect.New(dst.Type().Elem()).Elem()
			if err := convert(item, it.Value().Interface()); err != nil {
				return err
			}
			out.SetMapIndex(it.Key(), item)
		}
		dst.Set(out)
		return nil
	}
	return &typeError{want: dst.Type(), got: src.Type()}
}

func convertText(dst, src reflect.Value) error {
	switch x := src.Interface().(type) {
	case Secret:
		dst.SetString(x.text)
	case Instant:
		dst.SetString(x.String())
	default:
		if src.Kind() != reflect.String {
			return &typeError{want: dst.Type(), got: src.Type()}
		}
		dst.SetString(src.String())
	}
	return nil
}

func convertNumber(dst, src reflect.Value) error {
	switch {
	case src.Type() == instantType:
	case dst.CanInt() && src.CanInt():
		dst.SetInt(src.Int())
		return nil
	case dst.CanInt() && src.CanFloat() && src.Float() == math.Trunc(src.Float()) && math.Abs(src.Float()) < 1<<53:
		dst.SetInt(int64(src.Float()))
		return nil
	case dst.CanFloat() && src.CanFloat():
		dst.SetFloat(src.Float())
		return nil
	case dst.CanFloat() && src.CanInt():
		dst.SetFloat(float64(src.Int()))
		return nil
	}
	return &typeError{want: dst.Type(), got: src.Type()}
}

// typeError says that JSON data is not of the type that is needed.
type typeError struct {
	want, got reflect.Type
}

func (e *typeError) Error() string {
	return fmt.Sprintf("engine: expected %s, not %s", typeText(e.want), typeText(e.got))
}
