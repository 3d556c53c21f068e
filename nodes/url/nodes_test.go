package url_test

import (
	"context"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/internal/flowtest"
	lurl "github.com/latchwork/latchwork/nodes/url"
)

const back = `endpoints:
  - {method: POST, path: /, require: none}
input:
  to: {type: string, optional: true}
nodes:
  - id: target
    use: url.check
    with:
      url: ${{ input.to }}
  - id: where
    use: if
    with:
      when: ${{ target.external }}
    next: {else: home}
  - id: away
    use: redirect
    with:
      to: ${{ target.url }}
      query:
        token: away
  - id: home
    use: redirect
    with:
      to: ${{ target.url }}
`

func types(t *testing.T) []engine.NodeType {
	main := origins(t)
	return lurl.Nodes(func(realm string) *lurl.Origins {
		if realm == engine.MainRealm {
			return main
		}
		return nil
	})
}

func TestCheckNode(t *testing.T) {
	serve := flowtest.Flow{Types: types(t), Source: back}.Server(t)
	tests := []struct {
		name, realm string
		to          any
		want        string // the target, or the code of the error
	}{
		{"a path", "", "/welcome?x=1", "/welcome?x=1"},
		{"our own origin", "", "https://app.example.com/x", "https://app.example.com/x"},
		{"another of ours", "", "https://www.example.com/x", "https://www.example.com/x?token=away"},
		{"null", "", nil, "/"},
		{"R-54 another host", "", "https://evil.example/", "invalid_redirect_url"},
		{"R-54 a script", "", "javascript:alert(1)", "invalid_redirect_url"},
		{"R-54 two slashes", "", "//evil.example", "invalid_redirect_url"},
		{"R-54 empty", "", "", "invalid_redirect_url"},
		{"R-59 an origin of another realm", "other", "https://app.example.com/x", "invalid_redirect_url"},
		{"a path in a realm without origins", "other", "/x", "/x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := serve(context.Background(), flowtest.Flow{Realm: tt.realm, Body: map[string]any{"to": tt.to}})
			got := a.Location
			if a.Fault != nil {
				got = a.Fault.Errors[0].Code
				if a.Status != 400 || a.Location != "" {
					t.Errorf("got %d %s", a.Status, a.Location)
				}
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// Only what url.check has let pass may be the target of a redirect.
func TestTargetsAreTrusted(t *testing.T) {
	source := strings.ReplaceAll(back, "to: ${{ target.url }}", "to: ${{ input.to ?? '/' }}")
	diags := flowtest.Flow{Types: types(t), Source: source}.Load(t)
	if len(diags) == 0 || !strings.Contains(diags[0].Code, "trust") {
		t.Errorf("R-54: got %v, want that the target is not trusted", diags)
	}
}

func TestExamples(t *testing.T) {
	all := types(t)
	for _, n := range all {
		if diags := flowtest.Example(n, all).Load(t); len(diags) > 0 {
			t.Errorf("%s: %v", n.Name(), diags)
		}
	}
}
