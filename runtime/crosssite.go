package runtime

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/latchwork/latchwork/nodes/session"
)

// crossSite keeps other sites from using, or planting, the session that a
// browser sends along by itself.
type crossSite struct {
	session    *session.Config
	protection *http.CrossOriginProtection
	own        string // the origin of publicUrl, or ""
	origins    origins
}

// newCrossSite trusts the application's own origin and those that app.yaml lists.
func newCrossSite(c *session.Config, own string, listed origins) *crossSite {
	s := &crossSite{session: c, protection: http.NewCrossOriginProtection(), own: own, origins: listed}
	for _, origin := range append([]string{own}, listed...) {
		if origin != "" {
			// The configuration has been checked: each is an origin.
			_ = s.protection.AddTrustedOrigin(origin)
		}
	}
	return s
}

// admits reports whether a request may reach a route behind which a browser's
// session is at stake.
func (s *crossSite) admits(x *exchange) bool {
	switch x.http.Method {
	case http.MethodGet, http.MethodHead:
		return !x.route.endpoint.Effects || s.admitsSafe(x)
	}
	return s.admitsOrigin(x.http) && s.protection.Check(x.http) == nil
}

// admitsOrigin refuses what CrossOriginProtection lets through from browsers
// that send no Sec-Fetch-Site: it compares hosts only, so a page that somebody
// put into a cleartext connection would pass for the application itself.
func (s *crossSite) admitsOrigin(r *http.Request) bool {
	origin := first(r.Header["Origin"])
	if origin == "" || first(r.Header["Sec-Fetch-Site"]) != "" || s.origins.list(origin) {
		return true
	}
	return r.Host != "" && (strings.HasPrefix(origin, "https:") || !s.isSecure())
}

// isSecure reports whether browsers reach the application over https only.
func (s *crossSite) isSecure() bool { return strings.HasPrefix(s.own, "https:") }

// admitsSafe is for GET where it has effects; HEAD is not answered there. A link from another site is a
// request of that site, save where the endpoint says that it waits for one.
func (s *crossSite) admitsSafe(x *exchange) bool {
	if _, by := s.session.Find(x); by.Header != "" {
		return true // no browser sends a header by itself
	}
	r := x.http
	site := first(r.Header["Sec-Fetch-Site"])
	switch {
	case site == "same-origin" || site == "none":
		return true
	case x.route.endpoint.CrossSite != "" && isNavigation(r):
		return true
	}
	return site == "" && s.isOwn(r, first(r.Header["Referer"]))
}

// isNavigation reports whether a browser is about to show the answer as a page,
// or is too old to say what it does.
func isNavigation(r *http.Request) bool {
	mode, dest := first(r.Header["Sec-Fetch-Mode"]), first(r.Header["Sec-Fetch-Dest"])
	return (mode == "" || mode == "navigate") && (dest == "" || dest == "document")
}

// isOwn reports whether an address is of the application's own origin.
func (s *crossSite) isOwn(r *http.Request, address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return false
	}
	if strings.EqualFold(u.Scheme+"://"+u.Host, s.own) {
		return true
	}
	return strings.EqualFold(u.Host, r.Host) && (u.Scheme == "https" || !s.isSecure())
}
