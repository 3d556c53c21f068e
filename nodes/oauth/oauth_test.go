package oauth_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/internal/flowtest"
	"github.com/latchwork/latchwork/nodes/oauth"
)

const (
	secret = "a secret that only the server has"
	site   = "https://magazine.example.com/auth/token"
	server = "https://shop.example.com/signed-in?from=sso"
)

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

var clients = oauth.Config{
	"magazine": {RedirectURIs: []string{site, "https://magazine.example.com:8443/auth/token"}},
	"shop":     {Secret: secret, RedirectURIs: []string{server}},
	"market":   {SecretHash: hashOf(secret + "!"), RedirectURIs: []string{"http://127.0.0.1:3000/in"}},
}

func types(t *testing.T) []engine.NodeType {
	if err := clients.Validate(); err != nil {
		t.Fatal(err)
	}
	main := oauth.New(clients)
	return oauth.Nodes(func(realm string) *oauth.Clients {
		if realm == engine.MainRealm {
			return main
		}
		return nil
	})
}

const find = `endpoints:
  - {method: POST, path: /, require: none}
input:
  clientId:    {type: string}
  redirectUri: {type: string}
nodes:
  - id: client
    use: oauth.client
    with:
      clientId: ${{ input.clientId }}
      redirectUri: ${{ input.redirectUri }}
  - id: go
    use: redirect
    with:
      to: ${{ client.redirectUri }}
      query:
        id: ${{ client.id }}
        origin: ${{ client.origin }}
        host: ${{ client.host }}
        confidential: ${{ client.confidential }}
`

// codes go to the own URIs of a client, character by character.
func TestClient_R54(t *testing.T) {
	serve := flowtest.Flow{Types: types(t), Source: find}.Server(t)
	for _, tt := range []struct{ what, realm, id, uri, want string }{
		{"a site", "", "magazine", site, site + "?confidential=false&host=magazine.example.com&id=magazine&origin=https%3A%2F%2Fmagazine.example.com"},
		{"a site at another port", "", "magazine", "https://magazine.example.com:8443/auth/token",
			"https://magazine.example.com:8443/auth/token?confidential=false&host=magazine.example.com%3A8443&id=magazine&origin=https%3A%2F%2Fmagazine.example.com%3A8443"},
		{"a server", "", "shop", server, server + "&confidential=true&host=shop.example.com&id=shop&origin=https%3A%2F%2Fshop.example.com"},
		{"nobody", "", "", site, ""},
		{"somebody unknown", "", "kiosk", site, ""},
		{"the URI of another client", "", "magazine", server, ""},
		{"R-59 a client of another realm", "other", "magazine", site, ""},
		{"no URI", "", "magazine", "", ""},
		{"a prefix", "", "magazine", site[:len(site)-1], ""},
		{"more than it", "", "magazine", site + "/x", ""},
		{"a slash more", "", "magazine", site + "/", ""},
		{"with a query", "", "magazine", site + "?x=1", ""},
		{"with a fragment", "", "magazine", site + "#x", ""},
		{"in capitals", "", "magazine", strings.ToUpper(site), ""},
		{"with the usual port", "", "magazine", strings.Replace(site, ".com", ".com:443", 1), ""},
		{"with a user", "", "magazine", strings.Replace(site, "://", "://x@", 1), ""},
		{"without TLS", "", "magazine", strings.Replace(site, "https", "http", 1), ""},
		{"on another host", "", "magazine", strings.Replace(site, ".com", ".com.evil.example", 1), ""},
		{"by another way", "", "magazine", strings.Replace(site, "/auth", "/x/../auth", 1), ""},
		{"encoded", "", "magazine", strings.Replace(site, "token", "%74oken", 1), ""},
		{"a script", "", "magazine", "javascript:alert(1)", ""},
	} {
		a := serve(t.Context(), flowtest.Flow{Realm: tt.realm, Body: map[string]any{"clientId": tt.id, "redirectUri": tt.uri}})
		if a.Location != tt.want || tt.want == "" && (a.Status != 400 || a.Fault.Errors[0].Code != "invalid_client") {
			t.Errorf("%s: got %d %s, want %q", tt.what, a.Status, a.Location, tt.want)
		}
	}
}

const authenticate = `endpoints:
  - {method: POST, path: /, require: none}
input:
  clientId:     {type: string}
  clientSecret: {type: string, secret: true}
nodes:
  - id: client
    use: oauth.authenticate
    with:
      clientId: ${{ input.clientId }}
      clientSecret: ${{ input.clientSecret }}
  - id: ok
    use: respond
    with: {body: {id: "${{ client.id }}"}}
`

// nothing but the own secret shows who a client is. A client without one is
// never authenticated, nor is one that is not there; neither by an empty secret.
func TestAuthenticate_A11(t *testing.T) {
	serve := flowtest.Flow{Types: types(t), Source: authenticate}.Server(t)
	for _, tt := range []struct {
		what, realm, id, secret string
		want                    int
	}{
		{"its secret", "", "shop", secret, 200},
		{"its secret, of which the hash is known", "", "market", secret + "!", 200},
		{"the secret of another", "", "market", secret, 401},
		{"the hash itself", "", "market", hashOf(secret + "!"), 401},
		{"a part", "", "shop", secret[:len(secret)-1], 401},
		{"nothing", "", "shop", "", 401},
		{"nothing, for a site", "", "magazine", "", 401},
		{"zero bytes, for a site", "", "magazine", strings.Repeat("\x00", 32), 401},
		{"nothing, for nobody", "", "nobody", "", 401},
		{"a secret, for nobody", "", "", secret, 401},
		{"R-59 the secret, in another realm", "other", "shop", secret, 401},
	} {
		a := serve(t.Context(), flowtest.Flow{Realm: tt.realm, Body: map[string]any{"clientId": tt.id, "clientSecret": tt.secret}})
		if a.Status != tt.want || tt.want == 401 && a.Fault.Errors[0].Code != "invalid_client" {
			t.Errorf("%s: got %d %s, want %d", tt.what, a.Status, a.Body, tt.want)
		}
		if strings.Contains(string(a.Body), secret) {
			t.Errorf("%s: the answer has the secret: %s", tt.what, a.Body)
		}
	}
}

func TestValidate(t *testing.T) {
	uri := []string{site}
	for _, tt := range []struct {
		id   string
		c    oauth.ClientConfig
		want string
	}{
		{"a b", oauth.ClientConfig{RedirectURIs: uri}, "clients: the id of a client has letters, digits, -, _ and dots, not \"a b\""},
		{strings.Repeat("a", 101), oauth.ClientConfig{RedirectURIs: uri}, "clients: the id of a client has letters, digits, -, _ and dots, not \"" + strings.Repeat("a", 101) + "\""},
		{"magazine.example.com", oauth.ClientConfig{RedirectURIs: uri}, "clients.magazine.example.com is named as the host of magazine.example.com is: codes could not be told apart"},
		{"x", oauth.ClientConfig{}, "clients.x needs redirectUris: to which its codes go"},
		{"x", oauth.ClientConfig{Secret: secret, SecretHash: hashOf(secret), RedirectURIs: uri}, "clients.x has a secret and the hash of one; keep one of them"},
		{"x", oauth.ClientConfig{Secret: "short", RedirectURIs: uri}, "clients.x.secret must have at least 24 characters, such as openssl rand -base64 32 makes"},
		{"x", oauth.ClientConfig{SecretHash: "abc", RedirectURIs: uri}, "clients.x.secretHash must be the SHA-256 of the secret in 64 small hex digits"},
		{"x", oauth.ClientConfig{SecretHash: hashOf(""), RedirectURIs: uri}, "clients.x.secretHash must be the SHA-256 of the secret in 64 small hex digits"},
		{"x", oauth.ClientConfig{RedirectURIs: []string{site, site}}, "clients.x.redirectUris[1] stands there twice"},
		{"x", oauth.ClientConfig{RedirectURIs: []string{"http://shop.example.com/in"}}, "clients.x.redirectUris[0] needs https: codes go there"},
		{"x", oauth.ClientConfig{RedirectURIs: []string{"https://shop.example.com:443/in"}}, "clients.x.redirectUris[0] names the usual port; leave it out"},
		{"x", oauth.ClientConfig{RedirectURIs: []string{"https://*.example.com/in"}}, "clients.x.redirectUris[0] must be a URL that is read in one way only, without # and *, not \"https://*.example.com/in\""},
	} {
		if err := (oauth.Config{tt.id: tt.c}).Validate(); err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
	if err := (oauth.Config{strings.Repeat("a", 100): {RedirectURIs: uri}}).Validate(); err != nil {
		t.Errorf("as long an id as one may be: got %v", err)
	}
	for _, bad := range []string{"", "/in", "shop.example.com/in", "https://shop.example.com", "https://Shop.example.com/in", "https://u@shop.example.com/in",
		"ftp://shop.example.com/in", "javascript:alert(1)", "https://shop.example.com/in#x", "https://shop.example.com//in", "https://shop.example.com/a/../in",
		"https://shop.example.com/a\\b", "https://shop.example.com/a b", "https:///in", "https://shop.example.com:/in", "https://shop.example.com/%zz"} {
		if err := (oauth.Config{"x": {RedirectURIs: []string{bad}}}).Validate(); err == nil {
			t.Errorf("got no error for %q", bad)
		}
	}
	for _, good := range []string{"https://shop.example.com/", "https://shop.example.com:8443/in?x=1&y=%20", "http://localhost:3000/in", "http://[::1]:3000/in", "http://a.localhost/in"} {
		if err := (oauth.Config{"x": {RedirectURIs: []string{good}}}).Validate(); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}
