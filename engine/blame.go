package engine

import (
	"errors"
	"maps"
	"strings"
)

// sentBy is the path of an input below input, if places hold nothing but what the client
// has sent; else "".
func sentBy(places []*place) string {
	path := ""
	for _, p := range places {
		switch p.root {
		case "input":
			path = strings.TrimPrefix(p.canon, "input.")
		case "now":
		default:
			return ""
		}
	}
	return path
}

// sentAs is a path below input as the client knows it: with the name that the request has
// the input under.
func (r *Run) sentAs(path string) string {
	name, below, deep := strings.Cut(path, ".")
	for _, a := range r.program.inputs {
		if a.name != name {
			continue
		}
		if name = a.input.sentAs(r.request.Source); deep {
			name += "." + below
		}
		return name
	}
	return path
}

// blame turns an error of working out an expression into the client's fault where
// it can lie in nothing but what the client has sent.
func (r *Run) blame(e *expression, err error) error {
	sent := ""
	if err != nil {
		sent = sentBy(e.vars)
	}
	if sent == "" {
		return err
	}
	name := r.sentAs(sent)
	message := "The field " + name + " cannot be used."
	if t := (*typeError)(nil); errors.As(err, &t) {
		message = "The field " + name + " must be " + typeText(t.want) + "."
	}
	f := Fail(400, "validation_error", message)
	f.Details = map[string]any{"field": name}
	return f
}

// named is an error of a node's function. Where it is about an input of the node, the
// client is told the name that the request has the value under. What a flow says by fail
// stays as it is written.
func (r *Run) named(s *stepState, err error) error {
	var f *Failure
	if s.node.typ.ends != notEnd || !errors.As(err, &f) || f.Code != "validation_error" {
		return err
	}
	details, _ := f.Details.(map[string]any)
	field, _ := details["field"].(string)
	for _, a := range s.node.args {
		if a.name != field {
			continue
		}
		if sent := sentBy(a.value.places()); sent != "" {
			told := *f
			details = maps.Clone(details) // which may be one of the type's own
			details["field"], told.Details = r.sentAs(sent), details
			return &told
		}
	}
	return err
}
