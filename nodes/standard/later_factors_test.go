package standard_test

import (
	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/identity"
	"github.com/latchwork/latchwork/nodes/user"
)

type challengeCreateWith struct {
	UserID string `flow:"userId" needs:"session"`
}

type challengeCreateOutcomes struct {
	Created engine.Outcome[struct {
		Token   engine.Secret `flow:"token" secret:"minted" credential:"with.userId"`
		Factors []string      `flow:"factors"`
	}] `flow:"created"`
}

func challengeCreate() engine.NodeType {
	return later[challengeCreateWith, challengeCreateOutcomes]("challenge.create", "Asks for a second factor in a later request.", engine.Effect)
}

type challengeResumeWith struct {
	Token engine.Secret `flow:"token,evidence"`
}

type challengeResumeOutcomes struct {
	Resumed engine.Outcome[struct {
		UserID  string   `flow:"userId"`
		Factors []string `flow:"factors"`
	}] `flow:"resumed" proves:"userId" grade:"pending" public:""`
	Invalid none `flow:"invalid" fails:"401 invalid_challenge The sign-in has to begin anew."`
}

func challengeResume() engine.NodeType {
	return later[challengeResumeWith, challengeResumeOutcomes]("challenge.resume", "Goes on with a sign-in that asked for a second factor.", engine.Silent)
}

type totpEnrolWith struct {
	UserID string `flow:"userId" needs:"pending"`
}

type totpEnrolOutcomes struct {
	Started engine.Outcome[struct {
		Secret engine.Secret `flow:"secret" secret:"minted" credential:"with.userId"`
		URI    engine.Secret `flow:"uri" secret:"minted" credential:"with.userId"`
	}] `flow:"started"`
}

func totpEnrol() engine.NodeType {
	return later[totpEnrolWith, totpEnrolOutcomes]("totp.enrol", "Begins to enrol an authenticator app.", engine.Effect)
}

type totpDisableWith struct {
	UserID string `flow:"userId" needs:"fresh"`
}

type totpDisableOutcomes struct {
	Done none `flow:"done"`
}

func totpDisable() engine.NodeType {
	return later[totpDisableWith, totpDisableOutcomes]("totp.disable", "Takes the authenticator app away.", engine.Effect)
}

type totpCheckWith struct {
	UserID string        `flow:"userId" needs:"pending"`
	Code   engine.Secret `flow:"code,evidence"`
}

type totpCheckOutcomes struct {
	Match    none `flow:"match" proves:"with.userId" factor:"totp"`
	Mismatch none `flow:"mismatch"`
}

func totpCheck() engine.NodeType {
	return later[totpCheckWith, totpCheckOutcomes]("totp.check", "Checks a code of an authenticator app.", engine.Effect, engine.Tells)
}

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
