package runtime

import (
	"strings"
	"unicode/utf8"
)

// unicodeText is s with every byte that is not UTF-8 replaced by U+FFFD: what a
// client sends ends up in stores, answers and logs, which take Unicode only.
func unicodeText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
