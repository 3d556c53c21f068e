package session

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Config is the section "session" of app.yaml. The zero Config has the header
// Session, the default times and no limit.
type Config struct {
	From     []Carrier     `yaml:"from"`     // where a session is looked for; nil means the header Session
	Idle     time.Duration `yaml:"idle"`     // end after the last use; 0 means DefaultIdle
	Absolute time.Duration `yaml:"absolute"` // end after the beginning, whatever the use; 0 means DefaultAbsolute
	Limit    LimitConfig   `yaml:"limit"`
	OnSignIn OnSignIn      `yaml:"onSignIn"` // "" means Replace

	// RequireFactors is factors.required: a user must prove a second factor even
	// if none is enrolled.
	RequireFactors bool
}

// The times that sessions live unless the application says otherwise. A month is
// what NIST SP 800-63B-4 §2.1.3 allows at most for one factor.
const (
	DefaultIdle     = 168 * time.Hour
	DefaultAbsolute = 720 * time.Hour
)

// LimitConfig bounds the sessions that one user may have at a time.
type LimitConfig struct {
	Max    int    `yaml:"max"` // 0 means no bound
	Policy Policy `yaml:"policy"`
}

// Policy says what happens to a session beyond the limit. "" means Refuse.
type Policy string

// The policies.
const (
	Refuse    Policy = "refuse"
	EndOldest Policy = "endOldest" // the least recently used ones make room
)

// OnSignIn says what becomes of a session of the same user that the request for
// a new one came with.
type OnSignIn string

// Replace ends it: a token that stands for an earlier sign-in is dead after the
// next one (OWASP ASVS 7.2.4). Add leaves it, for clients that keep several.
const (
	Replace OnSignIn = "replace"
	Add     OnSignIn = "add"
)

func (c *Config) idle() time.Duration {
	if c.Idle == 0 {
		return DefaultIdle
	}
	return c.Idle
}

func (c *Config) absolute() time.Duration {
	if c.Absolute == 0 {
		return DefaultAbsolute
	}
	return c.Absolute
}

// bound ends a session that was opened under longer times when those of now say so.
func (c *Config) bound(r *Record) {
	r.IdleEnd = min(r.IdleEnd, r.LastSeen+millis(c.idle()))
	if end := r.Created + millis(c.absolute()); r.End == 0 || end < r.End {
		r.End = end
	}
}

func (c *Config) limit() Limit {
	return Limit{Max: c.Limit.Max, EndOldest: c.Limit.Policy == EndOldest}
}

var headerSession = []Carrier{{Header: "Session"}}

func (c *Config) from() []Carrier {
	if c.From == nil {
		return headerSession
	}
	return c.From
}

// leastTime is the shortest time that a session may live. Anything less is a
// slip, such as a number of minutes written as seconds.
const leastTime = time.Second

// Validate returns all that is wrong with the configuration, joined.
func (c *Config) Validate() error {
	var errs []error
	problem := func(format string, args ...any) { errs = append(errs, fmt.Errorf("session."+format, args...)) }
	if c.From != nil && len(c.From) == 0 {
		problem("from: name at least one header or cookie")
	}
	for i, carrier := range c.From {
		if err := carrier.validate(); err != nil {
			problem("from[%d]: %w", i, err)
		}
		if slices.ContainsFunc(c.From[:i], carrier.same) {
			problem("from[%d]: %s is named twice", i, carrier)
		}
	}
	if c.Idle != 0 && c.Idle < leastTime {
		problem("idle must be at least %v, not %v", leastTime, c.Idle)
	}
	if c.Absolute != 0 && c.Absolute < leastTime {
		problem("absolute must be at least %v, not %v", leastTime, c.Absolute)
	}
	if c.Limit.Max < 0 {
		problem("limit.max must be 0 for none, or more, not %d", c.Limit.Max)
	}
	if p := c.Limit.Policy; p != "" && p != Refuse && p != EndOldest {
		problem("limit.policy must be refuse or endOldest, not %q", p)
	}
	if o := c.OnSignIn; o != "" && o != Replace && o != Add {
		problem("onSignIn must be replace or add, not %q", o)
	}
	return errors.Join(errs...)
}

// Cookie is the name of the first cookie that may carry a session, into which a
// new one is handed over; "" if none may.
func (c *Config) Cookie() string {
	for _, carrier := range c.from() {
		if carrier.Cookie != "" {
			return carrier.Cookie
		}
	}
	return ""
}

// hostPrefix marks a cookie that browsers take only from the host itself, over
// TLS, and for all of its paths (RFC 6265bis §4.1.3.2).
const hostPrefix = "__Host-"

// isFieldName reports whether text can name a header or a cookie (RFC 9110 §5.6.2).
func isFieldName(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return false
		}
		return !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}
