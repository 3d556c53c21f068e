package flows

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// maxSize is the largest file that is read, in bytes. Flows are written by
// people; a megabyte is a hundred times the longest one known.
const maxSize = 1 << 20

const byteOrderMark = "\ufeff"

// source is the text of one file with its lines, to go from places to byte
// offsets and back. Offsets count from the end of a byte order mark, which
// editors hide and which is therefore in no column either.
type source struct {
	file  string
	text  string
	lines []int // offset of each line's first byte
	// seen is a rune whose offset was looked up. Look-ups go through a text in
	// its order, so the next one starts there and long lines cost no more than
	// short ones.
	seen struct{ line, col, at int }
}

func newSource(file string, text []byte) *source {
	s := &source{file: file, text: strings.TrimPrefix(string(text), byteOrderMark)}
	s.lines = make([]int, 1, 1+strings.Count(s.text, "\n"))
	for i := range len(s.text) {
		if s.text[i] == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// offset is the byte at which the rune col of a line starts; both count from 1.
// Beyond the end of the line it is the line's end.
func (s *source) offset(line, col int) int {
	if line < 1 || line > len(s.lines) {
		return len(s.text)
	}
	if s.seen.line != line || s.seen.col > col {
		s.seen.line, s.seen.col, s.seen.at = line, 1, s.lines[line-1]
	}
	for s.seen.col < col && s.seen.at < len(s.text) && s.text[s.seen.at] != '\n' {
		s.seen.col++
		if s.text[s.seen.at] < utf8.RuneSelf {
			s.seen.at++
			continue
		}
		_, width := utf8.DecodeRuneInString(s.text[s.seen.at:])
		s.seen.at += width
	}
	return s.seen.at
}

// pos is the place of a byte.
func (s *source) pos(offset int) Pos {
	offset = min(offset, len(s.text))
	next, exact := slices.BinarySearch(s.lines, offset)
	if exact {
		return Pos{s.file, next + 1, 1}
	}
	if s.seen.line != next || s.seen.at > offset {
		s.seen.line, s.seen.col, s.seen.at = next, 1, s.lines[next-1]
	}
	s.seen.col += utf8.RuneCountInString(s.text[s.seen.at:offset])
	s.seen.at = offset
	return Pos{s.file, next, s.seen.col}
}

// line is the text of a line, counted from 1, without its line break.
func (s *source) line(n int) string {
	start, end := s.lines[n-1], len(s.text)
	if n < len(s.lines) {
		end = s.lines[n] - 1
	}
	return strings.TrimSuffix(s.text[start:end], "\r")
}

// unreadable reports the first thing for which a file is not looked at any
// further: its size, or a character that YAML or an editor would take for
// something else. What it finds of the second kind keeps line and column the
// same for YAML, for editors and for this package.
func (s *source) unreadable() (d Diagnostic, found bool) {
	if len(s.text) > maxSize {
		return Diagnostic{Pos{s.file, 1, 1}, "file-too-large", "a file is at most 1 MiB", "split it into several flows"}, true
	}
	for i := 0; i < len(s.text); {
		c := s.text[i]
		if c >= ' ' && c < 0x7f || c == '\n' || c == '\t' {
			i++
			continue
		}
		r, width := utf8.DecodeRuneInString(s.text[i:])
		switch {
		case r == utf8.RuneError && width == 1:
			hint := "save the file as UTF-8"
			return Diagnostic{s.pos(i), "not-utf8", "the file is not UTF-8", hint}, true
		case r == '\r' && i+1 < len(s.text) && s.text[i+1] == '\n':
		case r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' || r == '\ufeff' || r == '\ufffe' || r == '\uffff':
			hint := "remove it, or write it as an escape in double quotes: " + escape(r)
			return Diagnostic{s.pos(i), "control-character", "the character " + codePoint(r) + " may not stand in a file", hint}, true
		}
		i += width
	}
	return Diagnostic{}, false
}

// lineBreak is how the file ends its lines.
func (s *source) lineBreak() string {
	if i := strings.IndexByte(s.text, '\n'); i > 0 && s.text[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}
