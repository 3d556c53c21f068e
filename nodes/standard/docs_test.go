package standard_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/standard"
)

// TestDocumentation loads every YAML block of every page.
func TestDocumentation(t *testing.T) {
	root := filepath.Join("..", "..")
	found := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != root && strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules" || entry.Name() == "testdata" {
			return fs.SkipDir
		}
		if entry.IsDir() || filepath.Ext(path) != ".md" {
			return nil
		}
		page, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i, block := range yamlBlocks(string(page)) {
			found++
			t.Run(fmt.Sprintf("%s/%d", filepath.ToSlash(path), i+1), func(t *testing.T) { loadBlock(t, block) })
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 9 {
		t.Errorf("got %d blocks, want those of the specification at least", found)
	}
}

// yamlBlocks are the fenced blocks of a page that are marked as YAML.
func yamlBlocks(page string) []string {
	var blocks []string
	for _, part := range strings.Split("\n"+page, "\n```yaml\n")[1:] {
		block, _, _ := strings.Cut(part, "\n```")
		blocks = append(blocks, block+"\n")
	}
	return blocks
}

// loadBlock compiles a flow, or the views and error shapes of an app.yaml.
func loadBlock(t *testing.T, block string) {
	types, guards, err := standard.Registry(standard.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	app := &engine.App{Cookies: true}
	var set []*flows.Flow
	if strings.HasPrefix(block, "# app.yaml") {
		v, diags := flows.ParseValue("app.yaml", []byte(block))
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		app.Views, app.Errors = v.Get("views"), v.Get("errors")
	} else {
		f, diags := flows.Parse("flow.yaml", []byte(block))
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		set = append(set, f)
	}
	if _, diags := (&engine.Compiler{Types: types, Guards: guards}).Compile(app, set); len(diags) > 0 {
		t.Error(diags)
	}
}
