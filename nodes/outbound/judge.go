package outbound

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
)

// Format is that of inputs which take the URL of another server.
const Format = "outbound"

// Judge says what is wrong with a URL that a flow calls, as far as it is known before a
// run. It refuses what a Client would, and nothing else.
func (r Reach) Judge(c engine.Constant) *engine.Mistake {
	text := c.Text
	if c.Open {
		scheme, rest, _ := strings.Cut(text, "://")
		end := strings.IndexAny(rest, "/?#")
		switch {
		case begins(text):
			return nil // where it leads is not known
		case end >= 0:
			text = scheme + "://" + rest[:end]
		}
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return &engine.Mistake{Message: fmt.Sprintf("must be a URL such as https://reports.example.com/, not %q", text), Hint: "write it with https:// and the host"}
	}
	switch err := r.check(u); {
	case errors.Is(err, ErrNotListed):
		return &engine.Mistake{Code: "unlisted-host", Message: fmt.Sprintf("leads to %s, which app.yaml does not list under outbound", u.Host), Hint: r.meant(u)}
	case errors.Is(err, ErrNotSecure):
		return &engine.Mistake{Message: "leads to " + u.Host + " by http, which internal hosts alone are called by", Hint: "write https://, or internal: true beside the host in app.yaml if it stands in a network of your own"}
	case errors.Is(err, ErrUser):
		return &engine.Mistake{Message: "has a user in it", Hint: "send what signs in by headers: Authorization: Bearer ${{ secrets.… }}"}
	}
	return nil
}

// begins reports whether a text that goes on may still lead to any host.
func begins(text string) bool {
	scheme, rest, found := strings.Cut(strings.ToLower(text), "://")
	if !found {
		return strings.HasPrefix("https://", scheme) || strings.HasPrefix("http://", scheme)
	}
	return (scheme == "https" || scheme == "http") && !strings.ContainsAny(rest, "/?#")
}

// meant is what to do about a host that is not listed.
func (r Reach) meant(u *url.URL) string {
	var names []string
	for _, h := range r {
		names = append(names, h.Name)
	}
	host := strings.ToLower(u.Host)
	written := host
	if strings.HasPrefix(host, "[") { // which begins a list in YAML
		written = `"` + host + `"`
	}
	hint := "add it to app.yaml: outbound: [" + written + "]"
	if u.Scheme == "http" {
		hint = "add it to app.yaml if it stands in a network of your own: outbound: [{host: " + written + ", internal: true}]"
	}
	if name := flows.Suggest(host, names); name != "" {
		hint = "did you mean " + name + "? Else " + hint
	}
	return hint
}
