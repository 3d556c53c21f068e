package runtime

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/oauth"
	"github.com/latchwork/latchwork/nodes/outbound"
	"github.com/latchwork/latchwork/nodes/token"
)

// Check finds what serve refuses to start with. ReadConfig has called it; it is
// to be called again where settings were changed since.
func (c *Config) Check() flows.Diagnostics {
	r := configChecker{config: c}
	r.check()
	r.diags.Sort()
	return r.diags
}

// configChecker collects what is wrong with a configuration.
type configChecker struct {
	config *Config
	diags  flows.Diagnostics
}

func (r *configChecker) report(pos flows.Pos, code, hint, format string, args ...any) {
	r.diags.Add(pos, code, fmt.Sprintf(format, args...), hint)
}

// at is the place of a value by its path in the file, such as
// "session.from[1].cookie", or of the nearest part of the path that is written.
func (r *configChecker) at(path string) flows.Pos {
	v := r.config.root
	if v == nil {
		return flows.Pos{File: r.config.file}
	}
	for step := range strings.SplitSeq(strings.NewReplacer("[", ".", "]", "").Replace(path), ".") {
		next := v.Get(step)
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(v.Items) {
			next = v.Items[i]
		}
		if next == nil {
			break
		}
		v = next
	}
	return v.Pos
}

func (r *configChecker) check() {
	c := r.config
	if c.Version != 1 {
		r.report(r.at("version"), "unknown-version", "version: 1", "this program reads version 1 of app.yaml")
	}
	r.checkServer()
	r.checkOutbound()
	r.checkSections()
	r.checkRealms()
}

// checkSections checks the sections that a realm, too, may have of its own.
func (r *configChecker) checkSections() {
	c := r.config
	r.checkCookie()
	r.checkCORS()
	r.checkDelivery()
	r.checkProviders()
	for section, validate := range map[string]func() error{
		"keys": c.Keys.Validate, "session": c.Session.Validate, "password": c.Password.Validate, "clients": believed(c.Clients).Validate,
	} {
		r.groupErrors(section, validate())
	}
	if idle := c.root.Get("session").Get("idle"); idle != nil && c.Session.Idle > c.Session.Absolute && c.Session.Absolute > 0 {
		r.report(idle.Pos, "bad-session", "make session.absolute longer, too", "session.idle never counts: session.absolute ends sessions sooner")
	}
	for name, p := range c.Purposes {
		r.checkPurpose(name, p)
	}
}

func (r *configChecker) checkPurpose(name string, p PurposeConfig) {
	class := token.Class(p.Class.Text)
	if err := token.CheckClass(class); err != nil {
		r.report(p.Class.Pos, "bad-value", "", "the purpose %s %v", name, err)
		return
	}
	lifetime := r.config.root.Get("purposes").Get(name).Get("lifetime")
	if lifetime == nil && p.Lifetime == 0 {
		return
	}
	if err := class.CheckLifetime(p.Lifetime); err != nil {
		pos := p.Class.Pos
		if lifetime != nil {
			pos = lifetime.Pos
		}
		r.report(pos, "bad-value", "", "a token of the purpose %s, of class %s, %v", name, class, err)
	}
}

// groupErrors reports what a group says of its section. Messages that begin with
// a path, as in "session.from[1]: …", are placed there.
func (r *configChecker) groupErrors(section string, err error) {
	if err == nil {
		return
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			r.groupErrors(section, err)
		}
		return
	}
	place, _, _ := strings.Cut(err.Error(), " ")
	if place = strings.TrimSuffix(place, ":"); !strings.HasPrefix(place, section) {
		place = section
	}
	r.report(r.at(place), "bad-"+section, "", "%v", err)
}

func (r *configChecker) checkServer() {
	s := r.config.Server
	r.checkListen("server.listen", s.Listen)
	if s.Admin != "" && !r.checkListen("server.admin", s.Admin) && s.AdminSecret == "" {
		r.report(r.at("server.admin"), "open-admin", "set server.adminSecret to ${{ secrets.… }}, or listen on 127.0.0.1",
			"administration listens on %s, off loopback, and no secret protects it", s.Admin)
	}
	if len(s.AdminSecret) > 0 && len(s.AdminSecret) < minAdminSecret && s.AdminSecret != unresolved {
		r.report(r.at("server.adminSecret"), "weak-secret", "", "the secret of administration must have at least %d characters", minAdminSecret)
	}
	if s.BodyLimit <= 0 {
		r.report(r.at("server.bodyLimit"), "bad-value", "", `"bodyLimit" must be above 0`)
	}
	if s.Timeout <= 0 {
		r.report(r.at("server.timeout"), "bad-value", "", `"timeout" must be above 0`)
	}
	if !basePath.MatchString(s.BasePath) || path.Clean(s.BasePath) != s.BasePath {
		r.report(r.at("server.basePath"), "bad-path", "", `"basePath" must be / or a path such as /auth, not %q`, s.BasePath)
	}
	if _, err := parsePublicURL(s.PublicURL); err != nil {
		r.report(r.at("server.publicUrl"), "bad-url", "", "%v", err)
	}
	for i, proxy := range s.TrustedProxies {
		if proxy.Bits() == 0 {
			r.report(r.at("server.trustedProxies["+strconv.Itoa(i)+"]"), "any-proxy", "name the addresses of the proxies",
				"every client could say by X-Forwarded-For from where it comes, and no limit would count")
		}
	}
}

// checkCookie refuses sessions in cookies where browsers would not send them.
func (r *configChecker) checkCookie() {
	host, _, _ := net.SplitHostPort(r.config.Server.Listen)
	loopback := outbound.IsLoopback(host)
	public, err := parsePublicURL(r.config.Server.PublicURL)
	if err != nil {
		return // which has been reported
	}
	if r.config.Server.PublicURL != "" {
		loopback = outbound.IsLoopback(public.Hostname())
	}
	if cookie := r.config.Session.Cookie(); cookie != "" && !loopback && public.Scheme != "https" {
		pos, hint := r.at("server.publicUrl"), "set server.publicUrl to the https address that browsers see"
		r.report(pos, "cleartext-cookie", hint, "sessions travel in the cookie %s, which needs https off loopback", cookie)
	}
}

// believed are clients with secrets whose values nobody has looked up.
func believed(c oauth.Config) oauth.Config {
	all := maps.Clone(c)
	for id, client := range all {
		if client.Secret == unresolved {
			client.Secret = strings.Repeat("x", minAdminSecret)
		}
		all[id] = client
	}
	return all
}

// minAdminSecret is 128 bits in base64, rounded up.
const minAdminSecret = 24

var basePath = regexp.MustCompile(`^/[A-Za-z0-9._~:@/-]*$`)

// checkListen reports a bad address, and says whether it is on loopback.
func (r *configChecker) checkListen(where, address string) bool {
	if !IsAddress(address) {
		r.report(r.at(where), "bad-address", "", "%q must be host:port such as 127.0.0.1:8080, not %q", lastWord(where), address)
		return true // one mistake, one diagnostic
	}
	host, _, _ := net.SplitHostPort(address)
	return outbound.IsLoopback(host)
}

// IsAddress reports whether a text is an address to listen on: host:port.
func IsAddress(text string) bool {
	_, port, err := net.SplitHostPort(text)
	n, bad := strconv.Atoi(port)
	return err == nil && bad == nil && n >= 0 && n <= 65535
}

func lastWord(where string) string { return where[strings.LastIndexByte(where, '.')+1:] }

// parsePublicURL reads the address that browsers see; "" gives an empty one.
func parsePublicURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if text == "" {
		return u, err
	}
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.Host != strings.ToLower(u.Host) ||
		u.User != nil || strings.Trim(u.Path, "/") != "" || strings.ContainsAny(text, "?#") {
		return nil, fmt.Errorf(`"publicUrl" must be scheme and host such as https://app.example.com, not %q`, text)
	}
	return u, nil
}

func (r *configChecker) checkCORS() {
	for i, origin := range r.config.CORS.Origins {
		pos := r.at("cors.origins[" + strconv.Itoa(i) + "]")
		if origin == "*" {
			r.report(pos, "any-origin", "name each origin", "every origin could call the application in its users' names")
		} else if err := checkOrigin(origin); err != nil {
			r.report(pos, "bad-origin", "", "%v", err)
		}
	}
	for i, name := range r.config.CORS.Headers {
		if !headerName.MatchString(name) {
			r.report(r.at("cors.headers["+strconv.Itoa(i)+"]"), "bad-header", "", "a header is a name such as X-Client, not %q", name)
		}
	}
}

var headerName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`)

var errOrigin = errors.New("an origin is scheme and host as a browser sends them, such as https://app.example.com")

// checkOrigin accepts what browsers send as Origin (RFC 6454 §6.2), byte for
// byte: anything else in the list would never match.
func checkOrigin(origin string) error {
	u, err := url.Parse(origin)
	usualPort := map[string]string{"https": "443", "http": "80"}
	if err != nil || usualPort[u.Scheme] == "" || u.Scheme+"://"+u.Host != origin || u.Hostname() == "" ||
		strings.ContainsAny(origin, "*") || strings.ToLower(origin) != origin || strings.HasSuffix(u.Host, ":") {
		return fmt.Errorf("%w, not %q", errOrigin, origin)
	}
	if u.Port() == usualPort[u.Scheme] {
		return fmt.Errorf("%w, without the usual port :%s", errOrigin, u.Port())
	}
	return nil
}

func (r *configChecker) checkOutbound() {
	for i, host := range r.config.Outbound {
		if err := host.Validate(); err != nil && host.Name != unresolved {
			r.report(r.at("outbound["+strconv.Itoa(i)+"]"), "bad-host", "", "%v", err)
		}
		same := func(before outbound.Host) bool { return before.Name == host.Name && host.Name != unresolved }
		if slices.ContainsFunc(r.config.Outbound[:i], same) {
			// One of them may be internal.
			r.report(r.at("outbound["+strconv.Itoa(i)+"]"), "bad-host", "remove one of them", "the host %s stands in outbound already", host.Name)
		}
	}
}

var realmName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

const maxRealmName = 63

func (r *configChecker) checkRealms() {
	seen := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(r.config.Realms)) {
		realm, where := r.config.Realms[name], "realms."+name
		if len(name) > maxRealmName || !realmName.MatchString(name) {
			r.report(r.at(where), "bad-name", "", "the name of a realm has small letters, digits and -, not %q", name)
		}
		if len(realm.Hosts) == 0 && name != engine.MainRealm {
			r.report(r.at(where), "no-host", "add hosts: [login.example.com]", "no request belongs to the realm %s: it has no hosts", name)
		}
		for i, host := range realm.Hosts {
			pos := r.at(where + ".hosts[" + strconv.Itoa(i) + "]")
			key := strings.ToLower(host)
			if u, err := url.Parse("//" + host); err != nil || u.Host != host || u.Hostname() == "" || strings.ContainsAny(host, "*, ") ||
				strings.HasSuffix(u.Hostname(), ".") || strings.HasSuffix(host, ":") {
				r.report(pos, "bad-host", "", "a host is a name such as login.example.com, not %q", host)
			} else if port := u.Port(); port == "443" || port == "80" {
				r.report(pos, "bad-host", "leave it out", "browsers do not send the port :%s of the host %s", port, host)
			} else if other, taken := seen[key]; taken {
				r.report(pos, "taken-host", "", "the host %s is that of realm %s already", host, other)
			}
			seen[key] = name
		}
		for i, origin := range realm.Origins {
			if err := checkOrigin(origin); err != nil {
				r.report(r.at(where+".origins["+strconv.Itoa(i)+"]"), "bad-origin", "", "%v", err)
			}
		}
		r.checkRealm(name)
	}
}
