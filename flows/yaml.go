package flows

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// maxDepth is how deeply lists and maps may be nested.
const maxDepth = 64

// reader turns a YAML document into a Value and refuses what would not be read
// as it looks.
type reader struct {
	src   *source
	diags Diagnostics
	// bad holds the values that have a diagnostic already, so that what follows
	// from one mistake is not reported again.
	bad    map[*Value]bool
	inFlow int     // how many brackets are open around the value
	slab   []Value // values not yet handed out: one allocation serves many
	// mended has the stretches that are read as one quoted text, by start, until
	// they are met; findings is the number of diagnostics before reading.
	mended   map[int]span
	findings int
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
	if err != nil {
		first, second, err = r.mend(err)
	}
	switch {
	case err != nil:
		return nil
	case first == nil || len(first.Content) == 0:
		r.report(start, "empty-document", "the file is empty", "begin with version: 1")
		return nil
	case second != nil:
		r.report(r.pos(second), "yaml-document", "a second document begins here; a file holds one", "move it to a file of its own")
	}
	root := r.value(first.Content[0], 1)
	if len(r.mended) > 0 {
		// A stretch that was mended turned out to be no value of its own but, for
		// instance, the second line of one: what was read is not what is written.
		r.diags = r.diags[:r.findings]
		return nil
	}
	return root
}

// node is a node of yaml.v3.
type node = yaml.Node

// parseYAML returns the first document of a text and the second one, nil where
// there is none.
func parseYAML(text string) (first, second *node, err error) {
	first, second, err = decodeYAML(strings.NewReader(text))
	if err == nil || first == nil {
		return first, second, err
	}
	// Something is wrong behind the first document: it may have ended too early.
	mark := lastMark(text)
	if mark == 0 {
		return nil, nil, err
	}
	return first, &node{Line: mark, Column: 1}, nil
}

// decodeYAML reads two documents. An error with a first document is about the
// second.
func decodeYAML(from io.Reader) (first, second *node, err error) {
	defer func() {
		if p := recover(); p != nil {
			first, second, err = nil, nil, fmt.Errorf("yaml: %v", p)
		}
	}()
	decoder := yaml.NewDecoder(from)
	first, second = new(node), new(node)
	if err := decoder.Decode(first); errors.Is(err, io.EOF) {
		return nil, nil, nil
	} else if err != nil {
		return nil, nil, err
	}
	if err := decoder.Decode(second); errors.Is(err, io.EOF) {
		return first, nil, nil
	} else if err != nil {
		return first, nil, err
	}
	return first, second, nil
}

// lastMark is the last line that begins or ends a document, or 0. The first line
// does not count.
func lastMark(text string) int {
	mark, n := 0, 0
	for line := range strings.Lines(text) {
		if n++; n > 1 && isDocumentMark(strings.TrimRight(line, "\r\n")) {
			mark = n
		}
	}
	return mark
}

// consumed is how many bytes of a text yaml.v3 reads before it finds an error.
func consumed(text string) int {
	d := drip{text: text}
	_, _, _ = decodeYAML(&d) // how far it gets is what is asked for
	return max(d.next-1, 0)
}

// drip hands out a text byte by byte, so that nobody reads further than needed.
type drip struct {
	text string
	next int
}

func (d *drip) Read(p []byte) (int, error) {
	if d.next == len(d.text) {
		return 0, io.EOF
	}
	d.next++
	return copy(p, d.text[d.next-1:d.next]), nil
}

var errorPrefix = regexp.MustCompile(`^yaml: (line [0-9]+: )?`)

// problemOf is the text of an error of yaml.v3 without its line.
func problemOf(err error) string { return errorPrefix.ReplaceAllString(err.Error(), "") }

// pos is where a node begins. yaml.v3 puts a null at the end of a text behind its
// last line.
func (r *reader) pos(n *node) Pos {
	if n.Line > len(r.src.lines) {
		return r.src.pos(len(r.src.text))
	}
	return Pos{r.src.file, n.Line, n.Column}
}

// value converts a node and what is below it. It never returns nil.
func (r *reader) value(n *node, depth int) *Value {
	v := r.newValue(r.pos(n))
	at := r.src.offset(n.Line, n.Column)
	if s, ok := r.mended[at]; ok {
		delete(r.mended, at)
		r.unmend(v, s)
		return v
	}
	switch {
	case n.Kind == yaml.AliasNode:
		// Its anchor is reported.
		r.bad[v] = true
		return v
	case n.Anchor != "":
		r.refuse(v, "yaml-anchor", "anchors (&) and aliases (*) are not supported", "write the value out where it is used, or quote it if it is text")
	case r.isTagged(n, at):
		r.tag(v, at)
		return v
	case depth > maxDepth:
		r.refuse(v, "too-deep", fmt.Sprintf("lists and maps are nested at most %d deep", maxDepth), "")
		return v
	}
	if n.Style&yaml.FlowStyle != 0 {
		r.inFlow++
		defer func() { r.inFlow-- }()
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

// isTagged reports whether a node that starts at an offset has a tag. yaml.v3 does
// not tell of a tag that is just "!"; a map without brackets begins where its
// first key does, whose tag is not the map's.
func (r *reader) isTagged(n *node, at int) bool {
	if n.Style&yaml.TaggedStyle != 0 {
		return true
	}
	if len(n.Content) > 0 && n.Kind == yaml.MappingNode && n.Content[0].Line == n.Line && n.Content[0].Column == n.Column {
		return false
	}
	return strings.HasPrefix(r.src.text[at:], "!")
}

// tag refuses a tag. It is often the first half of an expression that was not
// quoted, such as !user.ok, of which YAML leaves an empty text.
func (r *reader) tag(v *Value, at int) {
	s := scanner{text: r.src.text, brackets: make([]int, r.inFlow)}
	written := r.src.text[at:s.valueEnd(at)]
	word, _, _ := strings.Cut(written, " ")
	r.refuse(v, "yaml-tag", word+" is a YAML tag, not a value", "quote the value: "+quote(written))
}

// entries converts the entries of a map.
func (r *reader) entries(v *Value, n *node, depth int) {
	v.Fields = make([]Field, 0, len(n.Content)/2)
	lines := map[string]int{} // of keys
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, ok := r.key(n.Content[i], n.Content[i+1])
		value := r.value(n.Content[i+1], depth+1)
		if !ok {
			r.bad[v] = true
			continue
		}
		if line, twice := lines[key.Text]; twice {
			r.report(key.Pos, "duplicate-key", fmt.Sprintf("%q is written at line %d already", key.Text, line), "remove one of them")
			continue
		}
		lines[key.Text] = key.Pos.Line
		if colon := strings.IndexByte(key.Text, ':'); colon > 0 && r.inFlow > 0 && value.Kind == Null && styleOf(n.Content[i]) == plain {
			// As in {type:string}.
			t, _ := traceScalar(r.src.text, r.src.start(key.Pos), plain, key.Text)
			r.report(r.src.pos(t.offset(colon)), "yaml-syntax", "a blank is missing behind the colon", "write "+key.Text[:colon]+": "+key.Text[colon+1:])
			r.bad[v] = true
			continue
		}
		v.Fields = append(v.Fields, Field{key, value})
	}
}

// key converts the key of an entry, which has to be a plain word or a quoted
// text.
func (r *reader) key(n, value *node) (Name, bool) {
	name := Name{n.Value, r.pos(n)}
	at := r.src.offset(n.Line, n.Column)
	if _, ok := r.mended[at]; ok {
		delete(r.mended, at)
		return name, false // it is reported
	}
	switch {
	case n.Kind == yaml.AliasNode:
		return name, false // its anchor is reported
	case n.Kind != yaml.ScalarNode:
		hint := ""
		if strings.HasPrefix(r.src.text[at:], "{") {
			hint = "an expression is written with a $ and quoted here: \"${{ … }}\""
		}
		r.report(name.Pos, "bad-key", "a key must be text", hint)
		return name, false
	case n.Anchor != "" || r.isTagged(n, at):
		r.report(name.Pos, "bad-key", "a key must be text, without tag or anchor", "quote the key if it begins with ! or &")
		return name, false
	case n.Tag == "!!merge" && n.Style == 0:
		if value.Kind == yaml.AliasNode {
			return name, false // its anchor is reported
		}
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
func (r *reader) scalar(v *Value, n *node, at int) {
	how := styleOf(n)
	if how == plain {
		r.plain(v, n)
	} else {
		v.Kind, v.Text = String, n.Value
	}
	switch {
	case v.Kind != String:
	case strings.Contains(v.Text, opening):
		t, _ := traceScalar(r.src.text, at, how, v.Text)
		r.parts(v, t, how)
	case strings.Contains(v.Text, "${"):
		if path := oneBrace.FindStringSubmatch(v.Text); path != nil {
			r.report(r.src.pos(at), "one-brace", "this is text, not an expression: those stand between ${{ and }}", "write ${{ "+path[1]+" }}")
			r.bad[v] = true
		}
	}
}

// oneBrace is a path that looks like an expression and has a brace too few.
var oneBrace = regexp.MustCompile(`^\s*\$\{\s*(\w+(?:\.\w+)+)\s*\}\s*$`)

func styleOf(n *node) style {
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

// plain gives a scalar without quotes its kind. To yaml.v3 a number is what is
// one in YAML 1.1 or in 1.2.
func (r *reader) plain(v *Value, n *node) {
	switch n.Tag {
	case "!!null":
		v.Kind = Null
	case "!!bool":
		v.Kind, v.Bool = Bool, strings.EqualFold(n.Value, "true")
	case "!!int", "!!float":
		r.number(v, n.Value)
	default: // dates are text
		v.Kind, v.Text = String, n.Value
		if n.Tag == "!!str" && strings.IndexByte("-0123456789", n.Value[0]) >= 0 && jsonNumber.MatchString(n.Value) {
			r.number(v, n.Value)
		}
	}
}
