package password

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// fold brings a text into the form in which it is compared with the block list
// and with context words: wide and raised letters become plain ones, capitals
// become small.
func fold(text string) string {
	return strings.ToLower(norm.NFKC.String(text))
}

// maxAdded is how many digits and signs can be added to a common password
// without making it another.
const maxAdded = 8

// isCommon reports whether a folded password is on the block list, or is made
// from a listed one
//
//   - by repeating it, the last time perhaps in part: "dragondragondra". A single
//     character repeated is only common where it is listed as such: to forbid
//     repeated characters would be a composition rule;
//   - by adding up to 8 digits and signs before, after or between:
//     "password!2024", "passw0rd12345678", "dragon-dragon-1". Those that are
//     listed themselves, or repeat what is, do not count: "admin1234567890".
func isCommon(password string) bool {
	if extended(password) || separated(password) {
		return true
	}
	head := password[:len(password)-len(strings.TrimLeftFunc(password, notLetter))]
	tail := password[len(strings.TrimRightFunc(password, notLetter)):]
	switch {
	case head == password: // no letters at all
		return false
	case repeated(tail):
		return isCommon(strings.TrimSuffix(password, tail))
	case repeated(head):
		return isCommon(strings.TrimPrefix(password, head))
	}
	return false
}

// repeated reports whether text is a listed password, once or more often.
func repeated(text string) bool {
	if listed(text) {
		return true
	}
	for n := 2; n <= maxListed && n < len(text); n++ {
		unit, periodic := text[:n], text[n:] == text[:len(text)-n]
		if periodic && !uniform(unit) && listed(unit) {
			return true
		}
	}
	return false
}

// uniform reports whether text is one character over and over.
func uniform(text string) bool {
	first, _ := utf8.DecodeRuneInString(text)
	return strings.IndexFunc(text, func(r rune) bool { return r != first }) < 0
}

// extended reports whether password is a repeated one with digits and signs
// added at its ends.
func extended(password string) bool {
	runes := []rune(password)
	n := len(runes)
	for before := 0; before <= maxAdded && before < n; before++ {
		if before > 0 && unicode.IsLetter(runes[before-1]) {
			break
		}
		for after := 0; before+after <= maxAdded && before+after < n; after++ {
			if after > 0 && unicode.IsLetter(runes[n-after]) {
				break
			}
			if repeated(string(runes[before : n-after])) {
				return true
			}
		}
	}
	return false
}

// separated reports whether the letters of password are a repeated one over
// and over, with digits and signs between.
func separated(password string) bool {
	words := strings.FieldsFunc(password, notLetter)
	if len(words) == 0 || !repeated(words[0]) {
		return false
	}
	for _, word := range words[1:] {
		if word != words[0] {
			return false
		}
	}
	added := 0
	for _, gap := range strings.FieldsFunc(password, unicode.IsLetter) {
		if !repeated(gap) {
			added += utf8.RuneCountInString(gap)
		}
	}
	return added <= maxAdded
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) }
