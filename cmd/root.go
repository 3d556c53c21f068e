package cmd

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/latchwork/latchwork/flows"
)

// root is the tree of all commands.
func (p *program) root() *cobra.Command {
	root := group(&cobra.Command{
		Use:   "latchwork",
		Short: "Sign-in, sign-out and session pipelines, written as YAML flows",
		Long: `Latchwork serves sign-in, sign-out and session pipelines that are written as
YAML flows. Results go to standard output and errors to standard error. The exit
status is 0 when it is done, 1 when problems were found, 2 for wrong use.`,
		SilenceErrors: true,
		SilenceUsage:  true,
	})
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &usageError{flagProblem(err), suggestFlag(c, err.Error())}
	})
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetHelpCommand(helpCommand())
	root.Version = version().String()
	root.SetVersionTemplate("{{.Version}}\n")
	root.AddCommand(
		p.initCommand(), p.serveCommand(), p.checkCommand(), p.runCommand(), p.graphCommand(), p.fmtCommand(),
		p.nodesCommand(), p.schemaCommand(), p.openapiCommand(),
		p.userCommand(), p.keyCommand(), p.sessionCommand(), p.migrateCommand(), p.versionCommand(),
	)
	return root
}

// helpCommand prints what --help prints.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "help [command]",
		Short:  "Explain a command",
		Hidden: true, // the usage of every command says --help
		RunE: func(c *cobra.Command, args []string) error {
			named, rest, err := c.Root().Find(args)
			if err == nil && len(rest) > 0 {
				err = named.Args(named, rest)
			}
			if err != nil {
				return err
			}
			return named.Help()
		},
	}
}

// group makes c a command that only has commands below it.
func group(c *cobra.Command) *cobra.Command {
	c.Args = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		e := &usageError{text: fmt.Sprintf("%s has no command %q", c.CommandPath(), args[0])}
		var known []string
		for _, sub := range c.Commands() {
			known = append(known, sub.Name())
		}
		if meant := flows.Suggest(args[0], known); meant != "" {
			e.hint = "did you mean " + meant + "?"
		}
		return e
	}
	c.RunE = func(c *cobra.Command, _ []string) error {
		if c.HasParent() {
			return usage("%s needs a command", c.CommandPath())
		}
		return c.Help()
	}
	return c
}

// between lets a command take least to most arguments; most -1 is any number.
func between(least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return usage("%s needs %s", c.CommandPath(), strings.TrimSpace(strings.TrimPrefix(c.Use, c.Name())))
		case most >= 0 && len(args) > most:
			return usage("%s takes no argument %q", c.CommandPath(), args[most])
		}
		return nil
	}
}

// flagProblem says what is wrong with a flag. Of one whose value cannot be read it
// does not say in which function of Go.
func flagProblem(err error) string {
	var value *pflag.InvalidValueError
	var number *strconv.NumError
	if !errors.As(err, &value) || !errors.As(err, &number) {
		return err.Error()
	}
	flag, want := value.GetFlag(), "a whole number"
	if flag.Value.Type() == "bool" {
		want = "true or false"
	}
	return fmt.Sprintf("--%s takes %s, not %q", flag.Name, want, value.GetValue())
}

// suggestFlag is a hint that names the flag meant by an unknown one.
func suggestFlag(c *cobra.Command, message string) string {
	_, name, unknown := strings.Cut(message, "unknown flag: --")
	if !unknown {
		return ""
	}
	var known []string
	c.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	if meant := flows.Suggest(name, known); meant != "" {
		return "did you mean --" + meant + "?"
	}
	return ""
}
