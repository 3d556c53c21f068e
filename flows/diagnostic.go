package flows

import (
	"cmp"
	"slices"
	"strings"
)

// Diagnostic is one problem in a file. Message is lower case, has no full
// stop, and says what was expected. Code is stable: scripts may branch on it.
type Diagnostic struct {
	Pos     Pos
	Code    string // kebab-case, such as "unknown-outcome"
	Message string
	Hint    string // how to mend it, or ""
}

// String is the form in which check prints a diagnostic, without its hint.
func (d Diagnostic) String() string {
	return d.Pos.String() + ": " + d.Message + " [" + d.Code + "]"
}

// Diagnostics is a list of problems. As an error it prints one line each,
// followed by an indented hint where there is one.
type Diagnostics []Diagnostic

// Add appends a problem.
func (ds *Diagnostics) Add(pos Pos, code, message, hint string) {
	*ds = append(*ds, Diagnostic{Pos: pos, Code: code, Message: message, Hint: hint})
}

// Sort orders problems by file, line, column and code, and drops repetitions.
func (ds *Diagnostics) Sort() {
	slices.SortStableFunc(*ds, func(a, b Diagnostic) int {
		return cmp.Or(
			strings.Compare(a.Pos.File, b.Pos.File),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Col, b.Pos.Col),
			strings.Compare(a.Code, b.Code),
			strings.Compare(a.Message, b.Message),
		)
	})
	*ds = slices.Compact(*ds)
}

// Err is nil for an empty list and the list itself otherwise.
func (ds Diagnostics) Err() error {
	if len(ds) == 0 {
		return nil
	}
	return ds
}

// Error prints all problems.
func (ds Diagnostics) Error() string {
	var b strings.Builder
	for i, d := range ds {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(d.String())
		if d.Hint != "" {
			b.WriteString("\n\t" + d.Hint)
		}
	}
	return b.String()
}
