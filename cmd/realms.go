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

// issuer is the name of a realm in authenticator apps: its own.
func issuer(c *runtime.Config) func(realm string) string {
	byRealm := map[string]string{}
	for _, realm := range c.RealmNames() {
		byRealm[realm] = service(c.For(realm))[0]
	}
	return func(realm string) string { return byRealm[realm] }
}

// origins are the places to which redirects may lead, by realm.
func origins(c *runtime.Config) (func(realm string) *url.Origins, error) {
	byRealm := map[string]*url.Origins{}
	for _, realm := range c.RealmNames() {
		o, err := url.NewOrigins(c.For(realm).Origin(), c.Origins(realm)...)
		if err != nil {
			return nil, err
		}
		byRealm[realm] = o
	}
	return func(realm string) *url.Origins { return byRealm[realm] }, nil
}

// clients are those to which users of a realm are handed over.
func clients(c *runtime.Config) func(realm string) *oauth.Clients {
	byRealm := map[string]*oauth.Clients{}
	for _, realm := range c.RealmNames() {
		byRealm[realm] = oauth.New(c.For(realm).Clients)
	}
	return func(realm string) *oauth.Clients { return byRealm[realm] }
}

// providers are those by which people sign in, by realm.
func providers(c *runtime.Config) func(realm string) map[string]*provider.Provider {
	byRealm := map[string]map[string]*provider.Provider{}
	for _, realm := range c.RealmNames() {
		of := map[string]*provider.Provider{}
		for name, config := range c.For(realm).Providers {
			of[name] = provider.New(name, config)
		}
		byRealm[realm] = of
	}
	return func(realm string) map[string]*provider.Provider { return byRealm[realm] }
}
