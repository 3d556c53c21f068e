package cmd

import (
	"os"
	"os/exec"
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
			"serve":   serveCommand,
			"stop":    stopCommand,
			"http":    httpCommand,
			"capture": captureCommand,
		},
	})
}
