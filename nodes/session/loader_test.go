package session_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/session"
)

type answerWith struct {
	Body    any           `flow:"body,optional"`
	Session engine.Secret `flow:"session,optional" secret:"minted"`
}

type redirectWith struct {
	To string `flow:"to"`
}

// What the tags of the group are there for: the loader refuses flows that let a
// token out or take access groups from the caller.
func TestLoader(t *testing.T) {
	var types engine.Registry
	add(t, &types, session.Nodes(&session.Manager{Store: newMemory()})...)
	add(t, &types, prove(),
		engine.Define("answer", "Answers.", func(context.Context, answerWith, struct{}) (engine.Exit, error) {
			return engine.Exit{}, nil
		}, engine.Answers),
		engine.Define("redirect", "Sends elsewhere.", func(context.Context, redirectWith, struct{}) (engine.Exit, error) {
			return engine.Exit{}, nil
		}, engine.Redirects))
	const proved = `version: 1
flow: f
endpoints:
  - {method: POST, path: /, require: none}
input:
  userId: {type: string}
  groups: {type: array, items: {type: string}}
  proof: {type: string, secret: true}
nodes:
  - id: proved
    use: test.prove
    with:
      id: ${{ input.userId }}
      as: password
      proof: ${{ input.proof }}
    next: {totp: ok, recovery: ok, mailed: ok, live: ok, pending: ok, reset: ok, address: ok}
  - id: opened
    use: session.create
    with:
      userId: ${{ input.userId }}
`
	const update = "  - id: changed\n    use: session.update\n    with:\n      id: ${{ opened.id }}\n      userId: ${{ input.userId }}\n"
	const ok = "  - id: ok\n    use: answer\n"
	for _, test := range []struct {
		name string
		rest string
		want []string
	}{
		{"R-45 the token is revealed", "  - id: end\n    use: answer\n    reveal: [opened.token]\n    with:\n      body: ${{ opened.token }}\n" + ok, nil},
		{"R-45 the token leaks", "  - id: end\n    use: answer\n    with:\n      body: ${{ opened.token }}\n" + ok, []string{"secret-leak"}},
		{"R-45 the token leaks within its session", "  - id: end\n    use: answer\n    with:\n      body: ${{ opened }}\n" + ok, []string{"secret-leak"}},
		{"R-45 the token goes by cookie", "  - id: end\n    use: answer\n    with:\n      session: ${{ opened.token }}\n" + ok, nil},
		{"R-45 the token goes by cookie and in the body", "  - id: end\n    use: answer\n    reveal: [opened.token]\n    with:\n      session: ${{ opened.token }}\n      body: ${{ opened.token }}\n" + ok, []string{"token-in-body"}},
		{"R-45 the token in a target", "  - id: end\n    use: redirect\n    reveal: [opened.token]\n    with:\n      to: ${{ opened.token }}\n" + ok, []string{"token-in-redirect"}},
		{"R-57 groups of the flow", "      groups: [beta]\n" + ok, nil},
		{"R-57 groups of a session", update + "      groups: ${{ opened.accessGroupKeys }}\n" + ok, nil},
		{"R-57 groups of the caller", "      groups: ${{ input.groups }}\n" + ok, []string{"untrusted"}},
		{"R-57 groups of the caller, later", update + "      groups: ${{ input.groups }}\n" + ok, []string{"untrusted"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, diags := flows.Parse("f.yaml", []byte(proved+test.rest))
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			_, diags = (&engine.Compiler{Types: &types}).Compile(&engine.App{Cookies: true}, []*flows.Flow{f})
			var got []string
			for _, d := range diags {
				got = append(got, d.Code)
			}
			if diff := cmp.Diff(test.want, slices.Compact(got)); diff != "" {
				t.Errorf("-want +got:\n%s\n%v", diff, diags)
			}
		})
	}
}
