package standard_test

import (
	"testing"

	"github.com/latchwork/latchwork/flows"
)

// TestMistakes locks what check prints of files with one mistake each: one
// diagnostic, with its place, its code and a hint. UPDATE=1 writes it anew; read
// the difference.
func TestMistakes(t *testing.T) {
	corpus := readCorpus(t, "mistakes")
	if len(corpus) < 100 {
		t.Errorf("got %d files, want 100 or more", len(corpus))
	}
	for _, c := range corpus {
		t.Run(c.name, func(t *testing.T) {
			diags := check(t, c, c.flowFiles()...)
			if len(diags) != 1 {
				t.Errorf("got %d problems, want one:\n%s", len(diags), printed(diags))
				return
			}
			c.lock(t, printed(diags))
		})
	}
}

// flowFiles are the names of the flows in a file of the corpus.
func (c corpusFile) flowFiles() []string {
	var names []string
	for _, f := range c.Files {
		if flows.IsFlowFile(f.Name) {
			names = append(names, f.Name)
		}
	}
	return names
}
