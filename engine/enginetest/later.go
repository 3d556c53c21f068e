package enginetest

import (
	"context"
	"errors"

	"github.com/latchwork/latchwork/engine"
)

// Later are node types that Latchwork is going to ship, with the tags that they
// will have: tokens, codes, mail, providers and second factors. Tests of the
// language load flows that use them. They are made to be loaded, not to be run:
// each fails. A type leaves this list when the real one comes.
//
// Registries admit them by AddStandard.
func Later() []engine.NodeType {
	return []engine.NodeType{
		userOf(), userSetAddress(),
		tokenCreate(), tokenRedeem(), tokenPeek(),
		linkSend(), mailSend(), httpCall(),
		otpSend(), otpCheck(),
		challengeCreate(), challengeResume(), totpEnrol(), totpDisable(), totpCheck(),
		providerFinish(), identityResolve(), identityLink(),
	}
}

// Address stands for an address that the caller has shown to hold.
type Address struct{ engine.Verified }

// Identity stands for an identity that a provider has confirmed.
type Identity struct{ engine.Verified }

var errLater = errors.New("enginetest: this node type can be loaded, not run")

// later makes a node type that has tags and nothing else.
func later[In, Out any](name, doc string, options ...engine.Option) engine.NodeType {
	return engine.Define(name, doc, func(context.Context, In, Out) (engine.Exit, error) { return engine.Exit{}, errLater }, options...)
}

type none = engine.Outcome[engine.None]

// User stands for an account.
type User struct {
	ID     string   `flow:"id"`
	Email  *string  `flow:"email,optional"`
	Name   *string  `flow:"name,optional"`
	Groups []string `flow:"groups,trusted"`
}

type userOfWith struct {
	Address Address `flow:"address"`
}

type userOfOutcomes struct {
	Found    engine.Outcome[User] `flow:"found" proves:"id"`
	NotFound none                 `flow:"notFound"`
}

func userOf() engine.NodeType {
	return later[userOfWith, userOfOutcomes]("user.of", "Finds the user of an address that the caller holds.", engine.Silent)
}

type setAddressWith struct {
	UserID  string   `flow:"userId" needs:"session"`
	Address *Address `flow:"address,optional"`
	Email   *string  `flow:"email,optional,unverified"`
}

type setAddressOutcomes struct {
	Changed engine.Outcome[User] `flow:"changed" same:"id=with.userId"`
	Taken   none                 `flow:"taken" fails:"409 taken Another account has this already."`
}

func userSetAddress() engine.NodeType {
	return later[setAddressWith, setAddressOutcomes]("user.setAddress", "Gives a user an address, verified.", engine.Effect)
}

type tokenCreateWith struct {
	UserID   string         `flow:"userId"`
	Purpose  string         `flow:"purpose,literal" format:"purpose"`
	Data     map[string]any `flow:"data,optional"`
	Audience *string        `flow:"audience,optional"`
}

type tokenCreateOutcomes struct {
	Created engine.Outcome[struct {
		Value     engine.Secret  `flow:"value" secret:"minted" credential:"with.userId"`
		ExpiresAt engine.Instant `flow:"expiresAt"`
	}] `flow:"created"`
}

func tokenCreate() engine.NodeType {
	return later[tokenCreateWith, tokenCreateOutcomes]("token.create", "Makes a token that keeps the run's proof of the user.", engine.Effect)
}

type tokenRedeemWith struct {
	Token    engine.Secret `flow:"token,evidence"`
	Purpose  []string      `flow:"purpose,literal" format:"purpose"`
	Audience *string       `flow:"audience,optional"`
}

type tokenRedeemOutcomes struct {
	Redeemed engine.Outcome[struct {
		UserID   string         `flow:"userId"`
		Purpose  string         `flow:"purpose,trusted"`
		Address  *Address       `flow:"address,optional"`
		ReturnTo *string        `flow:"returnTo,optional,trusted"`
		Data     map[string]any `flow:"data"`
	}] `flow:"redeemed" proves:"userId" grade:"carried" public:""`
	Invalid none `flow:"invalid" fails:"401 invalid_token The token is invalid or has expired."`
}

func tokenRedeem() engine.NodeType {
	return later[tokenRedeemWith, tokenRedeemOutcomes]("token.redeem", "Uses a token up, and takes the proof that it was made from.", engine.Effect)
}

type tokenPeekWith struct {
	Token   engine.Secret `flow:"token,evidence"`
	Purpose []string      `flow:"purpose,literal" format:"purpose"`
}

type tokenPeekOutcomes struct {
	Valid engine.Outcome[struct {
		MaskedEmail string `flow:"maskedEmail"`
	}] `flow:"valid" public:""`
	Invalid none `flow:"invalid" fails:"401 invalid_token The token is invalid or has expired."`
}

func tokenPeek() engine.NodeType {
	return later[tokenPeekWith, tokenPeekOutcomes]("token.peek", "Looks at a token without using it up.")
}

type linkSendWith struct {
	Email    *string `flow:"email,optional"`
	UserID   *string `flow:"userId,optional" needs:"session"`
	Purpose  string  `flow:"purpose,literal" format:"purpose"`
	Template string  `flow:"template,literal"`
	ReturnTo *string `flow:"returnTo,optional,trusted"`
}

type linkSendOutcomes struct {
	Accepted none `flow:"accepted"`
}

func linkSend() engine.NodeType {
	return later[linkSendWith, linkSendOutcomes]("link.send", "Mails a link to an address, or to nobody where no account has it.", engine.Effect, engine.Costs(engine.Send))
}

type mailSendWith struct {
	UserID   *string                  `flow:"userId,optional"`
	To       *string                  `flow:"to,optional"`
	Template string                   `flow:"template,literal"`
	Vars     map[string]engine.Secret `flow:"vars,optional" secret:"minted" credential:"with.userId"`
}

type mailSendOutcomes struct {
	Queued none `flow:"queued"`
}

func mailSend() engine.NodeType {
	return later[mailSendWith, mailSendOutcomes]("mail.send", "Mails a user, or an address.", engine.Effect, engine.Costs(engine.Send))
}

type httpCallWith struct {
	Method  string                   `flow:"method,literal" enum:"GET,POST"`
	URL     string                   `flow:"url,trusted" format:"outbound"`
	Headers map[string]engine.Secret `flow:"headers,optional" secret:"app"`
	Body    engine.Body              `flow:"body,optional"`
}

type httpCallOutcomes struct {
	Answered engine.Outcome[struct {
		Status int `flow:"status"`
		Body   any `flow:"body,optional"`
	}] `flow:"answered" public:""`
	Failed none `flow:"failed"`
}

func httpCall() engine.NodeType {
	return later[httpCallWith, httpCallOutcomes]("http.call", "Calls another server.", engine.Effect)
}
