package main

import (
	"context"
	"embed"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/latchwork/latchwork/cmd"
)

// application is what the example serves, without the state that serving it
// leaves in the folder.
//
//go:embed app/*.yaml
var application embed.FS

// copied is a folder with a copy of the application.
func copied(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, application); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "app")
}

func TestRoutes(t *testing.T) {
	dir := copied(t)
	auth, err := cmd.Open(context.Background(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(routes(auth))
	defer func() {
		server.Close()
		if err := auth.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, c := range []struct {
		path   string
		status int
		want   string
	}{
		{"/", 200, "My own page"},
		{"/auth/me", 401, "missing_session_token"},
		{"/me", 404, "404 page not found"},
	} {
		resp, err := http.Get(server.URL + c.path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != c.status || !strings.Contains(string(body), c.want) {
			t.Errorf("%s: got %d %s, want %d with %s", c.path, resp.StatusCode, body, c.status, c.want)
		}
	}
}

// A flow that does not load opens nothing, and gives the database free.
func TestOpenRefused(t *testing.T) {
	dir := copied(t)
	bad := filepath.Join(dir, "bad.yaml")
	if err := os.WriteFile(bad, []byte("version: 1\nflow: bad\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := cmd.Open(context.Background(), dir, nil); err == nil || !strings.Contains(err.Error(), "bad.yaml:") {
		t.Errorf("got %v, want a diagnostic of bad.yaml", err)
	}
	if err := os.Remove(bad); err != nil {
		t.Fatal(err)
	}
	auth, err := cmd.Open(context.Background(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := auth.Close(); err != nil {
		t.Error(err)
	}
}

// SIGTERM ends the program as Ctrl-C does, and gives the database free.
func TestTerminated(t *testing.T) {
	dir := copied(t)
	// Before the program takes signals they must not end the test.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	defer signal.Stop(signals)
	ended := make(chan error, 1)
	go func() { ended <- run(dir, "127.0.0.1:0") }()
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.After(time.Minute)
	for running := true; running; {
		select {
		case err = <-ended:
			running = false
		case <-tick.C:
			err = self.Signal(syscall.SIGTERM)
		case <-late:
			err = errors.New("SIGTERM has not ended the program")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	auth, err := cmd.Open(context.Background(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := auth.Close(); err != nil {
		t.Error(err)
	}
}
