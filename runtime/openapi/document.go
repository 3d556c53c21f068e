// Package openapi writes the contract of an application as an OpenAPI 3.1 document:
// its endpoints, what they take, what they require and how they answer.
package openapi

import (
	"encoding/json"
	"strings"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/runtime"
)

// Document is an OpenAPI document. Equal programs give equal documents.
type Document struct {
	OpenAPI    string              `json:"openapi"`
	Info       Info                `json:"info"`
	Servers    []Server            `json:"servers"`
	Paths      map[string]PathItem `json:"paths"`
	Components *Components         `json:"components,omitempty"`
}

// Info says what the document is about.
type Info struct {
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Version     string `json:"version"`
}

// Server is an address under which the paths are found.
type Server struct {
	URL string `json:"url"`
}

// PathItem is the operations at a path, by method in lower case.
type PathItem map[string]*Operation

// Components is what operations refer to.
type Components struct {
	SecuritySchemes map[string]SecurityScheme `json:"securitySchemes,omitempty"`
}

// Operation is one endpoint.
type Operation struct {
	OperationID string               `json:"operationId"`
	Summary     string               `json:"summary,omitempty"`
	Description string               `json:"description,omitempty"`
	Security    []Requirement        `json:"security"`
	Parameters  []Parameter          `json:"parameters,omitempty"`
	RequestBody *RequestBody         `json:"requestBody,omitempty"`
	Responses   map[string]*Response `json:"responses"`
	Flow        string               `json:"x-latchwork-flow"`
	Groups      []string             `json:"x-latchwork-groups,omitempty"` // the session must be in one of them
	Scope       string               `json:"x-latchwork-scope,omitempty"`  // the API key must have it
}

// New is the document of programs that were compiled for a configuration. Title is
// what the application is called.
func New(title string, config *runtime.Config, programs []*engine.Program) *Document {
	d := &Document{
		OpenAPI: "3.1.0",
		Info:    Info{Title: title, Description: "Made of the application's flows by Latchwork.", Version: "1"},
		Servers: []Server{{URL: strings.TrimSuffix(config.Server.PublicURL, "/") + config.Server.BasePath}},
		Paths:   map[string]PathItem{},
	}
	w := newWriter(config)
	for _, p := range programs {
		path, names := w.path(p.Endpoint().Path)
		if d.Paths[path] == nil {
			d.Paths[path] = PathItem{}
		}
		d.Paths[path][strings.ToLower(p.Endpoint().Method)] = w.operation(p, names)
	}
	if schemes := w.used(); len(schemes) > 0 {
		d.Components = &Components{SecuritySchemes: schemes}
	}
	return d
}

// JSON is the document as it is printed.
func (d *Document) JSON() ([]byte, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(d)
	return []byte(b.String()), err
}
