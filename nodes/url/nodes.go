package url

import (
	"context"

	"github.com/latchwork/latchwork/engine"
)

type checkWith struct {
	URL *string `flow:"url,optional" doc:"Where the caller wants to go; null stands for the root of the application."`
}

type allowed struct {
	URL      string `flow:"url,trusted" doc:"The URL, as it was given."`
	External bool   `flow:"external,trusted" doc:"Whether it is on another host than the one that the request came to."`
	Host     string `flow:"host,trusted" doc:"The host that it is on, with the port if that is not the usual one; empty where it is a path."`
}

type checkOutcomes struct {
	Allowed engine.Outcome[allowed]     `flow:"allowed" doc:"A redirect may lead there."`
	Refused engine.Outcome[engine.None] `flow:"refused" fails:"400 invalid_redirect_url The redirect URL is not allowed." doc:"It may not."`
}

// Nodes are the node types url.*. of gives the origins of a realm; nil, for a
// realm that it does not know, allows paths only.
func Nodes(of func(realm string) *Origins) []engine.NodeType {
	return []engine.NodeType{engine.Define("url.check", "Lets a URL that the caller gave pass if it is at one of the realm's origins.",
		func(ctx context.Context, in checkWith, out checkOutcomes) (engine.Exit, error) {
			target := "/"
			if in.URL != nil {
				target = *in.URL
			}
			origins := of(engine.Realm(ctx))
			if origins == nil {
				origins = &Origins{}
			}
			found, ok := origins.Check(target, engine.CallerOf(ctx).Host)
			if !ok {
				return out.Refused.Exit(engine.None{}), nil
			}
			return out.Allowed.Exit(allowed{target, found.External, found.Host}), nil
		},
		engine.Pure,
		engine.Example(`
- id: target
  use: url.check
  with:
    url: ${{ input.returnTo }}
- id: go
  use: redirect
  with:
    to: ${{ target.url }}
`))}
}
