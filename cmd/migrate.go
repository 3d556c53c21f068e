package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/runtime"
	"github.com/latchwork/latchwork/runtime/sqlite"
)

func (p *program) migrateCommand() *cobra.Command {
	var t target
	var asJSON bool
	c := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the tables of the database up to date",
		Long: `migrate applies the migrations that the database has not seen, and prints them.
A server brings its database up to date by itself when it starts; while one runs,
it is asked.

--json prints [{version, name, applied}].`,
		Args: between(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.migrations(t, asJSON, "nothing to do", func(a *application) ([]runtime.MigrationInfo, error) {
				if err := a.prepareDatabase(); err != nil {
					return nil, err
				}
				applied, err := sqlite.Migrate(c.Context(), a.database)
				if errors.Is(err, sqlite.ErrLocked) {
					return nil, isUpToDate(c.Context(), a.database)
				}
				return migrationInfos(applied), err
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
			return p.migrations(t, asJSON, "there is no database yet", func(a *application) ([]runtime.MigrationInfo, error) {
				return status(c.Context(), a.database)
			})
		},
	})
	return c
}

func status(ctx context.Context, database string) ([]runtime.MigrationInfo, error) {
	all, err := sqlite.Status(ctx, database)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case errors.Is(err, sqlite.ErrLocked):
		return ofServer(ctx, database)
	}
	return migrationInfos(all), err
}

// ofServer are the migrations that a running server tells of.
func ofServer(ctx context.Context, database string) ([]runtime.MigrationInfo, error) {
	all, err := runtime.DialAdmin(socketOf(database)).Store.Migrations(ctx)
	return all, byServer(err)
}

// isUpToDate looks whether a running server, which applies what it knows of when it
// starts, knows of all migrations.
func isUpToDate(ctx context.Context, database string) error {
	all, err := ofServer(ctx, database)
	if err == nil && len(all) < sqlite.MigrationCount() {
		err = errors.New("the running server is older than this program; stop it, and start this one")
	}
	return err
}

// migrations prints the migrations that a command gives.
func (p *program) migrations(t target, asJSON bool, none string, run func(*application) ([]runtime.MigrationInfo, error)) error {
	a, err := p.openApplication(t.dir, t.dev)
	if err != nil {
		return err
	}
	all, err := run(a)
	if err != nil {
		return err
	}
	if asJSON {
		return p.printJSON(append([]runtime.MigrationInfo{}, all...))
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(p.stdout, none)
		return err
	}
	var lines [][]string
	for _, m := range all {
		lines = append(lines, []string{fmt.Sprintf("%05d_%s", m.Version, m.Name), cmp.Or(moment(m.Applied), "not applied")})
	}
	return table(p.stdout, lines)
}

func migrationInfos(all []sqlite.Migration) []runtime.MigrationInfo {
	var infos []runtime.MigrationInfo
	for _, m := range all {
		info := runtime.MigrationInfo{Version: m.Version, Name: m.Name}
		if !m.Applied.IsZero() {
			info.Applied = engine.InstantOf(m.Applied)
		}
		infos = append(infos, info)
	}
	return infos
}
