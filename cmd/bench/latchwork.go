package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/key"
	"github.com/latchwork/latchwork/nodes/limit"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/standard"
	"github.com/latchwork/latchwork/runtime"
	"github.com/latchwork/latchwork/runtime/metrics"
	"github.com/latchwork/latchwork/runtime/sqlite"
)

//go:embed app
var app embed.FS

// latchwork is Latchwork as the command serve puts it together, but for the
// hasher where hashing is to cost nothing.
type latchwork struct {
	server *runtime.Server
	db     *sqlite.DB
	pool   *password.Pool

	stop    context.CancelFunc
	running sync.WaitGroup
	restore func()
}

func openLatchwork(r role, trace func(string)) (*latchwork, error) {
	config := runtime.DefaultConfig()
	// The log is written, since that costs what it costs, and read by nobody.
	nowhere, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	log := runtime.NewLogger(nowhere, slog.LevelInfo, true)
	pool := password.NewPool(password.PoolConfig{})
	db, err := sqlite.Open(context.Background(), r.Database,
		sqlite.Config{SessionCache: r.Cache, Congested: pool.Congested, Trace: trace})
	if err != nil {
		return nil, err
	}
	l := &latchwork{db: db, pool: pool}
	hasher, err := l.hasher(config, r.Free)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	sessions := &session.Manager{Store: db.Sessions(), Config: config.Session}
	keys := &key.Manager{Store: db.Keys(), Config: config.Keys}
	types, guards, err := standard.Registry(standard.Deps{
		Users:     db.Users(),
		Passwords: db.Passwords(),
		Sessions:  sessions,
		Keys:      keys,
		Intake:    password.Intake{Hasher: hasher},
		Tries:     password.NewMemoryTries(password.TriesConfig{}),
		Limits:    limit.NewMemory(0),
		Log:       log,
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	l.server = runtime.New(runtime.Deps{
		Config: config,
		Compiler: &engine.Compiler{Types: types, Guards: guards,
			Observer: &runtime.Events{Logger: log, Steps: standard.Events(), Refusals: standard.Guards()}},
		Load:   loadFlows,
		Logger: log,
		Meter:  metrics.New(),
	})
	if diags := l.server.Reload(); len(diags) > 0 {
		return nil, errors.Join(fmt.Errorf("bench: the flows do not load: %v", diags), db.Close())
	}
	l.start(sessions, keys)
	return l, nil
}

func (l *latchwork) hasher(config *runtime.Config, free bool) (password.Hasher, error) {
	if free {
		return freeHasher{}, nil
	}
	h, err := config.Password.Argon2id()
	return password.Pooled{Hasher: h, Pool: l.pool}, err
}

func (l *latchwork) start(sessions *session.Manager, keys *key.Manager) {
	ctx, stop := context.WithCancel(context.Background())
	l.stop = stop
	report := func(err error) { slog.Error("last uses not written", "error", err) }
	l.running.Go(func() { sessions.Run(ctx, report) })
	l.running.Go(func() { keys.Run(ctx, report) })
	l.pool.Start()
	l.restore = l.pool.RaiseProcs()
}

func (l *latchwork) close() error {
	l.restore()
	l.pool.Close()
	l.stop()
	l.running.Wait()
	return l.db.Close()
}

// loadFlows reads the flows of the jobs.
func loadFlows() (*engine.App, []*flows.Flow, flows.Diagnostics) {
	names, err := flows.Find(app)
	if err != nil {
		return nil, nil, flows.Diagnostics{{Code: "unreadable-file", Message: err.Error()}}
	}
	var set []*flows.Flow
	var diags flows.Diagnostics
	for _, name := range names {
		src, err := fs.ReadFile(app, name)
		if err != nil {
			return nil, nil, flows.Diagnostics{{Code: "unreadable-file", Message: err.Error()}}
		}
		f, problems := flows.Parse(name, src)
		set, diags = append(set, f), append(diags, problems...)
	}
	return &engine.App{}, set, diags
}
