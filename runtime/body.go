package runtime

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/latchwork/latchwork/engine"
)

// The failures of bodies.
var (
	errTooLarge  = engine.Fail(http.StatusRequestEntityTooLarge, "request_body_size_too_large", "The body of the request is too large.")
	errMediaType = engine.Fail(http.StatusUnsupportedMediaType, "unsupported_media_type", "The body of the request must be application/json in UTF-8.")
	errFormType  = engine.Fail(http.StatusUnsupportedMediaType, "unsupported_media_type", "The body of the request must be application/x-www-form-urlencoded in UTF-8.")
	errSyntax    = engine.Fail(http.StatusBadRequest, "invalid_request_body_syntax", "The body of the request could not be read.")
)

// Body is the decoded body, nil where there is none. It is read at the first
// call, so that a request that a guard turns away costs no reading.
func (x *exchange) Body() (any, error) {
	if !x.read {
		x.read = true
		x.body, x.err = x.decode()
	}
	return x.body, x.err
}

func (x *exchange) decode() (any, error) {
	r := x.http
	if r.ContentLength == 0 || r.Body == nil {
		return nil, nil
	}
	form := x.route != nil && x.route.endpoint.Form
	if !form && !isMediaType(r, "application/json") {
		return nil, errMediaType
	}
	if form && !isMediaType(r, "application/x-www-form-urlencoded") {
		return nil, errFormType
	}
	if r.ContentLength > x.limit {
		return nil, errTooLarge
	}
	switch err := x.readAll(r.Body); {
	case errors.Is(err, errTooLarge):
		return nil, errTooLarge
	case err != nil:
		return nil, fmt.Errorf("%w (%w)", errSyntax, err)
	}
	if len(x.buffer) == 0 {
		return nil, nil
	}
	if form {
		fields, ok := decodeForm(string(x.buffer))
		if !ok {
			return nil, errSyntax
		}
		return fields, nil
	}
	v, err := decodeJSON(string(x.buffer))
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", errSyntax, err)
	}
	return v, nil
}

// readAll reads the body into the buffer, up to the limit.
func (x *exchange) readAll(body io.Reader) error {
	const chunk = 2 << 10
	if x.buffer == nil {
		x.buffer = make([]byte, 0, chunk)
	}
	for {
		if len(x.buffer) == cap(x.buffer) {
			x.buffer = append(x.buffer, 0)[:len(x.buffer)]
		}
		n, err := body.Read(x.buffer[len(x.buffer):cap(x.buffer)])
		x.buffer = x.buffer[:len(x.buffer)+n]
		if int64(len(x.buffer)) > x.limit {
			return errTooLarge
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// isMediaType reports whether the body is of a media type in UTF-8, and not
// compressed. A form of another site can send text/plain or no type at all
// without the browser asking first, so neither passes for JSON.
func isMediaType(r *http.Request, want string) bool {
	values := r.Header["Content-Type"]
	if len(values) != 1 || len(r.Header["Content-Encoding"]) > 0 {
		return false
	}
	if values[0] == want {
		return true
	}
	got, params, err := mime.ParseMediaType(values[0])
	if err != nil || got != want {
		return false
	}
	charset, ok := params["charset"]
	return !ok || strings.EqualFold(charset, "utf-8")
}
