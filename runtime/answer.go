package runtime

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Values of header fields that never change. They are shared by all answers:
// each is full, so that whoever appends to one gets a copy.
var (
	noSniff     = []string{"nosniff"}
	noStore     = []string{"no-store"}
	strictHTTPS = []string{"max-age=31536000"} // a year, RFC 6797 §6.1.1
	noReferrer  = []string{"no-referrer"}
	closes      = []string{"close"}
	typeJSON    = []string{"application/json; charset=utf-8"}
)

// add puts values behind those that a field already has.
func add(h http.Header, name string, values []string) {
	if before := h[name]; before != nil {
		values = append(before, values...)
	}
	h[name] = values
}

// send writes the answer, in one piece.
func (s *Server) send(w http.ResponseWriter, x *exchange, t *table) {
	h := w.Header()
	h["X-Request-Id"] = []string{x.request.ID}
	h["X-Content-Type-Options"] = noSniff
	if len(x.http.TransferEncoding) > 0 {
		// The request may have had a Content-Length too, which a proxy in front may
		// have believed. What follows on the connection is then not what it seems (RFC
		// 9112 §6.1), and net/http does not tell.
		h["Connection"] = closes
	}
	if x.rules.https {
		h["Strict-Transport-Security"] = strictHTTPS
	}
	if x.preflight == nil {
		x.rules.cors.allow(h, x.http)
	} else {
		x.rules.cors.preflight(h, x.http, x.preflight)
	}
	if err := s.setCookies(h, x); err != nil {
		delete(h, "Set-Cookie")
		x.failServer(t.shapeOf(x.route), err)
		// A session that has ended is over all the same.
		_ = s.setCookies(h, x)
	}
	s.setHeader(h, x)
	a := &x.answer
	if !hasBody(a.Status) {
		w.WriteHeader(a.Status)
		return
	}
	h["Content-Length"] = []string{strconv.Itoa(len(a.Body))}
	w.WriteHeader(a.Status)
	if x.http.Method != http.MethodHead {
		// The client may be gone; there is nobody left to tell.
		_, _ = w.Write(a.Body)
	}
}

// hasBody reports whether an answer of a status has a body, RFC 9110 §6.4.1.
func hasBody(status int) bool {
	return status != http.StatusNoContent && status != http.StatusNotModified
}

// setHeader copies the fields of the answer, then those that it cannot change.
func (s *Server) setHeader(h http.Header, x *exchange) {
	a := &x.answer
	for _, f := range a.Header {
		if f.Name == "Content-Type" && f.Value == typeJSON[0] {
			h[f.Name] = typeJSON
			continue
		}
		add(h, f.Name, []string{f.Value})
	}
	if h["Content-Type"] == nil && len(a.Body) > 0 {
		h["Content-Type"] = typeJSON
	}
	if a.Location != "" {
		// What stood in the address that led here, such as a token, goes no further.
		h["Location"], h["Referrer-Policy"] = []string{a.Location}, noReferrer
	}
	if a.Fault != nil && a.Fault.RetryAfter > 0 {
		h["Retry-After"] = []string{strconv.FormatInt(int64((a.Fault.RetryAfter+time.Second-1)/time.Second), 10)}
	}
	if a.Fault != nil || a.NoStore || a.Ended || h["Set-Cookie"] != nil || x.route != nil && x.route.noStore {
		h["Cache-Control"] = noStore
	}
}

// setCookies hands a session over, clears the cookie of one that was ended, and
// sets the cookies that the flow has asked for. With an error the
// header is not to be sent.
func (s *Server) setCookies(h http.Header, x *exchange) error {
	a := &x.answer
	put := func(name, value string, maxAge time.Duration) error {
		c, ok := setCookie(name, value, maxAge)
		if !ok {
			return fmt.Errorf("runtime: the cookie %q cannot be set: it is too long, or has characters that cookies cannot have", name)
		}
		h["Set-Cookie"] = append(h["Set-Cookie"], c)
		return nil
	}
	for _, c := range a.Cookies {
		if x.rules.isSessionCookie(c.Name) {
			return fmt.Errorf("runtime: the cookie %q carries sessions; a flow hands one over by the field session of its answer", c.Name)
		}
		if err := put(c.Name, c.Value.Reveal(), max(c.MaxAge, 0)); err != nil {
			return err
		}
	}
	switch {
	case !a.Session.IsEmpty():
		if err := put(x.rules.session.Cookie(), a.Session.Reveal(), x.rules.cookieAge); err != nil {
			return err
		}
		for _, name := range x.rules.sessionHeaders {
			if x.http.Header[name] != nil {
				h[name] = []string{a.Session.Reveal()}
			}
		}
	case a.Ended:
		if _, by := x.rules.session.Find(x); by.Cookie != "" {
			return put(by.Cookie, "", 0)
		}
	}
	return nil
}
