// Package otp owns codes: six digits that are sent to an address, by which whoever
// types them shows to hold it. The digits are made when they are sent, and not before.
// See IMPL.md of nodes.
package otp

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/address"
	"github.com/latchwork/latchwork/nodes/letter"
)

const (
	// Tries is how often a code can be tried. Then it is good for nothing.
	Tries = 5
	// Lifetime is how long a code is good, from when it was sent.
	Lifetime = 10 * time.Minute
	// Kept is how long a store keeps a code at least, from when it was asked for: what
	// sends it may have to try for a day.
	Kept = 25 * time.Hour

	// Prefix begins every binding, so that a scanner for secrets finds one that was left
	// in a file.
	Prefix = "lwo_"
)

// Hash is the SHA-256 of a binding, and the name of a code in a store. Bindings have
// 256 random bits, so a plain hash cannot be inverted.
type Hash [sha256.Size]byte

// HashBinding is the Hash of a binding.
func HashBinding(binding string) Hash { return sha256.Sum256([]byte(binding)) }

// Code is a code as it is stored.
type Code struct {
	Binding  Hash
	Channel  letter.Channel
	Address  string // canonical
	Purposes []string
	MAC      []byte // keyed hash of the digits; none until they are sent
	Tries    int    // that were taken
	Created  engine.Instant
	Expires  engine.Instant // it is over from this moment on; 0 until it is sent
}

// verified is the address of a code, for whoever has just shown to hold it.
func (c *Code) verified() address.Verified {
	return address.Verify(c.Channel.Address(), c.Address)
}

// place is what digits are hashed for: the same digits of another code have another
// hash.
func place(realm string, binding Hash, address string) []string {
	return []string{"code", realm, hex.EncodeToString(binding[:]), address}
}

// Codes have six digits, of which the first is not 0: what takes the code for a number
// keeps it whole.
const (
	digits = 6
	first  = 100_000
	count  = 900_000
)

// newDigits are digits that nobody can guess, each code as likely as another.
func newDigits(random io.Reader) (string, error) {
	n, err := rand.Int(random, big.NewInt(count))
	if err != nil {
		return "", fmt.Errorf("otp: %w", err)
	}
	return strconv.FormatInt(first+n.Int64(), 10), nil
}

// typed are the digits of what somebody has typed, and whether they can be a code.
// People leave spaces in it.
func typed(text string) (string, bool) {
	if len(text) > 4*digits {
		return "", false
	}
	text = strings.Join(strings.Fields(text), "")
	if len(text) != digits || text[0] == '0' {
		return "", false
	}
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return "", false
		}
	}
	return text, true
}
