package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/runtime/sqlite"
)

// migrationJSON is one migration in what migrate --json prints.
type migrationJSON struct {
	Version int64  `json:"version"`
	Name    string `json:"name"`
	Applied string `json:"applied,omitempty"` // left out while it is not
}

func (p *program) migrateCommand() *cobra.Command {
	var t target
	var asJSON bool
	c := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the tables of the database up to date",
		Long: `migrate applies the migrations that the database has not seen, and prints them.
A server brings its database up to date by itself when it starts.

--json prints [{version, name, applied}].`,
		Args: between(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.migrations(t, asJSON, "nothing to do", func(a *application) ([]sqlite.Migration, error) {
				if err := a.prepareDatabase(); err != nil {
					return nil, err
				}
				return sqlite.Migrate(c.Context(), a.database)
			})
		},
	}
	t.flags(c)
	c.PersistentFlags().BoolVar(&asJSON, "json", false, "print JSON")
	c.AddCommand(&cobra.Command{
		Use:   "status",
		Short: "List the migrations and when they were applied",
		Args:  between(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.migrations(t, asJSON, "there is no database yet", func(a *application) ([]sqlite.Migration, error) {
				return status(c.Context(), a.database)
			})
		},
	})
	return c
}

func status(ctx context.Context, database string) ([]sqlite.Migration, error) {
	all, err := sqlite.Status(ctx, database)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return all, err
}

// migrations prints the migrations that a command gives.
func (p *program) migrations(t target, asJSON bool, none string, run func(*application) ([]sqlite.Migration, error)) error {
	a, err := p.openApplication(t.dir, t.dev)
	if err != nil {
		return err
	}
	all, err := run(a)
	if err != nil {
		return describe(err)
	}
	if asJSON {
		list := []migrationJSON{}
		for _, m := range all {
			list = append(list, migrationJSON{m.Version, m.Name, moment(instantOf(m.Applied))})
		}
		return p.printJSON(list)
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(p.stdout, none)
		return err
	}
	var lines [][]string
	for _, m := range all {
		applied := "not applied"
		if !m.Applied.IsZero() {
			applied = moment(instantOf(m.Applied))
		}
		lines = append(lines, []string{fmt.Sprintf("%05d_%s", m.Version, m.Name), applied})
	}
	return table(p.stdout, lines)
}

// instantOf is 0 for the zero time.
func instantOf(t time.Time) engine.Instant {
	if t.IsZero() {
		return 0
	}
	return engine.InstantOf(t)
}
