package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

const (
	// applicationID marks a file as one of this program: "Latc" in ASCII.
	applicationID = 0x4c617463

	// schemaVersion is the number of the newest migration. Each migration
	// sets the user_version of the file to its own number, so that a look at
	// one field of the file's head says whether there is anything to do.
	schemaVersion = 7
)

// MigrationCount is how many migrations this program knows of.
func MigrationCount() int { return schemaVersion }

// Migration is one step of the tables' history.
type Migration struct {
	Version int64
	Name    string
	Applied time.Time // zero if it has not been applied
}

// Migrate brings the tables of the file at path up to date and gives the
// migrations that it applied. It makes the file if there is none, and fails
// with ErrLocked while a server has it open.
func Migrate(ctx context.Context, path string) ([]Migration, error) {
	before, err := Status(ctx, path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	db, err := Open(ctx, path, Config{Migrate: MigrateUp})
	if err != nil {
		return nil, err
	}
	after, err := db.Migrations(ctx)
	if err := errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
	var applied []Migration
	for i, m := range after {
		if i >= len(before) || before[i].Applied.IsZero() {
			applied = append(applied, m)
		}
	}
	return applied, nil
}

// Status is the history of the file at path, oldest migration first. It
// changes nothing, and fails with ErrLocked while a server has the file open:
// DB.Migrations is for that server.
func Status(ctx context.Context, path string) ([]Migration, error) {
	path, err := canonicalPath(path)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	lock, err := lockFile(path)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	c, err := dial(path, Config{}.withDefaults())
	if err != nil {
		return nil, err
	}
	defer c.close()
	version, err := identify(c)
	if err != nil {
		return nil, err
	}
	return history(ctx, c, version)
}

// Migrations is the history of the file, oldest migration first.
func (db *DB) Migrations(ctx context.Context) ([]Migration, error) {
	var all []Migration
	err := db.read(ctx, "read migrations", func(c *conn) (err error) {
		all, err = history(ctx, c, schemaVersion)
		return err
	})
	return all, err
}

// history joins the migrations that the program has with those that the file
// has seen.
func history(ctx context.Context, c *conn, version int64) ([]Migration, error) {
	all, err := known()
	if err != nil || version == 0 {
		return all, err
	}
	const query = `SELECT version_id, CAST(strftime('%s', tstamp) AS INTEGER) FROM goose_db_version
		WHERE is_applied = 1 ORDER BY id`
	err = c.each(ctx, query, nil, func(r row) error {
		for i := range all {
			if all[i].Version == r.int(0) {
				all[i].Applied = time.Unix(r.int(1), 0).UTC()
			}
		}
		return nil
	})
	return all, err
}

// known are the migrations that the program has, oldest first.
func known() ([]Migration, error) {
	files, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var all []Migration
	for _, file := range files {
		number, name, _ := strings.Cut(strings.TrimSuffix(path.Base(file), ".sql"), "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("sqlite: migration %s has no number", file)
		}
		all = append(all, Migration{Version: version, Name: name})
	}
	return all, nil
}

// prepareFile makes the file if there is none and brings its tables to a
// version, that of the program.
func prepareFile(ctx context.Context, path string, cfg Config, want int64) error {
	if err := createFile(path); err != nil {
		return err
	}
	c, err := dial(path, cfg)
	if err != nil {
		return err
	}
	version, err := identify(c)
	err = errors.Join(err, c.close())
	switch {
	case err != nil:
		return err
	case version == want:
		return nil
	case version > want:
		return fmt.Errorf("%w: %s has version %d, the program %d", ErrAhead, path, version, want)
	case version > 0 && cfg.Migrate == MigrateRefuse:
		return fmt.Errorf("%w: %s has version %d, the program %d", ErrBehind, path, version, want)
	}
	return migrateTo(ctx, path, cfg, want)
}

// identify is the version of the tables of a file, 0 for an empty one.
func identify(c *conn) (version int64, err error) {
	const query = `SELECT (SELECT application_id FROM pragma_application_id),
		(SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)`
	r, _, err := c.first(query)
	if err != nil {
		return 0, fmt.Errorf("sqlite: read version: %w", err)
	}
	id, version, tables := r.int(0), r.int(1), r.int(2)
	if id != applicationID && (id != 0 || version != 0 || tables != 0) {
		return 0, ErrForeign
	}
	return version, nil
}

// migrateTo applies the migrations up to a version. Each is a transaction.
func migrateTo(ctx context.Context, path string, cfg Config, version int64) (err error) {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return err
	}
	db := sql.OpenDB(migrating{path, cfg})
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("sqlite: read migrations: %w", err)
	}
	if _, err := provider.UpTo(ctx, version); err != nil {
		return fmt.Errorf("sqlite: migrate: %w", err)
	}
	var table string
	err = db.QueryRowContext(ctx, `SELECT "table" FROM pragma_foreign_key_check LIMIT 1`).Scan(&table)
	if !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("sqlite: migrate: a row of table %q refers to none: %w", table, err)
	}
	return nil
}

// migrating opens connections for migrations. They do not enforce foreign
// keys, so that a migration may rebuild a table that others refer to.
type migrating struct {
	path string
	cfg  Config
}

// Connect is part of driver.Connector.
func (m migrating) Connect(context.Context) (driver.Conn, error) {
	c, err := openConn(m.path, m.cfg, false)
	if err != nil {
		return nil, err
	}
	if err := c.run("PRAGMA foreign_keys=OFF"); err != nil {
		c.close()
		return nil, err
	}
	return c.raw, nil
}

// Driver is part of driver.Connector.
func (m migrating) Driver() driver.Driver { return m }

// Open is part of driver.Driver.
func (m migrating) Open(string) (driver.Conn, error) { return m.Connect(context.Background()) }
