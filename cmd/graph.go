package cmd

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/standard"
	"github.com/latchwork/latchwork/runtime"
)

func (p *program) graphCommand() *cobra.Command {
	var endpoint string
	c := &cobra.Command{
		Use:   "graph <file>",
		Short: "Draw a flow as a Mermaid flowchart",
		Long: `graph prints the program that a flow file is compiled to, guards and sub-flows
included, as a flowchart in Mermaid's language. Of a flow with several endpoints it
draws the first, or the one that --endpoint names.`,
		Args: between(1, 1),
		RunE: func(_ *cobra.Command, args []string) error { return p.graph(args[0], endpoint) },
	}
	c.Flags().StringVar(&endpoint, "endpoint", "", `endpoint to draw, as in "POST /sign-in"`)
	return c
}

func (p *program) graph(file, endpoint string) error {
	if _, err := os.Stat(file); err != nil {
		return err
	}
	config, set, problems := runtime.Load(applicationOf(file), nil)
	set, problems = drawn(filepath.ToSlash(filepath.Clean(file)), set, problems)
	c, err := p.compiler(standard.Deps{})
	if err != nil {
		return err
	}
	bundle, problems := runtime.Compile(c, config.App(), set, problems)
	if len(problems) > 0 {
		fmt.Fprintln(p.stderr, problems)
		return errProblems
	}
	for _, program := range bundle.Programs {
		e := program.Endpoint()
		if filepath.Clean(program.File()) != filepath.ToSlash(filepath.Clean(file)) || endpoint != "" && endpoint != e.Method+" "+e.Path {
			continue
		}
		_, err := fmt.Fprintln(p.stdout, strings.TrimSuffix(program.Mermaid(), "\n"))
		return err
	}
	if endpoint != "" {
		return usage("%s has no endpoint %q", file, endpoint)
	}
	return fmt.Errorf("%s is no flow with an endpoint; a sub-flow is drawn where it is used", file)
}

// drawn are the flow of a file and those that it uses, and their problems and those
// of app.yaml: what is wrong with others does not matter to it.
func drawn(file string, set []*flows.Flow, problems flows.Diagnostics) ([]*flows.Flow, flows.Diagnostics) {
	files := map[string]bool{file: true}
	for before := 0; before < len(files); {
		before = len(files)
		for _, f := range set {
			for _, sub := range set {
				if files[path.Clean(f.File)] && f.Uses(sub) {
					files[path.Clean(sub.File)] = true
				}
			}
		}
	}
	set = slices.DeleteFunc(set, func(f *flows.Flow) bool { return !files[path.Clean(f.File)] })
	return set, slices.DeleteFunc(problems, func(d flows.Diagnostic) bool {
		return !files[path.Clean(d.Pos.File)] && path.Base(d.Pos.File) != runtime.ConfigFile
	})
}
