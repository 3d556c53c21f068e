package engine

import (
	"encoding/hex"
	"net/netip"
	"net/url"
	"regexp"
	"regexp/syntax"
	"strings"
	"time"
)

// textFormat is a format of JSON Schema. Formats are checked, not just noted.
type textFormat struct {
	text  string // "an e-mail address", for messages
	valid func(string) bool
}

// textFormats holds all formats that a flow may name.
var textFormats = map[string]*textFormat{
	"email":                 {"an e-mail address", isEmail},
	"uri":                   {"a URI with a scheme", isURI},
	"uri-reference":         {"a URI or a path", isURIReference},
	"uri-template":          {"a URI template", isURITemplate},
	"uuid":                  {"a UUID", isUUID},
	"hostname":              {"a host name", isHostname},
	"ipv4":                  {"an IPv4 address", isIPv4},
	"ipv6":                  {"an IPv6 address", isIPv6},
	"date":                  {"a date such as 2026-01-31", isDate},
	"time":                  {"a time with its zone such as 09:30:00Z", isTime},
	"date-time":             {"a date and time such as 2026-01-31T09:30:00Z", isDateTime},
	"duration":              {"a duration such as P1DT12H", isDuration},
	"json-pointer":          {"a JSON pointer", jsonPointer.MatchString},
	"relative-json-pointer": {"a relative JSON pointer", relativeJSONPointer.MatchString},
	"regex":                 {"a regular expression", isRegex},
}

var (
	jsonPointer         = regexp.MustCompile(`^(?:/(?:[^/~]|~[01])*)*$`)
	relativeJSONPointer = regexp.MustCompile(`^(?:0|[1-9][0-9]*)(?:#|(?:/(?:[^/~]|~[01])*)*)$`)
	isoDuration         = regexp.MustCompile(`^P(?:[0-9]+W|(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+D)?(?:T(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+S)?)?)$`)
	templateExpression  = regexp.MustCompile(`^[+#./;?&]?[A-Za-z0-9_.%]+(?::[0-9]{1,4}|\*)?(?:,[A-Za-z0-9_.%]+(?::[0-9]{1,4}|\*)?)*$`)
)

// isEmail takes what browsers take (HTML Standard §4.10.5.1.5), within the
// lengths of RFC 5321 §4.5.3.1.
func isEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || len(local) > 64 || len(s) > 254 {
		return false
	}
	for i := range len(local) {
		if c := local[i]; !isAlphanumeric(c) && strings.IndexByte(".!#$%&'*+/=?^_`{|}~-", c) < 0 {
			return false
		}
	}
	return isHostname(domain)
}

// isHostname takes names of RFC 1123 §2.1.
func isHostname(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if c := label[i]; !isAlphanumeric(c) && c != '-' {
				return false
			}
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func isURI(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme != "" && isURIText(s)
}

func isURIReference(s string) bool {
	_, err := url.Parse(s)
	return err == nil && isURIText(s)
}

// isURIText reports whether s has only the characters of RFC 3986 §2; url.Parse
// lets many others through. That percent signs lead escapes it checks itself,
// save behind the question mark.
func isURIText(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '%':
			if i+2 >= len(s) {
				return false
			}
			if _, err := hex.DecodeString(s[i+1 : i+3]); err != nil {
				return false
			}
		case !isAlphanumeric(c) && strings.IndexByte("-._~:/?#[]@!$&'()*+,;=", c) < 0:
			return false
		}
	}
	return true
}

// isURITemplate takes templates of RFC 6570.
func isURITemplate(s string) bool {
	for s != "" {
		open := strings.IndexAny(s, "{} \"'<>\\^`|")
		if open < 0 {
			return true
		}
		end := strings.IndexByte(s, '}')
		if s[open] != '{' || end < open || !templateExpression.MatchString(s[open+1:end]) {
			return false
		}
		s = s[end+1:]
	}
	return true
}

func isUUID(s string) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	_, err := hex.DecodeString(s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:])
	return err == nil
}

func isIPv4(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is4()
}

func isIPv6(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is6() && a.Zone() == ""
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

func isTime(s string) bool { return isDateTime("2000-01-01T" + s) }

func isDateTime(s string) bool {
	_, ok := parseDateTime(s)
	return ok
}

// parseDateTime reads a time of RFC 3339. Package time also takes hours of one
// digit, and a comma for the point.
func parseDateTime(s string) (t time.Time, ok bool) {
	if len(s) < len("2006-01-02T15:04:05Z") || s[13] != ':' || strings.IndexByte(s, ',') >= 0 {
		return t, false
	}
	t, err := time.Parse(time.RFC3339, s)
	return t, err == nil
}

func isDuration(s string) bool {
	return isoDuration.MatchString(s) && s != "P" && !strings.HasSuffix(s, "T")
}

// isRegex takes what Go's regexp takes. It does not compile the expression: that
// costs more than reading it.
func isRegex(s string) bool {
	_, err := syntax.Parse(s, syntax.Perl)
	return err == nil
}
