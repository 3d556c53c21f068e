package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// What Latchwork itself may take.
const (
	mostBinary  = 25_000_000
	mostStart   = 50 * time.Millisecond
	mostIdle    = 25 << 20
	mostLoaded  = 60 << 20
	manyFlows   = 100
	loadedAtOne = 64 // connections
)

// footprint measures the program that users run: its size, how soon it answers
// with many flows, and its memory.
func (b *bench) footprint(ctx context.Context) ([]row, error) {
	binary := filepath.Join(b.dir, "latchwork")
	build := exec.CommandContext(ctx, "go", "build", "-ldflags", "-s -w", "-o", binary, "github.com/latchwork/latchwork/cmd/latchwork")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return nil, err
	}
	if err := uncache(binary); err != nil {
		return nil, err
	}
	info, err := os.Stat(binary)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(b.dir, "many")
	if err := writeManyFlows(ctx, dir); err != nil {
		return nil, err
	}
	var starts []time.Duration
	var idle, loaded []int64
	for range b.rounds {
		p, took, err := startBinary(ctx, binary, dir)
		if err != nil {
			return nil, err
		}
		before, after, err := b.memory(p)
		if err := errors.Join(err, p.stop()); err != nil {
			return nil, err
		}
		starts, idle, loaded = append(starts, took), append(idle, before), append(loaded, after)
	}
	size := func(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }
	return []row{
		{job: fmt.Sprintf("start to the first healthy answer, %d flows", manyFlows), ours: short(median(starts)), target: "≤ 50 ms", ok: median(starts) <= mostStart},
		{job: "memory, idle", ours: size(median(idle)), target: "≤ 25 MiB", ok: median(idle) <= mostIdle},
		{job: "memory, most under session checks", connections: fmt.Sprint(loadedAtOne), ours: size(median(loaded)), target: "≤ 60 MiB", ok: median(loaded) <= mostLoaded},
		{job: "stripped binary", ours: fmt.Sprintf("%.1f MB", float64(info.Size())/1e6), target: "≤ 25 MB", ok: info.Size() <= mostBinary},
	}, nil
}

// writeManyFlows makes the folder of an application with a database.
func writeManyFlows(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	config := "version: 1\nserver: {listen: 127.0.0.1:0, admin: 127.0.0.1:0}\nstore: {sqlite: app.db}\n"
	if err := os.WriteFile(filepath.Join(dir, "app.yaml"), []byte(config), 0o600); err != nil {
		return err
	}
	for n := range manyFlows {
		name := "sign-in"
		if n == 0 {
			name = "check" // for the load
		}
		src, err := app.ReadFile("app/" + name + ".yaml")
		if err != nil {
			return err
		}
		text := strings.ReplaceAll(string(src), "flow: signIn", fmt.Sprintf("flow: signIn%d", n))
		text = strings.ReplaceAll(text, "/sign-in", fmt.Sprintf("/sign-in/%d", n))
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("flow%d.yaml", n)), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return seed(ctx, filepath.Join(dir, "app.db"), freePrefix+secret, seededSessions)
}

// startBinary starts latchwork serve and gives the time until it said that it is
// ready.
func startBinary(ctx context.Context, binary, dir string) (*process, time.Duration, error) {
	c := exec.CommandContext(ctx, binary, "serve", dir)
	stderr, err := c.StderrPipe()
	if err != nil {
		return nil, 0, err
	}
	begun := time.Now()
	if err := c.Start(); err != nil {
		return nil, 0, err
	}
	p := &process{command: c, stdin: interrupt{c.Process}}
	lines := bufio.NewReader(stderr)
	var admin string
	for p.address == "" {
		line, err := lines.ReadString('\n')
		if err != nil {
			return nil, 0, errors.Join(fmt.Errorf("bench: latchwork did not start: %w", err), c.Wait())
		}
		if _, at, ok := strings.Cut(line, "administration on "); ok {
			admin = strings.TrimSpace(at)
		}
		if _, at, ok := strings.Cut(line, "serving on http://"); ok {
			p.address = strings.TrimSpace(at)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }() // ends with the process
	answer, err := http.Get(admin + "/readyz")        //nolint:noctx // the process is on this machine and was just started
	if err != nil {
		return nil, 0, errors.Join(err, p.stop())
	}
	took := time.Since(begun)
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, 0, errors.Join(fmt.Errorf("bench: /readyz: got status %d, want 200", answer.StatusCode), p.stop())
	}
	return p, took, nil
}

// interrupt stops a process as an operator does.
type interrupt struct{ process *os.Process }

// Close is part of io.Closer.
func (i interrupt) Close() error { return i.process.Signal(syscall.SIGTERM) }

// settled is how long a process is left alone before it counts as idle: it gives
// back what loading took beside its first requests.
const settled = time.Second

// memory is the memory of a process when nobody has asked it for anything yet,
// and the most it takes under a load that hashes nothing.
func (b *bench) memory(p *process) (idle, loaded int64, err error) {
	pid := p.command.Process.Pid
	time.Sleep(settled)
	if idle, err = memoryOf(pid, "VmRSS"); err != nil {
		return 0, 0, err
	}
	l := newLoad(b.jobs["J1"], p, loadedAtOne)
	defer l.close()
	if _, err := l.run(b.seconds); err != nil {
		return 0, 0, err
	}
	loaded, err = memoryOf(pid, "VmHWM")
	return idle, loaded, err
}
