package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/latchwork/latchwork/cmd/internal/app"
	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/runtime/sqlite"
)

// TestMain lets scripts start the test binary under the name of a command.
func TestMain(m *testing.M) {
	commands := map[string]func(){"latchwork": func() { Main(hold) }}
	// The lines that serve --dev prints are pasted as they are. Where there is no
	// curl, the little that they use of it is enough.
	if _, err := exec.LookPath("curl"); err != nil {
		commands["curl"] = curlMain
	}
	testscript.Main(m, commands)
}

// TestScripts runs the scripts of the manual. UPDATE=1 rewrites what they
// compare with; read the difference before it is committed.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/script",
		RequireUniqueNames: true,
		UpdateScripts:      os.Getenv("UPDATE") == "1",
		Setup:              setupScript,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"example":  exampleCommand,
			"serve":    serveCommand,
			"await":    awaitCommand,
			"signal":   signalCommand,
			"shutdown": shutdownCommand,
			"ended":    endedCommand,
			"answer":   answerCommand,
			"exits":    exitsCommand,
			"hashes":   hashesCommand,
			"http":     httpCommand,
			"capture":  captureCommand,
			"cookie":   cookieCommand,
			"json":     jsonCommand,
			"plain":    plainCommand,
		},
	})
}

type holdWith struct {
	Gate string `flow:"gate" doc:"A file; beside it one is made whose name ends in .held."`
}

type holdOutcomes struct {
	Opened engine.Outcome[engine.None] `flow:"opened" doc:"The file is there."`
}

// hold is a node type that keeps a run going until a script lets it end.
var hold = engine.Define("test.hold", "Waits for a file.",
	func(ctx context.Context, in holdWith, out holdOutcomes) (engine.Exit, error) {
		if err := os.WriteFile(in.Gate+".held", nil, 0o666); err != nil {
			return engine.Exit{}, err
		}
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			if _, err := os.Stat(in.Gate); err == nil {
				return out.Opened.Exit(engine.None{}), nil
			}
			select {
			case <-ctx.Done():
				return engine.Exit{}, ctx.Err()
			case <-tick.C:
			}
		}
	}, engine.Effect)

// exitsCommand is "exits status command…": the command must exit with that
// status.
func exitsCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits status command…")
	}
	status := 0
	var exit *exec.ExitError
	err := ts.Exec(args[1], args[2:]...)
	if errors.As(err, &exit) {
		status = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(status) != args[0] {
		ts.Fatalf("%s exits with %d, want %s", args[1], status, args[0])
	}
}

// hashesCommand is "hashes database": it prints the algorithms and parameters of
// the password hashes in it, which no server may have open.
func hashesCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: hashes database")
	}
	ctx := context.Background()
	db, err := sqlite.Open(ctx, ts.MkAbs(args[0]), sqlite.Config{})
	ts.Check(err)
	samples, err := db.SampleHashes(ctx)
	ts.Check(errors.Join(err, db.Close()))
	for _, hash := range samples {
		parameters := hash[:strings.LastIndexByte(hash, '$')]
		if strings.HasPrefix(hash, "$argon2id") {
			parameters = parameters[:strings.LastIndexByte(parameters, '$')]
		}
		fmt.Fprintln(ts.Stdout(), parameters)
	}
}

// exampleCommand is "example name folder": it copies one of the examples.
func exampleCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: example name folder")
	}
	ts.Check(app.Copy(ts.MkAbs(args[1]), filepath.Join(ts.Getenv("EXAMPLES"), args[0])))
}

// plainCommand is "plain file": it prints a file, or stdout or stderr, without
// what differs from run to run, so that it can be compared.
func plainCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: plain file")
	}
	fmt.Fprint(ts.Stdout(), plain(ts.ReadFile(args[0])))
}
