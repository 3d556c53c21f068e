package engine

import "reflect"

// A node type from outside shares no memory with the run: it works on copies of what it is
// given, and what it gives is copied. Else one that sorts a list in place, or means ill,
// would change what the loader has proved of it: put an access group into a list that is
// trusted, or a parameter of app.yaml for all runs to come. Nor does its context lead to the
// request or the answer, although it may be kept until a step that works on these.

// outsideContext is the context for node types from outside.
type outsideContext struct{ *runContext }

// Value is part of context.Context.
func (c outsideContext) Value(key any) any {
	if key == (contextKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// shield is what of the memory of a run a node type from outside could reach, and is given
// copies of instead.
type shield struct {
	inputs  []reflect.Value   // parts of its inputs
	outputs [][]reflect.Value // of what it leaves with, by outcome
}

// shield has the outcomes of an instance write into memory of their own, and finds what has
// to be copied in each run: of a type that holds plain texts and numbers, nothing.
func (i *instance) shield() {
	i.outside = &shield{inputs: reachable(i.input.Elem())}
	for n, o := range i.outs {
		o.shield()
		i.outside.outputs = append(i.outside.outputs, reachable(reflect.ValueOf(i.slots[n]).Elem()))
	}
}

// give has the inputs of the node hold copies.
func (i *instance) give() error { return apart(i.outside.inputs) }

// take takes over what the node has left with by an outcome.
func (i *instance) take(outcome int) error {
	i.outs[outcome].take()
	return apart(i.outside.outputs[outcome])
}

// reachable are the parts of v by which others reach what v holds: all but what is copied
// with it. They are addressable if v is.
func reachable(v reflect.Value) []reflect.Value {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map:
		return []reflect.Value{v}
	case reflect.Struct:
		if v.Type() == bodyType {
			return []reflect.Value{v}
		}
		var parts []reflect.Value
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() { // others hold no data of flows: see plain
				parts = append(parts, reachable(f)...)
			}
		}
		return parts
	}
	return nil
}

// apart gives values, which are addressable, copies in the place of what others can reach,
// too.
func apart(values []reflect.Value) error {
	for _, v := range values {
		if err := separate(v); err != nil {
			return err
		}
	}
	return nil
}

// separate is apart for one value.
func separate(v reflect.Value) error {
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
		if err := separate(c.Elem()); err != nil {
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
			if err := separate(c.Index(i)); err != nil {
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
			if err := separate(item); err != nil {
				return err
			}
			c.SetMapIndex(it.Key(), item)
		}
		v.Set(c)
	case reflect.Struct:
		return apart(reachable(v))
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
