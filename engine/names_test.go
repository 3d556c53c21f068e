package engine

import (
	"context"
	"testing"

	"github.com/latchwork/latchwork/flows"
)

// A type of Go from outside that has the name of a standard one, since its package has,
// does not take its place: else flows would load at one time and not at another.
func TestCustomTypeOfSameName(t *testing.T) {
	standard := func() NodeType {
		type Named struct {
			ID    string `flow:"id"`
			Title string `flow:"title"`
		}
		return Define("test.named", "Finds.", func(_ context.Context, _ struct{}, out struct {
			Found Outcome[Named] `flow:"found"`
		}) (Exit, error) {
			return out.Found.Exit(Named{"n1", "One"}), nil
		})
	}
	custom := func() NodeType {
		type Named struct {
			ID string `flow:"id"`
		}
		return Define("custom.named", "Finds.", func(_ context.Context, _ struct{}, out struct {
			Found Outcome[Named] `flow:"found"`
		}) (Exit, error) {
			return out.Found.Exit(Named{"n1"}), nil
		})
	}
	type takeWith struct {
		Title string `flow:"title"`
	}
	take := Define("test.take", "Takes.", func(context.Context, takeWith, struct{}) (Exit, error) { return Exit{}, nil }, Answers)
	parse := func(source string) *flows.Flow {
		f, diags := flows.Parse("f.yaml", []byte(source))
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		return f
	}
	set := []*flows.Flow{parse(`version: 1
flow: f
endpoints:
  - {method: POST, path: /f, require: none}
nodes:
  - id: found
    use: test.named
  - id: told
    use: flow.told
    with:
      named: ${{ found }}
`), parse(`version: 1
flow: told
input:
  named: {type: engine.Named}
nodes:
  - id: ok
    use: test.take
    with:
      title: ${{ input.named.title }}
`)}
	for range 30 {
		var types Registry
		if err := types.AddStandard(standard(), take); err != nil {
			t.Fatal(err)
		}
		if err := types.Add(custom()); err != nil {
			t.Fatal(err)
		}
		if _, diags := (&Compiler{Types: &types}).Compile(&App{}, set); len(diags) > 0 {
			t.Fatal(diags)
		}
	}
}
