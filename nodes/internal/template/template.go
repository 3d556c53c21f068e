// Package template finds and reads the templates that stand beside the flows.
package template

import (
	"errors"
	"html/template"
	"io/fs"
	"path"
	"strings"
)

// Missing is the option of all templates: a name that is not there is a slip in the
// template or in the flow, and nothing is better than something with a hole.
const Missing = "missingkey=error"

const part = "_"

// Each calls read for the files of a file system, save those in folders that begin with
// "." and those that begin with "_", which are parts. It returns all errors of read,
// joined.
func Each(files fs.FS, read func(file string) error) error {
	var broken []error
	err := fs.WalkDir(files, ".", func(file string, entry fs.DirEntry, err error) error {
		switch name := path.Base(file); {
		case err != nil:
			return err
		case entry.IsDir() && file != "." && strings.HasPrefix(name, "."):
			return fs.SkipDir
		case !entry.IsDir() && !strings.HasPrefix(name, part):
			broken = append(broken, read(file))
		}
		return nil
	})
	return errors.Join(append(broken, err)...)
}

// HTML reads a template with the parts of its folder, which are those that isPart takes
// by their names.
func HTML(files fs.FS, file string, isPart func(name string) bool) (*template.Template, error) {
	entries, err := fs.ReadDir(files, path.Dir(file))
	if err != nil {
		return nil, err
	}
	var read []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), part) && isPart(e.Name()) {
			read = append(read, path.Join(path.Dir(file), e.Name()))
		}
	}
	return template.New(path.Base(file)).Option(Missing).ParseFS(files, append(read, file)...)
}
