package flows

import "strings"

// span is a stretch of the source, in bytes.
type span struct{ start, end int }

// The functions below find where values end. A tree has starts only, so that it
// stays small; ends are needed for edits, one file at a time. All of them expect
// a tree that was read from this source without a diagnostic.

func (s *source) start(pos Pos) int { return s.offset(pos.Line, pos.Col) }

// isFlow reports whether a list or map is written between brackets.
func (s *source) isFlow(v *Value) bool {
	at := s.start(v.Pos)
	return (v.Kind == List || v.Kind == Map) && at < len(s.text) && (s.text[at] == '[' || s.text[at] == '{')
}

// styleAt is how the scalar at an offset is written.
func (s *source) styleAt(at int) style {
	if at < len(s.text) {
		switch s.text[at] {
		case '\'':
			return singleQuoted
		case '"':
			return doubleQuoted
		case '|':
			return literal
		case '>':
			return folded
		}
	}
	return plain
}

// span is where a value stands. It is empty for a null that is not written.
func (s *source) span(v *Value) span {
	start := s.start(v.Pos)
	switch v.Kind {
	case String:
		t, _ := traceScalar(s.text, start, s.styleAt(start), v.Text)
		return span{start, t.end}
	case List, Map:
		return span{start, s.collectionEnd(v, start)}
	case Null:
		if word := s.word(start); word != "~" && !strings.EqualFold(word, "null") {
			return span{start, start}
		}
	}
	return span{start, start + len(s.word(start))}
}

// word is the text up to the next blank, comma or closing bracket.
func (s *source) word(start int) string {
	rest := s.text[start:]
	if end := strings.IndexAny(rest, " \t\r\n,]}"); end >= 0 {
		return rest[:end]
	}
	return rest
}

func (s *source) collectionEnd(v *Value, start int) int {
	end := start
	for _, item := range v.Items {
		end = max(end, s.span(item).end)
	}
	if n := len(v.Fields); n > 0 {
		end = s.fieldEnd(v.Fields[n-1])
	}
	if !s.isFlow(v) {
		return end
	}
	return s.closing(max(end, start+1)) + 1
}

// fieldEnd is where an entry of a map ends.
func (s *source) fieldEnd(f Field) int {
	behind, _ := s.colon(f.Key)
	if value := s.span(f.Value); value.end > value.start {
		return value.end
	}
	return behind
}

// closing is the offset of the bracket that closes a list or map whose last
// entry ends at from.
func (s *source) closing(from int) int {
	for i := from; i < len(s.text); i++ {
		switch s.text[i] {
		case ']', '}':
			return i
		case '#':
			if end := strings.IndexByte(s.text[i:], '\n'); end >= 0 {
				i += end
			}
		}
	}
	return len(s.text) - 1
}

// key is where a key stands.
func (s *source) key(name Name) span {
	start := s.start(name.Pos)
	t, _ := traceScalar(s.text, start, s.styleAt(start), name.Text)
	return span{start, t.end}
}

// colon is the offset behind the colon of a key. Without a colon, as in {a, b},
// it is the end of the key.
func (s *source) colon(name Name) (behind int, found bool) {
	end := s.key(name).end
	for i := end; i < len(s.text) && (s.text[i] == ' ' || s.text[i] == '\t' || s.text[i] == ':'); i++ {
		if s.text[i] == ':' {
			return i + 1, true
		}
	}
	return end, false
}

// lineStart is the offset of the first byte of the line that holds an offset.
func (s *source) lineStart(at int) int { return strings.LastIndexByte(s.text[:at], '\n') + 1 }

// lineEnd is the offset of the line break, "\r\n" included, that ends the line
// of an offset, or the end of the text.
func (s *source) lineEnd(at int) int {
	end := strings.IndexByte(s.text[at:], '\n')
	switch {
	case end < 0:
		return len(s.text)
	case end > 0 && s.text[at+end-1] == '\r':
		return at + end - 1
	}
	return at + end
}

// nextLine is the offset of the line behind the one that holds an offset.
func (s *source) nextLine(at int) int {
	if end := strings.IndexByte(s.text[at:], '\n'); end >= 0 {
		return at + end + 1
	}
	return len(s.text)
}
