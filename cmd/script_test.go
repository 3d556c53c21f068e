package cmd

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets scripts start the test binary under the name of a command.
func TestMain(m *testing.M) {
	commands := map[string]func(){"latchwork": func() { Main() }}
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
			"shutdown": shutdownCommand,
			"http":     httpCommand,
			"capture":  captureCommand,
			"json":     jsonCommand,
			"plain":    plainCommand,
		},
	})
}

// exampleCommand is "example name folder": it copies one of the examples.
func exampleCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: example name folder")
	}
	ts.Check(os.CopyFS(ts.MkAbs(args[1]), os.DirFS(filepath.Join(ts.Getenv("EXAMPLES"), args[0]))))
}

// plainCommand is "plain file": it prints a file, or stdout or stderr, without
// what differs from run to run, so that it can be compared.
func plainCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: plain file")
	}
	fmt.Fprint(ts.Stdout(), plain(ts.ReadFile(args[0])))
}
