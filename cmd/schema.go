package cmd

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/latchwork/latchwork/nodes/standard"
	"github.com/latchwork/latchwork/runtime"
)

// schemas are the kinds of files that editors know the schema of.
var schemas = []string{"flow", "app"}

func (p *program) schemaCommand() *cobra.Command {
	var write string
	c := &cobra.Command{
		Use:   "schema flow|app",
		Short: "Print the JSON Schema of flow files or of app.yaml, for editors",
		Long: `schema prints the JSON Schema of flow files, with the node types of this program, or
of app.yaml. With --write it writes both to the folder .latchwork of an application;
editors find them by this first line of a flow file:

  # yaml-language-server: $schema=.latchwork/flow.schema.json`,
		Args: between(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			switch {
			case write != "" && len(args) > 0:
				return usage("schema takes a kind of file or --write, not both")
			case write != "":
				return p.writeSchemas(write)
			case len(args) == 0:
				return usage("schema takes flow or app")
			}
			s, err := p.schema(args[0])
			if err == nil {
				_, err = p.stdout.Write(s)
			}
			return err
		},
	}
	c.Flags().StringVar(&write, "write", "", "folder of an application to write both to")
	return c
}

// schema is the JSON Schema of a kind of file.
func (p *program) schema(kind string) ([]byte, error) {
	switch kind {
	case "flow":
		c, err := p.compiler(standard.Deps{})
		if err != nil {
			return nil, err
		}
		return c.Types.FlowSchema()
	case "app":
		return runtime.ConfigSchema()
	}
	return nil, usage("schema takes flow or app, not %q", kind)
}

func (p *program) writeSchemas(dir string) error {
	if err := isFolder(dir); err != nil {
		return err
	}
	folder := filepath.Join(dir, devFolder)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	for _, kind := range schemas {
		s, err := p.schema(kind)
		if err != nil {
			return err
		}
		file := filepath.Join(folder, kind+".schema.json")
		if err := os.WriteFile(file, s, 0o644); err != nil {
			return err
		}
		fmt.Fprintln(p.stdout, file)
	}
	return nil
}
