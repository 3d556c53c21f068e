package oauth

import (
	"context"

	"github.com/latchwork/latchwork/engine"
)

type clientWith struct {
	ClientID    string `flow:"clientId" doc:"Which client, as the caller says."`
	RedirectURI string `flow:"redirectUri" doc:"Where the code is to go, as the caller says."`
}

type allowed struct {
	ID           string `flow:"id,trusted" doc:"The id of the client."`
	RedirectURI  string `flow:"redirectUri,trusted" doc:"Where the code goes: one of the client's own URIs."`
	Origin       string `flow:"origin,trusted" doc:"The scheme and the host of that."`
	Host         string `flow:"host,trusted" doc:"The host alone, as requests to it name it."`
	Confidential bool   `flow:"confidential,trusted" doc:"Whether it has a secret, and redeems its codes itself."`
}

type clientOutcomes struct {
	Allowed engine.Outcome[allowed]     `flow:"allowed" doc:"There is such a client, and its codes may go there."`
	Refused engine.Outcome[engine.None] `flow:"refused" fails:"400 invalid_client The client, or where it wants its code to go, is not known." doc:"There is none, or they may not."`
}

// Nodes are the node types oauth.*. of gives the clients of a realm; a nil result has
// none.
func Nodes(of func(realm string) *Clients) []engine.NodeType {
	return []engine.NodeType{clientNode(of), authenticateNode(of)}
}

func clientNode(of func(realm string) *Clients) engine.NodeType {
	return engine.Define("oauth.client", "Finds a client of app.yaml, to which a code is to go at one of its own redirect URIs.",
		func(ctx context.Context, in clientWith, out clientOutcomes) (engine.Exit, error) {
			found, known := of(engine.Realm(ctx)).find(in.ClientID)
			if !known || !found.allows(in.RedirectURI) {
				return out.Refused.Exit(engine.None{}), nil
			}
			return out.Allowed.Exit(allowed{
				ID: in.ClientID, RedirectURI: in.RedirectURI, Origin: originOf(in.RedirectURI),
				Host: hostOf(in.RedirectURI), Confidential: found.confidential,
			}), nil
		},
		engine.Pure, engine.Example(`
- id: client
  use: oauth.client
  with:
    clientId: ${{ input.clientId }}
    redirectUri: ${{ input.redirectUri }}
- id: code
  use: token.create
  with:
    userId: ${{ session.userId }}
    purpose: hand-over
    audience: "${{ client.confidential ? client.id : client.host }}"
- id: go
  use: redirect
  reveal: [code.value]
  with:
    to: ${{ client.redirectUri }}
    query:
      code: ${{ code.value }}
`))
}

type authenticateWith struct {
	ClientID     string        `flow:"clientId" doc:"Which client, as the caller says."`
	ClientSecret engine.Secret `flow:"clientSecret,evidence" secret:"typed" doc:"The secret that the caller presents."`
}

type match struct {
	ID string `flow:"id,trusted" doc:"The id of the client."`
}

type authenticateOutcomes struct {
	Match    engine.Outcome[match]       `flow:"match" public:"" doc:"The caller is the client."`
	Mismatch engine.Outcome[engine.None] `flow:"mismatch" fails:"401 invalid_client The client is not known, or its secret is wrong." doc:"It is not, or there is no such client, or it has no secret."`
}

func authenticateNode(of func(realm string) *Clients) engine.NodeType {
	return engine.Define("oauth.authenticate", "Checks the secret that a server shows to redeem a code, as one of the clients.",
		func(ctx context.Context, in authenticateWith, out authenticateOutcomes) (engine.Exit, error) {
			if !of(engine.Realm(ctx)).authenticate(in.ClientID, in.ClientSecret.Reveal()) {
				return out.Mismatch.Exit(engine.None{}), nil
			}
			return out.Match.Exit(match{in.ClientID}), nil
		},
		engine.Silent, engine.Example(`
- id: client
  use: oauth.authenticate
  with:
    clientId: ${{ input.clientId }}
    clientSecret: ${{ input.clientSecret }}
- id: grant
  use: token.redeem
  with:
    token: ${{ input.token }}
    purpose: hand-over
    audience: ${{ client.id }}
- id: opened
  use: session.create
  with:
    userId: ${{ grant.userId }}
- id: ok
  use: respond
  reveal: [opened.token]
  with:
    body:
      access_token: ${{ opened.token }}
`))
}
