package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/runtime"
	"github.com/latchwork/latchwork/runtime/sqlite"
)

// target is whose state a command administers.
type target struct {
	dir   string
	dev   bool
	realm string
}

// flags adds the flags that name a target to a command and those below it.
func (t *target) flags(c *cobra.Command) {
	f := c.PersistentFlags()
	f.StringVar(&t.dir, "app", ".", "folder of the application")
	f.BoolVar(&t.dev, "dev", false, "the state that serve --dev keeps")
	f.StringVar(&t.realm, "realm", engine.MainRealm, "realm of the application")
}

// administer calls run with the administration of an application. A server that
// has the database open does the work then, so that its caches stay right; else
// the file is opened.
func (p *program) administer(ctx context.Context, t target, run func(runtime.Admin) error) error {
	a, err := p.openApplication(t.dir, t.dev)
	if err != nil {
		return err
	}
	if t.realm != engine.MainRealm && !a.hasRealm(t.realm) {
		return fmt.Errorf("the application has no realm %q", t.realm)
	}
	b, err := openBackend(ctx, a, slog.New(slog.NewTextHandler(p.stderr, nil)))
	if errors.Is(err, sqlite.ErrLocked) {
		return byServer(run(runtime.DialAdmin(socketOf(a.database))))
	}
	if err != nil {
		return err
	}
	return errors.Join(run(b.admin()), b.close())
}

func (a *application) hasRealm(name string) bool {
	_, ok := a.config.Realms[name]
	return ok
}

// socketSuffix is what the name of a server's socket has besides that of its
// database.
const socketSuffix = ".sock"

// socketOf is where the server that has a database open takes commands. Whatever
// links lead to the database, it lies beside the file itself.
func socketOf(database string) string {
	if real, err := filepath.EvalSymlinks(database); err == nil {
		database = real
	}
	return database + socketSuffix
}

// byServer explains an error of a server's socket.
func byServer(err error) error {
	var connect *net.OpError
	if errors.As(err, &connect) {
		return errors.Join(errors.New("another process has the database open, and takes no commands"), err)
	}
	return err
}

// durationFlag is the value of a flag that is a time such as 15m or 7d.
type durationFlag time.Duration

// Set is part of pflag.Value.
func (d *durationFlag) Set(text string) error {
	parsed, err := flows.ParseDuration(text)
	*d = durationFlag(parsed)
	return err
}

// String is part of pflag.Value.
func (d *durationFlag) String() string {
	if *d == 0 {
		return ""
	}
	return time.Duration(*d).String()
}

// Type is part of pflag.Value.
func (d *durationFlag) Type() string { return "time" }

// table writes lines of cells in columns.
func table(w io.Writer, lines [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, cells := range lines {
		for i, cell := range cells {
			if cell == "" {
				cell = "-"
			}
			if i > 0 {
				fmt.Fprint(t, "\t")
			}
			fmt.Fprint(t, printable(cell))
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}

// printable is a text without what a terminal would act on, and without characters
// that nobody sees or that turn the rest of a line round.
func printable(text string) string {
	if strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		return text
	}
	quoted := strconv.Quote(text)
	return quoted[1 : len(quoted)-1]
}

// moment is a time for people; "" for none.
func moment(i engine.Instant) string {
	if i == 0 {
		return ""
	}
	return i.String()
}
