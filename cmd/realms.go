package cmd

import (
	"strings"

	"github.com/latchwork/latchwork/nodes/oauth"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/provider"
	"github.com/latchwork/latchwork/nodes/url"
	"github.com/latchwork/latchwork/runtime"
)

// addRealms gives each realm what it has of its own.
func (b *backend) addRealms(c *runtime.Config) {
	for _, realm := range c.RealmNames() {
		own := c.For(realm)
		b.sessions.Realms[realm] = &own.Session
		b.keys.Realms[realm] = &own.Keys
		b.deps.Intake.Realms[realm] = password.Rules{Policy: own.Password.Policy(), Service: service(own)}
	}
}

// service is what a password of a realm must not be made of: its own name.
func service(c *runtime.Config) []string {
	return []string{strings.TrimPrefix(strings.TrimPrefix(c.Origin(), "https://"), "http://")}
}

// byRealm gives each realm what its configuration makes of it, which is worked out once.
func byRealm[T any](c *runtime.Config, of func(own *runtime.Config) T) func(realm string) T {
	all := map[string]T{}
	for _, realm := range c.RealmNames() {
		all[realm] = of(c.For(realm))
	}
	return func(realm string) T { return all[realm] }
}

// issuer is the name of a realm in authenticator apps: its own.
func issuer(c *runtime.Config) func(realm string) string {
	return byRealm(c, func(own *runtime.Config) string { return service(own)[0] })
}

// origins are the places to which redirects may lead, by realm.
func origins(c *runtime.Config) (func(realm string) *url.Origins, error) {
	all := map[string]*url.Origins{}
	for _, realm := range c.RealmNames() {
		o, err := url.NewOrigins(c.For(realm).Origin(), c.Origins(realm)...)
		if err != nil {
			return nil, err
		}
		all[realm] = o
	}
	return func(realm string) *url.Origins { return all[realm] }, nil
}

// clients are those to which users of a realm are handed over.
func clients(c *runtime.Config) func(realm string) *oauth.Clients {
	return byRealm(c, func(own *runtime.Config) *oauth.Clients { return oauth.New(own.Clients) })
}

// providers are those by which people sign in, by realm.
func providers(c *runtime.Config) func(realm string) map[string]*provider.Provider {
	return byRealm(c, func(own *runtime.Config) map[string]*provider.Provider {
		all := map[string]*provider.Provider{}
		for name, config := range own.Providers {
			all[name] = provider.New(name, config)
		}
		return all
	})
}
