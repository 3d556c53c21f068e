// Package factor owns second factors: authenticator apps that make codes by the time
// (RFC 6238), and recovery codes for when such an app is lost. See IMPL.md of nodes.
package factor

import (
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/password"
)

// The factors.
const (
	TOTP     engine.Factor = "totp"
	Recovery engine.Factor = "recovery"
)

// Tries says how many wrong codes of an account are too many. Only who has proved another
// factor gets to try, so the lock may be longer than that of passwords: with three codes
// that are good at a time, a guesser finds one in about four years.
var Tries = password.TriesConfig{Max: 10, Window: time.Hour, Lock: time.Hour}

// Setup is how long an app that was shown a secret has time to be confirmed.
const Setup = 10 * time.Minute

// Authenticator is an app of a user, as it is stored.
type Authenticator struct {
	UserID  string
	Sealed  []byte         // the secret, sealed with the key of the installation
	Step    int64          // the last step of time whose code was taken, which is never taken again; 0 for none
	Started engine.Instant // when the secret was shown
}

// place is what a secret is sealed for: it opens for no other user.
func place(realm, userID string) []string { return []string{"totp", realm, userID} }
