package standard_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/standard"
)

// TestDocumentation loads every YAML block of every page.
func TestDocumentation(t *testing.T) {
	found := 0
	for path, page := range pages(t) {
		for i, block := range yamlBlocks(page) {
			found++
			t.Run(fmt.Sprintf("%s/%d", path, i+1), func(t *testing.T) { loadBlock(t, block) })
		}
	}
	if found < 9 {
		t.Errorf("got %d blocks, want those of the specification at least", found)
	}
}

// TestLinks follows every link from a page to another file or heading of the
// repository.
func TestLinks(t *testing.T) {
	all := pages(t)
	for path, page := range all {
		for _, m := range link.FindAllStringSubmatch(fences.ReplaceAllString(page, ""), -1) {
			file, heading, _ := strings.Cut(m[1], "#")
			if strings.Contains(file, "://") {
				continue
			}
			to := path
			if file != "" {
				to = filepath.ToSlash(filepath.Join(filepath.Dir(path), file))
			}
			if _, err := os.Stat(filepath.Join(root, to)); err != nil {
				t.Errorf("%s: %v", path, err)
			} else if heading != "" && !slices.Contains(headings(all[to]), heading) {
				t.Errorf("%s: %s has no heading %s", path, to, heading)
			}
		}
	}
}

var (
	root   = filepath.Join("..", "..")
	link   = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	fences = regexp.MustCompile("(?ms)^```.*?^```")
	title  = regexp.MustCompile(`(?m)^#+ (.+)$`)
	marks  = regexp.MustCompile(`[^\pL\pN_ -]`)
)

// headings are the names by which links lead to the headings of a page.
func headings(page string) []string {
	var names []string
	for _, m := range title.FindAllStringSubmatch(fences.ReplaceAllString(page, ""), -1) {
		names = append(names, strings.ReplaceAll(marks.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	return names
}

// pages are the pages of the repository, by their paths from its root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
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
		name, err := filepath.Rel(root, path)
		found[filepath.ToSlash(name)] = string(page)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
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

// TestGroups checks that the table of groups in IMPL.md has every node type.
func TestGroups(t *testing.T) {
	types, _, err := standard.Registry(standard.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	table, _, _ := strings.Cut(pages(t)["nodes/IMPL.md"], "\n## ")
	for _, name := range types.Names() {
		if !strings.Contains(table, "`"+name+"`") {
			t.Errorf("the table of groups lacks %s", name)
		}
	}
}
