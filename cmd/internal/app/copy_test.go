package app_test

import (
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/cmd/internal/app"
)

// What a server leaves in the folder of an application is not copied with it.
func TestCopy(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	want := []string{"app.yaml", "deep/page.html", "deep/sign-in.yaml"}
	for _, name := range slices.Concat(want, []string{"README.md", "app.db", ".latchwork/dev.db", ".hidden/old.yaml"}) {
		file := filepath.Join(from, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(from) // the path of a socket is short
	socket, err := net.Listen("unix", "app.db.sock")
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	if err := app.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	var got []string
	err = fs.WalkDir(os.DirFS(to), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			got = append(got, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
