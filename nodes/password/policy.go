package password

import (
	"fmt"
	"unicode/utf8"
)

// DefaultMinLength is the least length where the password is the only factor
// (NIST SP 800-63B-4 §3.1.1.2).
const DefaultMinLength = 15

// No configuration may ask for less than 8 characters (OWASP ASVS 5.0 6.2.1),
// nor refuse one of 64 (6.2.9).
const lowestMinLength, highestMinLength = 8, 64

// A Policy says which passwords may be set. It has no rules of composition: any
// character goes, and none must be there. Its zero value is ready.
type Policy struct {
	// MinLength is the least number of characters, that is of Unicode code points
	// after normalisation: 8 to 64, 0 for DefaultMinLength. Less than the default
	// is meant for accounts with a second factor.
	MinLength int
}

// Validate says what is wrong with the policy.
func (p Policy) Validate() error {
	if p.MinLength != 0 && (p.MinLength < lowestMinLength || p.MinLength > highestMinLength) {
		return fmt.Errorf("password: minLength is %d, want %d to %d", p.MinLength, lowestMinLength, highestMinLength)
	}
	return nil
}

// A Reason is why a password may not be set: a stable code for clients.
type Reason string

// The reasons.
const (
	TooShort Reason = "too_short" // fewer characters than Policy.MinLength
	TooLong  Reason = "too_long"  // more than MaxBytes bytes
	Common   Reason = "common"    // on the block list, or made from an entry
	Context  Reason = "context"   // made of what is known of the user and the service
)

// Check returns all reasons against a password, in the order in which they are
// declared; none means that it may be set. context are texts that an attacker
// would try: the name of the service, the user's names and addresses.
//
// Check judges by length, block list and context only; a password of less than
// MaxBytes takes it well under a millisecond.
func (p Policy) Check(password string, context []string) []Reason {
	if len(password) > MaxBytes {
		return []Reason{TooLong} // and no more work
	}
	least := p.MinLength
	if least == 0 {
		least = DefaultMinLength
	}
	var reasons []Reason
	if utf8.RuneCount(normalise(password)) < least {
		reasons = append(reasons, TooShort)
	}
	folded := fold(password)
	if isCommon(folded) {
		reasons = append(reasons, Common)
	}
	if isContext(folded, context) {
		reasons = append(reasons, Context)
	}
	return reasons
}
