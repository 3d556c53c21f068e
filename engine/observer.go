package engine

import (
	"context"
	"time"
)

// Observer is told of every step of every run. It must be fast and safe for
// concurrent use, and must not keep what it is given.
type Observer interface {
	Step(ctx context.Context, s StepRecord)
}

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
	// Values appends the inputs and outputs of the step as JSON, masked.
	Values func(dst []byte) []byte
}
