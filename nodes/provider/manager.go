package provider

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/identity"
	"github.com/latchwork/latchwork/nodes/internal/opaque"
	"github.com/latchwork/latchwork/nodes/user"
)

// Manager sends people to providers and takes them back. It is safe for concurrent
// use; its fields must not be changed once it is used.
type Manager struct {
	Store      Store
	Identities identity.Store
	Users      user.Store

	Providers func(realm string) map[string]*Provider // of a realm, by their names; nil has none
	// PublicURL is the address of a realm that browsers see, with the base path and
	// without a slash at its end.
	PublicURL func(realm string) string
	Log       *slog.Logger // told why somebody was not signed in; nil tells nobody
}

// errUnknown says that a realm has no such provider.
var errUnknown = errors.New("provider: unknown")

func (m *Manager) provider(ctx context.Context, name string) (*Provider, error) {
	if m.Providers == nil {
		return nil, errUnknown
	}
	p := m.Providers(engine.Realm(ctx))[name]
	if p == nil {
		return nil, errUnknown
	}
	return p, nil
}

// start is the address of the provider, and what the browser has to keep.
func (m *Manager) start(ctx context.Context, name, callback, returnTo string) (address, binding string, err error) {
	p, err := m.provider(ctx, name)
	if err != nil {
		return "", "", err
	}
	state, err := opaque.New(engine.Random(ctx), StatePrefix)
	if err != nil {
		return "", "", fmt.Errorf("provider: %w", err)
	}
	if binding, err = opaque.New(engine.Random(ctx), BindingPrefix); err != nil {
		return "", "", fmt.Errorf("provider: %w", err)
	}
	realm := engine.Realm(ctx)
	l := Login{
		State: HashOf(state), Binding: HashOf(binding), Provider: name, ReturnTo: returnTo,
		Callback: m.PublicURL(realm) + strings.ReplaceAll(callback, "{provider}", name),
		Expires:  engine.Now(ctx) + engine.Instant(Lifetime.Milliseconds()),
	}
	if address, err = p.authorizeURL(ctx, l.Callback, state, binding); err != nil {
		return "", "", err
	}
	if err := m.Store.Create(ctx, realm, l); err != nil {
		return "", "", fmt.Errorf("provider: create login: %w", err)
	}
	return address, binding, nil
}

var (
	// errInvalid says that what came back belongs to no sign-in of this browser.
	errInvalid = errors.New("provider: no sign-in of this browser")
	// errDenied says that the provider has confirmed nobody.
	errDenied = errors.New("provider: denied")
)

// finish is who has come back, and the sign-in that was under way. Whatever the outcome,
// a sign-in that was found is used up.
func (m *Manager) finish(ctx context.Context, in finishWith) (Person, Login, error) {
	state, binding := in.State.Reveal(), in.Binding.Reveal()
	if !opaque.Is(state, StatePrefix) || !opaque.Is(binding, BindingPrefix) {
		return Person{}, Login{}, errInvalid
	}
	p, err := m.provider(ctx, in.Provider)
	if err != nil {
		return Person{}, Login{}, errInvalid
	}
	r := Return{State: HashOf(state), Binding: HashOf(binding), Provider: in.Provider, At: engine.Now(ctx)}
	l, err := m.Store.Take(ctx, engine.Realm(ctx), r)
	switch {
	case errors.Is(err, ErrNotFound):
		return Person{}, Login{}, errInvalid
	case err != nil:
		return Person{}, Login{}, fmt.Errorf("provider: take login: %w", err)
	}
	if err := p.checkIssuer(ctx, in.Issuer); err != nil {
		return Person{}, Login{}, err
	}
	if in.Failure != nil {
		return Person{}, Login{}, errDenied
	}
	if in.Code == nil || in.Code.IsEmpty() {
		return Person{}, Login{}, errInvalid
	}
	one, err := p.finish(ctx, l, in.Code.Reveal(), binding)
	return one, l, err
}

// checkIssuer looks whether an answer is of the provider that was asked (RFC 9207): one
// that says that its answers name it is not believed without.
func (p *Provider) checkIssuer(ctx context.Context, issuer *string) error {
	switch {
	case issuer != nil && *issuer != p.issuer():
		return refused("the answer is of another provider, %.200q", *issuer)
	case issuer != nil, p.config.Issuer == "":
		return nil
	}
	d, err := p.discover(ctx)
	if err == nil && d.iss {
		err = refused("the answer does not name its provider by iss")
	}
	return err
}

// failUnavailable is what a client is told where a provider does not answer.
var failUnavailable = engine.Fail(503, "provider_unavailable", "The provider does not answer. Try again later.")

// report makes of an error what a client may know of it.
func (m *Manager) report(ctx context.Context, provider string, err error) error {
	if errors.Is(err, errUnavailable) {
		if m.Log != nil {
			m.Log.WarnContext(ctx, "the provider gave no usable answer", "provider", provider, "error", err)
		}
		return failUnavailable
	}
	return err
}

// refuse tells the log why somebody was not signed in.
func (m *Manager) refuse(ctx context.Context, provider string, err error) {
	if m.Log != nil {
		m.Log.WarnContext(ctx, "a sign-in by a provider was refused", "provider", provider, "error", err)
	}
}
