package runtime

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"

	"github.com/latchwork/latchwork/engine"
)

// exchange is one request on its way through the host: what a program is told
// of it, and the answer that comes back. Exchanges are pooled.
type exchange struct {
	http    *http.Request
	rules   *rules // of the realm
	route   *route // nil where none was found
	vars    map[string]string
	request engine.Request
	answer  engine.Answer

	preflight []*route // the routes that a browser asks about; nil otherwise

	limit  int64 // of the body, in bytes
	buffer []byte
	body   any
	err    error // of the body
	read   bool
}

var exchanges = sync.Pool{New: func() any { return new(exchange) }}

// newRequestID is 24 hex digits. It is taken from nowhere but here: an id that a
// client could choose would let it forge lines of the log.
func newRequestID() string {
	var id [12]byte
	var text [24]byte
	rand.Read(id[:]) // never fails: it ends the program instead
	hex.Encode(text[:], id[:])
	return string(text[:])
}

// begin takes an exchange from the pool and maps the request.
func (s *Server) begin(r *http.Request) *exchange {
	x := exchanges.Get().(*exchange)
	realm := s.host.realms.of(r.Host)
	x.http, x.rules, x.limit = r, s.host.rules[realm], s.host.bodyLimit
	x.request = engine.Request{
		Method:    r.Method,
		Path:      unicodeText(r.URL.Path),
		Host:      strings.ToLower(r.Host),
		IP:        s.host.proxies.clientIP(r),
		UserAgent: unicodeText(first(r.Header["User-Agent"])),
		ID:        newRequestID(),
		Realm:     realm,
		Source:    x,
	}
	return x
}

// maxPooled is the largest buffer that goes back to the pool, in bytes.
const maxPooled = 64 << 10

// release forgets everything about the request and gives the exchange back.
func (x *exchange) release() {
	x.answer.Reset()
	if cap(x.answer.Body) > maxPooled {
		x.answer.Body = nil
	}
	buffer := x.buffer
	if cap(buffer) > maxPooled {
		buffer = nil
	}
	clear(buffer[:cap(buffer)]) // it may have held a password
	*x = exchange{answer: x.answer, buffer: buffer[:0]}
	exchanges.Put(x)
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

var _ engine.Source = (*exchange)(nil)

// Header is the first field of a name, in canonical form.
func (x *exchange) Header(name string) (string, bool) {
	values := x.http.Header[name]
	return unicodeText(first(values)), len(values) > 0
}

// Cookie is the first cookie of a name.
func (x *exchange) Cookie(name string) (string, bool) {
	return cookieValue(x.http.Header["Cookie"], name)
}

// Query is the first value of a name in the query.
func (x *exchange) Query(name string, keepPlus bool) (string, bool) {
	return queryValue(x.http.URL.RawQuery, name, keepPlus)
}

// PathValue is the value of a parameter of the path.
func (x *exchange) PathValue(name string) (string, bool) {
	v, ok := x.vars[name]
	return unicodeText(v), ok
}
