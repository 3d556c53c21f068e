package flows

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	// ownKeys are the keys of a declaration that JSON Schema does not have.
	ownKeys   = []string{"secret", "optional", "default", "from", "coerce", "plus"}
	inputKeys = append(slices.Clone(ownKeys), schemaKeys...)
	origins   = []string{"body", "query", "path", "header", "cookie"}
	goType    = regexp.MustCompile(`^[a-z][a-z0-9]*\.[A-Z][A-Za-z0-9]*$`)
)

func (p *parser) inputs(f Field) []Input {
	if p.bad[f.Value] && f.Value.Kind != Map {
		return nil
	}
	if f.Value.Kind != Map {
		p.wrong(f, "a map of names to declarations", "")
		return nil
	}
	inputs := make([]Input, 0, len(f.Value.Fields))
	for _, f := range f.Value.Fields {
		if !identifierForm.MatchString(f.Key.Text) {
			p.badIdentifier(f.Key, "input")
		}
		inputs = append(inputs, p.input(f))
	}
	return inputs
}

func (p *parser) input(f Field) Input {
	v := f.Value
	in := Input{Name: f.Key, Pos: v.Pos, Schema: v}
	if !p.bad[v] && v.Kind != Map {
		declared := "string"
		if v.Kind == String {
			declared = v.Text
		}
		p.wrong(f, "a declaration", fmt.Sprintf("%s: {type: %s}", f.Key.Text, declared))
		return in
	}
	var optional *Field
	what := fmt.Sprintf("the input %q", f.Key.Text)
	for key, f := range p.fields(v, what, inputKeys, "type") {
		switch key {
		case "type":
			in.Types = p.inputTypes(f)
		case "secret":
			in.Secret = p.flag(f)
		case "optional":
			in.Optional, optional = p.flag(f), &f
		case "default":
			in.Default = p.constant(f)
		case "from":
			in.From = p.from(f)
		case "coerce":
			if f.Value.Kind == Map {
				for _, to := range p.fields(f.Value, `"coerce"`, []string{"string"}, "string") {
					in.CoerceTo, _ = p.text(to)
				}
				continue
			}
			in.Coerce = p.oneOf(f, "string").Text == "string"
		case "plus":
			in.KeepPlus = p.oneOf(f, "keep").Text == "keep"
		default:
			p.keyword(v, key, f)
		}
	}
	p.keywordsFit(v, in.Types)
	if in.Optional && in.Default != nil {
		p.report(optional.Key.Pos, "bad-value", "an input with a default is never missing, so it cannot be optional", "remove optional or default")
	}
	return in
}

// inputTypes are JSON Schema types, or one Go type.
func (p *parser) inputTypes(f Field) []Name {
	types := p.names(f, "types", true)
	for _, t := range types {
		if !goType.MatchString(t.Text) {
			p.among(t, "type", schemaTypes)
		} else if len(types) > 1 {
			p.report(t.Pos, "bad-value", fmt.Sprintf("the Go type %s must stand alone", t.Text), "type: "+t.Text)
		}
	}
	return types
}

// constant is a value without expressions. A null written as a default counts.
func (p *parser) constant(f Field) *Value {
	if v := f.Value.expression(); v != nil && !p.bad[v] {
		p.refuse(v, "misplaced-expression", fmt.Sprintf("%q takes no expression", f.Key.Text), "expressions stand under with")
	}
	return f.Value
}

// expression is the first text in v that holds an expression, or nil.
func (v *Value) expression() *Value {
	if v.Parts != nil {
		return v
	}
	for _, item := range v.Items {
		if found := item.expression(); found != nil {
			return found
		}
	}
	for _, f := range v.Fields {
		if found := f.Value.expression(); found != nil {
			return found
		}
	}
	return nil
}

// from is one place of a request, or several of which the first present counts.
func (p *parser) from(f Field) []Origin {
	var from []Origin
	for _, name := range p.names(f, "places such as body.email", true) {
		in, key, dotted := strings.Cut(name.Text, ".")
		switch {
		case !slices.Contains(origins, in):
			hint := ""
			if meant := cmp.Or(Suggest(in, origins), elsewhere[in]); slices.Contains(origins, meant) {
				hint = fmt.Sprintf("did you mean %q?", meant+strings.TrimPrefix(name.Text, in))
			}
			p.report(name.Pos, "bad-value", fmt.Sprintf(`"from" must begin with %s, not %q`, alternatives(dots(origins)), in), hint)
		case !dotted || key == "":
			p.report(name.Pos, "bad-value", fmt.Sprintf(`"from" must say which value of the %s`, in), "from: "+in+".name")
		default:
			from = append(from, Origin{name.Pos, in, key})
		}
	}
	return from
}

func dots(words []string) []string {
	dotted := make([]string, len(words))
	for i, w := range words {
		dotted[i] = w + "."
	}
	return dotted
}
