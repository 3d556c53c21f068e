package password

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// minContextWord keeps initials and particles from counting as context words.
	minContextWord = 3
	// minBesideContext is how many letters, digits and symbols a password must
	// have besides its context words: the least that any password must have.
	minBesideContext = 8
)

// isContext reports whether a folded password is made of what an attacker knows
// of its user and of the service. It is, if it contains a context word and what
// is left without these words is less than 8 letters, digits and symbols, or a
// common password.
func isContext(password string, context []string) bool {
	rest := password
	for _, word := range contextWords(context) {
		rest = strings.ReplaceAll(rest, word, "")
	}
	if rest == password {
		return false
	}
	count := 0
	for _, r := range rest {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsSymbol(r) {
			count++
		}
	}
	return count < minBesideContext || isCommon(rest)
}

// contextWords lists, longest first, the texts that a password must not be
// made of: each text as a whole and its words. Of an address the words left of
// the @ count, and right of it those before the last dot.
func contextWords(context []string) []string {
	var words []string
	for _, text := range context {
		text = fold(text)
		words = append(words, strings.TrimSpace(text))
		if local, domain, isAddress := strings.Cut(text, "@"); isAddress {
			if dot := strings.LastIndexByte(domain, '.'); dot >= 0 {
				domain = domain[:dot]
			}
			words = append(words, local, domain)
			text = local + " " + domain
		}
		words = append(words, strings.FieldsFunc(text, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r)
		})...)
	}
	words = slices.DeleteFunc(words, func(word string) bool {
		return utf8.RuneCountInString(word) < minContextWord
	})
	slices.SortFunc(words, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b))
	})
	return slices.Compact(words)
}
