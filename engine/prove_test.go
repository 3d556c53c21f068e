package engine

import (
	"context"
	"slices"
	"testing"

	"github.com/latchwork/latchwork/flows"
)

type lockSource struct {
	Source
	id string
}

func (s lockSource) Body() (any, error) { return map[string]any{"id": s.id, "code": "right"}, nil }

// TestSecondLock: a run in which the proof was not made, or at a grade that does
// not suffice, opens nothing, even if the loader has let the flow pass. Here the
// first lock is picked by changing a program that it has proved.
func TestSecondLock(t *testing.T) {
	type none = Outcome[None]
	type checkWith struct {
		UserID string `flow:"userId"`
		Code   Secret `flow:"code,evidence"`
	}
	type checkOut struct {
		Match none `flow:"match" proves:"with.userId" factor:"code"`
	}
	type openWith struct {
		UserID string `flow:"userId" needs:"carried"`
	}
	type openOut struct {
		Opened none `flow:"opened"`
	}
	opened := 0
	var types Registry
	if err := types.AddStandard(
		Define("test.check", "Proves.", func(_ context.Context, _ checkWith, out checkOut) (Exit, error) { return out.Match.Exit(None{}), nil }),
		Define("test.open", "Opens.", func(_ context.Context, _ openWith, out openOut) (Exit, error) {
			opened++
			return out.Opened.Exit(None{}), nil
		}),
		Define("respond", "Answers.", func(ctx context.Context, _ struct{}, _ struct{}) (Exit, error) {
			AnswerOf(ctx).Status = 200
			return Exit{}, nil
		}, Answers),
	); err != nil {
		t.Fatal(err)
	}
	f, diags := flows.Parse("f.yaml", []byte(`version: 1
flow: f
endpoints:
  - {method: POST, path: /f, require: none}
input:
  id:   {type: string}
  code: {type: string, secret: true}
nodes:
  - id: check
    use: test.check
    with:
      userId: ${{ input.id }}
      code: ${{ input.code }}
  - id: open
    use: test.open
    with:
      userId: ${{ input.id }}
  - id: ok
    use: respond
`))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	for _, c := range []struct {
		name   string
		id     string
		pick   func(*claim)
		status int
	}{
		{"as it was proved", "u1", func(*claim) {}, 200},
		{"no proof", "u1", func(c *claim) { c.spec.proves = "" }, 500},
		{"a weaker grade", "u1", func(c *claim) { c.spec.grade = Live }, 500},
		{"a grade apart", "u1", func(c *claim) { c.spec.grade = Reset }, 500},
		{"another subject", "u1", func(c *claim) { c.spec.subject = SubjectAddress }, 500},
		{"another user", "u1", func(c *claim) { c.value = []int{1} }, 500},
		{"nobody", "", func(*claim) {}, 500},
		{"nobody, without a proof", "", func(c *claim) { c.spec.proves = "" }, 500},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, diags := (&Compiler{Types: &types}).Compile(&App{}, []*flows.Flow{f})
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			p := b.Programs[0]
			for _, s := range p.steps {
				if s.id == "check" {
					s.claims = slices.Clone(s.claims) // which are those of its type
					spec := *s.claims[0].spec
					s.claims[0].spec = &spec
					c.pick(&s.claims[0])
				}
			}
			opened = 0
			var a Answer
			p.Run(context.Background(), &Request{Source: lockSource{id: c.id}}, &a)
			if a.Status != c.status || (opened > 0) != (c.status == 200) {
				t.Errorf("got %d and %d opened, want %d", a.Status, opened, c.status)
			}
		})
	}
}
