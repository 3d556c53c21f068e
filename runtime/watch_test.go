package runtime

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestWatch(t *testing.T) {
	root := filepath.Join(t.TempDir(), "app")
	writeFile(t, root, "sign-in.yaml", "1")
	writeFile(t, root, "deep/er/page.html", "1")
	writeFile(t, root, "outside.txt", "1")
	changes := make(chan bool, 100)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	w, err := Watch(root)
	if err != nil {
		t.Fatal(err)
	}
	go func() { done <- w.Run(ctx, func() { changes <- true }) }()

	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	path := func(name string) string { return filepath.Join(root, name) }
	tests := []struct {
		name   string
		change func()
		notice bool
	}{
		{"file written in place", func() { writeFile(t, root, "sign-in.yaml", "3") }, true},
		{"other file put in its place", func() {
			writeFile(t, root, ".sign-in.yaml.swp", "4")
			must(os.Rename(path(".sign-in.yaml.swp"), path("sign-in.yaml")))
		}, true},
		{"old file moved away, new one written", func() {
			must(os.Rename(path("sign-in.yaml"), path("sign-in.yaml~")))
			writeFile(t, root, "sign-in.yaml", "5")
		}, true},
		{"file after that", func() { writeFile(t, root, "sign-in.yaml", "6") }, true},
		{"page in a folder", func() { writeFile(t, root, "deep/er/page.html", "2") }, true},
		{"new file", func() { writeFile(t, root, "new.yaml", "1") }, true},
		{"file with a name that is reported", func() { writeFile(t, root, "new.yml", "1") }, true},
		{"removed file", func() { must(os.Remove(path("new.yaml"))) }, true},
		{"new folders with a file", func() { writeFile(t, root, "a/b/c.yaml", "1") }, true},
		{"file in a new folder", func() { writeFile(t, root, "a/b/c.yaml", "2") }, true},
		{"folder renamed", func() { must(os.Rename(path("a"), path("z"))) }, true},
		{"file in a renamed folder", func() { writeFile(t, root, "z/b/c.yaml", "3") }, true},
		{"folder removed", func() { must(os.RemoveAll(path("z"))) }, true},
		{"database", func() { writeFile(t, root, "app.db-wal", "1") }, false},
		{"other file", func() { writeFile(t, root, "outside.txt", "2") }, false},
		{"mode of a file", func() { must(os.Chmod(path("sign-in.yaml"), 0o644)) }, false},
		{"hidden file", func() { writeFile(t, root, ".x.yaml", "1") }, false},
		{"hidden folder", func() { writeFile(t, root, ".git/x.yaml", "1") }, false},
		{"whole folder replaced", func() {
			must(os.Rename(root, root+"-old"))
			writeFile(t, root, "sign-in.yaml", "7")
		}, true},
		{"file in the new folder", func() { writeFile(t, root, "sign-in.yaml", "8") }, true},
	}
	for _, tt := range tests {
		quiet(changes)
		tt.change()
		wait := 5 * time.Second
		if !tt.notice {
			wait = 3 * settle
		}
		select {
		case <-changes:
			if !tt.notice {
				t.Errorf("%s: is noticed", tt.name)
			}
		case <-time.After(wait):
			if tt.notice {
				t.Errorf("%s: is not noticed", tt.name)
			}
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// quiet waits until no more changes come in.
func quiet(changes <-chan bool) {
	for {
		select {
		case <-changes:
		case <-time.After(2 * settle):
			return
		}
	}
}

func TestWatchNothing(t *testing.T) {
	if _, err := Watch(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("got no error for a folder that does not exist")
	}
}
