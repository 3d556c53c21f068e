// Package identity owns the identities that people have with providers, such
// as an account with a search engine, what it means that somebody has shown to be
// one, and whose they are here. It does not own how that is shown: see provider.
package identity

import (
	"strings"

	"github.com/latchwork/latchwork/engine"
)

// Identity is what a provider says of somebody.
type Identity struct {
	Provider string // its name in this application
	Issuer   string // who gives the subjects out: the issuer of OpenID Connect, or the origin of the provider
	Subject  string // the user's id there, which is never an e-mail address (OpenID Connect Core §5.7)
	Email    string // canonical, and only where the provider says that it is verified; else ""
}

// Verified is an identity that a provider has confirmed in this run. Only node
// types of the standard set put one out, and no expression can build one or
// look into it. The zero Verified is nobody's identity, and nothing takes it.
type Verified struct {
	engine.Verified
	identity Identity
}

// Verify makes a Verified. It belongs into node types that have just finished the
// exchange with the provider: the registry refuses other types that put it out. An
// identity without a provider, an issuer or a subject is nobody's.
func Verify(i Identity) Verified {
	if i.Provider == "" || i.Issuer == "" || i.Subject == "" || strings.Contains(i.Issuer, "\n") {
		return Verified{}
	}
	return Verified{identity: i}
}

// Identity is what was verified; the zero Identity for the zero Verified.
func (v Verified) Identity() Identity { return v.identity }

// ProofValue is what a proof of the identity is about: the issuer and the subject,
// with a line break between them, which issuers do not have.
func (v Verified) ProofValue() string {
	if v == (Verified{}) {
		return ""
	}
	return v.identity.Issuer + "\n" + v.identity.Subject
}
