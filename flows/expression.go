package flows

import "strings"

const (
	opening = "${{"
	closing = "}}"
)

// piece is a stretch of a text: literal text, or the source of an expression
// without its ${{, }} and surrounding blanks.
type piece struct {
	start, end int
	isExpr     bool
}

// split cuts a text into its pieces. A text that is one expression with blanks
// around it is one piece. If an expression is not closed, open is where its
// ${{ stands and why says what swallowed the }}, if anything did.
func split(text string) (pieces []piece, open int, why string) {
	if trimmed := strings.TrimSpace(text); strings.HasPrefix(trimmed, opening) && strings.HasSuffix(trimmed, closing) {
		start := strings.Index(text, opening)
		if end, _ := closingOf(text, start+len(opening)); end == start+len(trimmed)-len(closing) {
			return []piece{expression(text, start+len(opening), end)}, -1, ""
		}
	}
	for done := 0; ; {
		next := strings.Index(text[done:], opening)
		if next < 0 {
			if done < len(text) {
				pieces = append(pieces, piece{done, len(text), false})
			}
			return pieces, -1, ""
		}
		next += done
		end, why := closingOf(text, next+len(opening))
		if end < 0 {
			return nil, next, why
		}
		if next > done {
			pieces = append(pieces, piece{done, next, false})
		}
		pieces = append(pieces, expression(text, next+len(opening), end))
		done = end + len(closing)
	}
}

func expression(text string, start, end int) piece {
	source := text[start:end]
	start += len(source) - len(strings.TrimLeft(source, " \t\r\n"))
	return piece{start, max(start, start+len(strings.TrimSpace(source))), true}
}

// closingOf finds the }} that closes the expression whose source starts at i.
// It knows as much of expr-lang as that takes: strings, comments and braces.
// Without one, end is -1 and why names what was still open, if not just the
// expression.
func closingOf(text string, i int) (end int, why string) {
	depth, lone := 0, false
	for i < len(text) {
		switch c := text[i]; {
		case c == '\'' || c == '"' || c == '`':
			if i = stringEnd(text, i); i < 0 {
				return -1, "a text in it that begins with " + string(c) + " has no end"
			}
			continue
		case strings.HasPrefix(text[i:], "//"):
			length := strings.IndexByte(text[i:], '\n')
			if length < 0 {
				return -1, "the rest of the line is a comment, from // on"
			}
			i += length
		case strings.HasPrefix(text[i:], "/*"):
			length := strings.Index(text[i+2:], "*/")
			if length < 0 {
				return -1, "a comment in it, from /* on, has no end"
			}
			i += length + 4
			continue
		case strings.HasPrefix(text[i:], opening):
			return -1, "another ${{ begins before its end"
		case c == '{':
			depth++
		case c == '}' && depth > 0:
			depth--
		case strings.HasPrefix(text[i:], closing):
			return i, ""
		case c == '}':
			lone = true
		}
		i++
	}
	switch {
	case depth > 0:
		return -1, "a { in it has no }"
	case lone:
		return -1, "there is one } only"
	}
	return -1, ""
}

// stringEnd is the offset behind the string literal that starts at i, or -1.
// Between backquotes a backslash is an ordinary character and “ stands for
// one backquote; for finding the end that is two strings in a row.
func stringEnd(text string, i int) int {
	quote := text[i]
	for i++; i < len(text); i++ {
		switch {
		case text[i] == '\\' && quote != '`':
			i++
		case text[i] == quote:
			return i + 1
		}
	}
	return -1
}
