package engine

import (
	"reflect"
	"time"
)

// observe tells the observer of a step, if it watches such steps.
func (r *Run) observe(s *stepState, outcome string, err error) {
	if s.node.watch == WatchNothing || s.node.watch == WatchErrors && outcome != "error" {
		return
	}
	record := StepRecord{NodeInfo: s.node.info(r.program), RequestID: r.request.ID, Outcome: outcome, Err: err,
		At: time.UnixMilli(int64(Now(r.context))), run: r, step: s}
	if outcome == "" {
		record.Status = r.answer.Status
	}
	s.node.tell(r.context, record)
}

func (s *step) info(p *Program) NodeInfo {
	return NodeInfo{Flow: p.flow, Node: s.id, Type: s.typeName()}
}

// appendValues writes what a step was given and what it gave, secrets masked.
func (r *Run) appendValues(dst []byte, s *stepState, outcome string) []byte {
	dst = append(dst, `{"with":{`...)
	first := true
	for _, a := range s.node.args {
		if a.value == nil || a.value.want == bodyType {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(appendJSON(dst, a.name), ':')
		switch {
		case a.masked:
			dst = append(dst, `"`+masked+`"`...)
		case s.instance != nil && a.field != nil:
			dst = appendMaskedValue(dst, s.instance.input.Elem().FieldByIndex(a.field.index))
		case a.slot >= 0:
			dst = appendMaskedValue(dst, r.slots[a.slot])
		default:
			dst = append(dst, `null`...)
		}
	}
	dst = append(dst, `},"outputs":`...)
	i := -1
	if s.node.typ != nil {
		i = s.node.typ.outcome(outcome)
	}
	if i < 0 {
		return append(dst, `null}`...)
	}
	spec := s.node.typ.outcomes[i]
	if hiddenOutputs(s.node.typ, spec) != 0 {
		return append(dst, `"`+masked+`"}`...)
	}
	return append(appendMaskedValue(dst, reflect.ValueOf(s.instance.slots[i]).Elem()), '}')
}

// isMasked reports whether what a step is given must not be shown.
func (a *argument) isMasked() bool {
	return a.secret || a.value != nil && len(a.value.leaves()) > 0 || a.field != nil && a.field.secret != 0 && !takesOnlyParts(a.field.typ)
}

// textOf is a text that a step gave or was given; "" for a secret. It is for
// observers that want to know a few of them at each step.
func (r *Run) textOf(s *stepState, outcome, name string) string {
	if s.instance == nil {
		return ""
	}
	if i := s.node.typ.outcome(outcome); i >= 0 && hiddenOutputs(s.node.typ, s.node.typ.outcomes[i]) == 0 {
		out := reflect.ValueOf(s.instance.slots[i]).Elem()
		if f := fieldNamed(out.Type(), name); f != nil && isText(f.typ) && f.secret == 0 && !f.evidence {
			if text := textAt(out, f.index); text != "" {
				return text
			}
		}
	}
	for _, a := range s.node.args {
		switch {
		case a.name != name || a.masked || a.value == nil || a.field == nil:
		case isText(a.field.typ):
			return textAt(s.instance.input.Elem(), a.field.index)
		}
	}
	return ""
}

// isText reports whether values of a type are texts, or null.
func isText(t reflect.Type) bool {
	return t == stringType || t.Kind() == reflect.Pointer && t.Elem() == stringType
}

// takesOnlyParts reports whether a field that takes secrets holds them in its
// parts, each of which is masked by itself.
func takesOnlyParts(t reflect.Type) bool {
	t = baseType(t)
	return t.Kind() == reflect.Map && t.Elem().Kind() == reflect.Struct
}

// hiddenOutputs is what the outputs of an outcome hold, where its type takes
// secrets and does not say that they are public.
func hiddenOutputs(t *typeSpec, o *outcomeSpec) kinds {
	if o.public {
		return 0
	}
	var k kinds
	for _, in := range t.inputs {
		k |= in.secret
	}
	return k
}

func appendMaskedValue(dst []byte, v reflect.Value) []byte {
	return maskedEncoderOf(v.Type())(dst, v)
}
