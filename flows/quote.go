package flows

import (
	"fmt"
	"strings"
	"unicode"
)

// quote writes a text in quotes, so that every reader of YAML takes it for the
// same text.
func quote(text string) string {
	if !strings.Contains(text, `"`) && !strings.Contains(text, `\`) && isPrintable(text) {
		return `"` + text + `"`
	}
	if !strings.Contains(text, `'`) && isPrintable(text) {
		return `'` + text + `'`
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case isPlainRune(r):
			b.WriteRune(r)
		default:
			b.WriteString(escape(r))
		}
	}
	b.WriteByte('"')
	return b.String()
}

func isPrintable(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return !isPlainRune(r) }) < 0
}

// isPlainRune reports whether a rune may stand in quotes as it is.
func isPlainRune(r rune) bool {
	return r == ' ' || unicode.IsGraphic(r) && !unicode.IsSpace(r) && r != unicode.ReplacementChar
}

// escape is a rune as double quotes take it.
func escape(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r <= 0xff:
		return fmt.Sprintf(`\x%02X`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04X`, r)
	}
	return fmt.Sprintf(`\U%08X`, r)
}

// codePoint is the name of a rune in messages, such as U+0000.
func codePoint(r rune) string { return fmt.Sprintf("%U", r) }
