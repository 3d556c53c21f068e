package runtime

import (
	"net/textproto"
	"strconv"
	"strings"
	"time"
)

// cookieValue is the first value of a cookie in the Cookie fields of a request
// (RFC 6265 §5.4). A pair with characters that no cookie may have is not there.
func cookieValue(lines []string, name string) (string, bool) {
	for _, line := range lines {
		for line != "" {
			var pair string
			pair, line, _ = strings.Cut(line, ";")
			n, v, ok := strings.Cut(textproto.TrimString(pair), "=")
			if !ok || textproto.TrimString(n) != name {
				continue
			}
			if len(v) > 1 && v[0] == '"' && v[len(v)-1] == '"' {
				v = v[1 : len(v)-1]
			}
			if isCookieValue(v) {
				return v, true
			}
		}
	}
	return "", false
}

// isCookieValue reports whether v has only the characters of RFC 6265's
// cookie-octet, so that it can neither end a cookie nor begin another field.
func isCookieValue(v string) bool {
	for i := range len(v) {
		if c := v[i]; c <= ' ' || c >= 0x7f || c == '"' || c == ',' || c == ';' || c == '\\' {
			return false
		}
	}
	return true
}

// isToken reports whether s is a token of RFC 9110 §5.6.2, such as the name of
// a cookie or of a header.
func isToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// maxCookie is how long a cookie may be with its name and attributes, in bytes:
// browsers drop longer ones without a word.
const maxCookie = 4096

// cookieAttributes end every cookie that is set. Scripts cannot read it, no
// cleartext connection carries it, and other sites cannot send it along with
// anything but a link that the user follows.
const cookieAttributes = "; Path=/; HttpOnly; Secure; SameSite=Lax"

// setCookie is the value of a Set-Cookie field. A maxAge of 0 removes the
// cookie, one below zero lets it live as long as the browser does. It reports
// whether the cookie can be set at all.
func setCookie(name, value string, maxAge time.Duration) (string, bool) {
	if !isToken(name) || !isCookieValue(value) {
		return "", false
	}
	b := make([]byte, 0, len(name)+len(value)+len(cookieAttributes)+32)
	b = append(b, name...)
	b = append(b, '=')
	if maxAge != 0 {
		b = append(b, value...)
	}
	b = append(b, cookieAttributes...)
	if maxAge >= 0 {
		b = append(b, "; Max-Age="...)
		// Part of a second counts as a whole one, since 0 would remove the cookie.
		b = strconv.AppendInt(b, int64((maxAge+time.Second-1)/time.Second), 10)
	}
	return string(b), len(b) <= maxCookie
}
