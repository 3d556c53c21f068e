package cmd

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/runtime"
)

// template is what a new application begins with: the flows of the quickstart,
// and an app.yaml.
//
//go:embed template
var template embed.FS

// ignored keeps state out of version control.
const ignored = ".latchwork/\n*.db\n*.db-*\n*.db.*\n"

func (p *program) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [folder]",
		Short: "Make the folder of a new application",
		Long: `init makes a folder, or fills the current one, with flows to begin with: sign-up,
sign-in, who am I, sessions and sign-out, and an app.yaml. It never writes over
a file, and leaves a folder alone that has flows already.`,
		Args: between(0, 1),
		RunE: func(_ *cobra.Command, args []string) error { return p.init(folder(args)) },
	}
}

func (p *program) init(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	found, err := flows.Find(os.DirFS(dir))
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, runtime.ConfigFile)); !errors.Is(err, fs.ErrNotExist) {
		found = append(found, runtime.ConfigFile)
	}
	if len(found) > 0 {
		return fmt.Errorf("%s holds an application already, or what would be taken for a flow of it: %s", dir, found[0])
	}
	entries, err := template.ReadDir("template")
	if err != nil {
		return err
	}
	for _, entry := range entries {
		text, err := template.ReadFile("template/" + entry.Name())
		if err != nil {
			return err
		}
		if err := p.writeNew(dir, entry.Name(), text); err != nil {
			return err
		}
	}
	if err := p.writeNew(dir, ".gitignore", []byte(ignored)); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	_, err = fmt.Fprintf(p.stderr, "Now serve it: latchwork serve --dev %s\n", dir)
	return err
}

// writeNew writes a file that is not there yet, and names it.
func (p *program) writeNew(dir, name string, text []byte) error {
	file := filepath.Join(dir, name)
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	if _, err := f.Write(text); err != nil {
		f.Close()
		return err
	}
	fmt.Fprintln(p.stdout, filepath.ToSlash(file))
	return f.Close()
}
