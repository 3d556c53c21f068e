package cmd

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// TestSignalEndsCommands interrupts a command that does not serve, in the midst of
// what it does.
func TestSignalEndsCommands(t *testing.T) {
	a := newTestApp(t, "version: 1\nstore: {sqlite: app.db}\n")
	for _, sent := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		c := a.command("user", "import", "-")
		lines, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		// More than a pipe holds: once it is written, the command has begun to read.
		if _, err := lines.Write(bytes.Repeat([]byte("\n"), 1<<20)); err != nil {
			t.Fatal(err)
		}
		if err := c.Process.Signal(sent); err != nil {
			t.Fatal(err)
		}
		late := time.AfterFunc(patience, func() { c.Process.Kill() })
		err = c.Wait()
		late.Stop()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != sent {
			t.Errorf("%v: got %v, want that it ends the command", sent, err)
		}
	}
}
