package flows_test

import (
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/flows"
)

func TestFind(t *testing.T) {
	dir := fstest.MapFS{}
	for _, name := range []string{
		"sign-in.yaml", "app.yaml", "sign-in.test.yaml", "a/b/me.yaml", "a/app.yaml", "a-b.yaml",
		".hidden.yaml", ".git/x.yaml", "a/.latchwork/y.yaml", "notes.yml", "README.md", "yaml", "folder.yaml/in.yaml",
	} {
		dir[name] = &fstest.MapFile{}
	}
	got, err := flows.Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"a-b.yaml", "a/b/me.yaml", "folder.yaml/in.yaml", "sign-in.yaml"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestFindMisnamed(t *testing.T) {
	dir := fstest.MapFS{}
	for _, name := range []string{"sign-in.yml", "sign-in.yaml", "a/app.yml", ".golangci.yml", ".git/x.yml", "yml", "folder.yml/in.yaml"} {
		dir[name] = &fstest.MapFile{}
	}
	got, err := flows.FindMisnamed(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a/app.yml", "sign-in.yml"}, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

type brokenFS struct{}

func (brokenFS) Open(string) (fs.File, error) { return nil, fs.ErrPermission }

func TestFindFails(t *testing.T) {
	if got, err := flows.Find(brokenFS{}); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v and error %v, want %v", got, err, fs.ErrPermission)
	}
}
