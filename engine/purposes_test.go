package engine_test

import (
	"context"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
)

type tokenWith struct {
	Token   engine.Secret `flow:"token,evidence"`
	Purpose []string      `flow:"purpose,literal" format:"purpose"`
}

type tokenOut struct {
	Redeemed engine.Outcome[struct {
		UserID string `flow:"userId"`
	}] `flow:"redeemed" proves:"userId" grade:"carried" public:""`
}

type useWith struct {
	UserID string `flow:"userId" needs:"fresh,carried,reset"`
}

const redeem = `version: 1
flow: redeem
endpoints:
  - {method: POST, path: /redeem, require: none}
input:
  token: {type: string, secret: true}
nodes:
  - id: link
    use: token.redeem
    with:
      token: ${{ input.token }}
      purpose: PURPOSE
  - id: used
    use: token.use
    with:
      userId: ${{ link.userId }}
  - id: ok
    use: respond
`

type codeWith struct {
	Code    engine.Secret `flow:"code,evidence"`
	Purpose string        `flow:"purpose,literal" format:"purpose"`
}

type codeOut struct {
	Match engine.Outcome[struct {
		Address shownAddress `flow:"address"`
	}] `flow:"match" proves:"address" subject:"address" factor:"mailbox" public:""`
}

type shownAddress struct{ engine.Verified }

func (shownAddress) ProofValue() string { return "a@example.com" }

type ofWith struct {
	Address shownAddress `flow:"address" needs:"carried,reset" subject:"address"`
}

// at run time, too, the class of its purpose says what a code shows.
func TestPurposesOfCodes(t *testing.T) {
	for purpose, want := range map[string]engine.Grade{"reset-pwd": engine.Reset, "magic-link": engine.Fresh, "change-email": engine.Carried} {
		got := engine.NoGrade
		r := types(t)
		err := r.AddStandard(
			engine.Define("otp.check", "Checks.", func(_ context.Context, _ codeWith, out codeOut) (engine.Exit, error) {
				return out.Match.Exit(struct {
					Address shownAddress `flow:"address"`
				}{}), nil
			}),
			engine.Define("address.use", "Looks at the proof.", func(ctx context.Context, _ ofWith, out decoyOut) (engine.Exit, error) {
				p, _ := engine.ProofOf(ctx, engine.SubjectAddress, "a@example.com")
				got = p.Grade()
				return out.Done.Exit(engine.None{}), nil
			}),
		)
		if err != nil {
			t.Fatal(err)
		}
		source := strings.NewReplacer("token.redeem", "otp.check", "token: ${{ input.token", "code: ${{ input.token", "token.use", "address.use",
			"userId: ${{ link.userId", "address: ${{ link.address", "PURPOSE", purpose).Replace(redeem)
		f, diags := flows.Parse("code.yaml", []byte(source))
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		app := &engine.App{Purposes: map[string]string{"magic-link": "signIn", "change-email": "address", "reset-pwd": "reset"}}
		b, diags := (&engine.Compiler{Types: r}).Compile(app, []*flows.Flow{f})
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		var a engine.Answer
		b.Programs[0].Run(context.Background(), &engine.Request{Source: body{"token": "123456"}}, &a)
		if a.Status != 200 || got != want {
			t.Errorf("%s: got %d and a proof of grade %s, want 200 and %s", purpose, a.Status, got, want)
		}
	}
}

// at run time, too, the token of a reset purpose proves at the grade
// reset, and that of any other what it was made from.
func TestPurposes(t *testing.T) {
	for purpose, want := range map[string]engine.Grade{"reset-pwd": engine.Reset, "magic-link": engine.Carried, "[magic-link, change-email]": engine.Carried} {
		t.Run(purpose, func(t *testing.T) {
			got := engine.NoGrade
			r := types(t)
			err := r.AddStandard(
				engine.Define("token.redeem", "Redeems.", func(_ context.Context, _ tokenWith, out tokenOut) (engine.Exit, error) {
					return out.Redeemed.Exit(struct {
						UserID string `flow:"userId"`
					}{"u1"}), nil
				}),
				engine.Define("token.use", "Looks at the proof.", func(ctx context.Context, in useWith, out decoyOut) (engine.Exit, error) {
					p, _ := engine.ProofOf(ctx, engine.SubjectUser, in.UserID)
					got = p.Grade()
					return out.Done.Exit(engine.None{}), nil
				}),
			)
			if err != nil {
				t.Fatal(err)
			}
			f, diags := flows.Parse("redeem.yaml", []byte(strings.Replace(redeem, "PURPOSE", purpose, 1)))
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			app := &engine.App{Purposes: map[string]string{"magic-link": "signIn", "change-email": "address", "reset-pwd": "reset"}}
			b, diags := (&engine.Compiler{Types: r}).Compile(app, []*flows.Flow{f})
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			var a engine.Answer
			b.Programs[0].Run(context.Background(), &engine.Request{Source: body{"token": "lwt_x"}}, &a)
			if a.Status != 200 || got != want {
				t.Errorf("got %d and a proof of grade %s, want 200 and %s", a.Status, got, want)
			}
		})
	}
}
