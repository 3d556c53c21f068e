package runtime

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/latchwork/latchwork/engine"
)

// Of a request that it cannot read, or does not take, net/http tells no handler:
// it writes an answer of its own, as text, and closes the connection. These are
// all of its answers, by status, and what stands in their place.
var refusals = map[int]*engine.Failure{
	http.StatusBadRequest:                  engine.Fail(http.StatusBadRequest, "invalid_request", "The request could not be read."),
	http.StatusExpectationFailed:           engine.Fail(http.StatusExpectationFailed, "expectation_failed", "What the request expects cannot be met."),
	http.StatusRequestHeaderFieldsTooLarge: engine.Fail(http.StatusRequestHeaderFieldsTooLarge, "request_header_size_too_large", "The header of the request is too large."),
	http.StatusNotImplemented:              engine.Fail(http.StatusNotImplemented, "unsupported_transfer_encoding", "The transfer encoding of the request is not supported."),
	http.StatusHTTPVersionNotSupported:     engine.Fail(http.StatusHTTPVersionNotSupported, "unsupported_http_version", "The version of HTTP is not supported."),
}

// refuser answers a request that did not reach the handler. Of r it has only the
// address of the network that it came from.
type refuser func(w http.ResponseWriter, r *http.Request, f *engine.Failure)

// refuseBy makes a server answer by refuse where it would answer by itself. The
// listener that it returns is the one to serve.
//
// Whose an answer is shows in when it is written, never in its bytes, which
// clients have a say in: the handler's are written after it was called and before
// net/http reports the connection as idle, all others are net/http's.
func refuseBy(refuse refuser, server *http.Server, l net.Listener) net.Listener {
	next := server.Handler
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Context().Value(connKey{}).(*conn).handled = true
		next.ServeHTTP(w, r)
	})
	server.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, c)
	}
	server.ConnState = func(c net.Conn, state http.ConnState) {
		if state == http.StateIdle {
			c.(*conn).handled = false
		}
	}
	return refusingListener{l, refuse}
}

type refusingListener struct {
	net.Listener
	refuse refuser
}

// Accept waits for the next connection.
func (l refusingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{timedConn: newTimedConn(c), refuse: l.refuse}, nil
}

// conn is a connection that knows whether a handler is to answer.
type conn struct {
	*timedConn
	refuse refuser
	// handled says that the request was given to the handler. It needs no lock: it is
	// set and cleared by the goroutine that serves the connection, and only between
	// what net/http writes.
	handled bool
}

// connKey is the key of a connection's *conn in the contexts of its requests.
type connKey struct{}

// Write writes p, or the answer that stands in its place: net/http writes each of
// its own in one piece.
func (c *conn) Write(p []byte) (int, error) {
	if c.handled {
		return c.timedConn.Write(p)
	}
	f := refusalOf(p)
	if f == nil {
		return c.timedConn.Write(p)
	}
	if _, err := c.timedConn.Write(c.refusal(f)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// CloseWrite lets net/http wait until the client has read an answer, although it
// has not read all of the request.
func (c *conn) CloseWrite() error {
	if w, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return errors.ErrUnsupported
}

// refusalOf is what stands in the place of an answer of net/http, nil if that is
// none that is known: it then stays as it is.
func refusalOf(answer []byte) *engine.Failure {
	const before, digits = len("HTTP/1.1 "), 3
	if len(answer) < before+digits {
		return nil
	}
	status, _ := strconv.Atoi(string(answer[before : before+digits]))
	return refusals[status]
}

// refusal is the answer to a request that was refused, as it is sent.
func (c *conn) refusal(f *engine.Failure) []byte {
	w := refusalWriter{header: http.Header{}}
	c.refuse(&w, &http.Request{URL: new(url.URL), RemoteAddr: c.RemoteAddr().String()}, f)
	h := w.header
	h["Date"] = []string{time.Now().UTC().Format(http.TimeFormat)}
	h["Connection"] = closes // where a next request begins is not known
	h["Content-Length"] = []string{strconv.Itoa(w.body.Len())}

	// Nothing that is written to a buffer fails.
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", w.status, http.StatusText(w.status))
	_ = h.Write(&b)
	b.WriteString("\r\n")
	_, _ = w.body.WriteTo(&b)
	return b.Bytes()
}

// refusalWriter keeps an answer until it is whole.
type refusalWriter struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *refusalWriter) Header() http.Header         { return w.header }
func (w *refusalWriter) WriteHeader(status int)      { w.status = status }
func (w *refusalWriter) Write(p []byte) (int, error) { return w.body.Write(p) }
