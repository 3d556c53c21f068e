// Package challenge owns challenges: what a sign-in is kept in that has to prove a
// second factor in a later request. See IMPL.md of nodes.
package challenge

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/latchwork/latchwork/engine"
)

const (
	// Prefix begins every challenge, so that a scanner for secrets finds one that was left
	// in a file.
	Prefix = "lwc_"
	// Lifetime is how long a challenge can be resumed.
	Lifetime = 5 * time.Minute
	// Tries is how often it can be resumed.
	Tries = 5
)

// Hash is the SHA-256 of a challenge's token: the only trace that it leaves in a store.
// Tokens have 256 random bits, so a plain hash cannot be inverted.
type Hash [sha256.Size]byte

// HashToken is the Hash of a token.
func HashToken(token string) Hash { return sha256.Sum256([]byte(token)) }

// Name is what a proof names the challenge by that it was kept in.
func (h Hash) Name() string { return hex.EncodeToString(h[:]) }

// Challenge is a challenge as it is stored.
type Challenge struct {
	Hash     Hash
	UserID   string
	ReturnTo string
	Factors  []string       // of the proof it keeps, sorted
	Ceiling  engine.Instant // the end that no session opened by it may outlive; 0 for none
	Origin   string         // the id of the session from which a session opened by it springs; "" for none
	Tries    int            // that were taken
	Created  engine.Instant
	Expires  engine.Instant // it is over from this moment on

	// Checked is the hash of the password that was checked, for Create; "" for none.
	// It is not stored.
	Checked string
}

// kept is the proof that the challenge gives back.
func (c *Challenge) kept() engine.Kept {
	k := engine.Kept{Ceiling: c.Ceiling, Origin: c.Origin, Challenge: c.Hash.Name()}
	for _, f := range c.Factors {
		k.Factors = append(k.Factors, engine.Factor(f))
	}
	return k
}
