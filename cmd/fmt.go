package cmd

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchwork/latchwork/flows"
)

func (p *program) fmtCommand() *cobra.Command {
	var write, check bool
	c := &cobra.Command{
		Use:   "fmt [path…]",
		Short: "Format flow files; comments, blank lines and order stay",
		Long: `fmt prints the formatted text of YAML files: two blanks a level, and block style
for what stands in one line under with or next and has expressions in it, which
need no quotes then. A folder stands for all YAML files in it and in the folders
in it, "-" for standard input. Without a path it formats the current folder.`,
		RunE: func(_ *cobra.Command, paths []string) error {
			if write && check {
				return usage("fmt takes -w or --check, not both")
			}
			return p.format(paths, write, check)
		},
	}
	c.Flags().BoolVarP(&write, "write", "w", false, "write the files rather than print them, and list those that changed")
	c.Flags().BoolVar(&check, "check", false, "change nothing, list the files that are not formatted, and exit with 1 if there are any")
	return c
}

func (p *program) format(paths []string, write, check bool) error {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	var files []string
	for _, path := range paths {
		found, err := yamlFiles(path)
		if err != nil {
			return err
		}
		files = append(files, found...)
	}
	var diags flows.Diagnostics
	unformatted := false
	for _, file := range files {
		before, err := p.readFile(file)
		if err != nil {
			return err
		}
		after, problems := flows.Format(filepath.ToSlash(file), before)
		if diags = append(diags, problems...); len(problems) > 0 {
			continue
		}
		if !write && !check {
			if _, err := p.stdout.Write(after); err != nil {
				return err
			}
			continue
		}
		if bytes.Equal(before, after) {
			continue
		}
		unformatted = true
		fmt.Fprintln(p.stdout, filepath.ToSlash(file))
		if write {
			if err := replaceFile(file, after); err != nil {
				return err
			}
		}
	}
	if len(diags) > 0 {
		diags.Sort()
		fmt.Fprintln(p.stderr, diags)
		return errProblems
	}
	if check && unformatted {
		return errProblems
	}
	return nil
}

// yamlFiles are the YAML files that a path stands for.
func yamlFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if path == "-" {
		return []string{path}, nil
	}
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	var found []string
	err = filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		hidden := strings.HasPrefix(entry.Name(), ".") && name != path
		switch {
		case err != nil:
			return err
		case entry.IsDir() && hidden:
			return fs.SkipDir
		case !entry.IsDir() && !hidden && strings.HasSuffix(name, ".yaml"):
			found = append(found, name)
		}
		return nil
	})
	return found, err
}

// readFile reads a file, or standard input for "-".
func (p *program) readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(p.stdin)
	}
	return os.ReadFile(name)
}

// replaceFile writes a file that is there, in one step: whoever reads it sees
// the old text or the new one. It keeps the file's mode.
func replaceFile(name string, text []byte) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	next, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(next.Name())
	if _, err := next.Write(text); err != nil {
		next.Close()
		return err
	}
	if err := next.Close(); err != nil {
		return err
	}
	if err := os.Chmod(next.Name(), info.Mode().Perm()); err != nil {
		return err
	}
	return os.Rename(next.Name(), name)
}
