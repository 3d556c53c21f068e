// Package identity owns the identities that people have with providers, such
// as an account with a search engine, and what it means that somebody has shown
// to be one.
package identity

import "github.com/latchwork/latchwork/engine"

// Verified is an identity that a provider has confirmed in this run. Only node
// types of the standard set put one out, and no expression can build one or
// look into it. The zero Verified is nobody's identity, and nothing takes it.
type Verified struct {
	engine.Verified
	provider string
	subject  string
}

// Verify makes a Verified of the provider's name in this application and the
// subject that the provider has named, which is its issuer's "sub" and never an
// e-mail address (OpenID Connect Core §5.7). It belongs into node types that
// have just finished the exchange: the registry refuses other types that put
// it out.
func Verify(provider, subject string) Verified {
	return Verified{provider: provider, subject: subject}
}

// Provider is the name of the provider; "" for the zero Verified.
func (v Verified) Provider() string { return v.provider }

// Subject is the user's id with the provider; "" for the zero Verified.
func (v Verified) Subject() string { return v.subject }

// ProofValue is what a proof of the identity is about: the provider and the
// subject, with a line break between them, which names of providers do not have.
func (v Verified) ProofValue() string {
	if v == (Verified{}) {
		return ""
	}
	return v.provider + "\n" + v.subject
}
