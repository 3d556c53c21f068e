package oauth

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/latchwork/latchwork/nodes/outbound"
)

// minSecret is 128 bits in base64, rounded up.
const minSecret = 24

// Ids stand in URLs. Their length is no part of the pattern: a counted repetition makes
// a program of many steps of it, at each start.
var clientID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)

const maxClientID = 100

// Validate returns all that is wrong with the section, joined. Each message begins with
// the place that it is about.
func (c Config) Validate() error {
	var errs []error
	hosts := map[string]string{} // of sites → their client
	for _, id := range slices.Sorted(maps.Keys(c)) {
		for _, uri := range c[id].RedirectURIs {
			if c[id].Secret == "" && c[id].SecretHash == "" {
				hosts[hostOf(uri)] = id
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c)) {
		at := "clients." + id
		if len(id) > maxClientID || !clientID.MatchString(id) {
			errs = append(errs, fmt.Errorf("clients: the id of a client has letters, digits, -, _ and dots, not %q", id))
		}
		if site, taken := hosts[id]; taken {
			errs = append(errs, fmt.Errorf("%s is named as the host of %s is: codes could not be told apart", at, site))
		}
		errs = append(errs, c[id].validate(at))
	}
	return errors.Join(errs...)
}

func (c ClientConfig) validate(at string) error {
	var errs []error
	problem := func(where, format string, args ...any) {
		errs = append(errs, fmt.Errorf(at+where+" "+format, args...))
	}
	switch {
	case c.Secret != "" && c.SecretHash != "":
		problem("", "has a secret and the hash of one; keep one of them")
	case c.Secret != "" && len(c.Secret) < minSecret:
		problem(".secret", "must have at least %d characters, such as openssl rand -base64 32 makes", minSecret)
	case c.SecretHash != "" && !isHash(c.SecretHash):
		problem(".secretHash", "must be the SHA-256 of the secret in 64 small hex digits")
	}
	if len(c.RedirectURIs) == 0 {
		problem("", "needs redirectUris: to which its codes go")
	}
	for i, uri := range c.RedirectURIs {
		if err := checkRedirectURI(uri); err != nil {
			problem(fmt.Sprintf(".redirectUris[%d]", i), "%w", err)
		}
		if slices.Contains(c.RedirectURIs[:i], uri) {
			problem(fmt.Sprintf(".redirectUris[%d]", i), "stands there twice")
		}
	}
	return errors.Join(errs...)
}

// isHash reports whether text is the SHA-256 of something, and not of nothing.
func isHash(text string) bool {
	sum, err := hex.DecodeString(text)
	nothing := sha256.Sum256(nil)
	return err == nil && len(sum) == sha256.Size && text == strings.ToLower(text) && string(sum) != string(nothing[:])
}

// checkRedirectURI accepts what is read in one way only.
func checkRedirectURI(uri string) error {
	u, err := url.Parse(uri)
	usualPort := map[string]string{"https": "443", "http": "80"}
	switch {
	case err != nil || usualPort[u.Scheme] == "" || u.Hostname() == "" || u.Host != strings.ToLower(u.Host) || u.User != nil || u.Path == "":
		return fmt.Errorf("must be a URL with a path such as https://shop.example.com/signed-in, not %q", uri)
	case strings.ContainsAny(uri, "#*\\ <>\"'`{}|^") || strings.Contains(u.Path, "//") || strings.Contains(u.Path, "/.") || u.String() != uri:
		return fmt.Errorf("must be a URL that is read in one way only, without # and *, not %q", uri)
	case u.Port() == usualPort[u.Scheme] || strings.HasSuffix(u.Host, ":"):
		return fmt.Errorf("names the usual port; leave it out")
	case u.Scheme == "http" && !outbound.IsLoopback(u.Hostname()):
		return fmt.Errorf("needs https: codes go there")
	}
	return nil
}
