package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/runtime"
)

func (p *program) userCommand() *cobra.Command {
	var t target
	c := group(&cobra.Command{
		Use:   "user",
		Short: "Add, show, change, delete and import users",
		Long: `user administers users, through the running server where there is one. A user is
named by id, e-mail address, phone number or username.

--json prints users as {id, email, phone, username, name, status, groups, factors,
signUp, lastLogin}; what is not set is left out.`,
	})
	t.flags(c)
	c.AddCommand(p.userAdd(&t), p.userList(&t), p.userShow(&t), p.userSetPassword(&t), p.userDisable(&t), p.userEnable(&t), p.userRemoveFactor(&t), p.userDelete(&t), p.userImport(&t))
	return c
}

func (p *program) userAdd(t *target) *cobra.Command {
	var n runtime.NewUser
	var withPassword, asJSON bool
	c := &cobra.Command{
		Use:   "add",
		Short: "Add a user and print its id",
		Args:  between(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			if withPassword {
				var err error
				if n.Password, err = p.readPassword(); err != nil {
					return err
				}
			}
			return p.administer(c.Context(), *t, func(a runtime.Admin) error {
				u, err := a.Users.Add(c.Context(), t.realm, n)
				if err != nil {
					return err
				}
				if asJSON {
					return p.printJSON(u)
				}
				if !withPassword {
					fmt.Fprintln(p.stderr, "The user has no password yet; latchwork user set-password gives one.")
				}
				_, err = fmt.Fprintln(p.stdout, u.ID)
				return err
			})
		},
	}
	c.Flags().StringVar(&n.Email, "email", "", "e-mail address")
	c.Flags().StringVar(&n.Phone, "phone", "", "phone number, from + on")
	c.Flags().StringVar(&n.Username, "username", "", "name to sign in with")
	c.Flags().StringVar(&n.Name, "name", "", "name to show")
	c.Flags().StringArrayVar(&n.Groups, "group", nil, "access group (repeat for more)")
	c.Flags().BoolVar(&withPassword, "password-stdin", false, "read the password from standard input")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// readPassword reads a password from standard input.
func (p *program) readPassword() (string, error) {
	if f, ok := p.stdin.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			fmt.Fprintln(p.stderr, "Type the password, Return and Ctrl-D; it is shown as you type it.")
		}
	}
	const lineBreak = 2 // bytes at most, and one more shows that more follows
	read, err := io.ReadAll(io.LimitReader(p.stdin, password.MaxBytes+lineBreak+1))
	if err != nil {
		return "", err
	}
	// The line break that ends the line is not part of the password.
	text := strings.TrimSuffix(strings.TrimSuffix(string(read), "\n"), "\r")
	switch {
	case text == "":
		return "", errors.New("standard input holds no password")
	case strings.ContainsAny(text, "\r\n"):
		return "", errors.New("standard input holds more than one line")
	case !utf8.ValidString(text):
		return "", errors.New("standard input holds bytes that are no text in UTF-8")
	}
	return text, nil
}

func (p *program) userList(t *target) *cobra.Command {
	var after string
	var limit int
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List users in the order of their ids",
		Args:  between(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			if limit < 1 || limit > 1000 {
				return usage("--limit is from 1 to 1000")
			}
			return p.administer(c.Context(), *t, func(a runtime.Admin) error {
				users, err := a.Users.List(c.Context(), t.realm, after, limit)
				if err != nil {
					return err
				}
				if err := p.printUsers(users, asJSON); err != nil || len(users) < limit {
					return err
				}
				last := users[len(users)-1].ID
				more, err := a.Users.List(c.Context(), t.realm, last, 1)
				if err == nil && len(more) > 0 {
					fmt.Fprintf(p.stderr, "There are more users; list the next ones with --after %s\n", last)
				}
				return err
			})
		},
	}
	c.Flags().StringVar(&after, "after", "", "id behind which to begin")
	c.Flags().IntVar(&limit, "limit", 100, "how many to list at most, 1 to 1000")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func (p *program) printUsers(users []runtime.UserInfo, asJSON bool) error {
	if asJSON {
		return p.printJSON(append([]runtime.UserInfo{}, users...))
	}
	lines := [][]string{userTitles}
	for _, u := range users {
		lines = append(lines, userCells(u))
	}
	return table(p.stdout, lines)
}

var userTitles = []string{"ID", "EMAIL", "PHONE", "USERNAME", "NAME", "STATUS", "GROUPS", "FACTORS", "SIGN-UP", "LAST LOGIN"}

// userCells are what userTitles name.
func userCells(u runtime.UserInfo) []string {
	return []string{u.ID, u.Email, u.Phone, u.Username, u.Name, u.Status, strings.Join(u.Groups, ","), strings.Join(u.Factors, ","), moment(u.SignUp), moment(u.LastLogin)}
}

func (p *program) userShow(t *target) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "show <user>",
		Short: "Show one user",
		Args:  between(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.administer(c.Context(), *t, func(a runtime.Admin) error {
				u, err := a.Users.Show(c.Context(), t.realm, args[0])
				if err != nil {
					return err
				}
				if asJSON {
					return p.printJSON(u)
				}
				return table(p.stdout, [][]string{userTitles, userCells(u)})
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func (p *program) userSetPassword(t *target) *cobra.Command {
	return &cobra.Command{
		Use:   "set-password <user>",
		Short: "Set the password of a user to what standard input holds, and end all sessions of the user",
		Args:  between(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			text, err := p.readPassword()
			if err != nil {
				return err
			}
			return p.administer(c.Context(), *t, func(a runtime.Admin) error {
				if err := a.Users.SetPassword(c.Context(), t.realm, args[0], text); err != nil {
					return err
				}
				_, err := fmt.Fprintf(p.stdout, "set the password of %s\n", args[0])
				return err
			})
		},
	}
}

func (p *program) userDelete(t *target) *cobra.Command {
	return p.userChange(t, "delete", "deleted", "Delete a user and all that is theirs, for good", runtime.UserAdmin.Delete)
}

func (p *program) userDisable(t *target) *cobra.Command {
	return p.userChange(t, "disable", "disabled", "Keep a user from signing in, and end all that the user has open", runtime.UserAdmin.Disable)
}

func (p *program) userEnable(t *target) *cobra.Command {
	return p.userChange(t, "enable", "enabled", "Let a disabled user sign in again; what was ended stays ended", runtime.UserAdmin.Enable)
}

func (p *program) userRemoveFactor(t *target) *cobra.Command {
	return p.userChange(t, "remove-factor", "removed the second factor of",
		"Take the second factor of a user away, such as a lost one, and end all that the user has open", runtime.UserAdmin.RemoveFactors)
}

// userChange is a command that does one thing to a user, and prints that it is done.
func (p *program) userChange(
	t *target, verb, done, short string, change func(a runtime.UserAdmin, ctx context.Context, realm, user string) error,
) *cobra.Command {
	return &cobra.Command{
		Use:   verb + " <user>",
		Short: short,
		Args:  between(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.administer(c.Context(), *t, func(a runtime.Admin) error {
				if err := change(a.Users, c.Context(), t.realm, args[0]); err != nil {
					return err
				}
				_, err := fmt.Fprintf(p.stdout, "%s %s\n", done, args[0])
				return err
			})
		},
	}
}

func (p *program) userImport(t *target) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "import <file>",
		Short: `Import users from lines of JSON; "-" is standard input`,
		Long: `import adds users from a file with one of them a line, in JSON:

  {"email": "ada@example.com", "passwordHash": "$2b$12$…"}

A line may have id (24 hex digits), email, emailVerified, phone, phoneVerified,
username, name, picture, signUpAt, groups, data and passwordHash: argon2id in PHC
form, or bcrypt as $2a$, $2b$ or $2y$, at a cost that a server can bear. Hashes are
replaced by today's at the user's first sign-in.

A line that cannot be imported is reported and stops nothing. Importing a file
again imports only who is not there yet. Who is there is left alone: the user with
the id of the line and its email, phone and username, or of a line without an id,
with its passwordHash and those. Somebody else who has one of them is a problem.

--json prints {"imported": n, "alreadyThere": n, "problems": [{line, message}]}.`,
		Args: between(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			lines := io.NopCloser(p.stdin)
			if args[0] != "-" {
				file, err := os.Open(args[0])
				if err != nil {
					return err
				}
				lines = file
			}
			defer lines.Close()
			return p.administer(c.Context(), *t, func(a runtime.Admin) error {
				report, err := a.Users.Import(c.Context(), t.realm, lines)
				if err != nil {
					return err
				}
				return p.printReport(args[0], report, asJSON)
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func (p *program) printReport(file string, report runtime.ImportReport, asJSON bool) error {
	var err error
	if asJSON {
		err = p.printJSON(report)
	} else {
		for _, problem := range report.Problems {
			fmt.Fprintf(p.stderr, "%s:%d: %s\n", file, problem.Line, problem.Message)
		}
		_, err = fmt.Fprintf(p.stdout, "imported %s, %d already there, %s\n",
			count(report.Imported, "user"), report.There, count(len(report.Problems), "problem"))
	}
	if err == nil && len(report.Problems) > 0 {
		err = errProblems
	}
	return err
}
