package answer

import (
	"fmt"
	"maps"
	"net/textproto"
	"slices"
	"strings"

	"github.com/latchwork/latchwork/engine"
)

// refused are the fields that a flow cannot set, by name and, ending in "-", by
// the beginning of their names: what has an input of its own (cookies, the
// target of a redirect, the kind of the body), what delimits answers on the wire
// (RFC 9110 §7.6.1), and what the host decides for the whole application.
var refused = []string{"Set-Cookie", "Set-Cookie2", "Location", "Refresh", "Content-",
	"Connection", "Keep-Alive", "Proxy-", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
	"Access-Control-", "Strict-Transport-Security", "X-Content-Type-Options", "X-Request-Id", "Clear-Site-Data"}

// addHeaders adds the fields to the header of an answer, in the order of their
// names. A field that a flow cannot set, or that could be read as two, is an
// error.
func addHeaders(a *engine.Answer, fields map[string]string) error {
	if len(fields) == 0 {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		if !isToken(name) || slices.ContainsFunc(refused, func(r string) bool {
			return canonical == r || strings.HasSuffix(r, "-") && strings.HasPrefix(canonical, r)
		}) {
			return fmt.Errorf("answer: headers cannot set %q", name)
		}
		if strings.ContainsFunc(fields[name], func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return fmt.Errorf("answer: the value of the header field %s has control characters", canonical)
		}
		a.Header = append(a.Header, engine.HeaderField{Name: canonical, Value: fields[name]})
	}
	return nil
}

// isToken reports whether a text can be the name of a field (RFC 9110 §5.6.2).
func isToken(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}
