package engine

import (
	"context"
	"reflect"
)

// A node type from outside shares no memory with the run: it works on copies of what it is
// given, and what it gives is copied. Else one that sorts a list in place, or means ill,
// would change what the loader has proved of it: put an access group into a list that is
// trusted, or a parameter of app.yaml for all runs to come. Nor does its context lead to the
// request or the answer, although it may be kept until a step that works on these.

// outsider is the context for node types from outside.
func (r *Run) outsider() context.Context {
	if r.outside == nil {
		r.outside = &runContext{Context: r.context.Context, outside: true}
		r.outside.run.Store(r)
	}
	return r.outside
}

// apart gives v, which is addressable, copies in the place of what others can reach, too.
func apart(v reflect.Value) error {
	if v.Type() == bodyType {
		return apartBody(v.Addr().Interface().(*Body))
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		c := reflect.New(v.Elem().Type())
		c.Elem().Set(v.Elem())
		if err := apart(c.Elem()); err != nil {
			return err
		}
		if v.Kind() == reflect.Interface {
			c = c.Elem()
		}
		v.Set(c)
	case reflect.Slice:
		if v.IsNil() {
			return nil
		}
		c := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(c, v)
		for i := range c.Len() {
			if err := apart(c.Index(i)); err != nil {
				return err
			}
		}
		v.Set(c)
	case reflect.Map:
		if v.IsNil() {
			return nil
		}
		c := reflect.MakeMapWithSize(v.Type(), v.Len())
		for it := v.MapRange(); it.Next(); {
			item := reflect.New(v.Type().Elem()).Elem()
			item.Set(it.Value())
			if err := apart(item); err != nil {
				return err
			}
			c.SetMapIndex(it.Key(), item)
		}
		v.Set(c)
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() { // others hold no data of flows: see plain
				if err := apart(f); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// apartBody renders a body now: it would read the memory of the run whenever it is asked,
// be it that of another run by then.
func apartBody(b *Body) error {
	if !b.IsSet() {
		return nil
	}
	text, err := b.AppendJSON(nil)
	if err != nil {
		return err
	}
	*b = Body{func(dst []byte) ([]byte, error) { return append(dst, text...), nil }}
	return nil
}
