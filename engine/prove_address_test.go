package engine

import (
	"context"
	"testing"

	"github.com/latchwork/latchwork/flows"
)

type heldAddress struct {
	Verified
	value string
}

func (h heldAddress) ProofValue() string { return h.value }

// at run time, too, an address is good for what the code was good for by
// which it was shown. Here the first lock is picked by changing a program that it has
// proved.
func TestSecondLockOfAddresses(t *testing.T) {
	type showWith struct {
		Code Secret `flow:"code,evidence"`
	}
	type shown struct {
		Address heldAddress `flow:"address"`
	}
	type showOut struct {
		Match Outcome[shown] `flow:"match" proves:"address" subject:"address" factor:"code" public:""`
	}
	type findWith struct {
		Address heldAddress `flow:"address" needs:"fresh,reset" subject:"address"`
	}
	type found struct {
		ID string `flow:"id"`
	}
	type findOut struct {
		Found Outcome[found] `flow:"found" proves:"id" grade:"with.address"`
	}
	type openWith struct {
		UserID string `flow:"userId" needs:"carried"`
	}
	type openOut struct {
		Opened Outcome[None] `flow:"opened"`
	}
	foundOnes, opened, value := 0, 0, ""
	var types Registry
	if err := types.AddStandard(
		Define("test.show", "Shows.", func(_ context.Context, _ showWith, out showOut) (Exit, error) {
			return out.Match.Exit(shown{heldAddress{value: value}}), nil
		}),
		Define("test.find", "Finds.", func(_ context.Context, _ findWith, out findOut) (Exit, error) {
			foundOnes++
			return out.Found.Exit(found{"u1"}), nil
		}),
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
  code: {type: string, secret: true}
nodes:
  - id: show
    use: test.show
    with:
      code: ${{ input.code }}
  - id: find
    use: test.find
    with:
      address: ${{ show.address }}
  - id: open
    use: test.open
    with:
      userId: ${{ find.id }}
  - id: ok
    use: respond
`))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	for _, c := range []struct {
		name   string
		value  string
		pick   func(*claim)
		found  int
		opened int
	}{
		{"as it was shown", "a@example.com", func(*claim) {}, 1, 1},
		{"not shown", "a@example.com", func(c *claim) { c.spec.proves = "" }, 0, 0},
		{"by a code that confirms", "a@example.com", func(c *claim) { c.spec.grade = Carried }, 0, 0},
		{"by a code for a new password", "a@example.com", func(c *claim) { c.spec.grade = Reset }, 1, 0},
		{"as a user", "a@example.com", func(c *claim) { c.spec.subject = SubjectUser }, 0, 0},
		{"nobody's", "", func(c *claim) { c.spec.proves = "" }, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, diags := (&Compiler{Types: &types}).Compile(&App{}, []*flows.Flow{f})
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			p := b.Programs[0]
			for _, s := range p.steps {
				if s.id == "show" {
					spec := *s.claims[0].spec
					s.claims[0].spec = &spec
					c.pick(&s.claims[0])
				}
			}
			foundOnes, opened, value = 0, 0, c.value
			var a Answer
			p.Run(context.Background(), &Request{Source: lockSource{id: "x"}}, &a)
			if foundOnes != c.found || opened != c.opened || (a.Status == 200) != (c.opened == 1) {
				t.Errorf("got %d, %d found and %d opened, want %d and %d", a.Status, foundOnes, opened, c.found, c.opened)
			}
		})
	}
}
