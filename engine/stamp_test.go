package engine_test

import (
	"context"
	"slices"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
)

// A stamp is of one user and one run, and the last one counts.
func TestStamp(t *testing.T) {
	var seen []string
	var r engine.Registry
	type stampOut struct {
		Done none `flow:"done"`
	}
	err := r.AddStandard(append(answers(), engine.Define("x.stamp", "A test.", func(ctx context.Context, _ struct{}, out stampOut) (engine.Exit, error) {
		seen = append(seen, engine.StampOf(ctx, "u1"))
		engine.Stamp(ctx, "u2", "other")
		engine.Stamp(ctx, "u1", "first")
		engine.Stamp(ctx, "u1", "last")
		seen = append(seen, engine.StampOf(ctx, "u1"))
		return out.Done.Exit(engine.None{}), nil
	}))...)
	if err != nil {
		t.Fatal(err)
	}
	f, diags := flows.Parse("f.yaml", []byte("version: 1\nflow: f\nendpoints:\n  - {method: POST, path: /f, require: none}\nnodes:\n  - {id: x, use: x.stamp}\n  - {id: ok, use: respond}\n"))
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
	if want := []string{"", "last", "", "last"}; !slices.Equal(seen, want) {
		t.Errorf("got %q, want %q", seen, want)
	}
	engine.Stamp(t.Context(), "u1", "none")
	if got := engine.StampOf(t.Context(), "u1"); got != "" {
		t.Errorf("got %q outside of a run, want nothing", got)
	}
}
