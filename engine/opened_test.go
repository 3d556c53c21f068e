package engine_test

import (
	"context"
	"slices"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
)

// What a run has opened is known in it only, and a node type of an application notes
// nothing.
func TestOpened(t *testing.T) {
	type openedOut struct {
		Done none `flow:"done"`
	}
	for _, test := range []struct {
		standard bool
		want     []string
	}{
		{true, []string{"", "s2", "", "s2"}},
		{false, []string{"", "", "", ""}},
	} {
		var seen []string
		var r engine.Registry
		opened := engine.Define("x.opened", "A test.", func(ctx context.Context, _ struct{}, out openedOut) (engine.Exit, error) {
			seen = append(seen, engine.OpenedFor(ctx, "u1"))
			engine.Opened(ctx, "u1", "s1")
			engine.Opened(ctx, "u1", "s2")
			engine.Opened(ctx, "u2", "s3")
			seen = append(seen, engine.OpenedFor(ctx, "u1"))
			return out.Done.Exit(engine.None{}), nil
		})
		add := r.Add
		if test.standard {
			add = r.AddStandard
		}
		if err := r.AddStandard(answers()...); err != nil {
			t.Fatal(err)
		}
		if err := add(opened); err != nil {
			t.Fatal(err)
		}
		f, diags := flows.Parse("f.yaml", []byte("version: 1\nflow: f\nendpoints:\n  - {method: POST, path: /f, require: none}\nnodes:\n  - {id: x, use: x.opened}\n  - {id: ok, use: respond}\n"))
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		b, diags := (&engine.Compiler{Types: &r}).Compile(&engine.App{}, []*flows.Flow{f})
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		for range 2 {
			b.Programs[0].Run(t.Context(), &engine.Request{Source: body{}}, &engine.Answer{})
		}
		if !slices.Equal(seen, test.want) {
			t.Errorf("standard %t: got %q, want %q", test.standard, seen, test.want)
		}
	}
	engine.Opened(t.Context(), "u1", "none")
	if got := engine.OpenedFor(t.Context(), "u1"); got != "" {
		t.Errorf("got %q outside of a run, want nothing", got)
	}
}
