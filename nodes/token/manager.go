package token

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/address"
	"github.com/latchwork/latchwork/nodes/internal/opaque"
	"github.com/latchwork/latchwork/nodes/session"
)

// Manager makes, looks at and redeems tokens. It is safe for concurrent use; its
// fields must not be changed once it is used.
type Manager struct {
	Store Store

	// Sessions knows whether a proof would open a session: nothing less is handed over, and
	// nothing without it.
	Sessions *session.Manager
}

var (
	// ErrInvalid says that a token is good for nothing here; see ErrNotFound.
	ErrInvalid = errors.New("token: invalid token")
	// ErrUnproved says that a proof is too weak for what a token would prove.
	ErrUnproved = errors.New("token: the proof is not enough for this purpose")

	errSessions = errors.New("token: a Manager without Sessions hands nobody over")
)

// Options are the parts of a new token that do not follow from its proof. The zero
// value is fine.
type Options struct {
	Audience string // who alone may redeem it; "" for anybody
	ReturnTo string
	Data     map[string]any
}

// Create makes a token for the user whom p proves. The value is known only now.
//
// A token keeps the factors and the end of its proof. Where the user is proved by a
// session alone, it keeps those of the session, and ends with it; so does one that hands
// over a proof by which the run has opened a session. A proof that is less
// than that, or rests on somebody who stands in for the user, makes none.
func (m *Manager) Create(ctx context.Context, p engine.Proof, purpose string, o Options) (engine.Secret, Token, error) {
	named, class, err := purposeOf(ctx, purpose)
	if err != nil {
		return engine.Secret{}, Token{}, err
	}
	if err := enough(p, class); err != nil {
		return engine.Secret{}, Token{}, err
	}
	if class == HandOver && o.Audience == "" {
		return engine.Secret{}, Token{}, errAudience
	}
	t := Token{Purpose: purpose, UserID: p.Value(), Audience: o.Audience, ReturnTo: o.ReturnTo, Data: o.Data,
		Ceiling: p.Ceiling(), Checked: engine.StampOf(ctx, p.Value())}
	for _, f := range p.Factors() {
		t.Factors = append(t.Factors, string(f))
	}
	switch {
	case p.Grade() == engine.Live:
		t.Session = p.Session()
	case class == HandOver:
		// The session that the run has opened by this proof is the one to spring from.
		t.Session = engine.OpenedFor(ctx, p.Value())
		if t.Session == "" {
			if t.Session, err = m.handOver(ctx, p); err != nil {
				return engine.Secret{}, Token{}, err
			}
		}
	}
	return m.put(ctx, engine.Realm(ctx), t, class, named.Lifetime)
}

// handOver looks whether a proof is enough for whom it is handed over to, who lets the user
// in by it and asks for no second factor. Where it is not, and the run has a session
// besides, it is that session that is handed over: its id, else "".
func (m *Manager) handOver(ctx context.Context, p engine.Proof) (sessionID string, err error) {
	if m.Sessions == nil {
		return "", errSessions
	}
	err = m.Sessions.Enough(ctx, p)
	var second *session.SecondFactorError
	if errors.As(err, &second) && p.Session() != "" {
		return p.Session(), nil
	}
	return "", err
}

// enough looks whether a token may be made of a proof: it must never prove more than
// what it was made from.
func enough(p engine.Proof, class Class) error {
	switch {
	case p.Subject() != engine.SubjectUser || p.Value() == "":
		return fmt.Errorf("%w: it proves no user", ErrUnproved)
	case p.IsOfAnother():
		return fmt.Errorf("%w: somebody stands in for the user", ErrUnproved)
	case !p.Grade().Meets(engine.Live), p.Grade() == engine.Live && p.Session() == "":
		return fmt.Errorf("%w: it is of grade %s", ErrUnproved, p.Grade())
	case class == Reset && !p.Grade().Meets(engine.Fresh):
		// Else a session alone would be enough for a new password.
		return fmt.Errorf("%w: it is of grade %s, and a new password takes fresh", ErrUnproved, p.Grade())
	}
	return nil
}

// Sent is a token that is sent to its user, and rests on no proof: who redeems it
// has read what was sent there.
type Sent struct {
	UserID   string
	Purpose  string
	Class    Class
	Lifetime time.Duration // 0 for that of the class
	// AddressKind and Address are where it is sent to; both are "" where that is not
	// known. Redeeming shows that somebody holds the address.
	AddressKind address.Kind
	Address     string
	Options
}

// Send makes a token to be sent. The value is known only now. A disabled or unknown
// user is ErrDisabled.
func (m *Manager) Send(ctx context.Context, realm string, s Sent) (engine.Secret, Token, error) {
	if s.Class == HandOver {
		return engine.Secret{}, Token{}, fmt.Errorf("%w: a token that hands over what was proved takes a proof", ErrUnproved)
	}
	t := Token{Purpose: s.Purpose, UserID: s.UserID, AddressKind: s.AddressKind, Address: s.Address, Audience: s.Audience,
		ReturnTo: s.ReturnTo, Data: s.Data, Factors: []string{string(Mailbox)}}
	return m.put(ctx, realm, t, s.Class, s.Lifetime)
}

func (m *Manager) put(ctx context.Context, realm string, t Token, class Class, lifetime time.Duration) (engine.Secret, Token, error) {
	if lifetime == 0 {
		lifetime = class.Lifetime()
	}
	value, err := opaque.New(engine.Random(ctx), Prefix)
	if err != nil {
		return engine.Secret{}, Token{}, fmt.Errorf("token: %w", err)
	}
	t.Hash, t.Created = HashToken(value), engine.Now(ctx)
	t.Expires = t.Created + engine.Instant(lifetime.Milliseconds())
	stored, err := m.Store.Create(ctx, realm, t)
	if errors.Is(err, ErrDisabled) {
		// As good as one that was never made. Some callers may not tell so.
		return engine.NewSecret(value), t, fmt.Errorf("token: create: %w", err)
	}
	if err != nil {
		return engine.Secret{}, Token{}, fmt.Errorf("token: create: %w", err)
	}
	return engine.NewSecret(value), stored, nil
}

// Redeem uses a token up that is of one of the purposes and for the audience, which
// is "" where the caller names none. One that is good for nothing is ErrInvalid; any
// other error leaves open whether it was, and the caller must then refuse.
func (m *Manager) Redeem(ctx context.Context, value string, purposes []string, audience string) (Token, error) {
	if !opaque.Is(value, Prefix) {
		return Token{}, ErrInvalid
	}
	u := Use{Purposes: purposes, Audience: audience, At: engine.Now(ctx)}
	for _, name := range purposes {
		_, class, err := purposeOf(ctx, name)
		if err != nil {
			return Token{}, err
		}
		if class.claims() {
			u.Claims = append(u.Claims, name)
		}
	}
	t, err := m.Store.Redeem(ctx, engine.Realm(ctx), HashToken(value), u)
	return t, invalid("redeem", err)
}

// Peek looks at a token of one of the purposes, and does not use it up.
func (m *Manager) Peek(ctx context.Context, value string, purposes []string) (Token, error) {
	if !opaque.Is(value, Prefix) {
		return Token{}, ErrInvalid
	}
	t, err := m.Store.Peek(ctx, engine.Realm(ctx), HashToken(value), purposes, engine.Now(ctx))
	return t, invalid("peek", err)
}

// invalid makes ErrInvalid of what a store has not found.
func invalid(what string, err error) error {
	switch {
	case errors.Is(err, ErrNotFound):
		return ErrInvalid
	case err != nil:
		return fmt.Errorf("token: %s: %w", what, err)
	}
	return nil
}

// purposeOf is a purpose of the application that runs. The loader has looked whether
// there is one.
func purposeOf(ctx context.Context, name string) (engine.Purpose, Class, error) {
	p, known := engine.PurposeOf(ctx, name)
	if class := Class(p.Class); known && slices.Contains(Classes, class) {
		return p, class, nil
	}
	return p, "", fmt.Errorf("token: app.yaml has no purpose %q of a class that is known", name)
}
