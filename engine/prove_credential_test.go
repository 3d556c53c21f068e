package engine

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/flows"
)

// TestSecondLockOfCredentials: a credential of a user stands in no answer of a run that has
// not proved that user, even if the loader has let the flow pass. Here the first lock is
// picked by changing a program that it has proved.
func TestSecondLockOfCredentials(t *testing.T) {
	type checkWith struct {
		UserID string `flow:"userId"`
		Code   Secret `flow:"code,evidence"`
	}
	type checkOut struct {
		Match Outcome[None] `flow:"match" proves:"with.userId" factor:"code"`
	}
	type makeWith struct {
		UserID string `flow:"userId"`
	}
	type made struct {
		Value Secret `flow:"value" secret:"minted" credential:"with.userId"`
	}
	type makeOut struct {
		Made Outcome[made] `flow:"made"`
	}
	type respondWith struct {
		Body Body `flow:"body,optional"`
	}
	var types Registry
	if err := types.AddStandard(
		Define("test.check", "Proves.", func(_ context.Context, _ checkWith, out checkOut) (Exit, error) { return out.Match.Exit(None{}), nil }),
		Define("test.make", "Makes.", func(_ context.Context, _ makeWith, out makeOut) (Exit, error) {
			return out.Made.Exit(made{NewSecret("lwt_x")}), nil
		}),
		Define("respond", "Answers.", func(ctx context.Context, in respondWith, _ struct{}) (Exit, error) {
			a := AnswerOf(ctx)
			a.Status = 200
			body, err := in.Body.AppendJSON(a.Body)
			a.Body = body
			return Exit{}, err
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
  - id: token
    use: test.make
    with:
      userId: ${{ input.id }}
  - id: ok
    use: respond
    reveal: [token.value]
    with:
      body:
        token: ${{ token.value }}
`))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	for _, c := range []struct {
		name   string
		pick   func(*claim)
		status int
	}{
		{"as it was proved", func(*claim) {}, 200},
		{"no proof", func(c *claim) { c.spec.proves = "" }, 500},
		{"another subject", func(c *claim) { c.spec.subject = SubjectAddress }, 500},
		{"a grade apart", func(c *claim) { c.spec.grade = Reset }, 500},
		{"another user", func(c *claim) { c.value = []int{1} }, 500},
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
			var a Answer
			p.Run(context.Background(), &Request{Source: lockSource{id: "u1"}}, &a)
			if a.Status != c.status || strings.Contains(string(a.Body), "lwt_x") != (c.status == 200) {
				t.Errorf("got %d %s, want %d", a.Status, a.Body, c.status)
			}
		})
	}
}
