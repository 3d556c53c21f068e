package standard_test

import (
	"testing"

	"github.com/latchwork/latchwork/nodes/standard"
)

// TestDocumented checks that nobody has to guess what a node type is for.
func TestDocumented(t *testing.T) {
	types, _, err := standard.Registry(standard.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	docs := types.Describe()
	if len(docs) < 20 {
		t.Fatalf("got %d node types, want all that ship", len(docs))
	}
	for _, d := range docs {
		if d.Example == "" {
			t.Errorf("%s has no example", d.Name)
		}
		for _, f := range d.Inputs {
			if f.Doc == "" {
				t.Errorf("%s: the input %s is not explained", d.Name, f.Name)
			}
		}
		for _, o := range d.Outcomes {
			if o.Doc == "" {
				t.Errorf("%s: the outcome %s is not explained", d.Name, o.Name)
			}
			for _, f := range o.Outputs {
				if f.Doc == "" {
					t.Errorf("%s: the output %s of %s is not explained", d.Name, f.Name, o.Name)
				}
			}
		}
	}
}
