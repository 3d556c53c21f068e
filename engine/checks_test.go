package engine_test

import (
	"fmt"
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

// Reach holds the outcomes of a node in the bits of a word, those of a sub-flow too.
func TestOutcomesOfSubflow(t *testing.T) {
	compile := func(outcomes int) flows.Diagnostics {
		var cases, returns, next strings.Builder
		for i := 1; i < outcomes-1; i++ {
			fmt.Fprintf(&cases, ", r%d: r%d", i, i)
			fmt.Fprintf(&returns, "  - {id: r%d, use: return, with: {outcome: r%d}}\n", i, i)
			fmt.Fprintf(&next, ", r%d: ok", i)
		}
		sub := "version: 1\nflow: s\ninput:\n  t: {type: string}\nnodes:\n  - id: p\n    use: if\n    with: {when: \"${{ input.t == '' }}\"}\n    next: {else: q}\n  - {id: last, use: return, with: {outcome: last}}\n  - id: q\n    use: switch\n    with: {value: \"${{ input.t }}\"}\n    next: {default: r0" +
			cases.String() + "}\n  - {id: r0, use: return, with: {outcome: r0}}\n" + returns.String()
		top := "version: 1\nflow: f\nendpoints:\n  - {method: GET, path: /f, require: none}\nnodes:\n  - id: s\n    use: flow.s\n    with: {t: \"${{ request.host }}\"}\n    next: {r0: ok, last: ok" +
			next.String() + "}\n  - {id: ok, use: respond}\n"
		var set []*flows.Flow
		for name, source := range map[string]string{"s.yaml": sub, "f.yaml": top} {
			f, diags := flows.Parse(name, []byte(source))
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			set = append(set, f)
		}
		_, diags := (&engine.Compiler{Types: types(t)}).Compile(&engine.App{}, set)
		return diags
	}
	if diags := compile(64); len(diags) > 0 {
		t.Errorf("got %v, want 64 outcomes accepted", diags)
	}
	if diags := compile(65); len(diags) != 1 || !strings.HasPrefix(diags[0].Message, "s has 65 outcomes") {
		t.Errorf("got %v, want 65 of them refused", diags)
	}
}
