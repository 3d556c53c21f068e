package openapi

import (
	_ "embed"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
)

//go:embed page.html
var pageSource string

var page = template.Must(template.New("page").Parse(pageSource))

// pagePolicy lets the page show its own styles and do nothing else.
const pagePolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Pages are the document and a page that shows it, for the address of
// administration, by patterns of http.ServeMux. Current is asked at each request:
// flows change.
func Pages(current func() *Document) map[string]http.Handler {
	return map[string]http.Handler{
		"GET /openapi.json": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			body, err := current().JSON()
			write(w, "application/json; charset=utf-8", body, err)
		}),
		"GET /openapi": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			var b strings.Builder
			err := page.Execute(&b, newListing(current()))
			write(w, "text/html; charset=utf-8", []byte(b.String()), err)
		}),
	}
}

func write(w http.ResponseWriter, mediaType string, body []byte, err error) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if err != nil {
		http.Error(w, "The document could not be made.", http.StatusInternalServerError)
		return
	}
	h.Set("Content-Type", mediaType)
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("Referrer-Policy", "same-origin")
	// The client may be gone; there is nobody left to tell.
	_, _ = w.Write(body)
}

// listing is what the page shows.
type listing struct {
	*Document
	Operations []listed
}

// listed is one endpoint on the page.
type listed struct {
	Method, Path string
	*Operation
	Requires string
	Inputs   []listedInput
	Answers  []listedAnswer
}

type listedInput struct {
	Name, In, Type, Description string
	Required                    bool
}

type listedAnswer struct {
	Status, Description, Type string
}

func newListing(d *Document) listing {
	l := listing{Document: d}
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		item := d.Paths[path]
		for _, method := range slices.Sorted(maps.Keys(item)) {
			o := item[method]
			row := listed{Method: strings.ToUpper(method), Path: path, Operation: o, Inputs: listInputs(o), Answers: listAnswers(o), Requires: o.requires()}
			l.Operations = append(l.Operations, row)
		}
	}
	return l
}
