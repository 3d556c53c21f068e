package engine

import (
	"context"
	"reflect"
	"sync"
	"time"
)

// Program is a compiled flow behind one of its endpoints. It is immutable and
// safe for concurrent use.
type Program struct {
	flow     string
	file     string
	route    string // "POST /sign-in"
	endpoint Endpoint
	world    World
	app      *App
	shape    *Shape
	inputs   []*argument
	steps    []*step
	slots    []slotSpec
	pool     sync.Pool
	doc      *ProgramDoc

	request, err, now int // slots
	usesNow           bool
	actor             actor
}

// actor is the output of a guard that names who acts. The zero actor is nobody.
type actor struct {
	step           int
	prefix, output string
}

// Endpoint is what a host has to know of the way into a program.
type Endpoint struct {
	Method    string
	Path      string   // "/users/{id}"
	Require   []string // "apikey", "session"
	Groups    []string
	Scope     string
	Form      bool     // the body is a form, not JSON
	CrossSite string   // why top-level cross-site navigations are admitted; or ""
	HasBody   bool     // an input is read from the body
	Effects   bool     // a node changes something
	Session   bool     // it reads a session, or may hand one over
	Headers   []string // header names that inputs are read from
}

// Flow is the name of the flow.
func (p *Program) Flow() string { return p.flow }

// File is the file that the flow was read from.
func (p *Program) File() string { return p.file }

// Endpoint is the way into the program.
func (p *Program) Endpoint() Endpoint { return p.endpoint }

// Shape is the shape of the flow's error answers.
func (p *Program) Shape() *Shape { return p.shape }

// form is the syntax that a step stands for; a step of a node type is notForm.
type form uint8

const (
	notForm form = iota
	isInput
	isIf
	isSwitch
	isSet
	isMerge
	isReturn
	isEntry   // of a sub-flow: holds its inputs
	isJoin    // of a sub-flow: one of its outcomes
	isUnknown // a node whose type does not exist; only while compiling
)

// The names of the forms in flows.
const (
	formIf     = "if"
	formSwitch = "switch"
	formSet    = "set"
	formMerge  = "merge"
	formReturn = "return"
)

// step is one node of a program.
type step struct {
	index     int
	id        string // in sub-flows "signedIn/opened"
	typ       *typeSpec
	form      form
	outcomes  []string
	next      []target // by outcome
	onError   target
	watch     Watch
	tell      func(context.Context, StepRecord) // of the steps that watch names
	timeout   time.Duration
	cases     map[string]int
	byDefault int
	args      []*argument
	needs     []need
	claims    []claim // by outcome
	class     string  // of the purposes that it names; see vertex
	owes      []credential
	reveals   bool // what it answers holds a secret
	when      *expression
	value     *expression
	byEdge    [][]copyPlan // of a merge: by incoming edge
}

// credential is one of a user in an answer: the step that has made it, and the input of that
// step that is the user's id.
type credential struct {
	maker int
	owner *field
}

// copyPlan copies what lies at a place to a slot.
type copyPlan struct {
	from *place
	slot int
}

// target is where an edge leads. Step 0 is the end, since no edge leads to the
// first step.
type target struct {
	step    int
	via     int      // which of the incoming edges it is, for a merge
	failure *Failure // a closed default; its details are the outputs of:
	from    int      // this step
	outcome int
}

// slotSpec says what a slot of a run holds: an output of a step, or a value of
// its own.
type slotSpec struct {
	step, outcome int // step -1 for a value of its own
	typ           reflect.Type
}

func (s *step) typeName() string {
	if s.typ == nil {
		return [...]string{"", "input", formIf, formSwitch, formSet, formMerge, formReturn, "flow", "flow", ""}[s.form]
	}
	return s.typ.name
}
