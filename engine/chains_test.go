package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
)

// What doubles with every node of a flow, if it is looked at again and again, would
// never end here.
func TestChainsEnd(t *testing.T) {
	const head = "version: 1\nflow: f\nendpoints:\n  - {method: POST, path: /f, require: none}\ninput:\n  email: {type: string}\n  password: {type: string, secret: true}\nnodes:\n" +
		"  - {id: user, use: user.get, with: {email: \"${{ input.email }}\"}, next: {notFound: ok}}\n"
	const n = 60
	var made, parted, failed strings.Builder
	made.WriteString("  - {id: s0, use: set, with: {a: \"${{ user.email ?? '' }}\", b: x}}\n")
	for i := 1; i < n; i++ {
		fmt.Fprintf(&made, "  - {id: s%d, use: set, with: {a: \"${{ s%d.a + s%d.b }}\", b: \"${{ s%d.b + s%d.a }}\"}}\n", i, i-1, i-1, i-1, i-1)
		fmt.Fprintf(&parted, "  - {id: i%d, use: if, with: {when: \"${{ user.email == '%d' }}\"}, next: {else: i%d}}\n", i, i, i+1)
		fmt.Fprintf(&parted, "  - {id: c%d, use: password.decoy, with: {password: \"${{ input.password }}\"}}\n", i)
		fmt.Fprintf(&failed, "  - {id: s%d, use: set, with: {a: \"${{ int(user.email ?? '') }}\"}, next: {error: c%d, set: s%d}}\n", i, i, i+1)
		fmt.Fprintf(&failed, "  - {id: c%d, use: password.decoy, with: {password: \"${{ input.password }}\"}}\n", i)
	}
	made.WriteString("  - {id: q, use: if, with: {when: \"${{ s59.a == s59.b }}\"}, next: {else: ok}}\n")
	fmt.Fprintf(&parted, "  - {id: i%d, use: set, with: {x: 1}}\n", n)
	fmt.Fprintf(&failed, "  - {id: s%d, use: set, with: {x: 1}}\n", n)
	for _, c := range []struct{ name, nodes, code string }{
		{"made", made.String(), ""},
		{"parted", strings.ReplaceAll(parted.String(), "user.email ==", "(user.email ?? '') =="), "enumeration"},
		{"failed", failed.String(), "enumeration"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, diags := flows.Parse("f.yaml", []byte(head+c.nodes+"  - {id: ok, use: respond}\n"))
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			_, diags = (&engine.Compiler{Types: types(t)}).Compile(&engine.App{}, []*flows.Flow{f})
			if c.code == "" && len(diags) > 0 || c.code != "" && (len(diags) != 1 || diags[0].Code != c.code) {
				t.Errorf("got %v, want %q", diags, c.code)
			}
		})
	}
}
