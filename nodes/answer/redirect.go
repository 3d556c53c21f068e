package answer

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/internal/query"
)

type redirectWith struct {
	To       string            `flow:"to,trusted" format:"target" doc:"Where to: a constant, a parameter, or what url.check has allowed."`
	Query    map[string]any    `flow:"query,optional" doc:"What to add to the query: text, numbers, booleans and lists of them; null adds nothing."`
	Fragment *string           `flow:"fragment,optional,literal" doc:"What to put behind the #."`
	Status   int               `flow:"status" default:"303" min:"302" max:"303" doc:"303, or 302 for very old clients. No other status keeps a form's fields from being sent on."`
	Session  engine.Secret     `flow:"session,optional" secret:"minted" doc:"The token of a session to hand over by cookie."`
	Cookies  map[string]cookie `flow:"cookies,optional" doc:"Cookies to set or remove, by name."`
}

func redirectNode() engine.NodeType {
	return engine.Define("redirect", "Sends the browser elsewhere.",
		func(ctx context.Context, in redirectWith, _ struct{}) (engine.Exit, error) {
			location, err := target(in.To, in.Query, in.Fragment)
			if err != nil {
				return engine.Exit{}, err
			}
			a := engine.AnswerOf(ctx)
			a.Status, a.Location = in.Status, location
			handOver(a, in.Session, in.Cookies)
			return engine.Exit{}, nil
		},
		engine.Redirects,
		engine.Example(`
- id: go
  use: redirect
  with:
    to: https://app.example.com/welcome
    query:
      from: sign-in
`))
}

// target is the URL of a redirect.
func target(to string, parameters map[string]any, fragment *string) (string, error) {
	if err := checkTarget(to); err != nil {
		return "", err
	}
	to, hash, hasHash := strings.Cut(to, "#")
	to, err := query.Add(to, parameters)
	if err != nil {
		return "", fmt.Errorf("answer: the target of a redirect: %w", err)
	}
	switch {
	case fragment != nil:
		to += "#" + (&url.URL{Fragment: *fragment}).EscapedFragment()
	case hasHash:
		to += "#" + hash
	}
	return to, nil
}

// checkTarget looks over a target once more that is trusted already: it must be
// one that every browser reads alike, and must not run a script.
func checkTarget(to string) error {
	if strings.ContainsFunc(to, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("\\\"<>^`{|}", r) }) {
		return fmt.Errorf("answer: the target of a redirect has characters that no URL has: %q", to)
	}
	u, err := url.Parse(to)
	switch {
	case err != nil:
		return errors.New("answer: the target of a redirect is no URL")
	case u.Scheme == "" && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//")):
		return fmt.Errorf("answer: the target of a redirect is neither a path from the root nor an absolute URL: %q", to)
	case slices.Contains([]string{"javascript", "vbscript", "data", "blob", "file"}, u.Scheme):
		return fmt.Errorf("answer: a redirect cannot lead to the scheme %s", u.Scheme)
	}
	return nil
}
