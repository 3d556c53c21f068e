package flows

import (
	"slices"
	"strings"
	"time"
)

// Flow is one flow file as it is written.
type Flow struct {
	File        string // as given to Parse
	Pos         Pos    // of the document
	Name        Name   // flow:
	Description string
	Endpoints   []Endpoint
	Input       []Input
	Nodes       []Node
	Otherwise   Name // the node that takes every closed default that is not wired
	Errors      Name // the error shape, by its name in app.yaml
}

// Endpoint is one way into a flow over HTTP.
type Endpoint struct {
	Pos       Pos
	Method    Name
	Path      Name
	Require   []Name // "apikey", "session"; empty for none
	Groups    []Name // access groups of which the session must have one
	Scope     Name   // scope that the API key must have
	Rate      *Rate
	Accepts   Name // "json" (also where nothing is written) or "form"
	CrossSite Name // why top-level cross-site navigations are admitted
}

// Rate is a limit of requests by address.
type Rate struct {
	Pos Pos
	Max int
	Per time.Duration
}

// Input is one declared input of a flow.
type Input struct {
	Name     Name
	Pos      Pos    // of the declaration's value
	Types    []Name // JSON Schema types, or one Go type such as user.User
	Secret   bool
	Optional bool
	Default  *Value   // nil where none
	From     []Origin // where it is read; empty for the place that the endpoints imply
	Coerce   bool     // coerce: string
	CoerceTo Name     // coerce: {string: name}: the field of an object that a text stands for
	KeepPlus bool     // plus: keep
	Schema   *Value   // the declaration as written: JSON Schema keywords are read from it
}

// Origin is a place of a request from which an input is read.
type Origin struct {
	Pos  Pos
	In   string // "body", "query", "path", "header" or "cookie"
	Name string // name there; for body a dotted path is not followed
}

// Node is a named use of a node type.
type Node struct {
	Pos     Pos // of the list item
	ID      Name
	Use     Name
	With    *Value // a Map; nil where nothing was written
	Next    []Edge
	Reveal  []Name
	Trust   []Name
	Allow   []Allowance
	Timeout time.Duration // 0 where none
	Note    string
}

// SubFlow is the name of the flow that a node uses, if it uses one: signedIn of
// flow.signedIn.
func (n *Node) SubFlow() (name string, ok bool) { return strings.CutPrefix(n.Use.Text, "flow.") }

// Uses reports whether one of a flow's nodes uses another flow.
func (f *Flow) Uses(sub *Flow) bool {
	return slices.ContainsFunc(f.Nodes, func(n Node) bool {
		name, ok := n.SubFlow()
		return ok && name == sub.Name.Text
	})
}

// Edge wires one outcome to a node.
type Edge struct {
	Outcome Name
	To      Name
}

// Allowance lifts one rule for one node, and says why.
type Allowance struct {
	Rule   Name
	Reason Name
}
