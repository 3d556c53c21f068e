// Package standard assembles the node types that Latchwork ships. It holds none
// of its own: each lives with its noun.
package standard

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/answer"
	"github.com/latchwork/latchwork/nodes/challenge"
	"github.com/latchwork/latchwork/nodes/factor"
	"github.com/latchwork/latchwork/nodes/key"
	"github.com/latchwork/latchwork/nodes/letter"
	"github.com/latchwork/latchwork/nodes/limit"
	"github.com/latchwork/latchwork/nodes/link"
	"github.com/latchwork/latchwork/nodes/log"
	"github.com/latchwork/latchwork/nodes/oauth"
	"github.com/latchwork/latchwork/nodes/otp"
	"github.com/latchwork/latchwork/nodes/outbound"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/provider"
	"github.com/latchwork/latchwork/nodes/seal"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/token"
	"github.com/latchwork/latchwork/nodes/url"
	"github.com/latchwork/latchwork/nodes/user"
)

// Deps is what the standard node types work with. The zero Deps is enough to
// look at the types and to check flows; running them takes all fields but those
// whose nil has a meaning.
type Deps struct {
	Users     user.Store
	Passwords password.Store
	Sessions  *session.Manager
	Keys      *key.Manager
	Tokens    *token.Manager
	Codes     *otp.Manager
	Providers *provider.Manager

	Factors    *factor.Manager
	Challenges *challenge.Manager

	Intake password.Intake // judges and hashes new passwords
	Tries  password.Tries
	Limits limit.Store

	// Outbound calls other servers, those that app.yaml lists. Nil calls none.
	Outbound *http.Client

	Outbox outbox.Store // of what is to be sent
	Key    *seal.Key    // of the installation; nil seals nothing

	// Origins are the places to which redirects of a realm may lead. Nil, and a
	// nil result, allow paths only.
	Origins func(realm string) *url.Origins
	// Clients are those of a realm to which users are handed over. Nil, and a nil
	// result, have none.
	Clients func(realm string) *oauth.Clients
	// Pages are the templates of pages. Nil has none.
	Pages *answer.Pages
	// FormTargets are the origins of a realm, besides the application's own, to
	// which the answer to a form of a page may redirect. Nil means none.
	FormTargets func(realm string) []string
	// Log is where the node log writes, and where node types tell of what went
	// wrong on the side. Nil drops it.
	Log *slog.Logger
}

// Registry makes the registry of the standard node types, and the guards. Node
// types of the application can be added to it.
func Registry(d Deps) (*engine.Registry, engine.Guards, error) {
	if d.Sessions == nil {
		d.Sessions = &session.Manager{}
	}
	if d.Keys == nil {
		d.Keys = &key.Manager{}
	}
	if d.Tokens == nil {
		d.Tokens = &token.Manager{Sessions: d.Sessions}
	}
	if d.Codes == nil {
		d.Codes = &otp.Manager{}
	}
	if d.Factors == nil {
		d.Factors = &factor.Manager{}
	}
	if d.Challenges == nil {
		d.Challenges = &challenge.Manager{}
	}
	if d.Providers == nil {
		d.Providers = &provider.Manager{}
	}
	if d.Origins == nil {
		d.Origins = func(string) *url.Origins { return nil }
	}
	if d.Clients == nil {
		d.Clients = func(string) *oauth.Clients { return nil }
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	var r engine.Registry
	err := errors.Join(
		r.AddStandard(answer.Nodes(answer.Deps{Pages: d.Pages, FormTargets: d.FormTargets})...),
		r.AddStandard(challenge.Nodes(d.Challenges)...),
		r.AddStandard(factor.Nodes(d.Factors)...),
		r.AddStandard(letter.Nodes(letter.Deps{Outbox: d.Outbox, Key: d.Key})...),
		r.AddStandard(link.Nodes(d.Users, d.Outbox)...),
		r.AddStandard(limit.Nodes(d.Limits)...),
		r.AddStandard(log.Nodes(d.Log)...),
		r.AddStandard(oauth.Nodes(d.Clients)...),
		r.AddStandard(otp.Nodes(d.Codes)...),
		r.AddStandard(outbound.Nodes(outbound.Deps{Client: d.Outbound, Log: d.Log})...),
		r.AddStandard(password.Nodes(d.password())...),
		r.AddStandard(provider.Nodes(d.Providers)...),
		r.AddStandard(session.Nodes(d.Sessions)...),
		r.AddStandard(token.Nodes(d.Tokens)...),
		r.AddStandard(url.Nodes(d.Origins)...),
		r.AddStandard(user.Nodes(user.Deps{Store: d.Users, Passwords: d.Intake, Log: d.Log, Replaced: letter.Replaced})...),
	)
	guards := engine.Guards{Rate: limit.Guard(d.Limits), Key: key.Guard(d.Keys), Session: session.Guard(d.Sessions)}
	return &r, guards, err
}

func (d *Deps) password() password.Deps {
	return password.Deps{
		Store:  d.Passwords,
		Tries:  d.Tries,
		Intake: d.Intake,
		Words:  d.words,
		Log:    d.Log,
	}
}

// words are the texts that somebody who knows a user would try as the password.
func (d *Deps) words(ctx context.Context, realm, userID string) ([]string, error) {
	u, err := d.Users.Find(ctx, realm, user.ByID, userID)
	if errors.Is(err, user.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return user.Words(u), nil
}
