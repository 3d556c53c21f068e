package user

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/latchwork/latchwork/nodes/internal/opaque"
)

// ErrMalformed says that a value cannot be an identifier of its kind.
var ErrMalformed = errors.New("user: malformed identifier")

// Lengths of identifiers. An address of more than 254 bytes cannot be mailed to
// (RFC 5321 §4.5.3.1.3), nor may its local part have more than 64. A phone
// number has at most 15 digits (ITU-T E.164).
const (
	maxEmail       = 254
	maxLocal       = 64
	maxLabel       = 63
	minPhoneDigits = 7
	maxPhoneDigits = 15
	minUsername    = 2 // in characters
	maxUsername    = 64
)

// Canonical is the one form of an identifier under which it is stored and looked
// up, or ErrMalformed. It is the same for every way of writing it that people
// take for the same, and Canonical of a canonical form is that form.
//
//   - An e-mail address is trimmed, in lower case and in Unicode form NFC. One with a
//     letter that only so becomes one of ASCII is malformed.
//   - A phone number is "+" and digits; spaces and -./() between them are dropped.
//   - A username is trimmed, case-folded and in Unicode form NFKC, in which ａｄａ
//     and ada are one: letters, digits, marks and the signs ._- of which it begins
//     with none.
//   - An id is 24 hex digits in lower case, as NewID makes it, and not changed.
//   - ByAny tells the kind from the value: "@" is in every address and in
//     nothing else, "+" begins every phone number and nothing else.
//
// No value is canonical in two kinds, so nobody's username can be another's
// address.
func Canonical(by Identifier, value string) (string, error) {
	canonical, ok := "", false
	if len(value) <= 4*maxEmail {
		value = strings.TrimSpace(value)
		switch by {
		case ByID:
			canonical, ok = value, opaque.IsID(value)
		case ByEmail:
			canonical, ok = canonicalEmail(value)
		case ByPhone:
			canonical, ok = canonicalPhone(value)
		case ByUsername:
			canonical, ok = canonicalUsername(value)
		case ByAny:
			return Canonical(kindOf(value), value)
		}
	}
	if !ok {
		return "", ErrMalformed
	}
	return canonical, nil
}

// kindOf tells the kind of an identifier from its looks.
func kindOf(value string) Identifier {
	switch {
	case strings.Contains(value, "@"):
		return ByEmail
	case strings.HasPrefix(value, "+"):
		return ByPhone
	}
	return ByUsername
}

func canonicalEmail(value string) (string, bool) {
	composed := norm.NFC.String(value)
	if strings.ContainsFunc(value, becomesASCII) || strings.ContainsFunc(composed, becomesASCII) {
		return "", false
	}
	value = norm.NFC.String(strings.ToLower(composed))
	local, domain, found := strings.Cut(value, "@")
	return value, found && len(value) <= maxEmail && isLocal(local) && isDomain(domain)
}

// becomesASCII reports whether a rune is none of ASCII and becomes one, as the sign for
// kelvin does: its mailbox is not that of the letter, and may be somebody else's.
func becomesASCII(r rune) bool {
	return r >= utf8.RuneSelf && norm.NFC.String(strings.ToLower(norm.NFC.String(string(r))))[0] < utf8.RuneSelf
}

// isLocal takes the dot-atoms of RFC 5322 §3.2.3 with the letters of RFC 6531.
// Quoted local parts are refused: almost nobody has one, and they hide spaces,
// "@" and line ends.
func isLocal(local string) bool {
	if local == "" || len(local) > maxLocal {
		return false
	}
	for atom := range strings.SplitSeq(local, ".") {
		if atom == "" || strings.ContainsFunc(atom, func(r rune) bool { return !isWord(r) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r) }) {
			return false
		}
	}
	return true
}

// isDomain takes names of hosts, in Unicode too, and no numeric addresses.
func isDomain(domain string) bool {
	numeric := true
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.ContainsFunc(label, func(r rune) bool { return !isWord(r) && r != '-' }) {
			return false
		}
		numeric = !strings.ContainsFunc(label, func(r rune) bool { return r < '0' || r > '9' })
	}
	return !numeric
}

// isWord takes what words are made of in any language. Signs that nobody sees,
// such as zero-width joiners, are not among it: some of them are letters or marks
// by their class, which Unicode has programs not show (UAX #44,
// Default_Ignorable_Code_Point).
func isWord(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r)) &&
		!unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

func canonicalPhone(value string) (string, bool) {
	if strings.Contains(value, "(0)") || !strings.HasPrefix(value, "+") {
		return "", false // a prefix that is dialled within the country only: not one number
	}
	digits := []byte{'+'}
	for _, r := range value[1:] {
		switch {
		case r >= '0' && r <= '9':
			digits = append(digits, byte(r))
		case !strings.ContainsRune(" \u00a0-./()", r):
			return "", false
		}
	}
	n := len(digits) - 1
	return string(digits), n >= minPhoneDigits && n <= maxPhoneDigits && digits[1] != '0'
}

func canonicalUsername(value string) (string, bool) {
	// Decomposed first, since folding knows no composed forms (Unicode §3.13, D145);
	// in lower case afterwards, since Fold swaps the two cases of Cherokee.
	value = norm.NFKC.String(strings.ToLower(cases.Fold().String(norm.NFKD.String(value))))
	n := utf8.RuneCountInString(value)
	if n < minUsername || n > maxUsername || opaque.IsID(value) {
		return "", false
	}
	for i, r := range value {
		if !isWord(r) && (i == 0 || !strings.ContainsRune("._-", r)) {
			return "", false
		}
	}
	return value, true
}
