package session

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/internal/lastuse"
	"github.com/latchwork/latchwork/nodes/internal/opaque"
)

// Manager opens, checks and ends sessions. There is one way to open a session,
// Create, whatever pathway a flow takes: the proof, the status of the user, the
// second factor, the limit and the rotation are looked at there.
//
// A Manager is safe for concurrent use; its fields must not be changed once it
// is used. Uses of sessions are written down by Run, which whoever made the
// Manager starts and waits for.
type Manager struct {
	Store   Store
	Config  Config
	Realms  map[string]*Config // of the realms that differ from Config
	Factors Factors            // nil means that nobody has enrolled any

	uses lastuse.Uses[used]
}

// Factors says which second factors users have.
type Factors interface {
	// Enrolled returns the factors that the user has enrolled, such as "totp". An
	// unknown user has none.
	Enrolled(ctx context.Context, realm, userID string) ([]string, error)
}

// ErrUnproved says that a proof is not enough to open or raise a session.
var ErrUnproved = errors.New("session: no proof of the user")

// SecondFactorError says that the user must prove a second factor first.
type SecondFactorError struct {
	Factors []string // that the user has enrolled; none if one has to be enrolled first
}

// Error says so.
func (e *SecondFactorError) Error() string { return "session: a second factor is required" }

// CreateOptions are the parts of a new session that do not follow from the
// proof. The zero value is fine.
type CreateOptions struct {
	Groups    []string // access groups besides the user's
	Note      string   // kept with the session, for the operator
	Presented string   // the token that the request came with, as Config.Find gives it
}

// config is the configuration of a realm.
func (m *Manager) config(realm string) *Config {
	if c := m.Realms[realm]; c != nil {
		return c
	}
	return &m.Config
}

// Create opens a session for the user whom p proves, at least to the grade
// carried. The session it returns is the only place where the token is ever
// seen. Clock, randomness, realm and caller are those of ctx.
//
// Errors for the caller to tell apart are ErrUnproved, *SecondFactorError,
// *LimitError, ErrDisabled, ErrChanged, ErrChallenge, ErrFactors and
// ErrOrigin.
func (m *Manager) Create(ctx context.Context, p engine.Proof, o CreateOptions) (Session, error) {
	if p.Subject() != engine.SubjectUser || p.Value() == "" || !p.Grade().Meets(engine.Carried) {
		return Session{}, fmt.Errorf("%w: it is %q of grade %q", ErrUnproved, p.Subject(), p.Grade())
	}
	return m.open(ctx, claimOf(p), o)
}

// claim is what a proof says of a user.
type claim struct {
	userID    string
	factors   []string // sorted, each once
	actor     string
	ceiling   engine.Instant // 0 for none
	challenge string         // in which it was kept; "" for none
	origin    string         // the session in which it was kept; "" for none
	delegated bool
}

func claimOf(p engine.Proof) claim {
	c := claim{userID: p.Value(), actor: p.Actor(), ceiling: p.Ceiling(), challenge: p.Challenge(),
		origin: p.Origin(), delegated: p.IsDelegated()}
	for _, f := range p.Factors() {
		c.factors = append(c.factors, string(f))
	}
	return c
}

func (m *Manager) open(ctx context.Context, c claim, o CreateOptions) (Session, error) {
	realm, now := engine.Realm(ctx), engine.Now(ctx)
	config := m.config(realm)
	enrolled, err := m.secondFactor(ctx, realm, config, c)
	if err != nil {
		return Session{}, err
	}
	end := now + millis(config.absolute())
	if c.ceiling != 0 {
		end = min(end, c.ceiling)
	}
	if end <= now {
		return Session{}, fmt.Errorf("%w: its time is over", ErrUnproved)
	}
	token, err := newToken(engine.Random(ctx))
	if err != nil {
		return Session{}, err
	}
	id, err := opaque.NewID(engine.Random(ctx))
	if err != nil {
		return Session{}, err
	}
	caller := engine.CallerOf(ctx)
	r := Record{
		ID: id, Hash: HashToken(token), UserID: c.userID,
		Created: now, LastSeen: now, IdleEnd: now + millis(config.idle()), End: end,
		IP: caller.IP, UserAgent: cut(caller.UserAgent), Groups: o.Groups, Factors: c.factors, Actor: c.actor, Note: o.Note,
		Checked: engine.StampOf(ctx, c.userID), Challenge: c.challenge, Factored: enrolled,
		Origin: c.origin, Replaces: config.replaced(c, o.Presented),
	}
	found, err := m.Store.Create(ctx, realm, r, config.limit())
	if err != nil {
		return Session{}, fmt.Errorf("session: create: %w", err)
	}
	engine.Opened(ctx, c.userID, id)
	s := found.Session()
	s.Token = engine.NewSecret(token)
	return s, nil
}

// secondFactor decides whether the factors proved are enough. A user who has
// enrolled some must have proved one of those, and another factor of a
// different kind; so must every user where factors are required. Whoever stands
// in for a user cannot prove the user's factors, and need not. It gives those that
// are enrolled, or nil where they were not looked at.
func (m *Manager) secondFactor(ctx context.Context, realm string, config *Config, c claim) (enrolled []string, err error) {
	if c.delegated {
		return nil, nil
	}
	if m.Factors != nil {
		if enrolled, err = m.Factors.Enrolled(ctx, realm, c.userID); err != nil {
			return nil, fmt.Errorf("session: factors of the user: %w", err)
		}
	}
	if len(enrolled) == 0 && !config.RequireFactors {
		return enrolled, nil
	}
	second := slices.ContainsFunc(c.factors, func(f string) bool {
		return slices.ContainsFunc(enrolled, func(e string) bool { return kindOf(e) == kindOf(f) })
	})
	if !second || kinds(c.factors) < 2 {
		return nil, &SecondFactorError{Factors: enrolled}
	}
	return enrolled, nil
}

// Enough looks whether the factors of a proof would open a session for its user. If not, the
// error is a *SecondFactorError, or another where that cannot be known.
func (m *Manager) Enough(ctx context.Context, p engine.Proof) error {
	realm := engine.Realm(ctx)
	_, err := m.secondFactor(ctx, realm, m.config(realm), claimOf(p))
	return err
}

// replaced is the session that the request came with and that ends if it is the same
// user's: its owner forgets that token now, so only a thief could still use it.
// Others do not lose theirs, and somebody who stands in for the user loses none.
func (config *Config) replaced(c claim, token string) *Hash {
	if c.delegated || config.OnSignIn == Add || !isToken(token) {
		return nil
	}
	hash := HashToken(token)
	return &hash
}
