package outbound

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/latchwork/latchwork/engine"
)

// call is a call to be made.
type call struct {
	client *http.Client
	method string
	url    string
	header map[string]engine.Secret
	body   []byte // nil for none
}

const mask = "[secret]"

var (
	errNobody = errors.New("outbound: no server can be called")
	errJSON   = errors.New("outbound: the answer is no JSON")
	errDepth  = errors.New("outbound: the answer is nested too deep")
)

// once makes the call.
func (c *call) once(ctx context.Context) (a answered, err error) {
	if c.client == nil {
		return a, errNobody
	}
	var body io.Reader
	if c.body != nil {
		body = bytes.NewReader(c.body)
	}
	r, err := http.NewRequestWithContext(ctx, c.method, c.url, body)
	if err != nil {
		return a, Cause(err)
	}
	r.Header.Set("User-Agent", "Latchwork")
	r.Header.Set("Accept", "application/json")
	for name, value := range c.header {
		r.Header.Set(name, value.Reveal())
	}
	if c.body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	got, err := c.client.Do(r)
	if err != nil {
		return a, Cause(err)
	}
	defer got.Body.Close()
	a.Status = got.StatusCode
	text, err := io.ReadAll(got.Body)
	if err != nil {
		return a, err
	}
	if isJSON(got.Header.Get("Content-Type")) && len(text) > 0 {
		a.Body, err = c.decode(text)
	}
	return a, err
}

// again reports whether a call that ended so may end otherwise the next time.
func again(status int, err error) bool {
	switch {
	case err == nil:
		return status == http.StatusTooManyRequests || status >= http.StatusBadGateway && status <= http.StatusGatewayTimeout
	case errors.Is(err, ErrNotListed), errors.Is(err, ErrNotSecure), errors.Is(err, ErrUser), errors.Is(err, errNobody):
		return false
	}
	return status == 0 // else an answer came
}

// host is the server that is called, for the log.
func (c *call) host() string {
	if u, err := url.Parse(c.url); err == nil {
		return u.Host
	}
	return ""
}

func isJSON(mediaType string) bool {
	kind, _, err := mime.ParseMediaType(mediaType)
	return err == nil && (kind == "application/json" || strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json"))
}

// decode reads an answer as data.
func (c *call) decode(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, errJSON // the error could quote the answer
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errJSON
	}
	return c.plain(v, 0)
}

// maxDepth is how deep lists and objects of an answer may be nested, as those of a
// request.
const maxDepth = 32

// plain is data as flows have it, with whole numbers apart from others. What the call
// has sent in its header does not come back in it.
func (c *call) plain(v any, depth int) (any, error) {
	var err error
	switch v := v.(type) {
	case map[string]any:
		clean := make(map[string]any, len(v))
		for name, item := range v {
			if clean[c.mask(name)], err = c.plain(item, depth+1); err != nil {
				return nil, err
			}
		}
		return clean, tooDeep(depth)
	case []any:
		for i := range v {
			if v[i], err = c.plain(v[i], depth+1); err != nil {
				return nil, err
			}
		}
		return v, tooDeep(depth)
	case json.Number:
		if n, err := strconv.Atoi(v.String()); err == nil {
			return n, nil
		}
		f, err := v.Float64()
		if err != nil {
			return nil, errJSON // too large
		}
		return f, nil
	case string:
		return c.mask(v), nil
	}
	return v, nil
}

func tooDeep(depth int) error {
	if depth >= maxDepth {
		return errDepth
	}
	return nil
}

// shortest is the length of a secret, from which on one is looked for: less opens
// nothing, and stands in many a text.
const shortest = 8

// mask is a text without what the header of the call has, be it the whole of a field or
// the secret behind the word Bearer. A server that sends back what it was sent, as some
// do with errors, does not have it go on to whoever made the request.
func (c *call) mask(text string) string {
	for name, value := range c.header {
		if tellsNothing(name) {
			continue
		}
		for part := range strings.FieldsSeq(value.Reveal()) {
			if len(part) >= shortest {
				text = strings.ReplaceAll(text, part, mask)
			}
		}
	}
	return text
}

// tellsNothing reports whether a field of a header says only how to talk.
func tellsNothing(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Accept", "Accept-Language", "Content-Type", "User-Agent":
		return true
	}
	return false
}
