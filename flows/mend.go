package flows

import (
	"strings"
	"unicode/utf8"
)

// mend reports why yaml.v3 refused the text with err. Where each mistake is
// confined to a value, the values are taken for quoted text and the rest of the
// file is read, so that all of its problems are found at once.
func (r *reader) mend(err error) (first, second *node, _ error) {
	found := scan(r.src.text)
	if len(found) == 0 {
		r.diags = append(r.diags, r.syntaxError(err))
		return nil, nil, err
	}
	r.mended = make(map[int]span)
	for _, f := range found {
		r.report(r.src.pos(f.at), f.code, f.message, f.hint)
		if f.value.end > 0 {
			r.mended[f.value.start] = f.value
		}
	}
	r.findings = len(r.diags)
	return parseYAML(masked(r.src.text, found))
}

// masked replaces the stretches that can be mended by quoted text that takes as
// many runes, so that all places stay what they are.
func masked(text string, found []finding) string {
	var b strings.Builder
	done := 0
	for _, f := range found {
		if f.value.end == 0 || f.value.start < done {
			continue
		}
		b.WriteString(text[done:f.value.start])
		if n := utf8.RuneCountInString(text[f.value.start:f.value.end]); n > 1 {
			b.WriteString(`"` + strings.Repeat("x", n-2) + `"`)
		} else {
			b.WriteString("x")
		}
		done = f.value.end
	}
	b.WriteString(text[done:])
	return b.String()
}

// unmend gives a value that was masked its text back. It stays a bad value.
func (r *reader) unmend(v *Value, s span) {
	v.Kind, v.Text = String, r.src.text[s.start:s.end]
	r.bad[v] = true
	if _, open, _ := split(v.Text); open < 0 && strings.Contains(v.Text, opening) {
		r.parts(v, trace{first: s.start, end: s.end}, plain)
	}
}
