package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/latchwork/latchwork/cmd/internal/app"
)

// config is the app.yaml of the application that is measured. The rate of an
// endpoint holds for an address; each sign-in says that it comes from another.
const config = `version: 1
server: {listen: "127.0.0.1:0", admin: "127.0.0.1:0", trustedProxies: [127.0.0.1]}
store: {sqlite: app.db}
`

// application is an application with a running server.
type application struct {
	dir     string
	url     string
	key     string
	process *exec.Cmd
	log     string // path of what the server prints
}

// latchwork runs a command of Latchwork on an application, out of this program's
// own executable.
func latchwork(ctx context.Context, dir, stdin string, args ...string) (string, error) {
	c, err := command(ctx, dir, args...)
	if err != nil {
		return "", err
	}
	var stderr bytes.Buffer
	c.Stdin, c.Stderr = strings.NewReader(stdin), &stderr
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("latchwork %s: %w\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return strings.TrimSpace(string(out)), nil
}

func command(ctx context.Context, dir string, args ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := exec.CommandContext(ctx, self, args...)
	c.Dir = dir
	c.Env = append(os.Environ(), serverVariable+"=1")
	return c, nil
}

// startApplication makes an application of these flows and users in dir, and
// starts its server. The caller stops it.
func startApplication(ctx context.Context, dir, flows, users string) (*application, error) {
	a := &application{dir: dir, log: filepath.Join(dir, "serve.err")}
	if err := app.Copy(dir, flows); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "app.yaml"), []byte(config), 0o600); err != nil {
		return nil, err
	}
	if _, err := latchwork(ctx, dir, users, "user", "import", "-"); err != nil {
		return nil, err
	}
	key, err := latchwork(ctx, dir, "", "key", "create", "timing")
	if err != nil {
		return nil, err
	}
	if a.key = regexp.MustCompile(`lwk_\S+`).FindString(key); a.key == "" {
		return nil, fmt.Errorf("latchwork key create printed no key: %q", key)
	}
	return a, a.start(ctx)
}

func (a *application) start(ctx context.Context) error {
	log, err := os.Create(a.log)
	if err != nil {
		return err
	}
	defer log.Close()
	if a.process, err = command(ctx, a.dir, "serve"); err != nil {
		return err
	}
	a.process.Stderr = log
	if err := a.process.Start(); err != nil {
		return err
	}
	if a.url, err = a.listening(ctx); err != nil {
		return errors.Join(err, a.stop())
	}
	return nil
}

var servingLine = regexp.MustCompile(`(?m)^latchwork: serving on (http://\S+)$`)

// listening waits until the server says where it listens.
func (a *application) listening(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		text, err := os.ReadFile(a.log)
		if err != nil {
			return "", err
		}
		if m := servingLine.FindSubmatch(text); m != nil {
			return string(m[1]), nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return "", fmt.Errorf("the server does not start: %w\n%s", ctx.Err(), text)
		}
	}
}

// stop ends the server, and waits for it.
func (a *application) stop() error {
	if err := a.process.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	err := a.process.Wait()
	if err != nil {
		if log, e := os.Open(a.log); e == nil {
			defer log.Close()
			text, _ := io.ReadAll(io.LimitReader(log, 4<<10))
			err = fmt.Errorf("the server has ended with %w:\n%s", err, text)
		}
	}
	return err
}
