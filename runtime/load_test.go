package runtime

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	config, set, diags := Load(dir, nil)
	if len(diags) > 0 || len(set) > 0 || config.Server.Listen != "127.0.0.1:8080" {
		t.Errorf("empty folder: got %v, %d flows, %v", config, len(set), diags)
	}
	writeFile(t, dir, "app.yaml", "version: 1\nsession: {idle: soon}\n")
	writeFile(t, dir, "good.yaml", saying("one"))
	writeFile(t, dir, "deep/bad.yaml", "version: 1\nflow: bad\n")
	writeFile(t, dir, "good.test.yaml", "not a flow")
	writeFile(t, dir, "deep/other.yml", saying("two"))
	writeFile(t, dir, ".hidden/x.yaml", "not a flow")
	if err := os.Symlink(filepath.Join(dir, "none"), filepath.Join(dir, "gone.yaml")); err != nil {
		t.Fatal(err)
	}
	// Nobody writes into it, so reading it would not end.
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, set, diags = Load(dir, nil)
	var got []string
	for _, d := range diags {
		file, err := filepath.Rel(dir, d.Pos.File)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, file+" "+d.Code)
	}
	want := []string{"app.yaml bad-duration", "deep/bad.yaml missing-key", "deep/other.yml misnamed-file", "gone.yaml unreadable-file", "pipe.yaml unreadable-file"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(set) != 2 {
		t.Errorf("got %d flows, want the good one and what could be read of the bad one", len(set))
	}
	_, _, diags = Load(filepath.Join(dir, "none"), nil)
	if len(diags) != 1 || diags[0].Code != "unreadable-file" {
		t.Errorf("folder that does not exist: got %v", diags)
	}
}
