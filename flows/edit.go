package flows

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// File is the text of one YAML file, edited by splicing: comments, blank lines
// and order survive byte for byte outside the stretch that an edit replaces.
// Each edit is checked by reading its result: if that does not say exactly what
// was asked for, the file stays as it was and the edit returns an error. A File
// must not be used by several goroutines at once.
type File struct {
	mark string // the byte order mark, or ""
	src  *source
	root *Value
}

// Change replaces one stretch of text.
type Change struct {
	Pos      Pos    // where the old text begins; the file's name does not count
	Old, New string // Old is what has to stand there
}

// NewFile takes the text of a file. The diagnostics are those of ParseValue; if
// there are any, the file cannot be edited and is nil.
func NewFile(name string, text []byte) (*File, Diagnostics) {
	r := newReader(name, text)
	root := r.read()
	if len(r.diags) > 0 {
		r.diags.Sort()
		return nil, r.diags
	}
	return &File{mark: string(text[:len(text)-len(r.src.text)]), src: r.src, root: root}, nil
}

// Bytes is a copy of the text as it is now.
func (f *File) Bytes() []byte { return []byte(f.mark + f.src.text) }

// Root is the tree of the text as it is now. Callers must not change it.
func (f *File) Root() *Value { return f.root }

// ErrEdit is wrapped by the errors of edits that cannot be made by splicing,
// such as one within a line that holds several list items.
var ErrEdit = errors.New("flows: the text cannot be edited there")

// Replace makes all changes at once, such as the new name of a node wherever it
// stands. A place may name a quote before the old text. The result must be
// readable; whether it means what was intended is the caller's business.
func (f *File) Replace(changes ...Change) error {
	spans := make([]splice, 0, len(changes))
	for _, c := range changes {
		at := f.src.start(c.Pos)
		if rest := f.src.text[at:]; !strings.HasPrefix(rest, c.Old) && len(rest) > 0 && (rest[0] == '"' || rest[0] == '\'') {
			at++
		}
		if !strings.HasPrefix(f.src.text[at:], c.Old) || c.Old == "" {
			return fmt.Errorf("%w: there is no %q at %s", ErrEdit, c.Old, c.Pos)
		}
		spans = append(spans, splice{span{at, at + len(c.Old)}, c.New})
	}
	inOrder(spans)
	for i := 1; i < len(spans); i++ {
		if spans[i].start < spans[i-1].end {
			return fmt.Errorf("%w: two changes overlap at %s", ErrEdit, f.src.pos(spans[i].start))
		}
	}
	edited, diags := NewFile(f.src.file, []byte(f.mark+spliced(f.src.text, spans)))
	if len(diags) > 0 {
		return diags
	}
	*f = *edited
	return nil
}

// splice is a stretch of text and what takes its place.
type splice struct {
	span
	text string
}

// inOrder sorts splices by where they are; those in one place keep their order.
func inOrder(splices []splice) {
	slices.SortStableFunc(splices, func(a, b splice) int { return a.start - b.start })
}

// spliced is a text with its splices made, which must be in order.
func spliced(text string, splices []splice) string {
	var b strings.Builder
	done := 0
	for _, s := range splices {
		b.WriteString(text[done:s.start])
		b.WriteString(s.text)
		done = s.end
	}
	b.WriteString(text[done:])
	return b.String()
}

// apply makes one splice if the result says what want says.
func (f *File) apply(s splice, want *Value) error {
	edited, diags := NewFile(f.src.file, []byte(f.mark+spliced(f.src.text, []splice{s})))
	if len(diags) > 0 {
		return diags
	}
	if !edited.root.same(want) {
		return fmt.Errorf("%w: near %s", ErrEdit, f.src.pos(s.start))
	}
	*f = *edited
	return nil
}

// firstOf makes the first splice that can be made.
func (f *File) firstOf(want *Value, splices ...splice) (err error) {
	for _, s := range splices {
		if err = f.apply(s, want); err == nil {
			return nil
		}
	}
	return err
}
