package cmd

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/latchwork/latchwork/nodes/standard"
	"github.com/latchwork/latchwork/runtime"
	"github.com/latchwork/latchwork/runtime/openapi"
)

func (p *program) openapiCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "openapi [folder]",
		Short: "Print the contract of an application's endpoints, as OpenAPI 3.1",
		Long: `openapi prints an OpenAPI 3.1 document of all endpoints of an application, as JSON:
what each takes and requires, and its answers by status with the codes of their
errors, as far as the flows say before they run. What is known only in a run is {}.

A server shows the same of what it serves at /openapi and /openapi.json of the
address of administration.`,
		Args: between(0, 1),
		RunE: func(_ *cobra.Command, args []string) error { return p.openapi(folder(args)) },
	}
	c.Flags().Bool("json", true, "print JSON, which is the only form there is")
	return c
}

func (p *program) openapi(dir string) error {
	dirs, err := applications([]string{dir})
	if err != nil {
		return err
	}
	config, set, problems := runtime.Load(dirs[0], nil)
	c, err := p.compiler(standard.Deps{})
	if err != nil {
		return err
	}
	bundle, problems := runtime.Compile(c, config.App(), set, problems)
	if len(problems) > 0 {
		fmt.Fprintln(p.stderr, problems)
		return errProblems
	}
	document, err := openapi.New(titleOf(dirs[0]), config, bundle.Programs).JSON()
	if err == nil {
		_, err = p.stdout.Write(document)
	}
	return err
}

// titleOf is what an application is called: its folder.
func titleOf(dir string) string {
	full, err := filepath.Abs(dir)
	if err != nil {
		return filepath.Base(dir)
	}
	return filepath.Base(full)
}
