package runtime

import (
	"iter"
	"net/url"
	"strings"
)

// pairs are the names and values of a query string or of a form, still encoded,
// in their order. As in net/url, a pair with a semicolon is not a pair: proxies
// differ on whether it separates two.
func pairs(encoded string) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for encoded != "" {
			var pair string
			pair, encoded, _ = strings.Cut(encoded, "&")
			if pair == "" || strings.Contains(pair, ";") {
				continue
			}
			name, value, _ := strings.Cut(pair, "=")
			if !yield(name, value) {
				return
			}
		}
	}
}

// queryValue is the first value of a name in a query string. A pair whose name
// or value is wrongly encoded is not there. With keepPlus a plus in the value is
// a plus, otherwise it is a space.
func queryValue(rawQuery, name string, keepPlus bool) (string, bool) {
	for n, v := range pairs(rawQuery) {
		if n, err := url.QueryUnescape(n); err != nil || n != name {
			continue
		}
		if value, ok := unescape(v, keepPlus); ok {
			return value, true
		}
	}
	return "", false
}

func unescape(v string, keepPlus bool) (string, bool) {
	decode := url.QueryUnescape
	if keepPlus {
		decode = url.PathUnescape
	}
	s, err := decode(v)
	return unicodeText(s), err == nil
}

// decodeForm reads a body of application/x-www-form-urlencoded: texts by name,
// the first of each name. It reports whether everything is rightly encoded.
func decodeForm(body string) (map[string]string, bool) {
	fields := map[string]string{}
	for n, v := range pairs(body) {
		name, ok := unescape(n, false)
		if !ok {
			return nil, false
		}
		value, ok := unescape(v, false)
		if !ok {
			return nil, false
		}
		if _, twice := fields[name]; !twice {
			fields[name] = value
		}
	}
	return fields, true
}
