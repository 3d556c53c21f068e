package provider

import (
	"context"
	"net/url"
	"slices"
	"strings"
)

// metadata is what a provider of OpenID Connect says of itself (OpenID Connect
// Discovery 1.0 §3).
type metadata struct {
	authorize, token, userinfo, keys string

	basic bool // clients may send their secret in the header
	iss   bool // its answers name the issuer (RFC 9207)
}

func (p *Provider) discover(ctx context.Context) (metadata, error) {
	return p.metadata.get(ctx, p.readMetadata, nil)
}

func (p *Provider) readMetadata(ctx context.Context) (m metadata, err error) {
	o, _, err := get[object](ctx, p, strings.TrimSuffix(p.config.Issuer, "/")+"/.well-known/openid-configuration", "")
	if err != nil {
		return m, err
	}
	if o.text("issuer") != p.config.Issuer {
		return m, unavailable("the issuer calls itself %q, and app.yaml %q", o.text("issuer"), p.config.Issuer)
	}
	for _, endpoint := range []struct {
		name string
		to   *string
		must bool
	}{
		{"authorization_endpoint", &m.authorize, true}, {"token_endpoint", &m.token, true},
		{"jwks_uri", &m.keys, true}, {"userinfo_endpoint", &m.userinfo, false},
	} {
		*endpoint.to = o.text(endpoint.name)
		if *endpoint.to == "" && !endpoint.must {
			continue
		}
		if err := p.checkEndpoint(*endpoint.to); err != nil {
			return m, unavailable("%s %w", endpoint.name, err)
		}
	}
	methods, listed := o["token_endpoint_auth_methods_supported"].([]any)
	m.basic = !listed || slices.Contains(methods, any("client_secret_basic"))
	m.iss, _ = o["authorization_response_iss_parameter_supported"].(bool)
	return m, nil
}

// checkEndpoint takes an address that a provider has named: https, unless the provider
// itself is on this machine.
func (p *Provider) checkEndpoint(address string) error {
	if err := checkURL(address, true); err != nil {
		return err
	}
	if u, err := url.Parse(address); err != nil || !p.local && u.Scheme != "https" {
		return unavailable("is no https")
	}
	return nil
}
