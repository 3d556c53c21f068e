package user_test

import (
	"context"
	"errors"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/internal/flowtest"
	"github.com/latchwork/latchwork/nodes/user"
)

type byWith struct {
	UserID string        `flow:"userId"`
	Code   engine.Secret `flow:"code,evidence"`
	Also   string        `flow:"also,literal"`
}

type byOutcomes struct {
	Match engine.Outcome[engine.None] `flow:"match" proves:"with.userId" factor:"password"`
}

// by is a node type that believes that a user has typed a password, and has shown another
// factor besides where one is named.
func by() engine.NodeType {
	return engine.Define("test.by", "Believes.", func(_ context.Context, in byWith, out byOutcomes) (engine.Exit, error) {
		exit := out.Match.Exit(engine.None{})
		if in.Also != "" {
			exit = exit.Keeping(engine.Kept{Factors: []engine.Factor{engine.Factor(in.Also)}})
		}
		return exit, nil
	})
}

// who has the password of a user with an authenticator app ends no account by it alone,
// and gives it no address.
func TestSecondFactorBeforeChanges_R26(t *testing.T) {
	changes := map[string]string{
		"user.delete":     "",
		"user.disable":    "",
		"user.setAddress": "\n      address: ${{ proved.address }}",
	}
	for name, more := range changes {
		for _, test := range []struct {
			require, also string
			factors       []string
			broken        bool
			want          int
		}{
			{"none", "", nil, false, 200},
			{"none", "", []string{"totp"}, false, 403},
			{"none", "mailbox", []string{"totp"}, false, 403},
			{"none", "totp", []string{"totp"}, false, 200},
			{"none", "recovery", []string{"totp"}, false, 200},
			{"session", "", []string{"totp"}, false, 200}, // which was opened by both
			{"none", "", []string{"totp"}, true, 500},
		} {
			b := newBench()
			u := b.put(t, func(u *user.User) { u.Factors = test.factors })
			if test.broken {
				b.store.broken = errors.New("the disk is gone")
			}
			a := flowtest.Flow{Types: append(b.types(), by()), World: world, UserID: u.ID, Body: map[string]any{"code": "1", "userId": u.ID},
				Source: "endpoints:\n  - {method: POST, path: /, require: " + test.require + "}\ninput:\n  code: {type: string, secret: true}\n  userId: {type: string}\nnodes:" +
					verifyPhone + "\n  - id: check\n    use: test.by\n    with: {userId: \"${{ input.userId }}\", code: \"${{ input.code }}\", also: \"" + test.also + "\"}\n" +
					"  - id: changed\n    use: " + name + "\n    with:\n      userId: ${{ input.userId }}" + more + "\n  - id: ok\n    use: respond\n"}.Run(t.Context(), t)
			if a.Status != test.want || test.want == 403 && a.Fault.Errors[0].Code != "second_factor_required" {
				t.Errorf("%s, %+v: got %d %s", name, test, a.Status, a.Body)
			}
		}
	}
}
