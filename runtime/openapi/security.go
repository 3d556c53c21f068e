package openapi

import (
	"fmt"
	"slices"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/key"
	"github.com/latchwork/latchwork/runtime"
)

// SecurityScheme is a place of a request in which a credential may stand.
type SecurityScheme struct {
	Type        string `json:"type"`
	In          string `json:"in"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

// Requirement is the credentials that together open an operation, by the names of
// their schemes, with the scope that each must have.
type Requirement map[string][]string

// carrier is one scheme by its name.
type carrier struct {
	name   string
	scheme SecurityScheme
}

// The names of the first scheme of each kind.
const (
	schemeKey     = "apiKey"
	schemeSession = "session"
)

// numbered is the name of the first scheme of a kind, or that with a number.
func numbered(kind string, i int) string {
	if i == 0 {
		return kind
	}
	return fmt.Sprint(kind, i+1)
}

// keyCarriers are the places of API keys, the one that is looked at first in front.
func keyCarriers(c *runtime.Config) []carrier {
	var all []carrier
	for i, from := range c.Keys.From {
		s := SecurityScheme{Type: "apiKey", In: "query", Name: from.Query, Description: "An API key."}
		if from.Header != "" {
			s.In, s.Name, s.Description = "header", from.Header, "An API key, bare or behind the word Bearer."
		}
		if from.Kind == key.Private || from.Kind == key.Public {
			s.Description += " Only " + string(from.Kind) + " ones are taken from here."
		}
		all = append(all, carrier{numbered(schemeKey, i), s})
	}
	return all
}

// sessionCarriers are the places of sessions.
func sessionCarriers(c *runtime.Config) []carrier {
	var all []carrier
	for i, from := range c.Session.From {
		s := SecurityScheme{Type: "apiKey", In: "cookie", Name: from.Cookie, Description: "The token of a session."}
		if from.Header != "" {
			s.In, s.Name, s.Description = "header", from.Header, "The token of a session, bare."
		}
		all = append(all, carrier{numbered(schemeSession, i), s})
	}
	return all
}

// used are the schemes that an operation refers to.
func (w *writer) used() map[string]SecurityScheme {
	schemes := map[string]SecurityScheme{}
	for what, carriers := range map[string][]carrier{"apikey": w.keys, "session": w.sessions} {
		for _, c := range carriers {
			if w.required[what] {
				schemes[c.name] = c.scheme
			}
		}
	}
	return schemes
}

// security is what an endpoint requires: each requirement is one way to fulfil it,
// and without any it requires nothing.
func (w *writer) security(e engine.Endpoint) []Requirement {
	ways := []Requirement{{}}
	for _, what := range []string{"apikey", "session"} {
		if !slices.Contains(e.Require, what) {
			continue
		}
		w.required[what] = true
		carriers, demands := w.sessions, []string{}
		if what == "apikey" {
			carriers = w.keys
			if e.Scope != "" {
				demands = []string{e.Scope}
			}
		}
		ways = combined(ways, carriers, demands)
	}
	if len(ways) == 1 && len(ways[0]) == 0 {
		return []Requirement{}
	}
	return ways
}

// combined is each of some ways together with each of some carriers.
func combined(ways []Requirement, carriers []carrier, demands []string) []Requirement {
	var all []Requirement
	for _, way := range ways {
		for _, c := range carriers {
			both := Requirement{c.name: demands}
			for name, d := range way {
				both[name] = d
			}
			all = append(all, both)
		}
	}
	return all
}
