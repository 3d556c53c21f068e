package session

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/latchwork/latchwork/engine"
)

// ErrNotFound says that the realm has no such session, or no longer.
var ErrNotFound = errors.New("session: not found")

// ErrChanged says that the user's password is not the one that was checked any more.
var ErrChanged = errors.New("session: the password was changed meanwhile")

// ErrChallenge says that the challenge by which the user was proved is used up or over.
var ErrChallenge = errors.New("session: the challenge is over")

// ErrFactors says that the user's factors are not those any more that were looked at.
var ErrFactors = errors.New("session: the second factor was changed meanwhile")

// ErrDisabled says that the user is disabled or gone.
var ErrDisabled = errors.New("session: user is disabled")

// ErrOrigin says that the session from which a new one springs is over.
var ErrOrigin = errors.New("session: the session that it springs from is over")

// LimitError says that the user has as many sessions as allowed.
type LimitError struct {
	Active, Max int
}

// Error gives both numbers.
func (e *LimitError) Error() string {
	return fmt.Sprintf("session: %d of %d sessions are open", e.Active, e.Max)
}

// Hash is the SHA-256 of a token: the only trace that a token leaves in a
// store. Tokens have 256 random bits, so a plain hash cannot be inverted.
type Hash [sha256.Size]byte

// HashToken is the Hash of a token.
func HashToken(token string) Hash {
	var room [64]byte // a token has less, and then nothing is allocated
	return sha256.Sum256(append(room[:0], token...))
}

// Record is a session as it is stored.
type Record struct {
	ID        string // 24 hex digits
	Hash      Hash
	UserID    string
	Created   engine.Instant
	LastSeen  engine.Instant
	IdleEnd   engine.Instant // the session is over from this moment on
	End       engine.Instant // absolute end, never moved; 0 for none
	IP        string
	UserAgent string   // as the client sent it
	Groups    []string // of this session, besides the user's
	Factors   []string // proved when it was opened or raised, sorted
	Actor     string   // "" where nobody stands in
	Note      string
	Data      map[string]any

	// Checked is the hash of the password that was checked, for Create; "" for none.
	// It is not stored.
	Checked string
	// Challenge names the challenge that Create uses up; "" for none. Factored is what the
	// user had enrolled when the second factor was looked at. Neither is stored.
	Challenge string
	Factored  []string
	// Origin is the id of the session from which this one springs, whose family it joins;
	// "" for none. Replaces is the token of a session that ends with it. Create reads both.
	Origin   string
	Replaces *Hash
}

// Live reports whether the session can still be used at a moment.
func (r *Record) Live(at engine.Instant) bool {
	return at < r.IdleEnd && (r.End == 0 || at < r.End)
}

// Found is a session together with what its user allows at this moment.
type Found struct {
	Record
	UserGroups []string

	agent *UserAgent // what Record.UserAgent means; nil before Prepare
}

// Prepare makes showing the session cheaper, for a store that keeps it.
func (f *Found) Prepare() { f.agent = agentOf(f.UserAgent) }

// Limit bounds the sessions of one user. Max 0 means no bound.
type Limit struct {
	Max       int
	EndOldest bool // end the least recently used ones, rather than refuse
}

// Touch moves the last use of a session and the idle end that follows from it.
type Touch struct {
	Realm    string
	Hash     Hash
	LastSeen engine.Instant
	IdleEnd  engine.Instant
}

// Selection names sessions of one user. Exactly one of ID, Hash and All is set.
type Selection struct {
	ID     string
	Hash   *Hash
	All    bool
	Except string // with All: the id of a session that stays
	Family bool   // with ID or Hash: all of that session's family
}

// Change is what Update sets. A nil field stays as it is.
type Change struct {
	Data    map[string]any // replaces the whole
	Groups  []string       // replaces the session's own groups; empty removes them
	Factors []string       // replaces
	Hash    *Hash          // replaces the token
}

// Store keeps sessions. All its methods are safe for concurrent use, and each
// is one whole command. The realm is part of every key. The cost of a method
// depends on the sessions of the user concerned only.
//
// A session that was deleted never comes back: Touch and Update change rows
// that exist and never make one.
type Store interface {
	// Create stores r, sets the user's last login to r.Created, and returns r with
	// what its user allows. Counting the sessions that are live at r.Created, ending
	// the least recently used ones beyond the limit, or refusing with a *LimitError,
	// is part of the same command, so no two callers pass a limit together. A
	// disabled or unknown user is ErrDisabled, and one whose password has not the hash
	// r.Checked any more, if that is not "", ErrChanged. A challenge that r names is used
	// up; one that is gone is ErrChallenge, and so is that of another user. A user whose
	// factors are not r.Factored, if that is not nil, is ErrFactors. A session that springs
	// from r.Origin joins its family, and so ends with it; where the user has no such
	// session that is live, it is ErrOrigin. The user's session of the token r.Replaces
	// ends if r is stored, which then takes its place in its family, unless it springs
	// from another. Others begin a family.
	Create(ctx context.Context, realm string, r Record, limit Limit) (Found, error)
	// Find returns the session by the hash of its token. Unknown, deleted and
	// of a disabled user are all ErrNotFound; whether it is still Live is the
	// caller's to check. It takes one indexed look-up. What it returns may be
	// shared, and is nobody's to change; what other methods return is the caller's.
	Find(ctx context.Context, realm string, hash Hash) (*Found, error)
	// List returns the sessions of a user that are live at a moment, the most
	// recently used first.
	List(ctx context.Context, realm, userID string, at engine.Instant) ([]Found, error)
	// Touch moves last uses. It ignores sessions that are gone, and moves no
	// session backwards.
	Touch(ctx context.Context, touches []Touch) error
	// Update changes a session of the user and returns what it is afterwards,
	// or ErrNotFound if the user has no such session that is live at the moment.
	Update(ctx context.Context, realm, userID, id string, c Change, at engine.Instant) (Found, error)
	// Delete ends sessions of the user and says how many it ended. Ending none is
	// not an error.
	Delete(ctx context.Context, realm, userID string, which Selection) (int, error)
}
