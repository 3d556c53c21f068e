package flows

import (
	"strings"
)

// Format puts a file in the usual shape: two blanks a level, one-line maps with
// quoted expressions under with or next in block style, no blanks at the ends of
// lines, one line break at the end. It splices, so comments, blank lines, order
// and quotes stay; a change by which the file would say something else is not
// made. The diagnostics are those of ParseValue; if there are any, the text
// comes back as it was. Formatting twice changes nothing more.
func Format(file string, src []byte) ([]byte, Diagnostics) {
	f, diags := NewFile(file, src)
	if f == nil {
		return src, diags
	}
	for _, pass := range []func(*File) []splice{(*File).lineEnds, (*File).fileEnd, (*File).indentation, (*File).unfoldings, (*File).lineEnds} {
		f.tidy(pass(f))
	}
	return f.Bytes(), nil
}

// tidy makes splices that must not change what the file says.
func (f *File) tidy(splices []splice) {
	if len(splices) == 0 {
		return
	}
	inOrder(splices)
	edited, diags := NewFile(f.src.file, []byte(f.mark+spliced(f.src.text, splices)))
	if len(diags) == 0 && edited.root.same(f.root) {
		*f = *edited
	}
}

// lineEnds takes away blanks at the ends of lines, but for those in a text of
// several lines.
func (f *File) lineEnds() []splice {
	within := make([]bool, len(f.src.lines)+1) // lines that end within a text, by number
	f.root.each(func(v *Value) {
		if v.Kind != String {
			return
		}
		end := f.src.pos(f.src.span(v).end)
		for line := v.Pos.Line; line < end.Line; line++ {
			within[line] = true
		}
	})
	var splices []splice
	for i, start := range f.src.lines {
		stop := f.src.lineEnd(start)
		if kept := start + len(strings.TrimRight(f.src.text[start:stop], " \t")); kept < stop && !within[i+1] {
			splices = append(splices, splice{span{kept, stop}, ""})
		}
	}
	return splices
}

// fileEnd makes the last line with content the last line, and gives it a line
// break.
func (f *File) fileEnd() []splice {
	end := len(strings.TrimRight(f.src.text, " \t\r\n"))
	if f.src.text[end:] == f.src.lineBreak() {
		return nil
	}
	return []splice{{span{end, len(f.src.text)}, f.src.lineBreak()}}
}

// each calls visit for a value and all below it.
func (v *Value) each(visit func(*Value)) {
	visit(v)
	for _, item := range v.Items {
		item.each(visit)
	}
	for _, f := range v.Fields {
		f.Value.each(visit)
	}
}
