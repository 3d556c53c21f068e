package cmd

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/key"
)

// devKey is the name of the API key that serve --dev replaces at each start.
const devKey = "dev"

// development is what serve --dev shows of the flows that it serves.
type development struct {
	out   io.Writer
	curl  *curl
	known map[string]bool // routes that were shown
}

// develop replaces the API key named dev and prints it. It opens every scope that
// the flows ask for.
func (p *program) develop(ctx context.Context, a *application, b *backend, set []*flows.Flow, base string) (*development, error) {
	revoked, err := b.keys.Store.Revoke(ctx, engine.MainRealm, devKey, engine.Now(ctx))
	if err != nil {
		return nil, err
	}
	secret, _, err := b.keys.Create(ctx, engine.MainRealm, key.Key{Name: devKey, Kind: key.Private, Scopes: scopes(set)})
	if err != nil {
		return nil, err
	}
	if revoked > 0 {
		fmt.Fprintf(p.stdout, "# The API key named %s is new, and the one before it is no longer valid.\n", devKey)
	}
	fmt.Fprintf(p.stdout, "KEY=%s\n", secret.Reveal())
	x := newCurl(base+strings.TrimSuffix(a.config.Server.BasePath, "/"), a.config)
	return &development{out: p.stdout, curl: x, known: map[string]bool{}}, nil
}

// introduce prints the endpoints that were not shown before with what each
// requires, and lines that call them.
func (d *development) introduce(set []*flows.Flow) {
	all := slices.DeleteFunc(calls(set), func(c call) bool { return d.known[route(c)] })
	if len(all) == 0 {
		return
	}
	width := 0
	for _, c := range all {
		d.known[route(c)] = true
		width = max(width, len(route(c)))
	}
	fmt.Fprintln(d.out, "\n# Endpoints, and what each requires:")
	for _, c := range all {
		fmt.Fprintln(d.out, "#  ", remark(fmt.Sprintf("%-*s  %s", width, route(c), required(c.endpoint))))
	}
	for _, c := range all {
		fmt.Fprintf(d.out, "\n# %s\n%s\n", remark(about(c.flow)), d.curl.line(c))
	}
}

// remark is a text for a line that begins with #. A shell that takes no remarks where
// somebody types, as zsh, reads it as a command: whatever would open a quote, begin
// another command or write a file is put by a character that looks like it.
func remark(text string) string { return harmless.Replace(printable(text)) }

var harmless = strings.NewReplacer(
	"'", "’", `"`, "”", "`", "’", `\`, "＼", "$", "＄", "!", "！", ";", "；", "&", "＆", "|", "｜", "<", "＜", ">", "＞", "(", "（", ")", "）",
)

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
