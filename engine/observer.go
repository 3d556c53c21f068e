package engine

import (
	"context"
	"time"
)

// Observer is told of the steps of runs. It must be fast and safe for concurrent
// use, and must not keep what it is given.
type Observer interface {
	// Watches says of which steps of a node type the observer is told. It is asked
	// once a node when a program is made, so that the other steps cost nothing.
	Watches(nodeType string) Watch
	// Step tells of one step.
	Step(ctx context.Context, s StepRecord)
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
// analysis that the loader has made.
type StepRecord struct {
	RequestID string
	Flow      string
	Node      string
	Type      string
	Outcome   string // "" for an answer, "error" where the node failed
	Status    int    // of the answer; 0 for other steps
	Err       error  // of a failed node; for the operator only
	At        time.Time
	// Text is an output of the step by its name or, where it has no text, an input;
	// "" where neither has, and what Values shows instead of a secret.
	Text func(name string) string
	// Values appends the inputs and outputs of the step as JSON, masked.
	Values func(dst []byte) []byte
}
