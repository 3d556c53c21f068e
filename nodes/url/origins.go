// Package url owns which URLs a flow may send a browser to.
package url

import (
	"fmt"
	"net/url"
	"strings"
)

// Origins are the places that redirects of a realm may lead to. Use NewOrigins;
// an Origins is immutable.
type Origins struct {
	own     string          // host, as hostOf gives it
	allowed map[string]bool // "https://app.example.com:443", with the port that is meant
	hosts   map[string]bool // of those
}

// NewOrigins makes Origins of the application's own origin, which may be "", and
// of others, each written as scheme, host and, where it is not the usual one,
// port: "https://app.example.com". There are no wildcards: a redirect to a host
// that nobody has named is one to a host that anybody may have taken.
func NewOrigins(own string, others ...string) (*Origins, error) {
	o := &Origins{allowed: map[string]bool{}, hosts: map[string]bool{}}
	for i, text := range append([]string{own}, others...) {
		if i == 0 && own == "" {
			continue
		}
		origin, err := parseOrigin(text)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			o.own = hostOf(origin)
		}
		o.allowed[origin], o.hosts[hostOf(origin)] = true, true
	}
	return o, nil
}

// parseOrigin is the origin that a configuration names, in the form of allowed.
func parseOrigin(text string) (string, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", fmt.Errorf("url: origin: %w", err)
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || strings.Contains(u.Host, "*"):
		return "", fmt.Errorf("url: origin %q: want a scheme and a host, such as https://app.example.com", text)
	case u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", fmt.Errorf("url: origin %q: want no more than a scheme, a host and a port", text)
	}
	return withPort(u.Scheme + "://" + strings.ToLower(u.Host)), nil
}

// withPort adds the usual port to an origin in lower case that names none.
func withPort(origin string) string {
	scheme, host, _ := strings.Cut(origin, "://")
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		return origin
	}
	if scheme == "https" {
		return origin + ":443"
	}
	return origin + ":80"
}

// maxURL is the longest URL that is allowed, in bytes. Some browsers and proxies
// take no longer ones.
const maxURL = 2048

// hostOf is the host of an origin with a port, as browsers send it: without the usual
// port.
func hostOf(origin string) string {
	scheme, host, _ := strings.Cut(origin, "://")
	if usual := map[string]string{"https": ":443", "http": ":80"}[scheme]; strings.HasSuffix(host, usual) {
		return strings.TrimSuffix(host, usual)
	}
	return host
}

// Target is where a URL leads that is allowed.
type Target struct {
	Host     string // with the port unless it is the usual one; "" for a path
	External bool   // on another host than the one that was called
}

// Check reports whether a redirect to a URL that a caller has given may be made, and
// where it leads. called is the host that the request came to; where that is none of the
// realm's, as behind a proxy that does not pass it on, the application's own counts.
//
// A URL is a path that begins with one slash, or an absolute http or https URL
// at an allowed origin. Whatever browsers and servers might read in different
// ways is refused rather than mended: characters outside of RFC 3986,
// backslashes, user names, encoded control characters, and in paths "//", dot
// segments and encoded slashes.
func (o *Origins) Check(target, called string) (Target, bool) {
	if len(target) > maxURL || !isPlain(target) {
		return Target{}, false
	}
	if strings.HasPrefix(target, "/") {
		return Target{}, isRest(target)
	}
	origin, rest := split(target)
	if !o.allowed[origin] {
		return Target{}, false
	}
	if !o.hosts[called] {
		called = o.own
	}
	host := hostOf(origin)
	return Target{host, host != called}, isRest(rest)
}

// split parts an absolute URL behind its authority. The authority is compared
// as a whole with those that are allowed, so that no two parsers can disagree
// on where the host in it is.
func split(target string) (origin, rest string) {
	scheme, after, found := strings.Cut(target, "://")
	if !found {
		return "", ""
	}
	end := strings.IndexAny(after, "/?#")
	if end < 0 {
		end = len(after)
	}
	return withPort(strings.ToLower(scheme + "://" + after[:end])), after[end:]
}

// isPlain reports whether a text is made of the characters of RFC 3986 only,
// with whole percent-encodings of no control characters and no backslash.
func isPlain(text string) bool {
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '%' {
			if i+2 >= len(text) || !isHex(text[i+1]) || !isHex(text[i+2]) {
				return false
			}
			if code := unhex(text[i+1])<<4 | unhex(text[i+2]); code < 0x20 || code == 0x7f || code == '\\' {
				return false
			}
			continue
		}
		if !isLetterOrDigit(c) && strings.IndexByte("-._~:/?#[]@!$&'()*+,;=", c) < 0 {
			return false
		}
	}
	return text != ""
}

// isRest reports whether a text is a path, which may be empty, a query and a
// fragment, with a path that is read in one way only.
func isRest(rest string) bool {
	path, _, _ := strings.Cut(rest, "#")
	path, _, _ = strings.Cut(path, "?")
	if path == "" {
		return true
	}
	lower := strings.ToLower(path)
	if strings.Contains(path, "//") || strings.Contains(lower, "%2f") {
		return false
	}
	for segment := range strings.SplitSeq(strings.ReplaceAll(lower, "%2e", "."), "/") {
		// Some servers drop what follows a semicolon before they resolve dots.
		if segment, _, _ = strings.Cut(segment, ";"); segment == "." || segment == ".." {
			return false
		}
	}
	return true
}

func isLetterOrDigit(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&^0x20 - 'A' + 10
}
