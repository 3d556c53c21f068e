package runtime

import (
	"fmt"
	"maps"
	"strings"

	"github.com/latchwork/latchwork/nodes/provider"
)

// checkProviders reports what is wrong with the providers. Secrets whose values nobody
// has looked up are believed.
func (r *configChecker) checkProviders() {
	r.groupErrors("providers", provider.Validate(resolved(r.config.Providers)))
}

func resolved(providers map[string]provider.Config) map[string]provider.Config {
	all := maps.Clone(providers)
	for name, p := range all {
		for i, address := range []*string{&p.Issuer, &p.AuthorizeURL, &p.TokenURL, &p.UserinfoURL, &p.EmailsURL} {
			if *address == unresolved {
				*address = fmt.Sprintf("https://provider%d.example", i) // an issuer is no authorizeUrl
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
