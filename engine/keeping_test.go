package engine_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
)

type keepingWith struct {
	Token engine.Secret `flow:"token,evidence"`
	Again bool          `flow:"again,literal"`
}

type keptUser struct {
	UserID string `flow:"userId"`
}

type keepingOut struct {
	Redeemed engine.Outcome[keptUser]    `flow:"redeemed" proves:"userId" factor:"card" public:""`
	Invalid  engine.Outcome[engine.None] `flow:"invalid"`
}

type seeWith struct {
	UserID string `flow:"userId" needs:"fresh"`
}

// keeping runs a flow that keeps two proofs of one user, one after the other.
func keeping(t *testing.T, standard bool, first, second engine.Kept, prove bool) (p engine.Proof, a *engine.Answer) {
	t.Helper()
	redeem := engine.Define("card.redeem", "Redeems.", func(_ context.Context, in keepingWith, out keepingOut) (engine.Exit, error) {
		exit := out.Redeemed.Exit(keptUser{"u1"})
		if !prove {
			exit = out.Invalid.Exit(engine.None{})
		}
		if in.Again {
			return exit.Keeping(second), nil
		}
		return exit.Keeping(first), nil
	})
	see := engine.Define("card.see", "Looks.", func(ctx context.Context, in seeWith, out decoyOut) (engine.Exit, error) {
		p, _ = engine.ProofOf(ctx, engine.SubjectUser, in.UserID)
		return out.Done.Exit(engine.None{}), nil
	})
	r := types(t)
	add := r.Add
	if standard {
		add = r.AddStandard
	}
	if err := errors.Join(add(redeem), r.AddStandard(see)); err != nil {
		t.Fatal(err)
	}
	f, diags := flows.Parse("keep.yaml", []byte(`version: 1
flow: keep
endpoints:
  - {method: POST, path: /keep, require: none}
input:
  token: {type: string, secret: true}
nodes:
  - id: link
    use: card.redeem
    with:
      token: ${{ input.token }}
      again: false
    next: {invalid: ok}
  - id: again
    use: card.redeem
    with:
      token: ${{ input.token }}
      again: true
    next: {invalid: ok}
  - id: seen
    use: card.see
    with:
      userId: ${{ again.userId }}
  - id: ok
    use: respond
`))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	b, diags := (&engine.Compiler{Types: r}).Compile(&engine.App{Proofs: []flows.Name{{Text: "card.redeem"}}}, []*flows.Flow{f})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	a = &engine.Answer{}
	b.Programs[0].Run(context.Background(), &engine.Request{Source: body{"token": "x"}}, a)
	return p, a
}

// the factors, the actor and the end of a proof that was kept are in the proof of
// the run; of two ends the earlier counts, whichever came first.
func TestKeeping(t *testing.T) {
	with := func(ceiling engine.Instant, factors ...engine.Factor) engine.Kept {
		return engine.Kept{Factors: factors, Ceiling: ceiling}
	}
	for _, test := range []struct {
		first, second engine.Kept
		factors       []engine.Factor
		actor         string
		ceiling       engine.Instant
	}{
		{engine.Kept{}, engine.Kept{}, []engine.Factor{"card"}, "", 0},
		{with(7, "totp", "password"), with(0), []engine.Factor{"card", "password", "totp"}, "", 7},
		{with(0), with(7, "totp"), []engine.Factor{"card", "totp"}, "", 7},
		{with(9), with(7), []engine.Factor{"card"}, "", 7},
		{with(7), with(9), []engine.Factor{"card"}, "", 7},
		{engine.Kept{Actor: "key:1"}, engine.Kept{}, []engine.Factor{"card"}, "key:1", 0},
	} {
		p, a := keeping(t, true, test.first, test.second, true)
		if a.Status != 200 || p.Actor() != test.actor || p.Ceiling() != test.ceiling {
			t.Errorf("%+v, %+v: got %d, %q and %d", test.first, test.second, a.Status, p.Actor(), p.Ceiling())
		}
		if diff := cmp.Diff(test.factors, p.Factors()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}

// The challenge in which a proof was kept is known of all proofs of that user together.
func TestKeepingAChallenge(t *testing.T) {
	named := engine.Kept{Challenge: "c1"}
	for _, test := range []struct{ first, second engine.Kept }{{named, engine.Kept{}}, {engine.Kept{}, named}} {
		if p, _ := keeping(t, true, test.first, test.second, true); p.Challenge() != "c1" {
			t.Errorf("got %q, want c1", p.Challenge())
		}
	}
}

// So is the session in which it was kept.
func TestKeepingAnOrigin(t *testing.T) {
	kept := engine.Kept{Origin: "s1"}
	for _, test := range []struct{ first, second engine.Kept }{{kept, engine.Kept{}}, {engine.Kept{}, kept}} {
		if p, _ := keeping(t, true, test.first, test.second, true); p.Origin() != "s1" {
			t.Errorf("got %q, want s1", p.Origin())
		}
	}
}

// what a node type of an application keeps, or one that proves nothing, fails
// the run.
func TestKeepingIsForProofs_R61(t *testing.T) {
	for name, test := range map[string]struct{ standard, prove bool }{"a custom type": {false, true}, "an outcome that proves nothing": {true, false}} {
		p, a := keeping(t, test.standard, engine.Kept{Factors: []engine.Factor{"totp"}}, engine.Kept{}, test.prove)
		if a.Status != 500 || p.Grade() != engine.NoGrade {
			t.Errorf("%s: got %d and a proof of grade %s, want 500 and none", name, a.Status, p.Grade())
		}
	}
}

// PurposeOf is what the app.yaml says with which the flow was loaded.
func TestPurposeOf(t *testing.T) {
	if p, known := engine.PurposeOf(context.Background(), "magic-link"); known {
		t.Errorf("outside of a run: got %+v, want none", p)
	}
}
