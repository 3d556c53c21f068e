package flows

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"gopkg.in/yaml.v3"
)

// maxDepth is how deeply lists and maps may be nested.
const maxDepth = 64

// span is a stretch of the source, in bytes.
type span struct{ start, end int }

// reader turns a YAML document into a Value and refuses what would not be read
// as it looks.
type reader struct {
	src   *source
	diags Diagnostics
	// bad holds the values that have a diagnostic already, so that what follows
	// from one mistake is not reported again.
	bad  map[*Value]bool
	slab []Value // values not yet handed out: one allocation serves many
}

func newReader(file string, text []byte) *reader {
	return &reader{src: newSource(file, text), bad: map[*Value]bool{}}
}

func (r *reader) report(pos Pos, code, message, hint string) {
	r.diags.Add(pos, code, message, hint)
}

// read reads the one document of the file. It returns nil if there is none
// that could be looked at any further.
func (r *reader) read() *Value {
	start := Pos{r.src.file, 1, 1}
	if d, found := r.src.unreadable(); found {
		r.diags = append(r.diags, d)
		return nil
	}
	first, second, err := parseYAML(r.src.text)
	switch {
	case err != nil:
		r.report(start, "yaml-syntax", err.Error(), "")
		return nil
	case first == nil || len(first.Content) == 0:
		r.report(start, "empty-document", "the file is empty", "")
		return nil
	case second != nil:
		r.report(r.pos(second), "yaml-document", "a second document begins here; a file holds one", "move it to a file of its own")
	}
	return r.value(first.Content[0], 1)
}

// parseYAML returns the first document of a text and the second one, nil where
// there is none.
func parseYAML(text string) (first, second *yaml.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("yaml: %v", p)
		}
	}()
	decoder := yaml.NewDecoder(strings.NewReader(text))
	var nodes [2]yaml.Node
	if err := decoder.Decode(&nodes[0]); errors.Is(err, io.EOF) {
		return nil, nil, nil
	} else if err != nil {
		return nil, nil, err
	}
	if err := decoder.Decode(&nodes[1]); errors.Is(err, io.EOF) {
		return &nodes[0], nil, nil
	}
	return &nodes[0], &nodes[1], nil
}

func (r *reader) pos(n *yaml.Node) Pos { return Pos{r.src.file, n.Line, n.Column} }

// value converts a node and what is below it. It never returns nil.
func (r *reader) value(n *yaml.Node, depth int) *Value {
	v := r.newValue(r.pos(n))
	at := r.src.offset(n.Line, n.Column)
	switch {
	case n.Kind == yaml.AliasNode:
		// Its anchor is reported.
		r.bad[v] = true
		return v
	case n.Anchor != "":
		r.refuse(v, "yaml-anchor", "anchors (&) and aliases (*) are not supported", "write the value out where it is used, or quote it if it is text")
	case n.Style&yaml.TaggedStyle != 0 || n.Style == 0 && strings.HasPrefix(r.src.text[at:], "!"):
		r.tag(v, n)
		return v
	case depth > maxDepth:
		r.refuse(v, "too-deep", fmt.Sprintf("lists and maps are nested at most %d deep", maxDepth), "")
		return v
	}
	switch n.Kind {
	case yaml.ScalarNode:
		r.scalar(v, n, at)
	case yaml.SequenceNode:
		v.Kind = List
		v.Items = make([]*Value, len(n.Content))
		for i, item := range n.Content {
			v.Items[i] = r.value(item, depth+1)
		}
	case yaml.MappingNode:
		v.Kind = Map
		r.entries(v, n, depth)
	}
	return v
}

func (r *reader) newValue(pos Pos) *Value {
	if len(r.slab) == 0 {
		r.slab = make([]Value, 64)
	}
	v := &r.slab[0]
	r.slab = r.slab[1:]
	v.Pos = pos
	return v
}

// refuse reports a problem of a value and marks the value as bad.
func (r *reader) refuse(v *Value, code, message, hint string) {
	r.report(v.Pos, code, message, hint)
	r.bad[v] = true
}

func (r *reader) tag(v *Value, n *yaml.Node) {
	at := r.src.offset(n.Line, n.Column)
	word, _, _ := strings.Cut(r.src.text[at:], "\n")
	if i := strings.IndexAny(word, " ,]}\r"); i > 0 && n.Kind == yaml.ScalarNode {
		word = word[:i]
	}
	r.refuse(v, "yaml-tag", word+" is a YAML tag, not a value", `quote the value: "`+word+`"`)
}

// entries converts the entries of a map.
func (r *reader) entries(v *Value, n *yaml.Node, depth int) {
	v.Fields = make([]Field, 0, len(n.Content)/2)
	first := map[string]int{} // lines
	for i := 0; i+1 < len(n.Content); i += 2 {
		value := r.value(n.Content[i+1], depth+1)
		key, ok := r.key(n.Content[i])
		if !ok {
			r.bad[v] = true
			continue
		}
		if line, twice := first[key.Text]; twice {
			r.report(key.Pos, "duplicate-key", fmt.Sprintf("%q is written at line %d already", key.Text, line), "remove one of them")
			continue
		}
		first[key.Text] = key.Pos.Line
		v.Fields = append(v.Fields, Field{key, value})
	}
}

// key converts the key of an entry, which has to be a plain word or a quoted
// text.
func (r *reader) key(n *yaml.Node) (Name, bool) {
	name := Name{n.Value, r.pos(n)}
	switch {
	case n.Kind != yaml.ScalarNode:
		hint := ""
		if strings.HasPrefix(r.src.text[r.src.offset(n.Line, n.Column):], "{") {
			hint = "an expression is written with a $ and quoted here: \"${{ … }}\""
		}
		r.report(name.Pos, "bad-key", "a key must be text", hint)
		return name, false
	case n.Anchor != "" || n.Style&yaml.TaggedStyle != 0:
		r.report(name.Pos, "bad-key", "a key must be text, without tag or anchor", "quote the key if it begins with ! or &")
		return name, false
	case n.Tag == "!!merge" && n.Style == 0:
		r.report(name.Pos, "yaml-merge", "merge keys (<<) are not supported", "write the entries out")
		return name, false
	case n.Value == "":
		r.report(name.Pos, "bad-key", "a key is missing before the colon", "")
		return name, false
	case strings.Contains(n.Value, opening):
		r.report(name.Pos, "bad-key", "a key takes no expression", "")
		return name, false
	}
	return name, true
}

// scalar converts a scalar that starts at an offset of the source.
func (r *reader) scalar(v *Value, n *yaml.Node, at int) {
	how := styleOf(n)
	if how == plain {
		r.plain(v, n)
	} else {
		v.Kind, v.Text = String, n.Value
	}
	if v.Kind == String && strings.Contains(v.Text, opening) {
		t, _ := traceScalar(r.src.text, at, how, v.Text)
		r.parts(v, t, how)
	}
}

func styleOf(n *yaml.Node) style {
	switch {
	case n.Style&yaml.SingleQuotedStyle != 0:
		return singleQuoted
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return doubleQuoted
	case n.Style&yaml.LiteralStyle != 0:
		return literal
	case n.Style&yaml.FoldedStyle != 0:
		return folded
	}
	return plain
}

// plain gives a scalar without quotes its kind. yaml.v3 reads numbers as YAML
// 1.1 and 1.2 both do; those that are not written as in JSON are refused, since
// readers differ on them.
func (r *reader) plain(v *Value, n *yaml.Node) {
	switch n.Tag {
	case "!!null":
		v.Kind = Null
	case "!!bool":
		v.Kind, v.Bool = Bool, strings.EqualFold(n.Value, "true")
	case "!!int", "!!float":
		if !r.number(v, n.Value) {
			v.Kind, v.Text = String, n.Value
			r.refuse(v, "ambiguous-number", n.Value+" is a number in some dialects of YAML and text in others", `write plain digits for a number, quotes for text: "`+n.Value+`"`)
		}
	default: // dates are text
		v.Kind, v.Text = String, n.Value
	}
}
