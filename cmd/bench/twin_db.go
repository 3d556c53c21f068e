package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net/url"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// The statements of the twin, which are those of Latchwork's own store. The
// program checks at each start that they are.
const (
	sessionColumns = `s.hash, s.id, s.user_id, s.created, s.last_seen, s.idle_end, s.final_end, s.ip, s.user_agent,
		s.groups, s.factors, s.actor, s.note, s.data, u.groups`
	findSession = `SELECT ` + sessionColumns + ` FROM sessions s
		JOIN users u ON u.realm = s.realm AND u.id = s.user_id AND u.status = 'active'
		WHERE s.realm = CAST(?1 AS TEXT) AND s.hash = CAST(?2 AS BLOB)`

	userColumns = `u.id, u.status, u.groups, u.email, u.email_verified, u.phone, u.phone_verified, u.username, u.name,
		u.picture, u.provider, u.provider_user_id, u.sign_up_at, u.updated_at, u.last_login_at, u.slug, u.factors, u.data`
	findUser = `SELECT ` + userColumns + ` FROM identifiers i
		JOIN users u ON u.realm = i.realm AND u.id = i.user_id
		WHERE i.realm = CAST(?1 AS TEXT) AND i.value = CAST(?2 AS TEXT)`

	findPassword = `SELECT hash FROM passwords WHERE realm = ? AND user_id = ?`

	logIn         = `UPDATE users SET last_login_at = ?3 WHERE realm = ?1 AND id = ?2 AND status = 'active'`
	insertSession = `INSERT INTO sessions (realm, hash, id, user_id, created, last_seen, idle_end, final_end, ip,
		user_agent, groups, factors, actor, note, data, family) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	deleteSession = `DELETE FROM sessions WHERE realm = ? AND user_id = ? AND id = ?`
)

// settings are those of Latchwork's connections.
var settings = []string{
	"journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF", "temp_store=MEMORY",
	"cache_size=-2048", "journal_size_limit=67108864", "wal_autocheckpoint=4000",
}

// connector opens the twin's connections.
type connector struct {
	path   string
	reader bool
	trace  func(statement string) // nil traces nothing
}

func (c connector) Driver() driver.Driver { return &sqlite3.SQLiteDriver{} }

// Connect is part of driver.Connector.
func (c connector) Connect(context.Context) (driver.Conn, error) {
	options := url.Values{"vfs": {"unix-excl"}, "_mutex": {"no"}, "_busy_timeout": {"10000"}, "_txlock": {"immediate"}}
	conn, err := c.Driver().Open((&url.URL{Scheme: "file", Path: c.path, RawQuery: options.Encode()}).String())
	if err != nil {
		return nil, err
	}
	pragmas := settings
	if c.reader {
		pragmas = append(pragmas[:len(pragmas):len(pragmas)], "query_only=ON")
	}
	for _, p := range pragmas {
		if _, err := conn.(driver.ExecerContext).ExecContext(context.Background(), "PRAGMA "+p, nil); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	if c.trace != nil {
		return tracedConn{conn, c.trace}, nil
	}
	return conn, nil
}

// twinDB is what one makes of database/sql: one connection that writes, four
// that read, and prepared statements.
type twinDB struct {
	writer, readers *sql.DB

	findSession, findUser, findPassword *sql.Stmt // of readers
	logIn, insertSession, deleteSession *sql.Stmt // of writer
}

func openTwinDB(path string, trace func(string)) (*twinDB, error) {
	db := &twinDB{
		writer:  sql.OpenDB(connector{path: path, trace: trace}),
		readers: sql.OpenDB(connector{path: path, reader: true, trace: trace}),
	}
	db.writer.SetMaxOpenConns(1)
	db.readers.SetMaxOpenConns(4)
	db.readers.SetMaxIdleConns(4)
	for _, s := range []struct {
		stmt **sql.Stmt
		db   *sql.DB
		text string
	}{
		{&db.logIn, db.writer, logIn}, {&db.insertSession, db.writer, insertSession}, {&db.deleteSession, db.writer, deleteSession},
		{&db.findSession, db.readers, findSession}, {&db.findUser, db.readers, findUser}, {&db.findPassword, db.readers, findPassword},
	} {
		var err error
		if *s.stmt, err = s.db.Prepare(s.text); err != nil {
			return nil, errors.Join(err, db.close())
		}
	}
	return db, nil
}

func (db *twinDB) close() error { return errors.Join(db.readers.Close(), db.writer.Close()) }
