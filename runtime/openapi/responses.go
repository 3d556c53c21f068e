package openapi

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/latchwork/latchwork/engine"
)

// Response is the answers of one status.
type Response struct {
	Description string               `json:"description"`
	Headers     map[string]Header    `json:"headers,omitempty"`
	Content     map[string]MediaType `json:"content,omitempty"`
}

// Header is a field of an answer's header.
type Header struct {
	Description string            `json:"description,omitempty"`
	Schema      engine.JSONSchema `json:"schema"`
}

// responses collects the answers of an operation by status; "default" has those of
// which the status is known only in a run.
type responses struct {
	w       *writer
	shape   *engine.Shape
	answers map[string][]engine.AnswerDoc
	errors  map[string][]engine.ErrorDoc
}

func (w *writer) responses(p *engine.Program, doc *engine.ProgramDoc) map[string]*Response {
	r := &responses{w: w, shape: p.Shape(), answers: map[string][]engine.AnswerDoc{}, errors: map[string][]engine.ErrorDoc{}}
	for _, a := range doc.Answers {
		for _, status := range orDefault(a.Statuses) {
			r.answers[status] = append(r.answers[status], a)
		}
	}
	for _, e := range slices.Concat(doc.Errors, w.hostErrors(p.Endpoint())) {
		r.addError(e)
	}
	// A node type of the application's own may fail in its own ways.
	r.addError(engine.ErrorDoc{})
	out := map[string]*Response{}
	for status := range r.answers {
		out[status] = r.response(status, doc)
	}
	for status := range r.errors {
		out[status] = r.response(status, doc)
	}
	return out
}

func orDefault(statuses []int) []string {
	if len(statuses) == 0 {
		return []string{"default"}
	}
	var texts []string
	for _, s := range statuses {
		texts = append(texts, strconv.Itoa(s))
	}
	return texts
}

// addError notes an error under the status that the shape of error answers gives
// it, once.
func (r *responses) addError(e engine.ErrorDoc) {
	status := "default"
	if s := r.shape.StatusOf(e.Status, e.Code); s != 0 {
		status = strconv.Itoa(s)
	}
	e.Message = r.shape.MessageOf(e.Message, e.Code)
	same := func(other engine.ErrorDoc) bool {
		return other.Code == e.Code && (other.Message == e.Message || e.Message == "")
	}
	if !slices.ContainsFunc(r.errors[status], same) {
		r.errors[status] = append(r.errors[status], e)
	}
}

func (r *responses) response(status string, doc *engine.ProgramDoc) *Response {
	answers, errors := r.answers[status], r.errors[status]
	slices.SortStableFunc(errors, func(a, b engine.ErrorDoc) int { return strings.Compare(a.Code, b.Code) })
	out := &Response{Description: description(status, errors), Headers: r.w.headers(answers, errors, doc)}
	bodies := map[string][]engine.JSONSchema{}
	for _, a := range answers {
		switch {
		case a.Type == "page":
			bodies[typeHTML] = []engine.JSONSchema{{"type": "string"}}
		case a.Body != nil && hasBody(status):
			bodies[typeJSON] = append(bodies[typeJSON], a.Body)
		}
	}
	if len(errors) > 0 {
		bodies[typeJSON] = append(bodies[typeJSON], r.shape.Describe(codes(errors)))
	}
	for mediaType, schemas := range bodies {
		if out.Content == nil {
			out.Content = map[string]MediaType{}
		}
		out.Content[mediaType] = MediaType{Schema: oneOf(schemas)}
	}
	return out
}

// hasBody reports whether an answer of a status has a body, RFC 9110 §6.4.1.
func hasBody(status string) bool { return status != "204" && status != "304" }

// oneOf is the schema of bodies of which any may come.
func oneOf(schemas []engine.JSONSchema) engine.JSONSchema {
	if len(schemas) == 1 {
		return schemas[0]
	}
	return engine.JSONSchema{"anyOf": schemas}
}

// codes are the codes of errors; none where one may be any.
func codes(errors []engine.ErrorDoc) []string {
	var all []string
	for _, e := range errors {
		if e.Code == "" {
			return nil
		}
		all = append(all, e.Code)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// description says what a status means, and of errors each code.
func description(status string, errors []engine.ErrorDoc) string {
	n, _ := strconv.Atoi(status)
	text := http.StatusText(n)
	switch {
	case n == 0:
		return "Any other answer: an error of which the code is known only when it happens."
	case text == "":
		text = "Status " + status
	}
	lines := []string{text + "."}
	for _, e := range errors {
		if e.Code != "" {
			lines = append(lines, strings.TrimSuffix("- `"+e.Code+"`: "+e.Message, ": "))
		}
	}
	return strings.Join(lines, "\n")
}

// headers are the fields of the header that are known.
func (w *writer) headers(answers []engine.AnswerDoc, errors []engine.ErrorDoc, doc *engine.ProgramDoc) map[string]Header {
	out := map[string]Header{}
	text := engine.JSONSchema{"type": "string"}
	cookie := w.config.Session.Cookie()
	var cookies []string
	for _, a := range answers {
		for name, s := range a.Header {
			out[name] = Header{Schema: s}
		}
		if a.Type == "redirect" {
			out["Location"] = Header{Description: "Where the browser goes on.", Schema: text}
		}
		cookies = append(cookies, a.Cookies...)
		if a.Session && cookie != "" {
			cookies = append(cookies, cookie)
			w.sessionHeaders(out)
		}
	}
	if doc.Ends && cookie != "" && len(answers) > 0 {
		cookies = append(cookies, cookie)
	}
	if len(cookies) > 0 {
		slices.Sort(cookies)
		out["Set-Cookie"] = Header{Description: "May set or remove: " + strings.Join(slices.Compact(cookies), ", ") + ".", Schema: text}
	}
	if slices.ContainsFunc(errors, func(e engine.ErrorDoc) bool { return e.Waits }) {
		out["Retry-After"] = Header{Description: "For how many seconds to wait.", Schema: engine.JSONSchema{"type": "integer"}}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// sessionHeaders are the headers in which a client that came with one finds its
// new token.
func (w *writer) sessionHeaders(out map[string]Header) {
	for _, c := range w.sessions {
		if c.scheme.In == "header" {
			out[c.scheme.Name] = Header{Description: "The new token, where the request came with this header.", Schema: engine.JSONSchema{"type": "string"}}
		}
	}
}
