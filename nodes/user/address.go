package user

import (
	"github.com/latchwork/latchwork/nodes/address"
	"github.com/latchwork/latchwork/nodes/outbox"
)

// NewAddress is an address that somebody has shown to hold.
type NewAddress struct {
	By    Identifier // ByEmail or ByPhone
	Value string     // canonical

	// Claim says that the address is all that was shown: whoever holds it claims the
	// account that has it. Where the account's address was verified before, nothing
	// changes. Else it becomes so, and what was set up before, perhaps by somebody who
	// has typed an address that is not theirs, ends in the same command: the password,
	// the sessions, the tokens and the keys. An account that rests on
	// something else cannot be claimed; see Claimable.
	Claim bool
	// Confirm says that the address is all that was shown, and that its holder was told
	// of the account and confirms it: the address becomes verified, and nothing ends.
	// An account that has not the address, or cannot be claimed, is ErrNotFound.
	Confirm bool

	// Replaced makes the notice to the address that this one takes the place of, which
	// is put into the outbox by the same command. Nil makes none.
	Replaced func(old string) outbox.Entry
}

// By is the identifier that addresses of a kind are.
func By(kind address.Kind) Identifier {
	if kind == address.Phone {
		return ByPhone
	}
	return ByEmail
}

// newAddress is the NewAddress of a verified one.
func newAddress(a address.Verified) (NewAddress, error) {
	by := By(a.Kind())
	value, err := Canonical(by, a.Value())
	if err != nil {
		return NewAddress{}, errUnverified
	}
	return NewAddress{By: by, Value: value}, nil
}

// Address is the user's address of a kind, and whether it is verified; nil for none.
func (u *User) Address(by Identifier) (value *string, verified bool) {
	if by == ByPhone {
		return u.Phone, u.PhoneVerified
	}
	return u.Email, u.EmailVerified
}

// SetAddress makes an address the user's, verified.
func (u *User) SetAddress(by Identifier, value string) {
	if by == ByPhone {
		u.Phone, u.PhoneVerified = &value, true
	} else {
		u.Email, u.EmailVerified = &value, true
	}
}

// Has reports whether the address is the user's, verified or not.
func (u *User) Has(a NewAddress) bool {
	own, _ := u.Address(a.By)
	return own != nil && *own == a.Value
}

// Claimable reports whether whoever holds an address of the user may claim the
// account by it, although the user never has shown to hold it. An account that is
// disabled cannot be claimed, nor one that rests on something that was shown: another
// address, an identity of a provider, or a second factor. Stores look for identities
// that were linked later, too. It is not known then
// whose it is, and dropping the password would not keep the other out.
func (u *User) Claimable() bool {
	return u.Status == Active && !u.EmailVerified && !u.PhoneVerified && u.Provider == LocalProvider && len(u.Factors) == 0
}
