package standard_test

import (
	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/identity"
	"github.com/latchwork/latchwork/nodes/user"
)

type providerFinishWith struct {
	State   engine.Secret `flow:"state,evidence"`
	Code    engine.Secret `flow:"code,optional,evidence"`
	Binding engine.Secret `flow:"binding,evidence"`
}

type providerFinishOutcomes struct {
	Identified engine.Outcome[struct {
		Identity identity.Verified `flow:"identity"`
		ReturnTo *string           `flow:"returnTo,optional,trusted"`
		Email    *string           `flow:"email,optional"`
	}] `flow:"identified" proves:"identity" subject:"identity" factor:"provider" public:""`
	Denied  none `flow:"denied" fails:"401 sign_in_denied The provider did not confirm who you are."`
	Invalid none `flow:"invalid" fails:"400 invalid_state The sign-in has to begin anew."`
}

func providerFinish() engine.NodeType {
	return later[providerFinishWith, providerFinishOutcomes]("provider.finish", "Takes the user back from a provider.", engine.Effect, engine.Silent)
}

type identityResolveWith struct {
	Identity identity.Verified `flow:"identity"`
	Link     string            `flow:"link,literal" enum:"never,verified-email"`
}

type identityResolveOutcomes struct {
	Known    engine.Outcome[user.User] `flow:"known" proves:"id" factor:"provider"`
	Linked   engine.Outcome[user.User] `flow:"linked" proves:"id" factor:"provider"`
	Unknown  none                      `flow:"unknown"`
	Conflict none                      `flow:"conflict" fails:"409 conflict An account has this address already."`
}

func identityResolve() engine.NodeType {
	return later[identityResolveWith, identityResolveOutcomes]("identity.resolve", "Finds the user of an identity that a provider has confirmed.", engine.Effect, engine.Silent)
}

type identityLinkWith struct {
	Identity identity.Verified `flow:"identity"`
	UserID   string            `flow:"userId" needs:"fresh"`
}

type identityLinkOutcomes struct {
	Linked none `flow:"linked"`
	Taken  none `flow:"taken" fails:"409 taken Another account has this already."`
}

func identityLink() engine.NodeType {
	return later[identityLinkWith, identityLinkOutcomes]("identity.link", "Gives a user one more way to sign in.", engine.Effect)
}
