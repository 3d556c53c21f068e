package standard_test

import (
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/latchwork/latchwork/flows"
)

// TestUnsafe locks that check refuses flows that would open a door, each by the
// rule that forbids it and by nothing else, and accepts the nearest flow that
// is safe. The comment of a file is the rule; its name begins with the chapter.
func TestUnsafe(t *testing.T) {
	files := map[string]int{"proof": 0, "secret": 0, "trust": 0, "enumeration": 0}
	for _, c := range readCorpus(t, "unsafe") {
		chapter, _, _ := strings.Cut(c.name, "-")
		files[chapter]++
		t.Run(c.name, func(t *testing.T) {
			unsafe, safe := c.application("unsafe"), c.application("safe")
			if diags := check(t, safe, safe.flowFiles()...); len(diags) > 0 {
				t.Errorf("got\n%swant the safe flow accepted", printed(diags))
			}
			diags := check(t, unsafe, unsafe.flowFiles()...)
			if len(diags) != 1 {
				t.Errorf("got %d problems, want the unsafe flow refused by one:\n%s", len(diags), printed(diags))
				return
			}
			c.lock(t, printed(diags))
		})
	}
	for chapter, least := range map[string]int{"proof": 40, "secret": 20, "trust": 14, "enumeration": 10} {
		if files[chapter] < least {
			t.Errorf("got %d files about %s, want %d or more", files[chapter], chapter, least)
		}
		delete(files, chapter)
	}
	for chapter := range files {
		t.Errorf("got the chapter %s, which is not known", chapter)
	}
}

// application is the application of one of the sides, unsafe or safe: its own
// files, such as unsafe.yaml, unsafe-sub.yaml and unsafe-app.yaml, and those that
// both have.
func (c corpusFile) application(side string) corpusFile {
	own := corpusFile{path: c.path, name: c.name, Archive: &txtar.Archive{}}
	for _, f := range c.Files {
		of, rest, _ := strings.Cut(f.Name, "-")
		switch {
		case f.Name == side+".yaml", f.Name == "app.yaml":
		case of == side:
			f.Name = rest
		case of == "unsafe", of == "safe", strings.HasPrefix(f.Name, "safe."), strings.HasPrefix(f.Name, "unsafe."), !flows.IsFlowFile(f.Name):
			continue
		}
		own.Files = append(own.Files, f)
	}
	return own
}
