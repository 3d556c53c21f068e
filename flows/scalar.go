package flows

import (
	"strings"
	"unicode/utf8"
)

// style is how a scalar is written.
type style uint8

const (
	plain style = iota
	singleQuoted
	doubleQuoted
	literal
	folded
)

// trace says where the bytes of a decoded scalar stand in the source. yaml.v3
// gives the start of a scalar only, and expressions stand within.
type trace struct {
	first int   // offset of the first byte of the text
	at    []int // offset of each byte of the text; nil where they stand in a row
	end   int   // offset behind the scalar, its closing quote included
}

// offset is where byte i of the decoded text stands; i may be its length.
func (t trace) offset(i int) int {
	switch {
	case t.at == nil:
		return t.first + i
	case i < len(t.at):
		return t.at[i]
	}
	return t.end
}

// traceScalar follows a scalar that starts at an offset of the source and was
// decoded to text. It needs no knowledge of indentation, since the text tells
// where the scalar ends. ok is false if source and text do not fit each other;
// then all of the text is traced to the start.
func traceScalar(source string, start int, how style, text string) (t trace, ok bool) {
	first := start
	if how == singleQuoted || how == doubleQuoted {
		first++
	}
	if how <= doubleQuoted && strings.HasPrefix(source[min(first, len(source)):], text) && !strings.ContainsAny(text, "\n'\"\\") {
		t = trace{first: first, end: first + len(text)}
		if how != plain {
			t.end++
		}
		return t, true
	}
	f := follower{source: source, next: first, text: text, at: make([]int, 0, len(text))}
	switch how {
	case literal, folded:
		ok = f.block(how == folded)
	default:
		ok = f.flow(how)
	}
	if !ok {
		f.at = f.at[:0]
		f.take(len(text), start)
		f.next = start
	}
	return trace{first: first, at: f.at, end: f.next}, ok
}

// follower walks through source and decoded text side by side.
type follower struct {
	source string
	next   int // in source
	text   string
	at     []int // one entry for each byte of text that was matched
}

// take matches n bytes of text with the source byte at from.
func (f *follower) take(n, from int) bool {
	if len(f.at)+n > len(f.text) {
		return false
	}
	for range n {
		f.at = append(f.at, from)
	}
	return true
}

func (f *follower) peek() byte {
	if f.next < len(f.source) {
		return f.source[f.next]
	}
	return 0
}

// flow follows plain and quoted scalars.
func (f *follower) flow(how style) bool {
	for {
		switch c := f.peek(); {
		case how == plain && len(f.at) == len(f.text):
			return true
		case f.next >= len(f.source):
			return false
		case how == singleQuoted && c == '\'':
			if !strings.HasPrefix(f.source[f.next:], "''") {
				f.next++
				return len(f.at) == len(f.text)
			}
			if !f.take(1, f.next) {
				return false
			}
			f.next += 2
		case how == doubleQuoted && c == '"':
			f.next++
			return len(f.at) == len(f.text)
		case how == doubleQuoted && c == '\\':
			if !f.escape() {
				return false
			}
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			if !f.blanks() {
				return false
			}
		default:
			if !f.take(1, f.next) || f.text[len(f.at)-1] != c {
				return false
			}
			f.next++
		}
	}
}

// escape follows an escape of a double-quoted scalar. An escaped line break
// stands for nothing and swallows the blanks that begin the next lines.
func (f *follower) escape() bool {
	from := f.next
	f.next++
	switch f.peek() {
	case '\r', '\n':
		breaks := 0
		for ; strings.IndexByte(" \t\r\n", f.peek()) >= 0 && f.next < len(f.source); f.next++ {
			if f.peek() == '\n' {
				breaks++
			}
		}
		return f.take(breaks-1, from)
	case 'x':
		f.next += 3
	case 'u':
		f.next += 5
	case 'U':
		f.next += 9
	default:
		f.next++
	}
	if len(f.at) >= len(f.text) || f.next > len(f.source) {
		return false
	}
	_, width := utf8.DecodeRuneInString(f.text[len(f.at):])
	return f.take(width, from)
}

// blanks follows a run of blanks: kept as it is within a line, folded to one
// blank or to one break less where it holds line breaks.
func (f *follower) blanks() bool {
	from, breaks := f.next, 0
	for ; f.next < len(f.source) && strings.IndexByte(" \t\r\n", f.source[f.next]) >= 0; f.next++ {
		if f.source[f.next] == '\n' {
			breaks++
		}
	}
	switch {
	case breaks == 0:
		for i := from; i < f.next; i++ {
			if !f.take(1, i) {
				return false
			}
		}
		return true
	case breaks == 1:
		return f.take(1, from)
	}
	return f.take(breaks-1, from)
}

// block follows literal and folded scalars, from their | or > on. Its end is
// behind the last line that is not empty.
func (f *follower) block(fold bool) bool {
	body := strings.TrimRight(f.text, "\n")
	empty := len(body) - len(strings.TrimLeft(body, "\n")) // lines before the first one with content
	f.next = f.lineEnd()
	end := f.next
	var breaks []int // line breaks not yet written; the first ends a line with content
	indent, wasBlank := -1, false
	for len(f.at) < len(body) {
		if f.next >= len(f.source) {
			return false
		}
		breaks = append(breaks, f.next)
		f.next++
		line := strings.TrimSuffix(f.source[f.next:f.lineEnd()], "\r")
		if indent < 0 && len(breaks) > empty {
			indent = leadingBlanks(line) - leadingBlanks(body[empty:])
		}
		if indent < 0 || len(line) <= indent || leadingBlanks(line) < indent {
			if strings.TrimLeft(line, " ") != "" {
				return false
			}
			f.next = f.lineEnd()
			continue
		}
		isBlank := line[indent] == ' ' || line[indent] == '\t'
		if !f.breaks(breaks, fold && !wasBlank && !isBlank) {
			return false
		}
		breaks, wasBlank = nil, isBlank
		f.next += indent
		for end = f.next + len(line) - indent; f.next < end; f.next++ {
			if !f.take(1, f.next) || f.text[len(f.at)-1] != f.source[f.next] {
				return false
			}
		}
		f.next = f.lineEnd()
	}
	f.next = end
	return f.take(len(f.text)-len(f.at), end)
}

// breaks follows the line breaks before a line with content. The first of them
// is the header's if nothing was matched yet, and stands for nothing.
func (f *follower) breaks(at []int, fold bool) bool {
	switch {
	case len(f.at) == 0, fold && len(at) > 1:
		at = at[1:]
	case fold && f.text[len(f.at)] != ' ':
		return false
	}
	for _, from := range at {
		if !f.take(1, from) {
			return false
		}
	}
	return true
}

// lineEnd is the offset of the next line break, or the end of the source.
func (f *follower) lineEnd() int {
	if i := strings.IndexByte(f.source[f.next:], '\n'); i >= 0 {
		return f.next + i
	}
	return len(f.source)
}

func leadingBlanks(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
