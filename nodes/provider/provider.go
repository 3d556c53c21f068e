package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/latchwork/latchwork/nodes/outbound"
)

// Provider talks to one provider. It is safe for concurrent use.
type Provider struct {
	name   string
	config Config // with what its preset says
	client *http.Client
	local  bool // the provider is on this machine, by its configuration

	metadata cached[metadata]
	keys     cached[[]key]
}

// New makes the provider of a configuration that Validate has nothing against.
func New(name string, c Config) *Provider {
	c = c.whole()
	p := &Provider{name: name, config: c}
	for _, address := range []string{c.Issuer, c.TokenURL, c.UserinfoURL, c.EmailsURL} {
		if u, err := url.Parse(address); err == nil && outbound.IsLoopback(u.Hostname()) {
			p.local = true
		}
	}
	p.client = newClient(p.local, c.Private)
	p.metadata, p.keys = newCached[metadata](), newCached[[]key]()
	return p
}

// issuer is who gives the subjects out.
func (p *Provider) issuer() string { return p.config.subjectsOf() }

var (
	// errUnavailable says that a provider does not answer, or with nonsense.
	errUnavailable = errors.New("provider: no usable answer")
	// errRefused says that what a provider answers proves nobody to be anybody.
	errRefused = errors.New("provider: not proved")
)

func unavailable(format string, args ...any) error {
	return fmt.Errorf("%w: %w", errUnavailable, fmt.Errorf(format, args...))
}

func refused(format string, args ...any) error {
	return fmt.Errorf("%w: %w", errRefused, fmt.Errorf(format, args...))
}

// object is an object of JSON, whose names are compared exactly. Numbers are
// json.Number.
type object map[string]any

// text is a text of an object, "" for none.
func (o object) text(name string) string {
	text, _ := o[name].(string)
	return text
}

// call makes a request and gives the JSON that is answered, an object or what else is
// wanted, whatever the status. Its errors have neither the query of the address nor what
// was sent.
func call[T object | []object](p *Provider, r *http.Request) (o T, status int, err error) {
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "latchwork")
	where := r.URL.Host + r.URL.Path
	answer, err := p.client.Do(r)
	if err != nil {
		return nil, 0, unavailable("%s: %w", where, outbound.Cause(err))
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, 0, unavailable("%s: %w", where, err)
	}
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.UseNumber()
	if err := d.Decode(&o); err != nil || o == nil {
		return nil, answer.StatusCode, unavailable("%s: status %d, and not the JSON that is wanted", where, answer.StatusCode)
	}
	return o, answer.StatusCode, nil
}

// get is call for what can be read by GET, with a token or without. Any status but 200
// is an error.
func get[T object | []object](ctx context.Context, p *Provider, address, token string) (o T, status int, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, 0, unavailable("%w", err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	o, status, err = call[T](p, r)
	if err == nil && status != http.StatusOK {
		err = unavailable("%s: status %d", r.URL.Host+r.URL.Path, status)
	}
	return o, status, err
}

// authorizeURL is where the browser is sent to.
func (p *Provider) authorizeURL(ctx context.Context, callback, state, binding string) (string, error) {
	endpoint := p.config.AuthorizeURL
	if p.config.Issuer != "" {
		m, err := p.discover(ctx)
		if err != nil {
			return "", err
		}
		endpoint = m.authorize
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		return "", unavailable("%w", err)
	}
	q := u.Query()
	q.Set("response_type", "code")
	q.Set("client_id", p.config.ClientID)
	q.Set("redirect_uri", callback)
	q.Set("state", state)
	q.Set("code_challenge", challenge(verifier(binding)))
	q.Set("code_challenge_method", "S256")
	if len(p.config.Scopes) > 0 {
		q.Set("scope", strings.Join(p.config.Scopes, " "))
	}
	if p.config.Issuer != "" {
		q.Set("nonce", nonce(binding))
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}
