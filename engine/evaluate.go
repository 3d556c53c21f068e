package engine

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// evaluator is the function that works an expression out in this run.
func (r *Run) evaluator(e *expression) func() (any, error) {
	if p := e.whole; p != nil {
		if p.constant.IsValid() {
			v := plainValue(p.constant)
			return func() (any, error) { return v, nil }
		}
		src, rest := r.at(p), p.rest
		if len(rest) > 0 {
			return func() (any, error) { return below(src, rest), nil }
		}
		return func() (any, error) { return src.Interface(), nil }
	}
	env := reflect.New(e.env)
	var loads []func() error
	for i, p := range e.vars {
		if load := r.load(p, env.Elem().Field(i)); load != nil {
			loads = append(loads, load)
		}
	}
	left := &work{}
	env.Elem().Field(len(e.vars)).Set(reflect.ValueOf(left))
	given, program := env.Interface(), e.program
	return func() (any, error) {
		for _, load := range loads {
			if err := load(); err != nil {
				return nil, err
			}
		}
		r.vm.MemoryBudget, left.left = memoryBudget, workBudget
		v, err := r.vm.Run(program, given)
		if err != nil {
			// What expr says of an error may quote the values it worked with.
			return nil, r.blame(e, fmt.Errorf("engine: expression %s failed", e.source))
		}
		return v, nil
	}
}

// plainValue is a constant as expressions give it.
func plainValue(v reflect.Value) any {
	if s, ok := v.Interface().(Secret); ok {
		return s.text
	}
	return v.Interface()
}

// assign is the function that gives dst its value before a step; nil if it was
// given once and for all.
func (r *Run) assign(v *value, dst reflect.Value) func() error {
	switch {
	case v.want == bodyType:
		render := r.renderer(v)
		dst.Set(reflect.ValueOf(Body{render}))
		return nil
	case v.constant.IsValid():
		dst.Set(v.constant)
		return nil
	case v.path() != nil:
		load := r.load(v.path(), dst)
		if load == nil || sentBy(v.expr.vars) == "" {
			return load
		}
		return func() error { return r.blame(v.expr, load()) }
	case v.expr != nil:
		if load := r.assignDirect(v.expr, dst); load != nil {
			return load
		}
		eval := r.evaluator(v.expr)
		return func() error {
			x, err := eval()
			if err != nil {
				return err
			}
			return r.blame(v.expr, convert(dst, x))
		}
	}
	if set := setterOf(dst); v.text != nil && set != nil {
		text := r.text(v)
		return func() error {
			s, err := text()
			if err != nil {
				return err
			}
			set(s)
			return nil
		}
	}
	make := r.maker(v)
	return func() error {
		x, err := make()
		if err != nil {
			return err
		}
		return convert(dst, x)
	}
}

// setterOf gives texts to a text or a secret; it is nil for anything else.
func setterOf(dst reflect.Value) func(text string) {
	switch d := dst.Addr().Interface().(type) {
	case *string:
		return func(text string) { *d = text }
	case *Secret:
		return func(text string) { d.text = text }
	}
	return nil
}

// assignDirect is assign for an expression that needs no machine.
func (r *Run) assignDirect(e *expression, dst reflect.Value) func() error {
	switch f := r.direct(e, e.tree).(type) {
	case func() string:
		if set := setterOf(dst); set != nil {
			return func() error { set(f()); return nil }
		}
	case func() bool:
		if d, ok := dst.Addr().Interface().(*bool); ok {
			return func() error { *d = f(); return nil }
		}
	case func() int:
		if d, ok := dst.Addr().Interface().(*int); ok {
			return func() error { *d = f(); return nil }
		}
	}
	return nil
}

// maker is the function that makes a value that is not one expression: text with
// expressions in it, a list, a map.
func (r *Run) maker(v *value) func() (any, error) {
	switch {
	case v.constant.IsValid():
		c := v.constant.Interface()
		return func() (any, error) { return c, nil }
	case v.expr != nil:
		return r.evaluator(v.expr)
	case v.text != nil:
		text := r.text(v)
		return func() (any, error) { return text() }
	}
	parts := map[*value]func() (reflect.Value, error){}
	prepare := func(item *value) {
		dst := reflect.New(item.want).Elem()
		load := r.assign(item, dst)
		parts[item] = func() (reflect.Value, error) {
			if load != nil {
				if err := load(); err != nil {
					return reflect.Value{}, err
				}
			}
			// A copy, since the list or map lives on in what the node makes of it.
			c := reflect.New(item.want).Elem()
			c.Set(dst)
			return c, nil
		}
	}
	for _, i := range v.items {
		prepare(i)
	}
	for _, f := range v.fields {
		prepare(f.value)
	}
	return func() (any, error) {
		made, err := v.assemble(func(item *value) (reflect.Value, error) { return parts[item]() })
		if err != nil {
			return nil, err
		}
		return made.Interface(), nil
	}
}

// text is the function that makes a text with expressions in it.
func (r *Run) text(v *value) func() (string, error) {
	parts := make([]func() (string, error), len(v.text))
	for i, p := range v.text {
		if p.expr == nil {
			parts[i] = func() (string, error) { return p.literal, nil }
		} else {
			parts[i] = r.textOfExpression(p.expr)
		}
	}
	made := make([]string, len(parts)) // of this run only; cleared below
	return func() (string, error) {
		defer clear(made)
		size := 0
		for i, part := range parts {
			var err error
			if made[i], err = part(); err != nil {
				return "", err
			}
			size += len(made[i])
		}
		var b strings.Builder
		b.Grow(size)
		for _, text := range made {
			b.WriteString(text)
		}
		return b.String(), nil
	}
}

// textOfExpression is the function that gives the value of an expression as text.
func (r *Run) textOfExpression(e *expression) func() (string, error) {
	if f, ok := r.directly(e).(func() string); ok {
		return func() (string, error) { return f(), nil }
	}
	eval := r.evaluator(e)
	return func() (string, error) {
		x, err := eval()
		if err != nil {
			return "", err
		}
		text, err := textOf(x)
		return text, r.blame(e, err)
	}
}

// renderer is the function that writes a value as JSON. What is constant has
// been written already.
func (r *Run) renderer(v *value) func(dst []byte) ([]byte, error) {
	var pieces []piece
	r.pieces(v, &pieces)
	if len(pieces) == 1 && pieces[0].write != nil {
		return pieces[0].write
	}
	return func(dst []byte) ([]byte, error) {
		var err error
		for _, p := range pieces {
			dst = append(dst, p.text...)
			if p.write != nil {
				if dst, err = p.write(dst); err != nil {
					return dst, err
				}
				if len(dst) > maxAnswer {
					return dst, errLargeAnswer
				}
			}
		}
		return dst, nil
	}
}

// errLargeAnswer says that a flow has made more of its values than an answer may
// hold.
var errLargeAnswer = errors.New("engine: the answer is too large")

// piece is a part of a body: text as it is, then a value.
type piece struct {
	text  []byte
	write func(dst []byte) ([]byte, error)
}

func (r *Run) pieces(v *value, out *[]piece) {
	text := func(s string) {
		if n := len(*out); n > 0 && (*out)[n-1].write == nil {
			(*out)[n-1].text = append((*out)[n-1].text, s...)
			return
		}
		*out = append(*out, piece{text: []byte(s)})
	}
	switch {
	case v.constant.IsValid():
		text(string(appendJSON(nil, v.constant.Interface())))
	case v.items != nil:
		text("[")
		for i, item := range v.items {
			if i > 0 {
				text(",")
			}
			r.pieces(item, out)
		}
		text("]")
	case v.fields != nil:
		text("{")
		for i, f := range v.fields {
			if i > 0 {
				text(",")
			}
			text(string(appendJSON(nil, f.name)) + ":")
			r.pieces(f.value, out)
		}
		text("}")
	case v.path() != nil && len(v.path().rest) == 0 && !v.path().constant.IsValid():
		src := r.at(v.path())
		encode := encoderOf(src.Type())
		*out = append(*out, piece{write: func(dst []byte) ([]byte, error) { return encode(dst, src), nil }})
	default:
		make := r.maker(v)
		*out = append(*out, piece{write: func(dst []byte) ([]byte, error) {
			x, err := make()
			if err != nil {
				return dst, err
			}
			return appendJSON(dst, x), nil
		}})
	}
}
