// Package token owns tokens: what lies behind a link in a mail, or goes from one
// application to another. A token is good once, for its purpose, and gives back the
// proof it was made from. See IMPL.md of nodes.
package token

import (
	"crypto/sha256"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/address"
)

// Prefix begins every token, so that a scanner for secrets finds one that was left
// in a file.
const Prefix = "lwt_"

// Mailbox is the factor of a token that was sent to its user: who has it can read
// what is sent there.
const Mailbox engine.Factor = "mailbox"

// Hash is the SHA-256 of a token: the only trace that it leaves in a store. Tokens
// have 256 random bits, so a plain hash cannot be inverted.
type Hash [sha256.Size]byte

// HashToken is the Hash of a token.
func HashToken(token string) Hash { return sha256.Sum256([]byte(token)) }

// Token is a token as it is stored.
type Token struct {
	Hash        Hash
	Purpose     string
	UserID      string
	AddressKind address.Kind // of the address that it was sent to; "" for none
	Address     string       // canonical
	Audience    string       // who alone may redeem it; "" for anybody
	ReturnTo    string
	Data        map[string]any
	Factors     []string       // of the proof it was made from, sorted
	Session     string         // handle of the session it was made in, with which it ends; "" for none
	Ceiling     engine.Instant // the end that no session opened by it may outlive; 0 for none
	Created     engine.Instant
	Expires     engine.Instant // it is over from this moment on

	// Checked is the hash of the password that was checked, for Create; "" for none.
	// It is not stored.
	Checked string
}

// kept is the proof that the token gives back.
func (t *Token) kept() engine.Kept {
	k := engine.Kept{Ceiling: t.Ceiling, Origin: t.Session}
	for _, f := range t.Factors {
		k.Factors = append(k.Factors, engine.Factor(f))
	}
	return k
}
