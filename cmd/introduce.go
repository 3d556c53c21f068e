package cmd

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/key"
)

// devKey is the name of the API key that serve --dev replaces at each start.
const devKey = "dev"

// introduce replaces the API key named dev, and prints it together with the
// routes and lines that call them.
func (p *program) introduce(ctx context.Context, a *application, b *backend, set []*flows.Flow, base string) error {
	if _, err := b.keys.Store.Revoke(ctx, engine.MainRealm, devKey, engine.Now(ctx)); err != nil {
		return err
	}
	secret, _, err := b.keys.Create(ctx, engine.MainRealm, key.Key{Name: devKey, Kind: key.Private, Scopes: scopes(set)})
	if err != nil {
		return err
	}
	all := calls(set)
	x := newCurl(base+strings.TrimSuffix(a.config.Server.BasePath, "/"), a.config)
	width := 0
	for _, c := range all {
		width = max(width, len(route(c)))
	}
	w := p.stdout
	fmt.Fprintf(w, "# The API key named %s is new; the one before it is no longer valid.\nKEY=%s\n", devKey, secret.Reveal())
	if len(all) > 0 {
		fmt.Fprintln(w, "\n# Endpoints, and what each requires:")
	}
	for _, c := range all {
		fmt.Fprintf(w, "#   %-*s  %s\n", width, route(c), required(c.endpoint))
	}
	for _, c := range all {
		fmt.Fprintf(w, "\n# %s\n%s\n", about(c.flow), x.line(c))
	}
	return nil
}

func route(c call) string {
	return fmt.Sprintf("%-6s %s", c.endpoint.Method.Text, c.endpoint.Path.Text)
}

// required says what an endpoint requires.
func required(e *flows.Endpoint) string {
	var parts []string
	if requires(e, "apikey") {
		part := "API key"
		if e.Scope.IsSet() {
			part += " with the scope " + e.Scope.Text
		}
		parts = append(parts, part)
	}
	if requires(e, "session") {
		part := "session"
		if len(e.Groups) > 0 {
			part += " in the group " + strings.Join(texts(e.Groups), " or ")
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

func texts(names []flows.Name) []string {
	var list []string
	for _, n := range names {
		list = append(list, n.Text)
	}
	return list
}

// about is what a flow does, on one line.
func about(f *flows.Flow) string {
	if f.Description == "" {
		return f.Name.Text
	}
	return strings.Join(strings.Fields(f.Description), " ")
}

// scopes are all that endpoints ask of keys.
func scopes(set []*flows.Flow) []string {
	var all []string
	for _, f := range set {
		for _, e := range f.Endpoints {
			if e.Scope.IsSet() {
				all = append(all, e.Scope.Text)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
