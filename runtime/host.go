package runtime

import (
	"net/textproto"
	"strings"
	"time"

	"github.com/latchwork/latchwork/nodes/session"
)

// host is what the configuration means for all requests.
type host struct {
	basePath  string // "" or "/auth"
	bodyLimit int64
	timeout   time.Duration
	proxies   proxies
	realms    realms
	rules     map[string]*rules // by realm
}

// rules are what the configuration means for the requests of a realm.
type rules struct {
	https          bool // the public address is reached over https
	session        *session.Config
	sessionHeaders []string      // in which a session may travel, in canonical form
	cookieAge      time.Duration // of a session's cookie
	crossSite      *crossSite
	cors           *cors
}

func newHost(c *Config) *host {
	h := &host{
		basePath:  strings.TrimSuffix(c.Server.BasePath, "/"),
		bodyLimit: int64(c.Server.BodyLimit),
		timeout:   c.Server.Timeout,
		proxies:   c.Server.TrustedProxies,
		realms:    c.realmsByHost(),
		rules:     map[string]*rules{},
	}
	for _, realm := range c.RealmNames() {
		h.rules[realm] = newRules(c.For(realm))
	}
	return h
}

func newRules(c *Config) *rules {
	h := &rules{
		https:     strings.HasPrefix(c.Origin(), "https:"),
		session:   &c.Session,
		cookieAge: c.Session.Absolute,
	}
	for _, carrier := range c.Session.From {
		if carrier.Header != "" {
			h.sessionHeaders = append(h.sessionHeaders, textproto.CanonicalMIMEHeaderKey(carrier.Header))
		}
	}
	h.crossSite = newCrossSite(h.session, c.Origin(), c.CORS.Origins)
	h.cors = newCORS(c.CORS.Origins, c.CORS, c.keyHeaders(), h.sessionHeaders)
	return h
}

// isSessionCookie reports whether sessions travel in a cookie of the name.
func (h *rules) isSessionCookie(name string) bool {
	for _, carrier := range h.session.From {
		if carrier.Cookie != "" && carrier.Cookie == name {
			return true
		}
	}
	return false
}
