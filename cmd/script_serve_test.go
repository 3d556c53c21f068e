package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience bounds how long a script waits for anything. A machine may be busy;
// nothing is slow by itself.
const patience = 60 * time.Second

// server is the server that a script has started.
type server struct {
	command *exec.Cmd
	err     *lineBuffer
	ended   chan struct{} // closed when the process has
}

// scriptState is what commands of one script share.
type scriptState struct {
	server *server
	last   *answered // the last answer
	later  *pending  // a request that nobody has waited for yet
}

type stateKey struct{}

func stateOf(ts *testscript.TestScript) *scriptState { return ts.Value(stateKey{}).(*scriptState) }

// setupScript gives each script its own state, and ends what it leaves running.
func setupScript(env *testscript.Env) error {
	state := &scriptState{}
	env.Values[stateKey{}] = state
	repository, err := filepath.Abs("..")
	if err != nil {
		return err
	}
	env.Setenv("EXAMPLES", filepath.Join(repository, "examples"))
	env.Defer(func() {
		if s := state.server; s != nil {
			s.command.Process.Kill()
			<-s.ended
		}
	})
	return nil
}

// lineBuffer takes what a process prints, and tells whoever waits for it.
type lineBuffer struct {
	file    *os.File // keeps it too
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{}
}

func (b *lineBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.changed)
	b.changed = make(chan struct{})
	b.text.Write(p)
	return b.file.Write(p)
}

// read is what has been printed, and a channel that closes when there is more.
func (b *lineBuffer) read() (string, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String(), b.changed
}

// wait waits until what is printed matches a pattern.
func (s *server) wait(pattern *regexp.Regexp, within time.Duration) ([]string, error) {
	timeout := time.NewTimer(within)
	defer timeout.Stop()
	for {
		text, more := s.err.read()
		if m := pattern.FindStringSubmatch(text); m != nil {
			return m, nil
		}
		select {
		case <-more:
		case <-s.ended:
			if text, _ := s.err.read(); pattern.MatchString(text) {
				continue
			}
			return nil, errors.New("the server has ended")
		case <-timeout.C:
			return nil, fmt.Errorf("no %q within %v", pattern, within)
		}
	}
}

var (
	publicLine = regexp.MustCompile(`(?m)^latchwork: serving on (http://\S+)$`)
	adminLine  = regexp.MustCompile(`(?m)^latchwork: administration on (http://\S+)$`)
	keyLine    = regexp.MustCompile(`(?m)^KEY=(lwk_\S+)$`)
)

// serveCommand is "serve [argument…]": it starts latchwork serve on ports that
// are free, and returns when it is ready. URL is its public address then, ADMIN
// that of administration, and KEY the key that --dev has printed. What it prints
// goes into serve.out and serve.err. "! serve" waits for a server that does not
// start, and leaves what it printed in stdout and stderr.
func serveCommand(ts *testscript.TestScript, neg bool, args []string) {
	state := stateOf(ts)
	if state.server != nil {
		ts.Fatalf("a server is running")
	}
	args = append([]string{"serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"}, args...)
	if neg {
		if err := ts.Exec("latchwork", args...); err == nil {
			ts.Fatalf("the server has started and ended well")
		}
		return
	}
	path, err := exec.LookPath("latchwork")
	ts.Check(err)
	c := exec.Command(path, args...)
	c.Dir = ts.MkAbs(".")
	c.Env = append(os.Environ(), "PWD="+c.Dir)
	for _, name := range strings.Fields(ts.Getenv("PASS")) {
		c.Env = append(c.Env, name+"="+ts.Getenv(name))
	}
	out, err := os.Create(ts.MkAbs("serve.out"))
	ts.Check(err)
	defer out.Close()
	file, err := os.Create(ts.MkAbs("serve.err"))
	ts.Check(err)
	s := &server{command: c, err: &lineBuffer{file: file, changed: make(chan struct{})}, ended: make(chan struct{})}
	c.Stdout, c.Stderr = out, s.err
	ts.Check(c.Start())
	state.server = s
	go func() {
		c.Wait()
		file.Close()
		close(s.ended)
	}()
	m, err := s.wait(publicLine, patience)
	if err != nil {
		text, _ := s.err.read()
		ts.Fatalf("%v:\n%s", err, text)
	}
	ts.Setenv("URL", m[1])
	ts.Setenv("ADDRESS", strings.TrimPrefix(m[1], "http://"))
	printed, _ := s.err.read()
	if m := adminLine.FindStringSubmatch(printed); m != nil {
		ts.Setenv("ADMIN", m[1])
	}
	if m := keyLine.FindStringSubmatch(ts.ReadFile("serve.out")); m != nil {
		ts.Setenv("KEY", m[1])
	}
}

// awaitCommand is "await pattern": it waits until the server has printed it to
// standard error. "await -file name" waits until there is a file.
func awaitCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 2 && args[0] == "-file" {
		awaitFile(ts, ts.MkAbs(args[1]))
		return
	}
	state := stateOf(ts)
	if neg || len(args) != 1 || state.server == nil {
		ts.Fatalf("usage: await pattern, while a server runs")
	}
	if _, err := state.server.wait(regexp.MustCompile("(?m)"+args[0]), patience); err != nil {
		text, _ := state.server.err.read()
		ts.Fatalf("%v:\n%s", err, text)
	}
}

func awaitFile(ts *testscript.TestScript, name string) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); ; <-tick.C {
		if _, err := os.Stat(name); err == nil {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("there is no %s within %v", name, patience)
		}
	}
}

// signalCommand is "signal name": it sends a signal to the server.
func signalCommand(ts *testscript.TestScript, neg bool, args []string) {
	state := stateOf(ts)
	if neg || len(args) != 1 || state.server == nil || signals[args[0]] == nil {
		ts.Fatalf("usage: signal name, while a server runs")
	}
	ts.Check(state.server.command.Process.Signal(signals[args[0]]))
}

var signals = map[string]os.Signal{"TERM": syscall.SIGTERM, "INT": os.Interrupt, "HUP": syscall.SIGHUP, "KILL": os.Kill}

// shutdownCommand is "shutdown [signal]": it ends the server with a signal, TERM
// if none is named, and waits for it. The server must exit with 0; with "!" it
// must not.
func shutdownCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 0 {
		args = []string{"TERM"}
	}
	signalCommand(ts, false, args)
	endedCommand(ts, neg, nil)
}

// endedCommand is "ended": it waits for the end of the server, which must exit
// with 0; with "!" it must not.
func endedCommand(ts *testscript.TestScript, neg bool, args []string) {
	state := stateOf(ts)
	if len(args) > 0 || state.server == nil {
		ts.Fatalf("usage: ended, after signal")
	}
	s := state.server
	select {
	case <-s.ended:
	case <-time.After(patience):
		ts.Fatalf("the server has not ended within %v", patience)
	}
	state.server = nil
	if code := s.command.ProcessState.ExitCode(); (code == 0) == neg {
		text, _ := s.err.read()
		ts.Fatalf("the server has ended with %d:\n%s", code, text)
	}
}
