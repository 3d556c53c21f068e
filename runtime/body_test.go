package runtime

import (
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
)

const json64 = `{"email":"a@b.c"}`

func TestBody(t *testing.T) {
	tests := []struct {
		name, contentType, body string
		form                    bool
		want                    any
		code                    string
	}{
		{"JSON", "application/json", json64, false, map[string]any{"email": "a@b.c"}, ""},
		{"JSON with charset", "application/json; charset=UTF-8", json64, false, map[string]any{"email": "a@b.c"}, ""},
		{"JSON in capitals", "Application/JSON;charset=utf-8", json64, false, map[string]any{"email": "a@b.c"}, ""},
		{"text, not an object", "application/json", `"x"`, false, "x", ""},
		{"nothing", "", "", false, nil, ""},
		{"nothing of a type", "application/json", "", false, nil, ""},
		{"R-47 text/plain", "text/plain", json64, false, nil, "unsupported_media_type"},
		{"R-47 no type", "", json64, false, nil, "unsupported_media_type"},
		{"R-47 form for JSON", "application/x-www-form-urlencoded", json64, false, nil, "unsupported_media_type"},
		{"R-47 type in a parameter", "text/plain; application/json", json64, false, nil, "unsupported_media_type"},
		{"R-47 two types in one field", "text/plain, application/json", json64, false, nil, "unsupported_media_type"},
		{"relative of JSON", "application/problem+json", json64, false, nil, "unsupported_media_type"},
		{"other charset", "application/json; charset=utf-16", json64, false, nil, "unsupported_media_type"},
		{"syntax", "application/json", `{`, false, nil, "invalid_request_body_syntax"},
		{"trailing data", "application/json", `{}{}`, false, nil, "invalid_request_body_syntax"},
		{"duplicate key", "application/json", `{"a":1,"a":2}`, false, nil, "invalid_request_body_syntax"},
		{"not UTF-8", "application/json", "{\"a\":\"\xff\"}", false, nil, "invalid_request_body_syntax"},
		{"too deep", "application/json", strings.Repeat("[", 33) + strings.Repeat("]", 33), false, nil, "invalid_request_body_syntax"},
		{"largest", "application/json", `"` + strings.Repeat("x", 1022) + `"`, false, strings.Repeat("x", 1022), ""},
		{"too large", "application/json", `"` + strings.Repeat("x", 1023) + `"`, false, nil, "request_body_size_too_large"},
		{"form", "application/x-www-form-urlencoded", "a=1&b=x+y", true, map[string]string{"a": "1", "b": "x y"}, ""},
		{"JSON for a form", "application/json", json64, true, nil, "unsupported_media_type"},
		{"broken form", "application/x-www-form-urlencoded", "a=%z", true, nil, "invalid_request_body_syntax"},
	}
	for _, tt := range tests {
		for _, chunked := range []bool{false, true} {
			name := tt.name
			if chunked {
				name += ", chunked"
			}
			t.Run(name, func(t *testing.T) {
				x := bodyExchange(tt.contentType, tt.body, tt.form, chunked)
				got, err := x.Body()
				if code := codeOf(err); code != tt.code {
					t.Fatalf("got %v, want code %q", err, tt.code)
				}
				if diff := cmp.Diff(tt.want, got); tt.code == "" && diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				again, errAgain := x.Body()
				if diff := cmp.Diff(got, again); diff != "" || err != errAgain {
					t.Errorf("the second call gives something else: %v\n%s", errAgain, diff)
				}
			})
		}
	}
}

func TestBodyEncodings(t *testing.T) {
	x := bodyExchange("application/json", json64, false, false)
	x.http.Header.Set("Content-Encoding", "gzip")
	if _, err := x.Body(); codeOf(err) != "unsupported_media_type" {
		t.Errorf("compressed: got %v", err)
	}
	x = bodyExchange("application/json", json64, false, false)
	x.http.Header.Add("Content-Type", "text/plain")
	if _, err := x.Body(); codeOf(err) != "unsupported_media_type" {
		t.Errorf("two types: got %v", err)
	}
}

// TestAnnouncedSize shows that a body that is announced as too large is not read.
func TestAnnouncedSize(t *testing.T) {
	x := bodyExchange("application/json", "{}", false, false)
	x.http.ContentLength = 1<<10 + 1
	x.http.Body = io.NopCloser(iotest.ErrReader(errors.New("the body is read")))
	if _, err := x.Body(); codeOf(err) != "request_body_size_too_large" {
		t.Errorf("got %v", err)
	}
}

func TestCutBody(t *testing.T) {
	x := bodyExchange("application/json", "{}", false, false)
	x.http.Body = io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))
	if _, err := x.Body(); codeOf(err) != "invalid_request_body_syntax" {
		t.Errorf("got %v", err)
	}
}

// bodyExchange is an exchange with a limit of 1 KiB.
func bodyExchange(contentType, body string, form, chunked bool) *exchange {
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if chunked {
		r.ContentLength = -1
		r.Body = io.NopCloser(iotest.OneByteReader(strings.NewReader(body)))
		if body == "" && contentType == "" {
			r.ContentLength = 0
		}
	}
	return &exchange{http: r, limit: 1 << 10, route: &route{endpoint: engine.Endpoint{Form: form}}}
}

func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return failureOf(err).Code
}

// FuzzBody asserts that a body is read or refused for the client's fault,
// whatever it is, and never beyond the limit.
func FuzzBody(f *testing.F) {
	f.Add("application/json", json64, false, true)
	f.Add("application/x-www-form-urlencoded", "a=1&b=%20", true, false)
	f.Add("application/json; charset=\"utf-8", "{}", false, false)
	f.Fuzz(func(t *testing.T, contentType, body string, form, chunked bool) {
		x := bodyExchange(contentType, body, form, chunked)
		v, err := x.Body()
		if err != nil {
			if failure := failureOf(err); failure.Status < 400 || failure.Status > 499 {
				t.Fatalf("got %v", err)
			}
			return
		}
		if v != nil && len(body) > 1<<10 {
			t.Fatalf("a body of %d bytes is read", len(body))
		}
	})
}
