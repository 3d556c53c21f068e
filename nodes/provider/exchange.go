package provider

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// finish exchanges a code for who somebody is.
func (p *Provider) finish(ctx context.Context, l Login, code, binding string) (Person, error) {
	if p.config.Issuer == "" {
		return p.finishOAuth(ctx, l, code, binding)
	}
	m, err := p.discover(ctx)
	if err != nil {
		return Person{}, err
	}
	tokens, err := p.exchange(ctx, m.token, p.config.ClientAuth == Basic || p.config.ClientAuth == "" && m.basic, l, code, binding)
	if err != nil {
		return Person{}, err
	}
	claims, err := p.idToken(ctx, tokens.text("id_token"), nonce(binding))
	if err != nil {
		return Person{}, err
	}
	subject := claims.text("sub")
	if access := tokens.text("access_token"); claims["email"] == nil && m.userinfo != "" && access != "" {
		about, _, err := get[object](ctx, p, m.userinfo, access)
		if err != nil {
			return Person{}, err
		}
		// The answer may be about somebody else (OpenID Connect Core §5.3.2).
		if about.text("sub") != subject {
			return Person{}, refused("the answer of userinfo is about another user")
		}
		claims = about
	}
	return p.person(subject, claims["email"], claims["email_verified"], claims["name"], claims["picture"]), nil
}

// finishOAuth asks a provider that has no OpenID Connect who has given the access.
func (p *Provider) finishOAuth(ctx context.Context, l Login, code, binding string) (Person, error) {
	tokens, err := p.exchange(ctx, p.config.TokenURL, p.config.ClientAuth == Basic, l, code, binding)
	if err != nil {
		return Person{}, err
	}
	access := tokens.text("access_token")
	if access == "" {
		return Person{}, unavailable("no access token")
	}
	about, _, err := get[object](ctx, p, p.config.UserinfoURL, access)
	if err != nil {
		return Person{}, err
	}
	f := p.config.Fields
	subject, _ := about.at(f.Subject).(string)
	if n, isNumber := about.at(f.Subject).(json.Number); isNumber {
		subject = n.String()
	}
	if !isSubject(subject) {
		return Person{}, refused("the provider names nobody under %q", f.Subject)
	}
	email, verified := about.at(f.Email), about.at(f.EmailVerified)
	if p.config.EmailsURL != "" {
		if email, verified, err = p.primary(ctx, access); err != nil {
			return Person{}, err
		}
	}
	return p.person(subject, email, verified, about.at(f.Name), about.at(f.Picture)), nil
}

// primary asks for the addresses of whoever has given the access. It gives the primary
// one, and what is said of whether it is verified. It gives none if there is none, or if
// the access does not reach that far, as it need not.
func (p *Provider) primary(ctx context.Context, access string) (email, verified any, err error) {
	all, status, err := get[[]object](ctx, p, p.config.EmailsURL, access)
	switch {
	case status == http.StatusForbidden, status == http.StatusNotFound:
		return nil, nil, nil
	case err != nil:
		return nil, nil, err
	}
	for _, each := range all {
		if each["primary"] == true {
			return each["email"], each["verified"], nil
		}
	}
	return nil, nil, nil
}

// at is what lies at names with dots between them; nil for nothing, and for no names.
func (o object) at(path string) any {
	var v any = map[string]any(o)
	if path == "" {
		return nil
	}
	for name := range strings.SplitSeq(path, ".") {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

// exchange gives a code for tokens (RFC 6749 §4.1.3). A code that the provider does not
// take is errRefused.
func (p *Provider) exchange(ctx context.Context, endpoint string, basic bool, l Login, code, binding string) (object, error) {
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {l.Callback}, "code_verifier": {verifier(binding)},
	}
	secret := p.config.ClientSecret
	if basic = basic && secret != ""; !basic {
		form.Set("client_id", p.config.ClientID)
		if secret != "" {
			form.Set("client_secret", secret)
		}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, unavailable("%w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if basic {
		r.SetBasicAuth(url.QueryEscape(p.config.ClientID), url.QueryEscape(secret))
	}
	tokens, status, err := call[object](p, r)
	if err != nil {
		return nil, err
	}
	// Some say so with status 200.
	if tokens["error"] != nil {
		if what := tokens.text("error"); what != "" && what != "invalid_grant" && what != "bad_verification_code" {
			return nil, unavailable("%s: %.60q", r.URL.Host, what)
		}
		return nil, refused("the provider does not take the code")
	}
	if status != http.StatusOK {
		return nil, unavailable("%s: status %d", r.URL.Host, status)
	}
	return tokens, nil
}
