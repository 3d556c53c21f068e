package cmd

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTemplate checks that a new application has the flows of the quickstart.
// UPDATE=1 copies them.
func TestTemplate(t *testing.T) {
	const quickstart = "../examples/quickstart"
	names, err := fs.Glob(os.DirFS(quickstart), "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		t.Fatal("the quickstart has no flows")
	}
	for _, name := range names {
		want, err := os.ReadFile(filepath.Join(quickstart, name))
		if err != nil {
			t.Fatal(err)
		}
		copied := filepath.Join("template", name)
		if os.Getenv("UPDATE") == "1" {
			if err := os.WriteFile(copied, want, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(copied)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s differs from the quickstart (-quickstart +template); UPDATE=1 copies it:\n%s", copied, diff)
		}
	}
}
