// Package answer owns the nodes that end a run with an answer: data, a redirect,
// a page or an error.
package answer

import (
	"maps"
	"slices"
	"time"

	"github.com/latchwork/latchwork/engine"
)

// Deps is what the node types of this group work with.
type Deps struct {
	// Pages are the templates of pages; nil means that there are none.
	Pages *Pages
	// FormTargets are the origins of a realm, besides the application's own, to
	// which the answer to a form of a page may redirect. Nil means none.
	FormTargets func(realm string) []string
}

// Nodes are the node types respond, redirect, page and fail.
func Nodes(d Deps) []engine.NodeType {
	if d.Pages == nil {
		d.Pages = &Pages{}
	}
	if d.FormTargets == nil {
		d.FormTargets = func(string) []string { return nil }
	}
	return []engine.NodeType{respondNode(), redirectNode(), pageNode(d), failNode()}
}

// cookie is a cookie as flows set one.
type cookie struct {
	Value  engine.Secret `flow:"value" secret:"minted" doc:"What the browser sends back."`
	MaxAge time.Duration `flow:"maxAge" doc:"How long the browser keeps it; 0s removes it."`
}

// handOver puts a session and cookies into an answer, by name, so that equal
// runs give equal answers.
func handOver(a *engine.Answer, session engine.Secret, cookies map[string]cookie) {
	a.Session = session
	if session.IsEmpty() && len(cookies) == 0 {
		return // before anything is sorted: most answers are such
	}
	a.NoStore = true
	for _, name := range slices.Sorted(maps.Keys(cookies)) {
		c := cookies[name]
		a.Cookies = append(a.Cookies, engine.Cookie{Name: name, Value: c.Value, MaxAge: c.MaxAge})
	}
}
