package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
)

// conn is a connection with its prepared statements. One goroutine uses it at
// a time.
//
// It stands on the driver directly, not on database/sql: the pool and the
// queue of this package already say who uses which connection, and a second
// set of locks and conversions costs a third of a session's look-up.
type conn struct {
	raw   driver.Conn
	stmts map[string]*stmt
	trace func(string) // nil traces nothing
}

type stmt struct {
	driver.Stmt
	query driver.StmtQueryContext
	exec  driver.StmtExecContext
	args  []driver.NamedValue // reused from call to call
	row   row                 // reused from row to row
}

// busyTimeout is how long SQLite waits for a lock in its own bookkeeping, in
// milliseconds. Two writers never meet: there is one.
const busyTimeout = 10_000

// openConn opens a connection. A reader can never write, whatever it is asked.
func openConn(path string, cfg Config, reader bool) (*conn, error) {
	c, err := dial(path, cfg)
	if err != nil {
		return nil, err
	}
	pragmas := []string{
		fmt.Sprintf("busy_timeout=%d", busyTimeout),
		"journal_mode=WAL",
		"synchronous=" + cfg.synchronous(),
		"foreign_keys=ON",
		"trusted_schema=OFF",
		"temp_store=MEMORY",
		"cache_size=-2048",            // KiB of pages that each connection keeps
		"journal_size_limit=67108864", // what the log may keep of a burst
		"wal_autocheckpoint=4000",     // pages; a checkpoint costs two flushes
	}
	if runtime.GOOS == "darwin" {
		// Elsewhere fsync reaches the disk; there it takes a command of its own.
		pragmas = append(pragmas, "fullfsync=ON", "checkpoint_fullfsync=ON")
	}
	if reader {
		pragmas = append(pragmas, "query_only=ON")
	}
	for _, p := range pragmas {
		if err := c.run("PRAGMA " + p); err != nil {
			c.close()
			return nil, fmt.Errorf("sqlite: open %s: pragma %s: %w", path, p, err)
		}
	}
	return c, nil
}

// dial opens a connection as the driver gives it, which writes nothing to a
// file that turns out to be another application's.
func dial(path string, cfg Config) (*conn, error) {
	raw, err := openDriver(dataSource(path, cfg.vfs))
	if err != nil {
		return nil, fmt.Errorf("sqlite: open %s: %w", path, err)
	}
	return &conn{raw: raw, stmts: make(map[string]*stmt), trace: cfg.Trace}, nil
}

// dataSource is the name of a file in the form that both drivers take.
func dataSource(path, vfs string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/dir/app.db
	}
	options := driverOptions
	if vfs != "" {
		options += "&vfs=" + url.QueryEscape(vfs)
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: options}).String()
}

func (c *conn) close() error {
	for _, s := range c.stmts {
		s.Close()
	}
	return c.raw.Close()
}

// run executes statements that are needed once, and gives no rows.
func (c *conn) run(sql string) error {
	if c.trace != nil {
		c.trace(sql)
	}
	rows, err := c.raw.(driver.QueryerContext).QueryContext(context.Background(), sql, nil)
	if err != nil {
		return err
	}
	return drain(rows)
}

// exec executes a prepared statement and gives the number of rows that it
// changed. Values are int64, string, []byte or nil.
func (c *conn) exec(sql string, args ...any) (changed int64, err error) {
	s, err := c.prepare(sql)
	if err != nil {
		return 0, err
	}
	result, err := s.exec.ExecContext(context.Background(), s.bind(args))
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// first is the first row of a prepared query, and whether there is one. The
// row is good until the statement runs again.
//
// It takes no context: the drivers pay for one that can be cancelled, and a
// look-up by key is over sooner than it could be interrupted.
func (c *conn) first(sql string, args ...any) (row, bool, error) {
	s, err := c.prepare(sql)
	if err != nil {
		return nil, false, err
	}
	rows, err := s.query.QueryContext(context.Background(), s.bind(args))
	if err != nil {
		return nil, false, err
	}
	err = rows.Next(s.values(rows))
	if errors.Is(err, io.EOF) {
		return nil, false, rows.Close()
	}
	if err != nil {
		rows.Close()
		return nil, false, err
	}
	return s.row, true, rows.Close()
}

// each calls fn for each row of a prepared query until fn fails. A cancelled
// ctx interrupts it. The row is good until fn returns.
func (c *conn) each(ctx context.Context, sql string, args []any, fn func(row) error) error {
	s, err := c.prepare(sql)
	if err != nil {
		return err
	}
	rows, err := s.query.QueryContext(ctx, s.bind(args))
	if err != nil {
		return err
	}
	defer rows.Close()
	values := s.values(rows)
	for {
		err := rows.Next(values)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := fn(values); err != nil {
			return err
		}
	}
}

// prepare is the statement that is about to run.
func (c *conn) prepare(sql string) (*stmt, error) {
	if c.trace != nil {
		c.trace(sql)
	}
	if s := c.stmts[sql]; s != nil {
		return s, nil
	}
	raw, err := c.raw.Prepare(sql)
	if err != nil {
		return nil, err
	}
	s := &stmt{Stmt: raw, query: raw.(driver.StmtQueryContext), exec: raw.(driver.StmtExecContext)}
	c.stmts[sql] = s
	return s, nil
}

func (s *stmt) bind(args []any) []driver.NamedValue {
	s.args = s.args[:0]
	for i, value := range args {
		s.args = append(s.args, driver.NamedValue{Ordinal: i + 1, Value: value})
	}
	return s.args
}

func (s *stmt) values(rows driver.Rows) row {
	if s.row == nil {
		s.row = make(row, len(rows.Columns()))
	}
	return s.row
}

func drain(rows driver.Rows) error {
	values := make(row, len(rows.Columns()))
	for {
		err := rows.Next(values)
		if errors.Is(err, io.EOF) {
			return rows.Close()
		}
		if err != nil {
			rows.Close()
			return err
		}
	}
}

// row is one row of a result. NULL reads as the zero value.
type row []driver.Value

func (r row) int(column int) int64 {
	n, _ := r[column].(int64)
	return n
}

func (r row) text(column int) string {
	s, _ := r[column].(string)
	return s
}

func (r row) blob(column int) []byte {
	b, _ := r[column].([]byte)
	return b
}

func (r row) bool(column int) bool { return r.int(column) != 0 }
