package session

import (
	"cmp"
	"errors"
	"fmt"
	"net/textproto"
	"slices"
	"strings"

	"github.com/latchwork/latchwork/engine"
)

// Carrier is a place in a request where a session's token may stand: a header
// or a cookie.
type Carrier struct {
	Header string `yaml:"header"`
	Cookie string `yaml:"cookie"`

	// Deviation is the reason why the cookie's name does not begin with __Host-.
	// Browsers then do not keep other hosts of the domain from setting it.
	Deviation string `yaml:"deviation"`
}

// String names the carrier as a message does.
func (c Carrier) String() string {
	if c.Cookie != "" {
		return "cookie " + c.Cookie
	}
	return "header " + c.Header
}

// same reports whether both name the same place.
func (c Carrier) same(d Carrier) bool {
	return strings.EqualFold(c.Header, d.Header) && c.Cookie == d.Cookie
}

// unusable are headers that mean something else.
var unusable = []string{"Cookie", "Set-Cookie", "Host", "Origin", "Referer", "User-Agent", "Content-Type", "Content-Length"}

func (c Carrier) validate() error {
	switch {
	case c.Header == "" && c.Cookie == "":
		return errors.New("name a header or a cookie")
	case c.Header != "" && c.Cookie != "":
		return errors.New("name a header or a cookie, not both")
	case c.Header != "" && c.Deviation != "":
		return errors.New("deviation says why a cookie is not named __Host-, and this is a header")
	case c.Header != "" && (!isFieldName(c.Header) || slices.Contains(unusable, textproto.CanonicalMIMEHeaderKey(c.Header))):
		return fmt.Errorf("%q cannot be the header of a session", c.Header)
	case c.Cookie != "" && !isFieldName(c.Cookie):
		return fmt.Errorf("%q is no name of a cookie", c.Cookie)
	case c.Cookie != "" && !strings.HasPrefix(c.Cookie, hostPrefix) && c.Deviation == "":
		return fmt.Errorf("cookie %s is not named %s%s; say under deviation why not", c.Cookie, hostPrefix, plainName(c.Cookie))
	case strings.HasPrefix(c.Cookie, hostPrefix) && c.Deviation != "":
		return fmt.Errorf("cookie %s deviates from nothing", c.Cookie)
	}
	return nil
}

// plainName is the name of a cookie without a prefix that means something to
// browsers, however it is spelt.
func plainName(name string) string {
	for _, prefix := range []string{hostPrefix, "__Secure-"} {
		if len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
			return cmp.Or(name[len(prefix):], "session")
		}
	}
	return name
}

// read is the token that stands there; "" if none does.
func (c Carrier) read(from engine.Source) string {
	var text string
	if c.Cookie != "" {
		text, _ = from.Cookie(c.Cookie)
	} else {
		text, _ = from.Header(textproto.CanonicalMIMEHeaderKey(c.Header))
	}
	return text
}

// Find is the token that a request came with, as it stands there, and what
// carried it. The first carrier that is not empty counts, whether or not its
// token opens anything; "" means that the request came with none.
func (c *Config) Find(from engine.Source) (token string, by Carrier) {
	for _, carrier := range c.from() {
		if token = carrier.read(from); token != "" {
			return token, carrier
		}
	}
	return "", Carrier{}
}
