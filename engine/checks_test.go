package engine_test

import (
	"strings"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
)

// TestRefused mutates a safe flow by one careless mistake each.
func TestRefused(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"check left out", "next: {notFound: decoy}", "next: {notFound: decoy, found: opened}", "unreachable-node"},
		{"outcomes swapped", "next: {mismatch: reject}", "next: {match: reject, mismatch: opened}", "unproved"},
		{"another's id", "    use: session.create\n    with:\n      userId: ${{ user.id }}", "    use: session.create\n    with:\n      userId: ${{ input.email }}", "unproved"},
		{"token not revealed", "    reveal: [opened.token]\n", "", "secret-leak"},
		{"password in the answer", "${{ user.email ?? 'none' }}", "${{ input.password }}", "secret-leak"},
		{"null in text", "${{ user.email ?? 'none' }}", "mail ${{ user.email }}", "may-be-null"},
		{"constant evidence", "password: ${{ input.password }}\n    next: {mismatch", "password: right\n    next: {mismatch", "not-evidence"},
		{"no decoy", "next: {notFound: decoy}", "next: {notFound: reject, error: decoy}", "enumeration"},
		{"unknown field", "email: ${{ input.email }}\n    next", "emial: ${{ input.email }}\n    next", "unknown-field"},
		{"unknown name", "${{ user.id }}\n      password", "${{ usr.id }}\n      password", "unknown-name"},
		{"wrong type", "status: 200", "status: ok", "bad-type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := strings.Replace(signIn, c.old, c.new, 1)
			if source == signIn {
				t.Fatal("the mutation changes nothing")
			}
			f, diags := flows.Parse("f.yaml", []byte(source))
			if len(diags) == 0 {
				_, diags = (&engine.Compiler{Types: types(t)}).Compile(&engine.App{}, []*flows.Flow{f})
			}
			if len(diags) != 1 || diags[0].Code != c.want {
				t.Errorf("got %v, want one [%s]", diags, c.want)
			}
			t.Log(diags)
		})
	}
}
