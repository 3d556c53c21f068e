// Package cmd is the command line of Latchwork. A program with node types of its
// own is one line: func main() { cmd.Main(geoip.Lookup) }.
//
// The package puts the parts together: it reads the folder of an application,
// opens its stores, makes the node types and starts the host. What the parts do
// is theirs.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"

	"github.com/latchwork/latchwork/engine"
)

// Exit statuses.
const (
	exitDone     = 0
	exitProblems = 1 // something was found, or went wrong
	exitUsage    = 2 // the command line is not right
)

// Main runs the command line of the process with these node types besides the
// standard ones, and ends the process.
func Main(types ...engine.NodeType) {
	p := &program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, types: types}
	os.Exit(p.run(context.Background(), os.Args[1:]))
}

// program is one run of the command line.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	types          []engine.NodeType // besides the standard ones
}

// run executes a command and gives the exit status. It ends early with ctx.
func (p *program) run(ctx context.Context, args []string) int {
	root := p.root()
	root.SetArgs(args)
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	at, err := root.ExecuteContextC(ctx)
	var usage *usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errProblems):
		return exitProblems
	case errors.As(err, &usage):
		fmt.Fprintf(p.stderr, "latchwork: %v\n", readable(err))
		if usage.hint != "" {
			fmt.Fprintf(p.stderr, "\t%s\n", usage.hint)
		}
		fmt.Fprintf(p.stderr, "\tsee: %s --help\n", at.CommandPath())
		return exitUsage
	}
	fmt.Fprintf(p.stderr, "latchwork: %v\n", readable(err))
	return exitProblems
}

// readable is an error as an operator reads it: of one that was made to be read,
// what it says, and of another without the names of the packages that it went
// through.
func readable(err error) string {
	var f *engine.Failure
	if errors.As(err, &f) {
		return f.Message + " [" + f.Code + "]"
	}
	var missing *fs.PathError
	if errors.As(err, &missing) && errors.Is(err, fs.ErrNotExist) {
		return "there is no file or folder " + missing.Path
	}
	return packageName.ReplaceAllString(err.Error(), "$1")
}

var packageName = regexp.MustCompile(`(^|: )(?:(?:engine|flows|runtime|sqlite|key|password|session|url|user): )+`)

// errProblems says that a command has printed what it found.
var errProblems = errors.New("problems found")

// usageError says that the command line is not right.
type usageError struct {
	text, hint string
}

func (e *usageError) Error() string { return e.text }

func usage(format string, args ...any) error { return &usageError{text: fmt.Sprintf(format, args...)} }
