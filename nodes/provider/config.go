package provider

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/latchwork/latchwork/nodes/outbound"
)

// Config is a provider in app.yaml. One with an issuer speaks OpenID Connect and says
// the rest by itself; one without has three addresses.
type Config struct {
	Preset       string   `yaml:"preset"` // a provider that is known; what is written besides counts
	ClientID     string   `yaml:"clientId,required"`
	ClientSecret string   `yaml:"clientSecret"` // "" for a client without one
	ClientAuth   Auth     `yaml:"clientAuth"`   // "" for what the provider says, or Post without an issuer
	Scopes       []string `yaml:"scopes"`       // what to ask for; nil for openid, email and profile with an issuer
	Issuer       string   `yaml:"issuer"`

	AuthorizeURL string `yaml:"authorizeUrl"`
	TokenURL     string `yaml:"tokenUrl"`
	UserinfoURL  string `yaml:"userinfoUrl"`
	EmailsURL    string `yaml:"emailsUrl"` // "" where the fields name the address
	Fields       Fields `yaml:"fields"`

	Private bool `yaml:"private"` // it is in a private network
}

// Auth says how the secret of the client travels.
type Auth string

// The ways (RFC 6749 §2.3.1).
const (
	Basic Auth = "basic" // in the header
	Post  Auth = "post"  // in the body
)

// Fields are where the answer of userinfoUrl has what, as names with dots between them.
type Fields struct {
	Subject       string `yaml:"subject"` // "" for id
	Email         string `yaml:"email"`
	EmailVerified string `yaml:"emailVerified"` // without it, no address counts as verified
	Name          string `yaml:"name"`
	Picture       string `yaml:"picture"`
}

// presets are providers that are known.
var presets = map[string]Config{
	"google":   {Issuer: "https://accounts.google.com"},
	"linkedin": {Issuer: "https://www.linkedin.com/oauth", ClientAuth: Post},
	"github": {
		AuthorizeURL: "https://github.com/login/oauth/authorize",
		TokenURL:     "https://github.com/login/oauth/access_token",
		UserinfoURL:  "https://api.github.com/user",
		EmailsURL:    "https://api.github.com/user/emails",
		Scopes:       []string{"read:user", "user:email"},
		Fields:       Fields{Subject: "id", Name: "name", Picture: "avatar_url"},
	},
	"facebook": {
		AuthorizeURL: "https://www.facebook.com/dialog/oauth",
		TokenURL:     "https://graph.facebook.com/oauth/access_token",
		UserinfoURL:  "https://graph.facebook.com/me?fields=id,name,email,picture",
		Scopes:       []string{"email", "public_profile"},
		Fields:       Fields{Subject: "id", Email: "email", Name: "name", Picture: "picture.data.url"},
	},
	"discord": {
		AuthorizeURL: "https://discord.com/oauth2/authorize",
		TokenURL:     "https://discord.com/api/oauth2/token",
		UserinfoURL:  "https://discord.com/api/users/@me",
		Scopes:       []string{"identify", "email"},
		Fields:       Fields{Subject: "id", Email: "email", EmailVerified: "verified", Name: "global_name"},
	},
}

// Presets are the names of the providers that are known.
func Presets() []string { return slices.Sorted(maps.Keys(presets)) }

// whole is the configuration with what its preset and the protocol say.
func (c Config) whole() Config {
	p := presets[c.Preset]
	set := func(own *string, of string) {
		if *own == "" {
			*own = of
		}
	}
	set(&c.Issuer, p.Issuer)
	set(&c.AuthorizeURL, p.AuthorizeURL)
	set(&c.TokenURL, p.TokenURL)
	set(&c.UserinfoURL, p.UserinfoURL)
	set(&c.EmailsURL, p.EmailsURL)
	set((*string)(&c.ClientAuth), string(p.ClientAuth))
	set(&c.Fields.Email, p.Fields.Email)
	if c.Fields.Email == p.Fields.Email { // of another one the preset does not say whether it is verified
		set(&c.Fields.EmailVerified, p.Fields.EmailVerified)
	}
	set(&c.Fields.Name, p.Fields.Name)
	set(&c.Fields.Picture, p.Fields.Picture)
	set(&c.Fields.Subject, p.Fields.Subject)
	set(&c.Fields.Subject, "id")
	if c.Scopes == nil {
		c.Scopes = p.Scopes
	}
	if c.Scopes == nil && c.Issuer != "" {
		c.Scopes = []string{"openid", "email", "profile"}
	}
	return c
}

// Validate returns all that is wrong with the providers of app.yaml, joined.
// Each error begins with its place.
func Validate(providers map[string]Config) error {
	var errs []error
	issuers := map[string]string{} // to a provider that gives its subjects out
	for _, name := range slices.Sorted(maps.Keys(providers)) {
		at := "providers." + name
		if len(name) > maxProviderName || !providerName.MatchString(name) {
			errs = append(errs, fmt.Errorf("%s: the name of a provider has small letters, digits and -, and stands in paths", at))
		}
		c := providers[name]
		errs = append(errs, c.validate(at)...)
		own := c.whole()
		issuer := own.subjectsOf()
		if before, taken := issuers[issuer]; taken && issuer != "" && providers[before].whole().AuthorizeURL != own.AuthorizeURL {
			errs = append(errs, fmt.Errorf("%s.authorizeUrl is at %s, as providers.%s is: users are told apart by that and their id, so one could be taken for another", at, issuer, before))
		} else if !taken {
			issuers[issuer] = name
		}
	}
	return errors.Join(errs...)
}

var providerName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

const maxProviderName = 32

// subjectsOf is who gives the subjects out, of a configuration that is whole.
func (c Config) subjectsOf() string {
	if c.Issuer != "" {
		return c.Issuer
	}
	u, err := url.Parse(c.AuthorizeURL)
	if err != nil || u.Host == "" {
		return "" // of which nobody is an identity
	}
	return u.Scheme + "://" + u.Host
}

func (c Config) validate(at string) (errs []error) {
	problem := func(format string, args ...any) { errs = append(errs, fmt.Errorf(at+format, args...)) }
	if _, known := presets[c.Preset]; c.Preset != "" && !known {
		problem(".preset is one of %s, not %q", strings.Join(Presets(), ", "), c.Preset)
		return errs
	}
	if c.ClientID == "" {
		problem(".clientId is what the provider calls this application; it cannot be empty")
	}
	if !slices.Contains([]Auth{"", Basic, Post}, c.ClientAuth) {
		problem(".clientAuth must be basic or post, not %q", c.ClientAuth)
	}
	own := c.whole()
	if own.Issuer != "" {
		if own.AuthorizeURL != "" || own.TokenURL != "" || own.UserinfoURL != "" || own.EmailsURL != "" || c.Fields != (Fields{}) {
			problem(" has an issuer, which says the other addresses and fields by itself: remove them, or the issuer")
		}
		if !slices.Contains(own.Scopes, "openid") {
			problem(".scopes must have openid: without it the provider does not say who somebody is")
		}
		if err := checkURL(own.Issuer, false); err != nil {
			problem(".issuer %v", err)
		}
		return errs
	}
	if own.AuthorizeURL == "" && own.TokenURL == "" && own.UserinfoURL == "" {
		problem(" needs an issuer, as in issuer: https://login.example.com; or, without OpenID Connect, authorizeUrl, tokenUrl and userinfoUrl")
		return errs
	}
	for _, u := range []struct {
		name, value string
		optional    bool
	}{
		{"authorizeUrl", own.AuthorizeURL, false}, {"tokenUrl", own.TokenURL, false}, {"userinfoUrl", own.UserinfoURL, false},
		{"emailsUrl", own.EmailsURL, true},
	} {
		if u.value == "" && u.optional {
			continue
		}
		if u.value == "" {
			problem(" has no %s; without an issuer it needs authorizeUrl, tokenUrl and userinfoUrl", u.name)
		} else if err := checkURL(u.value, true); err != nil {
			problem(".%s %v", u.name, err)
		}
	}
	switch f := own.Fields; {
	case f.Subject == f.Email:
		problem(".fields.subject is %q, as fields.email is: an address can become somebody else's; name the id of the user there", f.Subject)
	case own.EmailsURL != "" && f.Email+f.EmailVerified != "":
		problem(".fields has an address, which is taken from emailsUrl instead: remove fields.email and fields.emailVerified")
	}
	return errs
}

// checkURL takes the address of a provider: https, or http on loopback.
func checkURL(text string, query bool) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" || strings.Contains(text, "#") ||
		u.Scheme != "https" && u.Scheme != "http":
		return errors.New("must be a URL such as https://login.example.com")
	case u.Scheme == "http" && !outbound.IsLoopback(u.Hostname()):
		return errors.New("must be https off loopback: whoever can read or change it signs in as anybody")
	case !query && (u.RawQuery != "" || u.ForceQuery):
		return errors.New("must be a URL without a query, such as https://login.example.com")
	}
	return nil
}
