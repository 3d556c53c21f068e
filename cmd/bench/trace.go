package main

import (
	"database/sql/driver"
)

// tracedConn tells of each statement that runs on a connection of database/sql.
type tracedConn struct {
	driver.Conn
	trace func(string)
}

// Prepare is part of driver.Conn.
func (c tracedConn) Prepare(query string) (driver.Stmt, error) {
	s, err := c.Conn.Prepare(query)
	if err != nil {
		return nil, err
	}
	return tracedStmt{s, query, c.trace}, nil
}

// Begin is part of driver.Conn.
func (c tracedConn) Begin() (driver.Tx, error) {
	c.trace("BEGIN IMMEDIATE")
	tx, err := c.Conn.Begin() //nolint:staticcheck // the interface that is wrapped has no other
	return tracedTx{tx, c.trace}, err
}

type tracedStmt struct {
	driver.Stmt
	query string
	trace func(string)
}

// Exec is part of driver.Stmt.
func (s tracedStmt) Exec(args []driver.Value) (driver.Result, error) {
	s.trace(s.query)
	return s.Stmt.Exec(args) //nolint:staticcheck // see Begin
}

// Query is part of driver.Stmt.
func (s tracedStmt) Query(args []driver.Value) (driver.Rows, error) {
	s.trace(s.query)
	return s.Stmt.Query(args) //nolint:staticcheck // see Begin
}

type tracedTx struct {
	driver.Tx
	trace func(string)
}

// Commit is part of driver.Tx.
func (t tracedTx) Commit() error {
	t.trace("COMMIT")
	return t.Tx.Commit()
}
