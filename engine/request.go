package engine

import "time"

// Request is what a host hands to a program. Its first six fields are all that
// expressions see of a request besides declared inputs.
type Request struct {
	Method    string
	Path      string
	Host      string
	IP        string // of the client, without port; trusted proxies are resolved
	UserAgent string
	ID        string // of this request, also in the log

	Realm  string // "main" where none is configured
	Source Source // where declared inputs are read
}

// Source gives the values of a request. Its methods report whether the value
// is there; names of headers are in canonical form.
type Source interface {
	Header(name string) (string, bool)
	Cookie(name string) (string, bool)
	// Query is a decoded query parameter. With keepPlus a + stays one; else it is a blank.
	Query(name string, keepPlus bool) (string, bool)
	PathValue(name string) (string, bool)
	// Body is the decoded body: plain data for JSON, with numbers as float64, int
	// or json.Number; a map[string]string for a form; nil where there is none. It
	// is decoded once, at the first call. An error is a *Failure where the client
	// is at fault.
	Body() (any, error)
}

// Answer is what a run tells its host to send. A host hands in a zero or a
// reset Answer and may reuse it: a run appends to Body and Header.
type Answer struct {
	Status   int
	Header   []HeaderField // without cookies
	Body     []byte        // as it is sent; owned by the Answer
	Cookies  []Cookie
	Session  Secret // the session token to hand over, or empty
	Ended    bool   // the session of the request was ended: clear its cookie
	Fault    *Fault // set where the answer is an error answer made by the engine
	NoStore  bool   // the answer must not be cached
	Location string // target of a redirect
}

// HeaderField is one field of an answer's header. Name is in canonical form.
type HeaderField struct {
	Name  string
	Value string
}

// Cookie is a cookie that an answer sets besides the session's. It is always
// HttpOnly, Secure, SameSite=Lax and has the path "/". A MaxAge of 0 removes it.
type Cookie struct {
	Name   string
	Value  Secret
	MaxAge time.Duration
}

// Reset empties a for reuse and keeps its buffers.
func (a *Answer) Reset() {
	clear(a.Header)
	clear(a.Cookies)
	*a = Answer{Header: a.Header[:0], Body: a.Body[:0], Cookies: a.Cookies[:0]}
}

// Fault tells a host why a run ended with an error answer.
type Fault struct {
	Status     int
	Errors     []ErrorEntry
	RetryAfter time.Duration
	ID         string // of a server error; the log carries the same
	Cause      error  // for the log, never for the client; nil for a client's fault
}

// ErrorEntry is one entry of an error answer's list.
type ErrorEntry struct {
	Origin  string `flow:"origin"` // "client_error" or "server_error"
	Code    string `flow:"code"`
	Message string `flow:"message"`
	Details any    `flow:"details,optional"`
}
