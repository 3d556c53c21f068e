package runtime

import (
	"maps"
	"slices"
	"strings"

	"github.com/latchwork/latchwork/nodes/provider"
)

// checkProviders reports what is wrong with the providers of the application and of its
// realms. Secrets whose values nobody has looked up are believed.
func (r *configChecker) checkProviders() {
	r.groupErrors("providers", provider.Validate("providers", resolved(r.config.Providers)))
	for _, name := range slices.Sorted(maps.Keys(r.config.Realms)) {
		place := "realms." + name + ".providers"
		r.groupErrors("realms", provider.Validate(place, resolved(r.config.Realms[name].Providers)))
	}
}

func resolved(providers map[string]provider.Config) map[string]provider.Config {
	all := maps.Clone(providers)
	for name, p := range all {
		for _, address := range []*string{&p.Issuer, &p.AuthorizeURL, &p.TokenURL, &p.UserinfoURL} {
			if *address == unresolved {
				*address = "https://provider.example"
			}
		}
		all[name] = p
	}
	return all
}

// BaseURL is the address of a realm that browsers see, with the base path and without a
// slash at its end.
func (c *Config) BaseURL(realm string) string {
	return c.PublicURL(realm) + strings.TrimSuffix(c.Server.BasePath, "/")
}
