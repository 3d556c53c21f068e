package standard_test

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestDrafts loads applications that look like those of real systems, a folder
// each.
func TestDrafts(t *testing.T) {
	dirs, err := filepath.Glob("testdata/drafts/*")
	if err != nil || len(dirs) < 2 {
		t.Fatalf("got %d folders, error %v, want 2 or more", len(dirs), err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			c := corpusFile{path: dir, name: filepath.Base(dir), Archive: &txtar.Archive{}}
			for _, e := range entries {
				src, err := os.ReadFile(filepath.Join(dir, e.Name()))
				if err != nil {
					t.Fatal(err)
				}
				c.Files = append(c.Files, txtar.File{Name: e.Name(), Data: src})
			}
			if diags := check(t, c, c.flowFiles()...); len(diags) > 0 {
				t.Errorf("got\n%swant no problems", printed(diags))
			}
		})
	}
}
