package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
)

type linkWith struct {
	ID   string `flow:"id"`
	Name string `flow:"name"`
	Ok   bool   `flow:"ok"`
}

type linkOut struct {
	Done engine.Outcome[linked] `flow:"done"`
}

type linked struct {
	ID   string `flow:"id"`
	Name string `flow:"name"`
	Ok   bool   `flow:"ok"`
}

// chainLink passes on what it is given: the least that a node can do.
func chainLink() engine.NodeType {
	return engine.Define("chain.link", "Passes on.", func(_ context.Context, in linkWith, out linkOut) (engine.Exit, error) {
		return out.Done.Exit(linked(in)), nil
	}, engine.Pure)
}

// chain is a flow of ten nodes; each is followed by a condition if there is one.
func chain(condition string) string {
	var b strings.Builder
	b.WriteString("version: 1\nflow: chain\nendpoints:\n  - {method: POST, path: /chain, require: none}\ninput:\n  id: {type: string}\n  name: {type: string}\nnodes:\n")
	id, name, ok := "input.id", "input.name", "true"
	for i := range 10 {
		fmt.Fprintf(&b, "  - id: n%d\n    use: chain.link\n    with:\n      id: ${{ %s }}\n      name: ${{ %s }}\n      ok: %s\n", i, id, name, ok)
		id, name, ok = fmt.Sprintf("n%d.id", i), fmt.Sprintf("n%d.name", i), fmt.Sprintf("${{ n%d.ok }}", i)
		if condition != "" {
			fmt.Fprintf(&b, "  - id: c%d\n    use: if\n    with:\n      when: ${{ %s }}\n    next: {else: no}\n", i, strings.ReplaceAll(condition, "N", fmt.Sprintf("n%d", i)))
		}
	}
	b.WriteString("  - id: yes\n    use: respond\n    with:\n      status: 200\n")
	if condition != "" {
		b.WriteString("  - id: no\n    use: fail\n    with: {status: 400, code: no, message: No.}\n")
	}
	return b.String()
}

// fixedWorld is a world in which no time passes.
var fixedWorld = engine.World{Now: func() time.Time { return time.Date(2026, 1, 31, 9, 30, 0, 0, time.UTC) }}

func compileOne(tb testing.TB, r *engine.Registry, source string) *engine.Program {
	tb.Helper()
	f, diags := flows.Parse("flow.yaml", []byte(source))
	if len(diags) > 0 {
		tb.Fatal(diags)
	}
	c := &engine.Compiler{Types: r, World: fixedWorld}
	b, diags := c.Compile(&engine.App{}, []*flows.Flow{f})
	if len(diags) > 0 {
		tb.Fatal(diags)
	}
	return b.Programs[0]
}

// BenchmarkRun is a chain of ten nodes in process: with plain paths, also of a type from
// outside, which works on memory of its own, and with a typical condition behind each
// node. "calls" is a loop over ten interface calls, to compare with.
func BenchmarkRun(b *testing.B) {
	standard, own := types(b), types(b)
	if err := errors.Join(standard.AddStandard(chainLink()), own.Add(chainLink())); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name, condition string
		types           *engine.Registry
	}{
		{"plain", "", standard},
		{"outside", "", own},
		{"condition", "N.name == 'ann' && N.ok", standard},
		{"function", "len(N.name) > 2 && lower(N.name) == 'ann'", standard},
	} {
		b.Run(c.name, func(b *testing.B) {
			p := compileOne(b, c.types, chain(c.condition))
			req := &engine.Request{Source: body{"id": "u1", "name": "ann"}}
			var a engine.Answer
			b.ReportAllocs()
			for b.Loop() {
				a.Reset()
				p.Run(context.Background(), req, &a)
			}
			if a.Status != 200 {
				b.Fatalf("got status %d", a.Status)
			}
		})
	}
	b.Run("calls", func(b *testing.B) {
		calls := make([]interface{ call(*int) }, 10)
		for i := range calls {
			calls[i] = adder(i)
		}
		n := 0
		for b.Loop() {
			for _, c := range calls {
				c.call(&n)
			}
		}
	})
}

type adder int

func (a adder) call(n *int) { *n += int(a) }

// BenchmarkCompile loads 500 flows: parses, checks and compiles them.
func BenchmarkCompile(b *testing.B) {
	sources := make([][]byte, 500)
	for i := range sources {
		s := strings.ReplaceAll(signIn, "flow: signIn", fmt.Sprintf("flow: signIn%d", i))
		sources[i] = []byte(strings.ReplaceAll(s, "/sign-in", fmt.Sprintf("/sign-in/%d", i)))
	}
	c := &engine.Compiler{Types: types(b)}
	for b.Loop() {
		var set []*flows.Flow
		for i, s := range sources {
			f, diags := flows.Parse(fmt.Sprintf("f%d.yaml", i), s)
			if len(diags) > 0 {
				b.Fatal(diags)
			}
			set = append(set, f)
		}
		if _, diags := c.Compile(&engine.App{}, set); len(diags) > 0 {
			b.Fatal(diags)
		}
	}
}
