package flows

import (
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"
	"time"
)

// fields yields the entries of a map under the keys that are known, and reports
// unknown keys and missing ones. A misspelt key counts as the one that was
// meant, unless that is written too, so that it is reported once.
func (p *parser) fields(v *Value, what string, known []string, required ...string) iter.Seq2[string, Field] {
	return func(yield func(string, Field) bool) {
		if p.bad[v] && v.Kind != Map {
			return
		}
		if v.Kind != Map {
			p.refuse(v, "wrong-type", what+" must be a map, "+butIs(v), "")
			return
		}
		var seen []string
		for _, f := range v.Fields {
			if slices.Contains(known, f.Key.Text) {
				seen = append(seen, f.Key.Text)
			}
		}
		for _, f := range v.Fields {
			key := f.Key.Text
			if !slices.Contains(known, key) {
				key = p.unknown(f, what, known)
				if key == "" || slices.Contains(seen, key) {
					continue
				}
				seen = append(seen, key)
			}
			if !yield(key, f) {
				return
			}
		}
		for _, key := range required {
			if !slices.Contains(seen, key) && !p.bad[v] {
				p.report(v.Pos, "missing-key", fmt.Sprintf("%s needs %q", what, key), "add "+key+": "+sampleOf[key])
			}
		}
	}
}

// sampleOf has a value for each key that is required, to show in a hint.
var sampleOf = map[string]string{
	"version": "1", "flow": "signIn", "nodes": "and the list of nodes",
	"method": "POST", "path": "/sign-in", "require": "none, apikey or session, or a list of the last two",
	"max": "20", "per": "1m", "type": "string",
	"id": "and a name for the node", "use": "and the node type",
}

// unknown reports an unknown key and returns the key that was meant, or "".
func (p *parser) unknown(f Field, what string, known []string) string {
	meant := Suggest(f.Key.Text, known)
	hint := didYouMean(meant, known)
	if meant == "" && what == "a node" {
		hint = "what its node type takes stands under with"
	}
	p.report(f.Key.Pos, "unknown-key", fmt.Sprintf("%s has no key %q", what, f.Key.Text), hint)
	return meant
}

// wrong reports that a value is of another kind than it must be.
func (p *parser) wrong(f Field, want, hint string) {
	p.refuse(f.Value, "wrong-type", fmt.Sprintf("%q must be %s, %s", f.Key.Text, want, butIs(f.Value)), hint)
}

func butIs(v *Value) string {
	if v.Kind == Null {
		return "but has no value"
	}
	return "not " + v.Kind.String()
}

// text is the text of a value that takes no expression; ok is false if it has
// a diagnostic.
func (p *parser) text(f Field) (name Name, ok bool) {
	v := f.Value
	switch {
	case p.bad[v]:
		return Name{v.Text, v.Pos}, false
	case v.Kind == Bool || v.Kind == Int || v.Kind == Float:
		p.wrong(f, "text", "put it in quotes")
	case v.Kind != String:
		p.wrong(f, "text", "")
	case v.Parts != nil:
		p.refuse(v, "misplaced-expression", fmt.Sprintf("%q takes no expression", f.Key.Text), "expressions stand under with")
	default:
		return Name{v.Text, v.Pos}, true
	}
	return Name{Pos: v.Pos}, false
}

// name is a text that must not be empty.
func (p *parser) name(f Field) Name {
	name, ok := p.text(f)
	if ok && strings.TrimSpace(name.Text) == "" {
		p.refuse(f.Value, "bad-value", fmt.Sprintf("%q must not be empty", f.Key.Text), "")
	}
	return name
}

// prose is a description or a note.
func (p *parser) prose(f Field) string {
	text, _ := p.text(f)
	return text.Text
}

var identifierForm = regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`)

// identifier is the name of a flow, a node or an input.
func (p *parser) identifier(f Field, what string) Name {
	name, ok := p.text(f)
	if ok && !identifierForm.MatchString(name.Text) {
		p.badIdentifier(name, what)
		p.bad[f.Value] = true
	}
	return name
}

func (p *parser) badIdentifier(name Name, what string) {
	hint := ""
	if better := camelCase(name.Text); better != "" {
		hint = "write " + better
	}
	p.report(name.Pos, "bad-name", fmt.Sprintf("the name of %s must begin with a small letter and have letters and digits only, not %q", article(what), name.Text), hint)
}

func article(what string) string {
	if what == "input" {
		return "an input"
	}
	return "a " + what
}

// camelCase turns a text into a name, or returns "" where nothing is left.
func camelCase(text string) string {
	var b strings.Builder
	upper := false
	for _, r := range text {
		switch {
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' && b.Len() > 0:
			s := string(r)
			if b.Len() == 0 {
				s = strings.ToLower(s)
			} else if upper {
				s = strings.ToUpper(s)
			}
			b.WriteString(s)
			upper = false
		default:
			upper = true
		}
	}
	return b.String()
}

// oneOf is a text out of a few.
func (p *parser) oneOf(f Field, known ...string) Name {
	name, ok := p.text(f)
	if ok {
		p.among(name, f.Key.Text, known)
	}
	return name
}

// among checks that a word is one of those known.
func (p *parser) among(name Name, what string, known []string) bool {
	if slices.Contains(known, name.Text) {
		return true
	}
	meant := Suggest(name.Text, known)
	if other := elsewhere[name.Text]; meant == "" && slices.Contains(known, other) {
		meant = other
	}
	hint := ""
	if meant != "" {
		hint = fmt.Sprintf("did you mean %q?", meant)
	}
	p.report(name.Pos, "bad-value", fmt.Sprintf("%q must be %s, not %q", what, alternatives(known), name.Text), hint)
	return false
}

// elsewhere are the names that other languages have for types, requirements and places
// of requests.
var elsewhere = map[string]string{
	"text": "string", "str": "string", "int": "integer", "float": "number", "double": "number",
	"bool": "boolean", "map": "object", "dict": "object", "list": "array",
	"user": "session", "login": "session", "auth": "session", "key": "apikey", "public": "none", "anonymous": "none",
	"form": "body", "json": "body", "params": "path",
}

// alternatives writes a list as "a, b or c".
func alternatives(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// list is the items of a list that must have some.
func (p *parser) list(f Field, of, hint string) []*Value {
	switch v := f.Value; {
	case p.bad[v]:
	case v.Kind != List:
		p.wrong(f, "a list of "+of, hint)
	case len(v.Items) == 0:
		if hint == "" {
			hint = "remove it if there are none"
		}
		p.refuse(v, "bad-value", fmt.Sprintf("%q must have %s", f.Key.Text, of), hint)
	default:
		return v.Items
	}
	return nil
}

// names is a list of different texts, or, if single is set, one text.
func (p *parser) names(f Field, of string, single bool) []Name {
	if single && f.Value.Kind != List {
		if name := p.name(f); name.IsSet() {
			return []Name{name}
		}
		return nil
	}
	hint := ""
	if f.Value.Kind == String {
		hint = fmt.Sprintf("%s: [%s]", f.Key.Text, f.Value.Text)
	}
	var names []Name
	seen := map[string]bool{}
	for _, item := range p.list(f, of, hint) {
		name := p.name(Field{f.Key, item})
		switch {
		case !name.IsSet():
		case seen[name.Text]:
			p.report(name.Pos, "duplicate-value", fmt.Sprintf("%q is in the list twice", name.Text), "remove one of them")
		default:
			seen[name.Text] = true
			names = append(names, name)
		}
	}
	return names
}

// flag is true or false.
func (p *parser) flag(f Field) bool {
	if v := f.Value; !p.bad[v] && v.Kind != Bool {
		p.wrong(f, "true or false", yesOrNo(v))
	}
	return f.Value.Bool
}

const aDuration = "a time such as 10s, 15m, 168h or 7d"

// duration is a time above zero.
func (p *parser) duration(f Field) time.Duration {
	switch v := f.Value; {
	case p.bad[v]:
		return 0
	case v.Kind == Int:
		p.wrong(f, aDuration, fmt.Sprintf("%s: %ds", f.Key.Text, v.Int))
		return 0
	case v.Kind != String:
		p.wrong(f, aDuration, "")
		return 0
	}
	text, ok := p.text(f)
	if !ok {
		return 0
	}
	d, err := ParseDuration(text.Text)
	switch {
	case err != nil:
		p.refuse(f.Value, "bad-duration", fmt.Sprintf("%q must be %s, not %q", f.Key.Text, aDuration, text.Text), written(MeantDuration(text.Text)))
	case d <= 0:
		p.refuse(f.Value, "bad-duration", fmt.Sprintf("%q must be longer than nothing", f.Key.Text), "")
	}
	return d
}
