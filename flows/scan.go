package flows

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// finding is a mistake by which a text is no YAML, or not the YAML that it
// looks like.
type finding struct {
	at                  int // where it stands
	code, message, hint string
	// value is the stretch that, taken for one quoted text, lets the rest of the
	// file be read; it is empty if nothing helps.
	value span
}

// scanner goes through a text that yaml.v3 has refused and looks for the
// mistakes that people make. It takes the common road through YAML, no more: a
// text that it misjudges was refused anyway.
type scanner struct {
	text     string
	next     int
	brackets []int // offsets of the [ and { that are open
	column   int   // of the key or dash under which a block scalar would stand, in bytes
	value    bool  // a key and its colon stand before, in the same line or between the same brackets
	findings []finding
	begin    int  // of the line
	line     span // the line last asked for, so that a long one is looked for once
	open     int  // end of a line in which an expression has no end
}

// scan returns what it finds, in the order of the text.
func scan(text string) []finding {
	s := scanner{text: text}
	s.startLine()
	for s.next < len(s.text) {
		s.token()
	}
	if len(s.brackets) > 0 {
		at := s.brackets[0]
		// What stands after a bracket without end was looked at as if within.
		for len(s.findings) > 0 && s.findings[len(s.findings)-1].at > at {
			s.findings = s.findings[:len(s.findings)-1]
		}
		s.find(at, "unclosed-bracket", "the "+s.text[at:at+1]+" that stands here has no end", "close it with "+string(s.text[at]+2))
	}
	return s.findings
}

func (s *scanner) find(at int, code, message, hint string) {
	s.findings = append(s.findings, finding{at: at, code: code, message: message, hint: hint})
}

// findValue finds a mistake in the value that begins at start, and passes over
// the value. The hint is to quote it.
func (s *scanner) findValue(start int, code, message string) {
	s.next = s.valueEnd(max(start, s.next))
	hint := "quote the value: " + quote(s.text[start:s.next])
	s.findings = append(s.findings, finding{start, code, message, hint, span{start, s.next}})
}

// startLine goes from the begin of a line to its first token.
func (s *scanner) startLine() {
	s.value = false
	s.begin = s.next
	s.next += leadingBlanks(s.text[s.next:])
	s.column = s.next - s.begin
	if len(s.brackets) == 0 && s.peek() == '\t' {
		s.find(s.next, "yaml-tab", "a tab stands where YAML wants blanks", "indent with two blanks a level")
	}
}

func (s *scanner) peek() byte { return s.byteAt(s.next) }

func (s *scanner) byteAt(i int) byte {
	if i < len(s.text) {
		return s.text[i]
	}
	return 0
}

// token passes over one token.
func (s *scanner) token() {
	inFlow := len(s.brackets) > 0
	switch c := s.peek(); {
	case c == '\n':
		s.next++
		s.startLine()
	case c == ' ' || c == '\t' || c == '\r':
		s.next++
	case c == '#':
		s.next = s.lineEnd(s.next)
	case c == '-' && isBlank(s.byteAt(s.next+1)) && !inFlow:
		s.dash()
	case c == ':' && (isBlank(s.byteAt(s.next+1)) || inFlow):
		s.value = true
		s.next++
	case c == ',' && inFlow:
		s.value = false
		s.next++
	case c == '[' || c == '{':
		s.brackets = append(s.brackets, s.next)
		s.value = false
		s.next++
	case c == ']' || c == '}':
		s.close()
	case c == '"' || c == '\'':
		s.quoted()
	case (c == '|' || c == '>') && !inFlow:
		s.block()
	case c == '%' && s.column == 0 && !s.value && !inFlow:
		s.find(s.next, "yaml-directive", "directives are not supported", "remove the line")
		s.next = s.lineEnd(s.next)
	case c == '!' || c == '&' || c == '*' || c == '@' || c == '`' || c == '%':
		s.indicator(c)
	default:
		s.plain()
	}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0 }

// lineEnd is the offset of the line break behind an offset.
func (s *scanner) lineEnd(from int) int {
	if from < s.line.start || from > s.line.end || s.line.end == 0 {
		s.line = span{from, len(s.text)}
		if i := strings.IndexByte(s.text[from:], '\n'); i >= 0 {
			s.line.end = from + i
		}
	}
	return s.line.end
}

func (s *scanner) dash() {
	if s.value {
		s.find(s.next, "yaml-syntax", "a list may not begin behind a colon", "begin the list in the next line, or quote the value if it is text")
		s.next = s.lineEnd(s.next)
		return
	}
	s.column = s.next - s.begin
	s.next++
	for s.peek() == ' ' {
		s.next++
	}
	// The keys of a map that begins behind the dash stand deeper than the dash.
	if c := s.peek(); c != '|' && c != '>' {
		s.column = s.next - s.begin
	}
}

func (s *scanner) close() {
	c := s.peek()
	if n := len(s.brackets); n == 0 || s.text[s.brackets[n-1]] != c-2 {
		s.find(s.next, "unclosed-bracket", "the "+string(c)+" that stands here closes nothing", "")
	} else {
		s.brackets = s.brackets[:n-1]
	}
	s.value = true
	s.next++
	rest := s.next + leadingBlanks(s.text[s.next:])
	if !s.mayFollow(rest, s.next) && len(s.brackets) == 0 {
		s.find(rest, "unclosed-bracket", "something stands behind the closing "+string(c), "")
		s.next = s.lineEnd(s.next)
	}
}

// quoted passes over a quoted text and looks at what follows it.
func (s *scanner) quoted() {
	start, mark := s.next, s.text[s.next:s.next+1]
	badEscape := -1
	for s.next++; ; s.next++ {
		switch c := s.peek(); {
		case s.next >= len(s.text), c == '\n' && isDocumentMark(s.text[s.next+1:]):
			s.find(start, "unclosed-quote", "the text that begins here has no closing "+mark, "close it in its line")
			s.next = len(s.text)
			return
		case c == '\\' && mark == `"`:
			s.next++
			if badEscape < 0 && !strings.ContainsRune("0abt\tnvfre \"/'\\N_LPxuU\r\n", rune(s.peek())) {
				badEscape = s.next - 1
			}
			continue
		case c != mark[0]:
			continue
		case mark == "'" && s.byteAt(s.next+1) == '\'':
			s.next++
			continue
		}
		break
	}
	s.next++
	end, oneLine := s.next, true
	if i := strings.LastIndexByte(s.text[start:end], '\n'); i >= 0 {
		oneLine, s.begin = false, start+i+1
	}
	rest := end + leadingBlanks(s.text[end:])
	switch {
	case s.mayFollow(rest, end):
		if badEscape >= 0 {
			_, width := utf8.DecodeRuneInString(s.text[badEscape+1:])
			s.find(badEscape, "yaml-syntax", s.text[badEscape:badEscape+1+width]+" is no escape in double quotes", `write \\ for a backslash, or put the text in single quotes`)
			if oneLine {
				s.findings[len(s.findings)-1].value = span{start, end}
			}
		}
	case oneLine:
		s.next = rest
		s.findValue(start, "unclosed-quote", "something stands behind the closing "+mark)
		if mark == "'" {
			s.findings[len(s.findings)-1].hint = "write '' for an apostrophe within, or put the text in double quotes"
		}
	default:
		s.find(start, "unclosed-quote", "the text that begins here has its closing "+mark+" lines below, and more behind it", "close it in its line")
	}
}

// mayFollow reports whether what stands at next may follow a quoted text or a
// bracket that ends at end.
func (s *scanner) mayFollow(next, end int) bool {
	switch c := s.byteAt(next); {
	case isBlank(c), c == ':', c == '#' && next > end:
		return true
	default:
		return len(s.brackets) > 0 && strings.IndexByte(",]}", c) >= 0
	}
}

// isDocumentMark reports whether a line begins or ends a document.
func isDocumentMark(line string) bool {
	return (strings.HasPrefix(line, "---") || strings.HasPrefix(line, "...")) && (len(line) == 3 || isBlank(line[3]))
}

var blockHeader = regexp.MustCompile(`^[|>](?:[-+]?[1-9]?|[1-9][-+])[ \t\r]*$`)

// block passes over the lines of a literal or folded text.
func (s *scanner) block() {
	header, _, _ := strings.Cut(s.text[s.next:s.lineEnd(s.next)], " #")
	if !blockHeader.MatchString(header) {
		s.findValue(s.next, "yaml-syntax", "a text without quotes may not begin with "+header[:1])
		return
	}
	s.next = s.lineEnd(s.next)
	for s.next < len(s.text) {
		line := s.text[s.next+1 : s.lineEnd(s.next+1)]
		if strings.TrimSpace(line) != "" && leadingBlanks(line) <= s.column {
			return
		}
		s.next = s.lineEnd(s.next + 1)
	}
}

// indicator deals with the characters that begin something else than a text.
func (s *scanner) indicator(c byte) {
	switch c {
	case '!':
		s.findValue(s.next, "yaml-tag", "! begins a YAML tag, not a value")
	case '*', '&':
		s.findValue(s.next, "yaml-anchor", "anchors (&) and aliases (*) are not supported")
	default:
		s.findValue(s.next, "yaml-syntax", "a text without quotes may not begin with "+string(c))
	}
}

const colonMessage = "the value has a colon and a blank in it, which YAML takes for another key"

// plain passes over a text without quotes, up to the end of its line.
func (s *scanner) plain() {
	start, inFlow := s.next, len(s.brackets) > 0
	for s.next < len(s.text) && s.peek() != '\n' {
		c, after := s.peek(), s.byteAt(s.next+1)
		switch {
		case strings.HasPrefix(s.text[s.next:], opening):
			if s.expression(start) {
				return
			}
			continue
		case c == '#' && s.next > start && isBlank(s.text[s.next-1]):
			return
		case c == ':' && isBlank(after):
			if s.value {
				s.findValue(start, "yaml-syntax", colonMessage)
			}
			return
		case inFlow && (c == ',' || c == ']' || c == '}'):
			return
		case inFlow && (c == '{' || c == '[' || c == '?'):
			s.findValue(start, "yaml-syntax", "between brackets, a text without quotes may not have "+string(c)+" in it")
			return
		}
		s.next++
	}
}

// expression passes over the expression at next, within the plain text that
// begins at start. It reports the text and passes over all of it if YAML would
// not read it as it stands.
func (s *scanner) expression(start int) (reported bool) {
	end := s.closing(s.next)
	if end < 0 {
		s.next += len(opening)
		return false
	}
	end += len(closing)
	source := s.text[s.next:end]
	inFlow := len(s.brackets) > 0
	comment, colon := strings.Index(source, " #"), strings.Index(source, ": ")
	if !inFlow && (colon < 0 || comment >= 0 && comment < colon) {
		s.next = end
		return false
	}
	if inFlow {
		s.findValue(start, "unquoted-expression", "between brackets, an expression has to be quoted")
		f := &s.findings[len(s.findings)-1]
		f.hint += ", or write the map in block style, one line a key"
	} else {
		s.findValue(start, "unquoted-expression", colonMessage)
	}
	return true
}

// closing is the }} of the expression at an offset, in its line, or -1.
func (s *scanner) closing(at int) int {
	line := s.lineEnd(at)
	if line == s.open {
		return -1
	}
	end, _ := closingOf(s.text[:line], at+len(opening))
	if end < 0 {
		s.open = line
	}
	return end
}

// valueEnd is where the value that begins at start was most likely meant to
// end: at the end of the line or a comment, and between brackets at the comma
// or bracket that ends the entry. Expressions and quoted texts are passed over.
func (s *scanner) valueEnd(start int) int {
	end := s.lineEnd(start)
	line := s.text[:end]
	depth := 0
	for i := start; i < end; i++ {
		switch c := line[i]; {
		case strings.HasPrefix(line[i:], opening):
			if closed := s.closing(i); closed >= 0 {
				i = closed + len(closing) - 1
			}
		case c == '#' && i > start && isBlank(line[i-1]):
			end = i
		case len(s.brackets) == 0:
		case c == '{' || c == '[':
			depth++
		case (c == ']' || c == '}') && depth > 0:
			depth--
		case c == ',' && depth == 0, c == ']', c == '}':
			end = i
		}
	}
	return start + len(strings.TrimRight(line[start:end], " \t\r"))
}
