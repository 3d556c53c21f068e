// Package oauth owns clients: the sites and servers to which an application hands
// its users over. They are written in app.yaml; this package keeps no state. The codes
// that go to them are tokens of the class handOver: see package token.
package oauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
)

// Config is the section "clients" of app.yaml: clients by their ids.
type Config map[string]ClientConfig

// ClientConfig is one client. With a secret it is a server, which redeems its codes
// itself; without one it is a site of the application's own, which has its codes redeemed
// by the browser.
type ClientConfig struct {
	Secret       string   `yaml:"secret"`       // at least 24 characters
	SecretHash   string   `yaml:"secretHash"`   // its SHA-256 in hex, instead of Secret
	RedirectURIs []string `yaml:"redirectUris"` // to which its codes go; compared character by character
}

// Clients are the clients of a realm. They are immutable; a nil *Clients has none.
type Clients struct {
	byID map[string]client
}

// client is one client, as it is looked up.
type client struct {
	hash         [sha256.Size]byte // of its secret; nobody knows what the zero hash is of
	confidential bool
	redirectURIs []string
}

// New makes Clients of a configuration that has been validated.
func New(c Config) *Clients {
	all := &Clients{byID: map[string]client{}}
	for id, written := range c {
		made := client{redirectURIs: slices.Clone(written.RedirectURIs)}
		switch {
		case written.Secret != "":
			made.confidential, made.hash = true, sha256.Sum256([]byte(written.Secret))
		case written.SecretHash != "":
			made.confidential = true
			_, _ = hex.Decode(made.hash[:], []byte(written.SecretHash)) // Validate has looked
		}
		all.byID[id] = made
	}
	return all
}

// find is the client of an id.
func (c *Clients) find(id string) (client, bool) {
	if c == nil {
		return client{}, false
	}
	found, known := c.byID[id]
	return found, known
}

// allows reports whether codes of the client may go to a URI. There are no wildcards, no
// prefixes, and no second spelling (RFC 9700 §2.1).
func (c client) allows(uri string) bool { return slices.Contains(c.redirectURIs, uri) }

// authenticate reports whether a secret is the client's. An id that nobody has takes as
// long as a wrong secret; hashes are compared, so no length and no content shows.
func (c *Clients) authenticate(id, secret string) bool {
	found, _ := c.find(id)
	sum := sha256.Sum256([]byte(secret))
	same := subtle.ConstantTimeCompare(sum[:], found.hash[:]) == 1
	return same && found.confidential
}

// originOf is the scheme and the host of a URI that has been validated.
func originOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// hostOf is the host of such a URI, as browsers send it.
func hostOf(uri string) string {
	_, host, _ := strings.Cut(originOf(uri), "://")
	return host
}
