package answer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/latchwork/latchwork/engine"
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
func target(to string, query map[string]any, fragment *string) (string, error) {
	if err := checkTarget(to); err != nil {
		return "", err
	}
	to, hash, hasHash := strings.Cut(to, "#")
	added, err := encode(query)
	if err != nil {
		return "", err
	}
	switch {
	case added == "":
	case !strings.Contains(to, "?"):
		to += "?" + added
	case strings.HasSuffix(to, "?") || strings.HasSuffix(to, "&"):
		to += added
	default:
		to += "&" + added
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

// encode is a query in the order of its names.
func encode(query map[string]any) (string, error) {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(query)) {
		values, isList := query[name].([]any)
		if !isList {
			values = []any{query[name]}
		}
		for _, v := range values {
			if v == nil {
				continue
			}
			text, err := textOf(v)
			if err != nil {
				return "", fmt.Errorf("answer: %s in the query of a redirect: %w", name, err)
			}
			pairs = append(pairs, escape(name)+"="+escape(text))
		}
	}
	return strings.Join(pairs, "&"), nil
}

// escape encodes a space as %20, which is read alike in every part of a URL.
func escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// textOf is a value as a query shows it.
func textOf(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case *string:
		return *v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case int:
		return strconv.Itoa(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case engine.Instant:
		return v.String(), nil
	case engine.Secret:
		return v.Reveal(), nil
	}
	return "", fmt.Errorf("a %T is no text", v)
}
