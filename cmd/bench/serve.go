package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/pprof"
	"sync"
	"time"

	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/runtime"
)

// served plays the role that the environment names, if it names one, and
// reports whether it did.
func served() bool {
	text := os.Getenv(roleVariable)
	if text == "" {
		return false
	}
	var r role
	err := json.Unmarshal([]byte(text), &r)
	if err == nil {
		err = play(r)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	return true
}

// play serves until the standard input ends.
func play(r role) (err error) {
	if r.CPUProfile != "" {
		f, err := os.Create(r.CPUProfile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	trace, close, err := openTrace(r.Statements)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, close()) }()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	switch r.Kind {
	case "latchwork":
		return playLatchwork(ctx, r, l, trace)
	case "twin":
		return playTwin(ctx, r, l, trace)
	case "hash":
		return playHash(ctx, l)
	}
	return fmt.Errorf("no role is named %q", r.Kind)
}

// openTrace gives a function that writes statements to a file, and nil for "".
func openTrace(path string) (trace func(string), close func() error, err error) {
	if path == "" {
		return nil, func() error { return nil }, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, nil, err
	}
	var mu sync.Mutex
	return func(statement string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(f, oneLine(statement))
	}, f.Close, nil
}

func ready(l net.Listener) { fmt.Println(l.Addr()) }

func playLatchwork(ctx context.Context, r role, l net.Listener, trace func(string)) error {
	s, err := openLatchwork(r, trace)
	if err != nil {
		return err
	}
	ready(l)
	return errors.Join(s.server.Serve(ctx, l), s.close())
}

func playTwin(ctx context.Context, r role, l net.Listener, trace func(string)) error {
	db, err := openTwinDB(r.Database, trace)
	if err != nil {
		return err
	}
	t := &twin{db: db, writes: plainWrites{db.writer}, hasher: freeHasher{}}
	if r.Grouped {
		grouped := newGroupedWrites(db.writer)
		defer grouped.close()
		t.writes = grouped
	}
	if r.Cache > 0 {
		t.cache = newTwinCache(r.Cache)
	}
	if !r.Free {
		hasher, stop, err := startHasher()
		if err != nil {
			return err
		}
		defer stop()
		t.hasher = hasher
	}
	ready(l)
	return errors.Join(serveHTTP(ctx, l, t.routes()), db.close())
}

func serveHTTP(ctx context.Context, l net.Listener, h http.Handler) error {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 90 * time.Second}
	go func() {
		<-ctx.Done()
		_ = s.Shutdown(context.Background())
	}()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// startHasher starts Argon2id on workers as a server has them.
func startHasher() (hasher password.Hasher, stop func(), err error) {
	h, err := runtime.DefaultConfig().Password.Argon2id()
	if err != nil {
		return nil, nil, err
	}
	pool := password.NewPool(password.PoolConfig{})
	pool.Start()
	restore := pool.RaiseProcs()
	return password.Pooled{Hasher: h, Pool: pool}, func() { restore(); pool.Close() }, nil
}

// playHash checks a password for each request and does nothing else, on as many
// workers as a server has.
func playHash(ctx context.Context, l net.Listener) error {
	hasher, stop, err := startHasher()
	if err != nil {
		return err
	}
	defer stop()
	encoded, err := hasher.Hash(ctx, secret)
	if err != nil {
		return err
	}
	ready(l)
	return serveHTTP(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if match, err := hasher.Verify(r.Context(), secret, encoded); err != nil || !match {
			refuse(w, http.StatusInternalServerError, "internal_server_error")
			return
		}
		answer(w, http.StatusOK, struct{}{})
	}))
}
