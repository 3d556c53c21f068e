package runtime

import (
	"context"
	"io"
	"time"

	"github.com/latchwork/latchwork/engine"
)

// Admin is what operators can do to keys, sessions and users, by the command
// line or through a running server. Errors that are *engine.Failure are made for
// the operator's eyes.
type Admin struct {
	Keys     KeyAdmin
	Sessions SessionAdmin
	Users    UserAdmin
	Store    StoreAdmin
}

// KeyAdmin administers API keys.
type KeyAdmin interface {
	// Create makes a key. Only its answer has the secret.
	Create(ctx context.Context, realm string, k NewKey) (KeyInfo, error)
	List(ctx context.Context, realm string) ([]KeyInfo, error)
	// Rotate makes a new secret for a name. The one before stays good for overlap.
	Rotate(ctx context.Context, realm, name string, overlap time.Duration) (KeyInfo, error)
	// Revoke revokes all keys of a name and says how many they were.
	Revoke(ctx context.Context, realm, name string) (int, error)
}

// SessionAdmin administers sessions. A user is named by id or by any identifier.
type SessionAdmin interface {
	List(ctx context.Context, realm, user string) ([]SessionInfo, error)
	// Revoke ends one session of a user, or all where id is "", and says how many
	// it ended.
	Revoke(ctx context.Context, realm, user, id string) (int, error)
}

// UserAdmin administers users, who are named by id or by any identifier.
type UserAdmin interface {
	Add(ctx context.Context, realm string, u NewUser) (UserInfo, error)
	// List returns up to limit users in the order of their ids, those after an id.
	List(ctx context.Context, realm, after string, limit int) ([]UserInfo, error)
	Show(ctx context.Context, realm, user string) (UserInfo, error)
	// SetPassword sets the password of a user, ends all sessions of the user, and
	// forgives the wrong passwords that were tried.
	SetPassword(ctx context.Context, realm, user, password string) error
	// Disable ends all that the user has open, and keeps them from signing in.
	Disable(ctx context.Context, realm, user string) error
	// Enable lets a disabled user sign in again. What was ended stays ended.
	Enable(ctx context.Context, realm, user string) error
	// RemoveFactors takes the second factor of a user away, which is lost perhaps, and
	// the recovery codes, and ends all that the user has open.
	RemoveFactors(ctx context.Context, realm, user string) error
	// Delete removes a user and all that is theirs, for good.
	Delete(ctx context.Context, realm, user string) error
	// Import adds users from lines of JSON with the hashes of their passwords. A
	// line that cannot be imported is reported and stops nothing.
	Import(ctx context.Context, realm string, lines io.Reader) (ImportReport, error)
}

// StoreAdmin tells of the store.
type StoreAdmin interface {
	// Migrations is the history of the tables, oldest first.
	Migrations(ctx context.Context) ([]MigrationInfo, error)
}

// MigrationInfo is one step of the tables' history.
type MigrationInfo struct {
	Version int64          `json:"version"`
	Name    string         `json:"name"`
	Applied engine.Instant `json:"applied,omitzero"` // 0 while it is not
}

// NewKey is a key to be made.
type NewKey struct {
	Name      string         `json:"name"`
	Kind      string         `json:"kind,omitempty"` // "private" (also "") or "public"
	Scopes    []string       `json:"scopes,omitempty"`
	Endpoints []string       `json:"endpoints,omitempty"` // "METHOD /path"; none for all
	Expires   engine.Instant `json:"expires,omitzero"`    // 0 for never
}

// KeyInfo is a key as operators see it.
type KeyInfo struct {
	ID        string         `json:"id"`
	Name      string         `json:"name"`
	Kind      string         `json:"kind"`
	Scopes    []string       `json:"scopes,omitempty"`
	Endpoints []string       `json:"endpoints,omitempty"`
	Created   engine.Instant `json:"created"`
	Expires   engine.Instant `json:"expires,omitzero"`
	Revoked   engine.Instant `json:"revoked,omitzero"`
	LastUsed  engine.Instant `json:"lastUsed,omitzero"`
	Secret    string         `json:"secret,omitempty"` // only when it has just been made
}

// SessionInfo is a session as operators see it: never with its token.
type SessionInfo struct {
	ID        string         `json:"id"`
	UserID    string         `json:"userId"`
	Created   engine.Instant `json:"created"`
	LastSeen  engine.Instant `json:"lastSeen"`
	Expires   engine.Instant `json:"expires"`
	IP        string         `json:"ip"`
	UserAgent string         `json:"userAgent"`
	Groups    []string       `json:"groups,omitempty"`
	Actor     string         `json:"actor,omitempty"`
}

// NewUser is a user to be added.
type NewUser struct {
	Email    string   `json:"email,omitempty"`
	Phone    string   `json:"phone,omitempty"`
	Username string   `json:"username,omitempty"`
	Name     string   `json:"name,omitempty"`
	Password string   `json:"password,omitempty"` // "" for a user without one
	Groups   []string `json:"groups,omitempty"`
}

// UserInfo is a user as operators see it.
type UserInfo struct {
	ID        string         `json:"id"`
	Email     string         `json:"email,omitempty"`
	Phone     string         `json:"phone,omitempty"`
	Username  string         `json:"username,omitempty"`
	Name      string         `json:"name,omitempty"`
	Status    string         `json:"status"`
	Groups    []string       `json:"groups,omitempty"`
	Factors   []string       `json:"factors,omitempty"` // second ones
	SignUp    engine.Instant `json:"signUp"`
	LastLogin engine.Instant `json:"lastLogin,omitzero"`
}

// ImportReport says what an import did.
type ImportReport struct {
	Imported int             `json:"imported"`
	There    int             `json:"alreadyThere"` // and left as they are
	Problems []ImportProblem `json:"problems,omitempty"`
}

// ImportProblem is a line that was not imported.
type ImportProblem struct {
	Line    int    `json:"line"` // from 1
	Message string `json:"message"`
}
