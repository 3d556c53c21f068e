// Package app copies applications for tests and measurements.
package app

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// Copy copies what the application in a folder consists of: *.yaml and the
// templates of pages, *.html. State stays behind, such as that of a server that
// runs there meanwhile: its socket cannot be copied, and its database must not be.
func Copy(to, from string) error { return os.CopyFS(to, files{os.DirFS(from)}) }

// files are the files of an application.
type files struct{ fs.FS }

var _ fs.ReadDirFS = files{}

// ReadDir is part of fs.ReadDirFS.
func (f files) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(f.FS, name)
	return slices.DeleteFunc(entries, isState), err
}

func isState(entry fs.DirEntry) bool {
	if entry.IsDir() {
		return strings.HasPrefix(entry.Name(), ".")
	}
	ending := path.Ext(entry.Name())
	return ending != ".yaml" && ending != ".html"
}
