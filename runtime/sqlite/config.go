package sqlite

import "runtime"

// Config says how a file is opened. The zero Config is the right one for
// serving.
type Config struct {
	// Migrate says what Open does with a file whose tables are older than
	// this program. The zero value brings them up to date.
	Migrate MigratePolicy

	// Readers is the greatest number of connections that read at a time.
	// 0 means twice the number of processors, at least 4.
	Readers int

	// Queue is the greatest number of writes that wait; one more fails with
	// ErrOverloaded. 0 means 4096.
	Queue int

	// Congested reports whether the processors are what callers wait for. While
	// it does, a write that finds no other waits some milliseconds, so that
	// several share one commit and what that costs. Nil never does.
	Congested func() bool

	// SessionCache is the greatest number of sessions kept in memory, so
	// that looking one up again asks no table. The cache is exact: it never
	// gives a session that a finished write has changed. 0 means no cache.
	SessionCache int

	// Trace is told of each statement before it runs. It is called by many
	// goroutines at a time. Nil traces nothing.
	Trace func(statement string)

	// Tests put here what would break a promise, to see that it does.
	vfs    string // "" means fileLayer; another one counts
	normal bool   // commits are answered before they reach the disk
}

// synchronous is the SQLite word for when a commit counts as done. With FULL it has
// reached the disk, and survives a loss of power; nobody can choose less.
func (c Config) synchronous() string {
	if c.normal {
		return "NORMAL"
	}
	return "FULL"
}

// MigratePolicy says what Open does with tables that are older than the
// program.
type MigratePolicy uint8

const (
	// MigrateUp brings the tables up to date.
	MigrateUp MigratePolicy = iota

	// MigrateRefuse makes Open fail with ErrBehind, so that an operator can
	// choose the moment.
	MigrateRefuse
)

const (
	defaultQueue   = 4096
	minimalReaders = 4
)

func (c Config) withDefaults() Config {
	if c.Readers <= 0 {
		c.Readers = max(minimalReaders, 2*runtime.GOMAXPROCS(0))
	}
	if c.Queue <= 0 {
		c.Queue = defaultQueue
	}
	if c.vfs == "" {
		c.vfs = fileLayer
	}
	return c
}
