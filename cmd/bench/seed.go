package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/user"
	"github.com/latchwork/latchwork/runtime/sqlite"
)

const (
	seededUsers = 1000
	secret      = "correct horse battery staple" // everybody's password
)

// seed makes a database by Latchwork's own migrations, with users whose
// password has the hash, and with sessions.
func seed(ctx context.Context, path, hash string, sessions int) error {
	db, err := sqlite.Open(ctx, path, sqlite.Config{})
	if err != nil {
		return err
	}
	for n := range uint64(seededUsers) {
		email := emailOf(n)
		u := user.User{ID: userID(n), Email: &email, EmailVerified: true, Provider: user.LocalProvider, Status: user.Active}
		if err := db.Users().Create(ctx, engine.MainRealm, u, hash); err != nil {
			return errors.Join(err, db.Close())
		}
	}
	if err := db.Close(); err != nil {
		return err
	}
	return seedSessions(path, sessions)
}

func seedSessions(path string, sessions int) (err error) {
	db := sql.OpenDB(connector{path: path})
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	insert, err := tx.Prepare(insertSession)
	if err != nil {
		return err
	}
	now := time.Now()
	// The last use lies ahead, so that none has to be written down while the
	// servers are compared: it is at most one write a minute and session.
	seen, end := now.Add(time.Hour).UnixMilli(), now.Add(24*time.Hour).UnixMilli()
	for n := range uint64(sessions) {
		hash := session.HashToken(tokenOf(n))
		_, err := insert.Exec(engine.MainRealm, hash[:], fmt.Sprintf("%024x", n), userID(n%seededUsers), now.UnixMilli(), seen, end, end,
			"127.0.0.1", browser, "[]", `["password"]`, "", "", "{}", "")
		if err != nil {
			return err
		}
	}
	return tx.Commit()
}

// browser is what the requests say that they come from.
const browser = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"

func userID(n uint64) string  { return fmt.Sprintf("%024x", n+1) }
func emailOf(n uint64) string { return fmt.Sprintf("user%d@example.com", n) }

// tokenOf is the token of the nth session, which driver and database know alike.
func tokenOf(n uint64) string {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("bench"), n))
	return session.Prefix + base64.RawURLEncoding.EncodeToString(sum[:])
}
