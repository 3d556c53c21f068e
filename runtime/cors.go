package runtime

import (
	"net/http"
	"net/textproto"
	"slices"
	"strings"
)

// origins is the exact list of origins whose pages may call the application. An
// origin that is not listed is never named in an answer.
type origins []string

func (o origins) list(origin string) bool { return origin != "" && slices.Contains(o, origin) }

// cors answers browsers' questions about calls from other origins.
type cors struct {
	origins     origins
	credentials bool
	headers     []string // that carry credentials, Content-Type, and those of app.yaml
	expose      []string // joined: headers of answers that pages may read
}

// The values of header fields that never change.
var (
	yes            = []string{"true"}
	varyOrigin     = []string{"Origin"}
	varyPreflight  = []string{"Access-Control-Request-Method, Access-Control-Request-Headers"}
	preflightCache = []string{"600"} // seconds; the longest that all browsers take
)

// newCORS lists the headers in which credentials travel, so that pages may send
// them, those that app.yaml names, and those of sessions, so that pages may read a session handed over.
func newCORS(listed origins, c CORSConfig, keyHeaders, sessionHeaders []string) *cors {
	headers := slices.Concat([]string{"Content-Type"}, keyHeaders, sessionHeaders)
	for _, name := range c.Headers {
		headers = append(headers, textproto.CanonicalMIMEHeaderKey(name))
	}
	expose := append([]string{"Retry-After", "X-Request-Id"}, sessionHeaders...)
	return &cors{origins: listed, credentials: c.Credentials, headers: headers, expose: []string{strings.Join(expose, ", ")}}
}

// allow names the origin of a request if it is listed. It is called for every
// answer, error answers too: a page must be able to read what went wrong. It
// reports whether the origin is listed.
func (c *cors) allow(h http.Header, r *http.Request) bool {
	if len(c.origins) == 0 {
		return false
	}
	add(h, "Vary", varyOrigin)
	origin := r.Header["Origin"]
	if len(origin) != 1 || !c.origins.list(origin[0]) {
		return false
	}
	h["Access-Control-Allow-Origin"] = origin[:1:1]
	if c.credentials {
		h["Access-Control-Allow-Credentials"] = yes
	}
	h["Access-Control-Expose-Headers"] = c.expose
	return true
}

// isPreflight reports whether a browser asks what it may send.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header["Origin"] != nil && r.Header["Access-Control-Request-Method"] != nil
}

// preflight tells a page of a listed origin what it may send to a path.
func (c *cors) preflight(h http.Header, r *http.Request, routes []*route) {
	if !c.allow(h, r) {
		return
	}
	add(h, "Vary", varyPreflight)
	headers := slices.Clone(c.headers)
	var names []string
	for _, route := range routes {
		headers = append(headers, route.endpoint.Headers...)
		names = append(names, route.endpoint.Method)
	}
	slices.Sort(headers)
	h["Access-Control-Allow-Methods"] = []string{strings.Join(names, ", ")}
	h["Access-Control-Allow-Headers"] = []string{strings.Join(slices.Compact(headers), ", ")}
	h["Access-Control-Max-Age"] = preflightCache
}
