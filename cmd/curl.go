package cmd

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/key"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/runtime"
)

// curl writes lines that call endpoints, ready to be pasted into a shell in
// their order. They are made of what flows declare. The key is taken from $KEY,
// and the token of the session that was opened last from $SESSION.
type curl struct {
	base     string // "http://127.0.0.1:8080", with the base path
	key      key.Carrier
	header   string // in which a session travels; "" for none
	cookies  bool   // whether one may travel in a cookie
	password string // that the policy takes
}

// jar is the file in which curl keeps cookies.
const jar = `"${TMPDIR:-/tmp}/latchwork-cookies"`

func newCurl(base string, c *runtime.Config) *curl {
	x := &curl{base: base, key: key.Carrier{Header: "Authorization"}, cookies: c.Session.Cookie() != "", password: "seven violet teapots"}
	for _, from := range slices.Backward(c.Keys.From) {
		if from.Kind != key.Public {
			x.key = from
		}
	}
	for _, from := range slices.Backward(c.Session.From) {
		if from.Header != "" {
			x.header = from.Header
		}
	}
	for len(x.password) < c.Password.MinLength {
		x.password += " at dawn"
	}
	return x
}

// call is one endpoint to be called.
type call struct {
	flow     *flows.Flow
	endpoint *flows.Endpoint
	opens    bool // it answers with the token of a new session
	place    int
}

// The places of calls: accounts are made before sessions are opened, and a
// session is ended last.
const (
	placeMakes = iota
	placeOpens
	placeOpen
	placeReads
	placeChanges
	placeEnds
)

// calls are the endpoints of flows in an order in which they can be tried.
func calls(set []*flows.Flow) []call {
	var all []call
	for _, f := range set {
		makes, opens, ends := uses(f, set, "user.create"), uses(f, set, "session.create"), uses(f, set, "session.delete")
		for i := range f.Endpoints {
			e := &f.Endpoints[i]
			c := call{flow: f, endpoint: e, opens: opens}
			switch needsSession := requires(e, "session"); {
			case ends:
				c.place = placeEnds
			case makes:
				c.place = placeMakes
			case opens:
				c.place = placeOpens
			case !needsSession:
				c.place = placeOpen
			case e.Method.Text == "GET":
				c.place = placeReads
			default:
				c.place = placeChanges
			}
			all = append(all, c)
		}
	}
	slices.SortStableFunc(all, func(a, b call) int { return a.place - b.place })
	return all
}

// uses reports whether a flow, or a sub-flow of it, has a node of a type.
func uses(f *flows.Flow, set []*flows.Flow, typ string) bool {
	return slices.ContainsFunc(f.Nodes, func(n flows.Node) bool { return n.Use.Text == typ }) ||
		slices.ContainsFunc(set, func(g *flows.Flow) bool { return g != f && f.Uses(g) && uses(g, set, typ) })
}

func requires(e *flows.Endpoint, what string) bool {
	return slices.ContainsFunc(e.Require, func(n flows.Name) bool { return n.Text == what })
}

// line is the line that makes a call.
func (x *curl) line(c call) string {
	method, path := c.endpoint.Method.Text, c.endpoint.Path.Text
	body, fields, query := map[string]any{}, url.Values{}, url.Values{}
	var flags, cookies []string
	for _, in := range c.flow.Input {
		if in.Optional || in.Default != nil {
			continue
		}
		value := exampleValue(in.Schema)
		if in.Secret {
			value = fitted(x.password, in.Schema)
		}
		text := fmt.Sprint(value)
		switch from := originOf(in, c.endpoint); from.In {
		case "path":
			path = strings.ReplaceAll(path, "{"+from.Name+"}", url.PathEscape(text))
		case "query":
			query.Set(from.Name, text)
		case "header":
			flags = append(flags, "-H "+quote(from.Name+": "+text))
		case "cookie":
			cookies = append(cookies, from.Name+"="+text)
		default:
			body[from.Name] = value
			fields.Set(from.Name, text)
		}
	}
	target := x.base + path
	parameters := query.Encode()
	if requires(c.endpoint, "apikey") {
		if x.key.Query != "" {
			parameters = strings.TrimPrefix(parameters+"&"+url.QueryEscape(x.key.Query)+"=$KEY", "&")
		} else {
			flags = append(flags, fmt.Sprintf(`-H "%s: $KEY"`, x.key.Header))
		}
	}
	if requires(c.endpoint, "session") && x.header != "" {
		flags = append(flags, fmt.Sprintf(`-H "%s: $SESSION"`, x.header))
	}
	if len(cookies) > 0 {
		flags = append(flags, "-b "+quote(strings.Join(cookies, "; ")))
	}
	if x.cookies {
		flags = append(flags, "-b "+jar, "-c "+jar)
	}
	switch {
	case len(body) == 0:
	case c.endpoint.Accepts.Text == "form":
		flags = append(flags, "-d "+quote(fields.Encode()))
	default:
		flags = append(flags, "-H 'Content-Type: application/json'", "-d "+quote(jsonText(body)))
	}
	if parameters != "" {
		target += "?" + parameters
	}
	line := strings.Join(append([]string{"curl -sS -w '\\n' -X", method, `"` + target + `"`}, flags...), " ")
	if c.opens && x.header != "" {
		return "SESSION=$(" + line + " | tee /dev/stderr | grep -o '" + session.Prefix + "[A-Za-z0-9_-]*')"
	}
	return line
}

// originOf is where an input of a flow is read, for one of its endpoints.
func originOf(in flows.Input, e *flows.Endpoint) flows.Origin {
	if len(in.From) > 0 {
		return in.From[0]
	}
	from := flows.Origin{In: "body", Name: in.Name.Text}
	switch {
	case strings.Contains(e.Path.Text, "{"+in.Name.Text+"}"):
		from.In = "path"
	case e.Method.Text == "GET" || e.Method.Text == "DELETE":
		from.In = "query"
	}
	return from
}

// quote makes one word of a shell of a text.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
