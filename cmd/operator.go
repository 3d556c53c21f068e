package cmd

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/key"
	"github.com/latchwork/latchwork/nodes/user"
	"github.com/latchwork/latchwork/runtime"
)

// admin is what operators can do with the stores of a backend. A server offers
// it at its socket; the command line uses it itself where no server runs.
func (b *backend) admin() runtime.Admin {
	return runtime.Admin{Keys: keyOperator{b}, Sessions: sessionOperator{b}, Users: userOperator{b}, Store: storeOperator{b}}
}

// keyOperator administers API keys.
type keyOperator struct{ *backend }

var _ runtime.KeyAdmin = keyOperator{}

// Create is part of runtime.KeyAdmin.
func (o keyOperator) Create(ctx context.Context, realm string, n runtime.NewKey) (runtime.KeyInfo, error) {
	k := key.Key{Name: n.Name, Kind: key.Kind(n.Kind), Scopes: n.Scopes, Endpoints: n.Endpoints, Expires: n.Expires}
	if k.Kind == "" {
		k.Kind = key.Private
	}
	// What the operator chose is looked at first, so that what fails afterwards is
	// no fault of theirs.
	if err := k.Validate(); err != nil {
		return runtime.KeyInfo{}, engine.Fail(400, "validation_error", err.Error())
	}
	if k.Expires != 0 && k.Expires <= engine.Now(ctx) {
		return runtime.KeyInfo{}, engine.Fail(400, "validation_error", "The key would have expired already.")
	}
	secret, k, err := o.keys.Create(ctx, realm, k)
	if errors.Is(err, key.ErrTaken) {
		return runtime.KeyInfo{}, o.taken(ctx, realm, n.Name)
	}
	return keyInfo(k, secret), err
}

// taken is the failure that a name is in use. An expired key, which the list leaves
// out, holds its name, too.
func (o keyOperator) taken(ctx context.Context, realm, name string) error {
	all, err := o.db.Keys().List(ctx, realm)
	if err != nil {
		return err
	}
	now := engine.Now(ctx)
	holds := func(k key.Key) bool { return k.Name == name && k.Live(now) }
	if slices.ContainsFunc(all, holds) {
		return engine.Fail(409, "taken", "There is a key of that name; rotate or revoke it.")
	}
	return engine.Fail(409, "taken", "There is an expired key of that name; rotate or revoke it. latchwork key list --all shows it.")
}

// List is part of runtime.KeyAdmin.
func (o keyOperator) List(ctx context.Context, realm string) ([]runtime.KeyInfo, error) {
	all, err := o.db.Keys().List(ctx, realm)
	var infos []runtime.KeyInfo
	for _, k := range all {
		infos = append(infos, keyInfo(k, engine.Secret{}))
	}
	return infos, err
}

// Rotate is part of runtime.KeyAdmin.
func (o keyOperator) Rotate(ctx context.Context, realm, name string, overlap time.Duration) (runtime.KeyInfo, error) {
	if overlap < 0 {
		return runtime.KeyInfo{}, engine.Fail(400, "validation_error", "The overlap cannot be negative.")
	}
	secret, k, err := o.keys.Rotate(ctx, realm, name, overlap)
	if errors.Is(err, key.ErrNotFound) {
		err = errNoKey
	}
	return keyInfo(k, secret), err
}

// Revoke is part of runtime.KeyAdmin.
func (o keyOperator) Revoke(ctx context.Context, realm, name string) (int, error) {
	n, err := o.db.Keys().Revoke(ctx, realm, name, engine.Now(ctx))
	if err == nil && n == 0 {
		err = errNoKey
	}
	return n, err
}

var errNoKey = engine.Fail(404, "key_not_found", "There is no key of that name that is not revoked.")

func keyInfo(k key.Key, secret engine.Secret) runtime.KeyInfo {
	return runtime.KeyInfo{
		ID: k.ID, Name: k.Name, Kind: string(k.Kind), Scopes: k.Scopes, Endpoints: k.Endpoints,
		Created: k.Created, Expires: k.Expires, Revoked: k.Revoked, LastUsed: k.LastUsed,
		Secret: secret.Reveal(),
	}
}

// sessionOperator administers sessions.
type sessionOperator struct{ *backend }

var _ runtime.SessionAdmin = sessionOperator{}

// List is part of runtime.SessionAdmin.
func (o sessionOperator) List(ctx context.Context, realm, name string) ([]runtime.SessionInfo, error) {
	u, err := o.find(ctx, realm, name)
	if err != nil {
		return nil, err
	}
	all, err := o.sessions.List(ctx, realm, u.ID)
	var infos []runtime.SessionInfo
	for _, f := range all {
		s := f.Session()
		infos = append(infos, runtime.SessionInfo{
			ID: f.ID, UserID: f.UserID, Created: f.Created, LastSeen: f.LastSeen, Expires: s.ExpiryDtm,
			IP: f.IP, UserAgent: f.UserAgent, Groups: s.AccessGroupKeys, Actor: f.Actor,
		})
	}
	return infos, err
}

// Revoke is part of runtime.SessionAdmin.
func (o sessionOperator) Revoke(ctx context.Context, realm, name, id string) (int, error) {
	u, err := o.find(ctx, realm, name)
	if err != nil {
		return 0, err
	}
	if id == "" {
		return o.sessions.DeleteAll(ctx, realm, u.ID, "")
	}
	err = o.sessions.Delete(ctx, realm, u.ID, id)
	if isNoSession(err) {
		return 0, engine.Fail(404, noSession, "The user has no such session.")
	}
	if err != nil {
		return 0, err
	}
	return 1, nil
}

// storeOperator tells of the store.
type storeOperator struct{ *backend }

var _ runtime.StoreAdmin = storeOperator{}

// Migrations is part of runtime.StoreAdmin.
func (o storeOperator) Migrations(ctx context.Context) ([]runtime.MigrationInfo, error) {
	all, err := o.db.Migrations(ctx)
	return migrationInfos(all), err
}

// find finds a user by id or by any identifier.
func (b *backend) find(ctx context.Context, realm, name string) (user.User, error) {
	by := user.ByID
	canonical, err := user.Canonical(by, name)
	if err != nil {
		by = user.ByAny
		canonical, err = user.Canonical(by, name)
	}
	if err != nil {
		return user.User{}, errNoUser
	}
	u, err := b.db.Users().Find(ctx, realm, by, canonical)
	if errors.Is(err, user.ErrNotFound) {
		return user.User{}, errNoUser
	}
	return u, err
}

var errNoUser = engine.Fail(404, "user_not_found", "There is no such user.")
