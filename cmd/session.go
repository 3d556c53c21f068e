package cmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/runtime"
)

func (p *program) sessionCommand() *cobra.Command {
	var t target
	c := group(&cobra.Command{
		Use:   "session",
		Short: "List and end the sessions of a user",
		Long: `session administers the sessions of users, through the running server where
there is one: the next request with a session that was ended is refused. A user
is named by id, e-mail address, phone number or username.

--json prints sessions as {id, userId, created, lastSeen, expires, ip, userAgent,
groups, actor}; what is not set is left out.`,
	})
	t.flags(c)
	c.AddCommand(p.sessionList(&t), p.sessionRevoke(&t))
	return c
}

func (p *program) sessionList(t *target) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list <user>",
		Short: "List the live sessions of a user, the most recently used first",
		Args:  between(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.administer(c.Context(), *t, func(a runtime.Admin) error {
				sessions, err := a.Sessions.List(c.Context(), t.realm, args[0])
				if err != nil {
					return err
				}
				if asJSON {
					return p.printJSON(append([]runtime.SessionInfo{}, sessions...))
				}
				lines := [][]string{{"ID", "CREATED", "LAST SEEN", "EXPIRES", "IP", "PROGRAM", "GROUPS", "ACTOR"}}
				for _, s := range sessions {
					agent := session.ParseUserAgent(s.UserAgent)
					lines = append(lines, []string{
						s.ID, moment(s.Created), moment(s.LastSeen), moment(s.Expires), s.IP, agent.Family,
						strings.Join(s.Groups, ","), s.Actor,
					})
				}
				return table(p.stdout, lines)
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func (p *program) sessionRevoke(t *target) *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use:   "revoke <user> [id…]",
		Short: "End sessions of a user, by their ids or all of them",
		Args:  between(1, -1),
		RunE: func(c *cobra.Command, args []string) error {
			user, ids := args[0], args[1:]
			// An id that is empty, as of a variable that is not set, is not "all".
			if all == (len(ids) > 0) || slices.Contains(ids, "") {
				return usage("%s needs the ids of sessions, or --all", c.CommandPath())
			}
			if all {
				ids = []string{""}
			}
			return p.administer(c.Context(), *t, func(a runtime.Admin) error {
				ended, missing := 0, false
				for _, id := range ids {
					n, err := a.Sessions.Revoke(c.Context(), t.realm, user, id)
					switch f := (*engine.Failure)(nil); {
					case errors.As(err, &f) && f.Code == noSession:
						missing = true
						fmt.Fprintf(p.stderr, "latchwork: the user has no session %s [%s]\n", shortened(id), noSession)
					case err != nil:
						return err
					}
					ended += n
				}
				if _, err := fmt.Fprintln(p.stdout, "ended", count(ended, "session")); err != nil || !missing {
					return err
				}
				return errProblems
			})
		},
	}
	c.Flags().BoolVar(&all, "all", false, "end all sessions of the user")
	return c
}

// noSession is the code of a failure: the user has no session of that id.
const noSession = "session_not_found"

// shortened is what somebody has typed for an id, to be printed: of a credential
// its beginning only.
func shortened(id string) string {
	const shown = 8
	if runtime.LooksLikeCredential(id) && len(id) > shown {
		id = strings.ToValidUTF8(id[:shown], "") + "…"
	}
	return printable(id)
}
