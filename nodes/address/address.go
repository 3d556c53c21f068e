// Package address owns addresses at which a person can be reached, and what it
// means that somebody has shown to hold one.
package address

import "github.com/latchwork/latchwork/engine"

// Kind says by which way an address is reached.
type Kind string

// The kinds of addresses.
const (
	Email Kind = "email"
	Phone Kind = "phone"
)

// Verified is an address that the caller of this run has shown to hold. Only
// node types of the standard set put one out, and no expression can build one
// or look into it. The zero Verified is nobody's address, and nothing takes it.
type Verified struct {
	engine.Verified
	kind  Kind
	value string
}

// Verify makes a Verified of a canonical address (see user.Canonical). It
// belongs into node types that have just checked evidence of it: the registry
// refuses other types that put it out.
func Verify(kind Kind, value string) Verified {
	return Verified{kind: kind, value: value}
}

// Kind is Email or Phone; "" for the zero Verified.
func (v Verified) Kind() Kind { return v.kind }

// Value is the canonical address; "" for the zero Verified.
func (v Verified) Value() string { return v.value }

// ProofValue is what a proof of the address is about: the address itself, since
// no value is canonical in two kinds.
func (v Verified) ProofValue() string { return v.value }
