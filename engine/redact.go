package engine

import (
	"errors"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// redacted stands where an error had a secret in it.
const redacted = "[redacted]"

// minRedacted is the length from which a secret is looked for: what is shorter stands
// in other texts, too.
const minRedacted = 4

// redact takes the secrets that a node was given out of its error, which goes to the
// log, and if it is a *Failure to the client. A node that means to tell of them can,
// in other letters; one that quotes what it could not do does not.
func (s *stepState) redact(err error) error {
	if s.instance == nil || err == nil {
		return err
	}
	var pairs []string
	for _, f := range s.node.typ.inputs {
		if f.secret == 0 {
			continue
		}
		eachSecret(s.instance.input.Elem().FieldByIndex(f.index), func(x Secret) {
			if len(x.text) < minRedacted {
				return
			}
			for _, text := range quotedForms(x.text) {
				pairs = append(pairs, text, redacted)
			}
		})
	}
	if len(pairs) == 0 {
		return err
	}
	clean := strings.NewReplacer(pairs...).Replace
	tells := func(text string) bool { return clean(text) != text }
	var f *Failure
	switch isFailure := errors.As(err, &f); {
	case isFailure && (tells(err.Error()) || tells(f.Code+f.Message) || holdsText(f.Details, tells)):
		g := *f
		g.Code, g.Message = clean(f.Code), clean(f.Message)
		if holdsText(f.Details, tells) {
			g.Details = nil
		}
		return &g
	case tells(err.Error()):
		return &redactedError{text: clean(err.Error()), err: err}
	}
	return err
}

// quotedForms are the ways in which a text is written by what quotes it: as it is, in
// addresses, in texts of Go and of JSON.
func quotedForms(text string) []string {
	inside := func(quoted string) string { return quoted[1 : len(quoted)-1] }
	return []string{
		text, url.QueryEscape(text), url.PathEscape(text), (&url.URL{Path: text}).EscapedPath(),
		inside(strconv.Quote(text)), inside(strconv.QuoteToASCII(text)), inside(string(appendJSON(nil, text))),
	}
}

// holdsText reports whether what would be written of a value as JSON has such a text in
// it, be it that of a Secret, which an answer would show.
func holdsText(v any, is func(text string) bool) bool {
	switch v := plainOf(v).(type) {
	case string:
		return is(v)
	case []any:
		return slices.ContainsFunc(v, func(item any) bool { return holdsText(item, is) })
	case map[string]any:
		for name, item := range v {
			if is(name) || holdsText(item, is) {
				return true
			}
		}
	}
	return false
}

// redactedError is an error with another text.
type redactedError struct {
	text string
	err  error
}

func (e *redactedError) Error() string { return e.text }

// Is keeps what can be told of the error without its text.
func (e *redactedError) Is(target error) bool { return errors.Is(e.err, target) }

// eachSecret visits the secrets in an input.
func eachSecret(v reflect.Value, visit func(Secret)) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			eachSecret(v.Elem(), visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachSecret(v.Index(i), visit)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			eachSecret(it.Value(), visit)
		}
	case reflect.Struct:
		if v.Type() == secretType {
			visit(v.Interface().(Secret))
			return
		}
		for _, f := range fieldsOf(v.Type()) {
			eachSecret(v.FieldByIndex(f.index), visit)
		}
	}
}
