package engine

import (
	"reflect"
	"strings"
	"sync"

	"github.com/latchwork/latchwork/flows"
)

// defaultShape is the name of the shape of error answers that a flow has if it
// names no other.
const defaultShape = "default"

// Shape is the shape of error answers, by name in app.yaml. It is immutable and
// safe for concurrent use; the zero Shape is {"errors": [ … ]}.
type Shape struct {
	messages map[string]string // code → message in place of the built-in one
	status   map[string]int    // code → status in place of the built-in one
	pool     *sync.Pool        // of *shapeRun; nil for the built-in body
	body     *value            // what it renders; nil for the built-in one
}

// shapeRun renders the body of a shape.
type shapeRun struct {
	entries []ErrorEntry
	render  func(dst []byte) ([]byte, error)
}

// Fill renders a.Fault into the status, header and body of a.
func (s *Shape) Fill(a *Answer) {
	entries := a.Fault.Errors
	a.Status = a.Fault.Status
	if len(s.messages) > 0 || len(s.status) > 0 {
		entries = append([]ErrorEntry(nil), entries...)
		for i := range entries {
			if m, ok := s.messages[entries[i].Code]; ok {
				entries[i].Message = m
			}
		}
		if status, ok := s.status[entries[0].Code]; ok {
			a.Status = status
		}
	}
	a.Header = append(a.Header, HeaderField{"Content-Type", "application/json; charset=utf-8"})
	if s.pool != nil {
		r := s.pool.Get().(*shapeRun)
		r.entries = entries
		body, err := r.render(a.Body)
		r.entries = nil
		s.pool.Put(r)
		if err == nil {
			a.Body = body
			return
		}
	}
	// The built-in shape also stands in for one that fails.
	a.Body = append(appendEntries(append(a.Body[:0], `{"errors":[`...), entries), `]}`...)
}

// appendEntries writes the entries of the built-in shape: details only where
// there are any.
func appendEntries(dst []byte, entries []ErrorEntry) []byte {
	for i, e := range entries {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSON(append(dst, `{"origin":`...), e.Origin)
		dst = appendJSON(append(dst, `,"code":`...), e.Code)
		dst = appendJSON(append(dst, `,"message":`...), e.Message)
		if e.Details != nil {
			dst = appendJSON(append(dst, `,"details":`...), e.Details)
		}
		dst = append(dst, '}')
	}
	return dst
}

// shapeOf is the shape that a flow names.
func (c *compilation) shapeOf(f *flows.Flow) *Shape {
	if !f.Errors.IsSet() {
		return c.shapes[defaultShape]
	}
	return c.shapes[f.Errors.Text]
}

// readShapes reads the error shapes of app.yaml, and looks whether flows name
// one that exists.
func (c *compilation) readShapes() {
	c.shapes = map[string]*Shape{defaultShape: {}}
	if c.app.Errors != nil {
		for _, f := range c.app.Errors.Fields {
			c.shapes[f.Key.Text] = c.readShape(f)
		}
	}
	var known []string
	for name := range c.shapes {
		known = append(known, name)
	}
	for _, f := range c.flows {
		if f.Errors.IsSet() && c.shapes[f.Errors.Text] == nil {
			c.report(f.Errors.Pos, "unknown-shape", didYouMean(f.Errors.Text, known), "app.yaml has no error shape %s", f.Errors.Text)
			c.shapes[f.Errors.Text] = &Shape{}
		}
	}
}

// outside is the scope of an expression of app.yaml that is about a value of
// that name and type.
func (c *compilation) outside(name string, t reflect.Type) exprScope {
	g := &graph{compilation: c}
	g.given = &place{canon: name, root: name, typ: t, slot: g.slot(slotSpec{step: -1, typ: t})}
	return exprScope{g: g, scope: &scope{flow: &flows.Flow{}, names: map[string]*unit{}}}
}

// shapeFile is one entry under errors in app.yaml.
type shapeFile struct {
	Body     *flows.Value      `yaml:"body"`
	Messages map[string]string `yaml:"messages"`
	Status   map[string]int    `yaml:"status"`
}

func (c *compilation) readShape(f flows.Field) *Shape {
	var file shapeFile
	if diags := flows.Decode(f.Value, &file); len(diags) > 0 {
		for _, d := range diags {
			if rest, ok := strings.CutPrefix(d.Message, "the section "); ok {
				d.Message = "the error shape " + f.Key.Text + " " + rest
			}
			c.diags = append(c.diags, d)
		}
		return &Shape{}
	}
	s := &Shape{messages: file.Messages, status: file.Status}
	for code, status := range file.Status {
		if status < 400 || status > 599 {
			c.report(f.Value.Get("status").Get(code).Pos, "bad-value", "", "the status of %s must be from 400 to 599, not %d", code, status)
		}
	}
	if file.Body == nil {
		return s
	}
	x := c.outside("errors", reflect.TypeFor[[]ErrorEntry]())
	body := x.build(file.Body, bodyType, nil, false)
	if body == nil {
		return s
	}
	if x.g.usesNow {
		c.report(file.Body.Pos, "not-in-reach", "", "an error answer has no time of a run: now and since cannot be called here")
		return s
	}
	for _, l := range body.leaves() {
		c.report(file.Body.Pos, "secret-leak", "", "error answers would give away the secret %s", l.path)
		return s
	}
	s.body = body
	s.pool = &sync.Pool{New: func() any {
		sr := &shapeRun{}
		r := &Run{slots: []reflect.Value{reflect.ValueOf(&sr.entries).Elem()}}
		sr.render = r.renderer(body)
		return sr
	}}
	return s
}
