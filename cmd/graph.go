package cmd

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

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
	config, set, problems := runtime.Load(applicationOf(file), nil)
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
