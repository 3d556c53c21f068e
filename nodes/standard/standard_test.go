package standard_test

import (
	"slices"
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

// TestEvents checks that the names of events are those of node types, and that
// whatever changes an account, a credential or a session is an event.
func TestEvents(t *testing.T) {
	types, guards, err := standard.Registry(standard.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	events, known := standard.Events(), types.Names()
	for _, name := range events {
		if !slices.Contains(known, name) {
			t.Errorf("no node type is named %s", name)
		}
	}
	quiet := []string{"http.call", "limit.take", "log", "mail.send", "message.send", "user.update"} // that change nothing of the kind
	for _, d := range types.Describe() {
		if d.Effect && !slices.Contains(events, d.Name) && !slices.Contains(quiet, d.Name) {
			t.Errorf("%s has an effect and is no event", d.Name)
		}
	}
	got := []string{guards.Key.Name(), guards.Rate.Name(), guards.Session.Name()}
	if want := standard.Guards(); !slices.Equal(got, want) {
		t.Errorf("got the guards %q, want %q", got, want)
	}
}
