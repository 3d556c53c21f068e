//go:build unix

package sqlite

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// No other process gets at an open file, not even one that knows nothing of
// the lock beside it: what is kept in memory could otherwise be wrong.
func TestOpenKeepsOthersOut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	look := func() (string, error) {
		program, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		command := exec.CommandContext(t.Context(), program)
		command.Env = append(os.Environ(), peekPath+"="+path)
		output, err := command.CombinedOutput()
		return string(output), err
	}
	db, err := Open(t.Context(), path, Config{})
	if err != nil {
		t.Fatal(err)
	}
	if output, err := look(); err == nil || !strings.Contains(output, "locked") {
		t.Errorf("while it is open: got %q, %v, want it locked", output, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if output, err := look(); err != nil {
		t.Errorf("after the close: got %q, %v", output, err)
	}
}
