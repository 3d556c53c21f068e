package provider

import (
	"context"
	"errors"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/identity"
	"github.com/latchwork/latchwork/nodes/user"
)

type resolveWith struct {
	Identity identity.Verified `flow:"identity" doc:"Who the caller has shown to be with a provider."`
	Link     string            `flow:"link,literal" enum:"never,verified-email" doc:"Whether an identity that is nobody's becomes that of the account with its e-mail address: never, or where both the provider and the account have it verified."`
}

type resolveOutcomes struct {
	Known    engine.Outcome[user.User]   `flow:"known" proves:"id" public:"" doc:"The identity is this user's. The caller is the user."`
	Linked   engine.Outcome[user.User]   `flow:"linked" proves:"id" public:"" doc:"It has become this user's, by the address. A password that was set before the address was verified has ended, with the sessions, tokens, keys and identities that were there."`
	Unknown  engine.Outcome[engine.None] `flow:"unknown" doc:"It is nobody's; user.create makes an account with it."`
	Conflict engine.Outcome[engine.None] `flow:"conflict" fails:"409 identity_conflict An account has this e-mail address already. Sign in there in another way." doc:"An account has the address and cannot be linked by it: it is not verified there, the account is locked, or it has a password from before the address was verified, and a phone number."`
}

func (m *Manager) resolveNode() engine.NodeType {
	return engine.Define("identity.resolve", "Finds the user of an identity that a provider has confirmed, by issuer and subject.",
		func(ctx context.Context, in resolveWith, out resolveOutcomes) (engine.Exit, error) {
			proof, proved := engine.ProofOf(ctx, engine.SubjectIdentity, in.Identity.ProofValue())
			if !proved {
				return engine.Exit{}, errUnproved
			}
			userID, linked, err := m.resolve(ctx, in.Identity.Identity(), in.Link)
			switch {
			case errors.Is(err, identity.ErrNotFound):
				return out.Unknown.Exit(engine.None{}), nil
			case errors.Is(err, identity.ErrConflict):
				return out.Conflict.Exit(engine.None{}), nil
			case err != nil:
				return engine.Exit{}, err
			}
			u, err := m.Users.Find(ctx, engine.Realm(ctx), user.ByID, userID)
			switch {
			case errors.Is(err, user.ErrNotFound):
				// Deleted since, with the identity.
				return out.Unknown.Exit(engine.None{}), nil
			case err != nil:
				return engine.Exit{}, err
			}
			kept := engine.Kept{Factors: proof.Factors(), Actor: proof.Actor(), Ceiling: proof.Ceiling()}
			if linked {
				return out.Linked.Exit(u).Keeping(kept), nil
			}
			return out.Known.Exit(u).Keeping(kept), nil
		},
		engine.Effect, engine.Silent, engine.Example(backFromProvider+`
- id: user
  use: identity.resolve
  with:
    identity: ${{ back.identity }}
    link: never
  next: {linked: ok, unknown: stranger}
- id: ok
  use: respond
  with:
    body:
      name: ${{ back.name }}
- id: stranger
  use: fail
  with: {status: 403, code: unknown_user, message: Sign up first.}
`))
}

// backFromProvider is the beginning of examples.
const backFromProvider = `
- id: back
  use: provider.finish
  with:
    provider: ${{ input.provider }}
    state: ${{ input.state }}
    code: ${{ input.code }}
    iss: ${{ input.iss }}
    binding: ${{ input.binding }}`

// errUnproved says that an identity was not confirmed in this run.
var errUnproved = errors.New("provider: this run has not confirmed the identity")

// resolve is the user of an identity, and whether it has become the user's just now.
func (m *Manager) resolve(ctx context.Context, i identity.Identity, link string) (userID string, linked bool, err error) {
	realm := engine.Realm(ctx)
	userID, err = m.Identities.Find(ctx, realm, i.Issuer, i.Subject)
	if link != "verified-email" || !errors.Is(err, identity.ErrNotFound) {
		return userID, false, err
	}
	userID, err = m.Identities.LinkByEmail(ctx, realm, i, engine.Now(ctx))
	return userID, true, err
}

type linkWith struct {
	Identity identity.Verified `flow:"identity" doc:"Who the caller has shown to be with a provider."`
	UserID   string            `flow:"userId" needs:"fresh" doc:"The user whose it becomes."`
}

type linkOutcomes struct {
	Linked engine.Outcome[engine.None] `flow:"linked" doc:"The user can sign in by it from now on."`
	Taken  engine.Outcome[engine.None] `flow:"taken" fails:"409 identity_taken Another account has this identity already." doc:"It is another user's."`
}

var failNoUser = engine.Fail(404, "user_not_found", "There is no such user.")

func (m *Manager) linkNode() engine.NodeType {
	return engine.Define("identity.link", "Gives a user an identity with a provider as one more way to sign in.",
		func(ctx context.Context, in linkWith, out linkOutcomes) (engine.Exit, error) {
			if _, proved := engine.ProofOf(ctx, engine.SubjectIdentity, in.Identity.ProofValue()); !proved {
				return engine.Exit{}, errUnproved
			}
			if err := user.SecondFactor(ctx, m.Users, in.UserID); err != nil {
				return engine.Exit{}, err
			}
			err := m.Identities.Link(ctx, engine.Realm(ctx), in.UserID, in.Identity.Identity(), engine.Now(ctx))
			switch {
			case errors.Is(err, identity.ErrTaken):
				return out.Taken.Exit(engine.None{}), nil
			case errors.Is(err, identity.ErrNoUser):
				return engine.Exit{}, failNoUser
			case err != nil:
				return engine.Exit{}, err
			}
			return out.Linked.Exit(engine.None{}), nil
		},
		engine.Effect, engine.MayFail(failNoUser, user.FailSecond), engine.Example(backFromProvider+`
- id: check
  use: password.check
  with:
    userId: ${{ session.userId }}
    password: ${{ input.password }}
  next: {mismatch: reject}
- id: linked
  use: identity.link
  with:
    userId: ${{ session.userId }}
    identity: ${{ back.identity }}
- id: ok
  use: respond
  with: {status: 204}
- id: reject
  use: fail
  with: {status: 401, code: invalid_credentials, message: The password is wrong.}
`))
}
