package engine

import (
	"context"
	"time"
)

// Observer is told of the steps of runs.
type Observer interface {
	// Watch is asked once a node when a program is made: of which steps of the node
	// tell is told. So the other steps cost nothing, and what is the same for all
	// steps of a node can be prepared. Tell must be fast and safe for concurrent use.
	Watch(n NodeInfo) (which Watch, tell func(context.Context, StepRecord))
}

// NodeInfo names a node. In a sub-flow the node is "signedIn/opened".
type NodeInfo struct {
	Flow string
	Node string
	Type string
}

// Watch says of which steps an observer is told.
type Watch uint8

// What an observer may watch.
const (
	WatchNothing Watch = iota
	WatchErrors        // steps that fail
	WatchAll
)

// StepRecord is one step of a run. Secrets are masked leaf by leaf, from the
// analysis that the loader has made. It must not be kept: its methods read the
// memory of the run.
type StepRecord struct {
	NodeInfo
	RequestID string
	Outcome   string    // "" for an answer, "error" where the node failed
	Status    int       // of the answer; 0 for other steps
	Err       error     // of a failed node; for the operator only
	At        time.Time // when the step was over, by the clock of the run

	run  *Run
	step *stepState
}

// Text is an output of the step by its name or, where it has no text, an input;
// "" where neither has, and for secrets.
func (s StepRecord) Text(name string) string { return s.run.textOf(s.step, s.Outcome, name) }

// Values appends the inputs and outputs of the step as JSON, masked.
func (s StepRecord) Values(dst []byte) []byte { return s.run.appendValues(dst, s.step, s.Outcome) }
