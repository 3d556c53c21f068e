// Package sqlite keeps the state of Latchwork in one SQLite file: users and
// their identifiers, passwords, second factors and identities with providers,
// sessions, API keys, tokens, codes, challenges, and what is to be sent.
//
// One process opens a file, and within it one connection writes. Writes that
// arrive together are committed together, so that one flush to the disk serves
// them all; reads run beside them on connections of their own. With the
// default settings a write that was answered is on the disk.
//
// The package implements the store interfaces that live with their nouns, in
// the packages under nodes. It decides nothing about flows, and it holds no
// rules of users and sessions but those that a store promises.
//
// With cgo the driver is mattn/go-sqlite3, without it the pure-Go
// modernc.org/sqlite. Both are SQLite and write the same file; the second is
// slower.
package sqlite
