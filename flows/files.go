package flows

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// IsFlowFile reports whether a file, by its name or path with slashes, is a flow:
// *.yaml, but neither app.yaml nor a test (*.test.yaml), and not hidden.
func IsFlowFile(name string) bool {
	name = path.Base(name)
	return strings.HasSuffix(name, ".yaml") && !strings.HasPrefix(name, ".") &&
		name != "app.yaml" && !strings.HasSuffix(name, ".test.yaml")
}

// Find returns the paths of all flow files in a file system, sorted. Folders
// whose names begin with a dot are left out, but for the root.
func Find(dir fs.FS) ([]string, error) { return find(dir, IsFlowFile) }

// FindMisnamed returns, as Find does, the paths of all files *.yml: nothing reads
// them, though whoever wrote them may think so.
func FindMisnamed(dir fs.FS) ([]string, error) {
	return find(dir, func(name string) bool {
		name = path.Base(name)
		return strings.HasSuffix(name, ".yml") && !strings.HasPrefix(name, ".")
	})
}

func find(dir fs.FS, want func(name string) bool) ([]string, error) {
	var found []string
	err := fs.WalkDir(dir, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case !entry.IsDir() && want(name):
			found = append(found, name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("flows: find flow files: %w", err)
	}
	slices.Sort(found)
	return found, nil
}
