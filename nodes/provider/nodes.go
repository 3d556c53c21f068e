package provider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/latchwork/latchwork/engine"
)

// Nodes are the node types provider.* and identity.*.
func Nodes(m *Manager) []engine.NodeType {
	return []engine.NodeType{m.startNode(), m.finishNode(), m.resolveNode(), m.linkNode()}
}

type startWith struct {
	Provider string  `flow:"provider" doc:"The name of the provider in app.yaml."`
	Callback string  `flow:"callback,literal" example:"/sign-in/{provider}/callback" doc:"The path of the flow with provider.finish. {provider} stands for the name: each provider sends to a path of its own, which has to be registered there behind server.publicUrl and server.basePath."`
	ReturnTo *string `flow:"returnTo,optional,trusted" doc:"Where to go in the end, for provider.finish to give."`
}

type started struct {
	URL     string        `flow:"url,trusted" doc:"The provider's page, to redirect to."`
	Binding engine.Secret `flow:"binding" secret:"minted" doc:"For a cookie that lives ten minutes: provider.finish takes the answer from this browser only."`
}

type startOutcomes struct {
	Started engine.Outcome[started]     `flow:"started" doc:"The browser can go to the provider."`
	Unknown engine.Outcome[engine.None] `flow:"unknown" fails:"404 unknown_provider There is no such provider." doc:"There is no such provider in this realm."`
}

func (m *Manager) startNode() engine.NodeType {
	return engine.Define("provider.start", "Begins a sign-in by a provider, with state, PKCE and, where it speaks OpenID Connect, a nonce.",
		func(ctx context.Context, in startWith, out startOutcomes) (engine.Exit, error) {
			address, binding, err := m.start(ctx, in.Provider, in.Callback, *cmp.Or(in.ReturnTo, new(string)))
			switch {
			case errors.Is(err, errUnknown):
				return out.Unknown.Exit(engine.None{}), nil
			case err != nil:
				return engine.Exit{}, m.report(ctx, in.Provider, err)
			}
			return out.Started.Exit(started{address, engine.NewSecret(binding)}), nil
		},
		engine.Effect, engine.MayFail(failUnavailable), engine.Checks("callback", checkCallback), engine.Example(`
- id: start
  use: provider.start
  with:
    provider: ${{ input.provider }}
    callback: /sign-in/{provider}/callback
- id: go
  use: redirect
  with:
    to: ${{ start.url }}
    cookies:
      __Host-provider: {value: "${{ start.binding }}", maxAge: 10m}
`))
}

// checkCallback takes a path that is another one for each provider: of one that all
// share, an answer of one could pass for that of another.
func checkCallback(c engine.Constant) *engine.Mistake {
	if c.Open || strings.HasPrefix(c.Text, "/") && strings.Contains(c.Text, "/{provider}") && !strings.ContainsAny(c.Text, "?#") {
		return nil
	}
	return &engine.Mistake{
		Message: fmt.Sprintf("must be a path with {provider} in it, not %q", c.Text),
		Hint:    "each provider comes back to a path of its own, such as /sign-in/{provider}/callback",
	}
}
