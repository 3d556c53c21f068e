package openapi

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/runtime"
)

// writer makes the operations of one document.
type writer struct {
	config   *runtime.Config
	keys     []carrier
	sessions []carrier
	required map[string]bool   // "apikey" and "session", where an operation requires them
	ids      map[string]bool   // of operations
	paths    map[string]string // by path without the names of its parameters
}

func newWriter(c *runtime.Config) *writer {
	return &writer{config: c, keys: keyCarriers(c), sessions: sessionCarriers(c),
		required: map[string]bool{}, ids: map[string]bool{}, paths: map[string]string{}}
}

var pathParameter = regexp.MustCompile(`\{([^}]*)\}`)

// path is the path under which an endpoint stands. Paths that differ only in the
// names of their parameters are one in OpenAPI: names says what they are called
// there, by what the endpoint calls them.
func (w *writer) path(written string) (path string, names map[string]string) {
	key := pathParameter.ReplaceAllString(written, "{}")
	if w.paths[key] == "" {
		w.paths[key] = written
	}
	path = w.paths[key]
	names = map[string]string{}
	there := pathParameter.FindAllStringSubmatch(path, -1)
	for i, m := range pathParameter.FindAllStringSubmatch(written, -1) {
		names[m[1]] = there[i][1]
	}
	return path, names
}

func (w *writer) operation(p *engine.Program, pathNames map[string]string) *Operation {
	e, doc := p.Endpoint(), p.Describe()
	o := &Operation{
		OperationID: w.id(doc.Flow),
		Summary:     firstSentence(doc.Doc),
		Description: describe(doc, e),
		Security:    w.security(e),
		Flow:        doc.Flow,
		Groups:      e.Groups,
		Scope:       e.Scope,
	}
	o.Parameters, o.RequestBody = inputs(doc.Inputs, e, pathNames)
	o.Responses = w.responses(p, doc)
	return o
}

// id is the name of the flow. A flow with several endpoints has several operations,
// which are numbered.
func (w *writer) id(flow string) string {
	id := flow
	for n := 2; w.ids[id]; n++ {
		id = fmt.Sprint(flow, n)
	}
	w.ids[id] = true
	return id
}

// firstSentence is what a flow does, on one line.
func firstSentence(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if first, _, more := strings.Cut(text, ". "); more {
		return first + "."
	}
	return text
}

// describe is what a flow does, and what its endpoint demands of who calls it.
func describe(doc *engine.ProgramDoc, e engine.Endpoint) string {
	var parts []string
	if text := strings.TrimSpace(doc.Doc); text != "" {
		parts = append(parts, text)
	}
	if e.Scope != "" {
		parts = append(parts, "The API key must have the scope `"+e.Scope+"`.")
	}
	if len(e.Groups) > 0 {
		parts = append(parts, "The session must be in one of the access groups `"+strings.Join(e.Groups, "`, `")+"`.")
	}
	return strings.Join(parts, "\n\n")
}
