package cmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/runtime"
)

func (p *program) keyCommand() *cobra.Command {
	var t target
	c := group(&cobra.Command{
		Use:   "key",
		Short: "Make, list, replace and revoke API keys",
		Long: `key administers API keys, through the running server where there is one. A key's
secret is printed once, when it is made, and only its hash is kept. In the list, one
that a rotation has replaced is called so until its overlap ends.

--json prints keys as {id, name, kind, scopes, endpoints, created, expires,
revoked, lastUsed, secret}; what is not set is left out.`,
	})
	t.flags(c)
	c.AddCommand(p.keyCreate(&t), p.keyList(&t), p.keyRotate(&t), p.keyRevoke(&t))
	return c
}

func (p *program) keyCreate(t *target) *cobra.Command {
	var n runtime.NewKey
	var public, asJSON bool
	var expires durationFlag
	c := &cobra.Command{
		Use:   "create <name>",
		Short: "Make a key and print its secret",
		Args:  between(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			// A time that is over, or none, would otherwise make a key that never expires.
			if c.Flags().Changed("expires") && expires <= 0 {
				return usage("--expires is a time to come, such as 90d; leave it out for never")
			}
			n.Name = args[0]
			if public {
				n.Kind = "public"
			}
			if expires > 0 {
				n.Expires = engine.InstantOf(time.Now().Add(time.Duration(expires)))
			}
			return p.administer(c.Context(), *t, func(a runtime.Admin) error {
				k, err := a.Keys.Create(c.Context(), t.realm, n)
				if err != nil {
					return err
				}
				p.noteUnserved(t.dir, n.Endpoints)
				return p.printSecret(k, asJSON)
			})
		},
	}
	c.Flags().StringArrayVar(&n.Scopes, "scope", nil, "scope that the key opens (repeat for more)")
	c.Flags().StringArrayVar(&n.Endpoints, "endpoint", nil, `endpoint that the key may call, as in "POST /sign-in" (repeat for more; all if none)`)
	c.Flags().Var(&expires, "expires", "time after which the key expires, such as 90d (never if none)")
	c.Flags().BoolVar(&public, "public", false, "a key that anybody may read, such as that of an app in a browser; it opens no scope")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// noteUnserved names endpoints that no flow of the application has, or not yet.
func (p *program) noteUnserved(dir string, endpoints []string) {
	if len(endpoints) == 0 {
		return
	}
	_, set, _ := runtime.Load(dir, nil)
	var served []string
	for _, f := range set {
		for _, e := range f.Endpoints {
			served = append(served, e.Method.Text+" "+e.Path.Text)
		}
	}
	for _, e := range endpoints {
		if slices.Contains(served, e) {
			continue
		}
		note := "No flow has the endpoint " + e + " yet."
		if meant := flows.Suggest(e, served); meant != "" {
			note += " Did you mean " + meant + "?"
		}
		fmt.Fprintln(p.stderr, note)
	}
}

// printSecret prints a key that was just made. What is not its secret goes to
// standard error, so that a script can take the output as it is.
func (p *program) printSecret(k runtime.KeyInfo, asJSON bool) error {
	if asJSON {
		return p.printJSON(k)
	}
	until := "does not expire"
	if k.Expires != 0 {
		until = "expires at " + moment(k.Expires)
	}
	fmt.Fprintf(p.stderr, "The key %s %s. Its secret is shown only now:\n", k.Name, until)
	_, err := fmt.Fprintln(p.stdout, k.Secret)
	return err
}

func (p *program) keyList(t *target) *cobra.Command {
	var asJSON, all bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List keys, without their secrets",
		Args:  between(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.administer(c.Context(), *t, func(a runtime.Admin) error {
				keys, err := a.Keys.List(c.Context(), t.realm)
				if err != nil {
					return err
				}
				shown, lines := []runtime.KeyInfo{}, [][]string{{"NAME", "KIND", "STATE", "CREATED", "EXPIRES", "LAST USED", "SCOPES", "ENDPOINTS"}}
				for i, k := range keys {
					state := keyState(k, keys[i+1:])
					if !all && (state == "expired" || state == "revoked") {
						continue
					}
					shown = append(shown, k)
					lines = append(lines, []string{
						k.Name, k.Kind, state, moment(k.Created), moment(k.Expires), moment(k.LastUsed),
						strings.Join(k.Scopes, ","), strings.Join(k.Endpoints, ","),
					})
				}
				if asJSON {
					return p.printJSON(shown)
				}
				return table(p.stdout, lines)
			})
		},
	}
	c.Flags().BoolVar(&all, "all", false, "list expired and revoked keys too")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// keyState is what has become of a key, which others follow in the list: of one name,
// the newest is the last.
func keyState(k runtime.KeyInfo, behind []runtime.KeyInfo) string {
	switch {
	case k.Revoked != 0:
		return "revoked"
	case k.Expires != 0 && k.Expires <= engine.InstantOf(time.Now()):
		return "expired"
	case len(behind) > 0 && behind[0].Name == k.Name:
		return "replaced"
	}
	return "live"
}

func (p *program) keyRotate(t *target) *cobra.Command {
	overlap := durationFlag(24 * time.Hour)
	var asJSON bool
	c := &cobra.Command{
		Use:   "rotate <name>",
		Short: "Make a new secret for a key, and let the old one go on for a while",
		Args:  between(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.administer(c.Context(), *t, func(a runtime.Admin) error {
				k, err := a.Keys.Rotate(c.Context(), t.realm, args[0], time.Duration(overlap))
				if err != nil {
					return err
				}
				// The new secret is shown whatever becomes of the rest: nobody can ask for it again.
				if asJSON {
					return p.printJSON(k)
				}
				all, err := a.Keys.List(c.Context(), t.realm)
				p.printOverlap(k, all)
				return errors.Join(p.printSecret(k, false), err)
			})
		},
	}
	c.Flags().Var(&overlap, "overlap", "how long the old secret goes on, such as 15m or 7d; 0s for not at all")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// printOverlap says how long the secret before one that was just made goes on: for
// the overlap, or until its key expires, whichever is earlier.
func (p *program) printOverlap(k runtime.KeyInfo, all []runtime.KeyInfo) {
	i := slices.IndexFunc(all, func(other runtime.KeyInfo) bool { return other.ID == k.ID })
	if i < 1 || all[i-1].Name != k.Name {
		return // revoked, or replaced once more, meanwhile
	}
	switch until := all[i-1].Expires; {
	case until > k.Created:
		fmt.Fprintf(p.stderr, "The secret before is good until %s.\n", moment(until))
	case until < k.Created:
		fmt.Fprintf(p.stderr, "The secret before has expired at %s.\n", moment(until))
	default:
		fmt.Fprintln(p.stderr, "The secret before is good no longer.")
	}
}

func (p *program) keyRevoke(t *target) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke <name>",
		Short: "Revoke a key, at once and for good",
		Args:  between(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.administer(c.Context(), *t, func(a runtime.Admin) error {
				n, err := a.Keys.Revoke(c.Context(), t.realm, args[0])
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(p.stdout, "revoked", count(n, "key"))
				return err
			})
		},
	}
}
