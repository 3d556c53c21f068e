package cmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/latchwork/latchwork/cmd/internal/app"
)

// testApp is an application in a folder of its own whose server is a real
// process.
type testApp struct {
	t      *testing.T
	dir    string
	server *server
	url    string
	key    string
}

// newTestApp makes an application of the quickstart's flows with this app.yaml,
// and an API key.
func newTestApp(t *testing.T, config string) *testApp {
	t.Helper()
	a := &testApp{t: t, dir: t.TempDir()}
	if err := app.Copy(a.dir, "../examples/quickstart"); err != nil {
		t.Fatal(err)
	}
	a.write("app.yaml", config)
	var made struct{ Secret string }
	if err := json.Unmarshal([]byte(a.run("", "key", "create", "test", "--json")), &made); err != nil {
		t.Fatal(err)
	}
	a.key = made.Secret
	return a
}

// write adds a file.
func (a *testApp) write(name, text string) {
	a.t.Helper()
	if err := os.WriteFile(filepath.Join(a.dir, name), []byte(text), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

func (a *testApp) command(args ...string) *exec.Cmd {
	a.t.Helper()
	path, err := exec.LookPath("latchwork")
	if err != nil {
		a.t.Fatal(err)
	}
	c := exec.CommandContext(a.t.Context(), path, args...)
	c.Dir = a.dir
	return c
}

// run runs a command of Latchwork and returns what it prints.
func (a *testApp) run(stdin string, args ...string) string {
	a.t.Helper()
	c := a.command(args...)
	var stderr bytes.Buffer
	c.Stdin, c.Stderr = bytes.NewReader([]byte(stdin)), &stderr
	out, err := c.Output()
	if err != nil {
		a.t.Fatalf("latchwork %q: %v\n%s", args, err, stderr.Bytes())
	}
	return string(out)
}

// start starts the server with these flags, and waits until it listens.
func (a *testApp) start(flags ...string) {
	a.t.Helper()
	file, err := os.OpenFile(filepath.Join(a.dir, "serve.err"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		a.t.Fatal(err)
	}
	c := a.command(append([]string{"serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"}, flags...)...)
	s := &server{command: c, err: &lineBuffer{file: file, changed: make(chan struct{})}, ended: make(chan struct{})}
	c.Stderr = s.err
	if err := c.Start(); err != nil {
		a.t.Fatal(err)
	}
	go func() {
		c.Wait()
		file.Close()
		close(s.ended)
	}()
	a.server = s
	a.t.Cleanup(func() {
		c.Process.Kill()
		<-s.ended
	})
	m, err := s.wait(publicLine, patience)
	if err != nil {
		text, _ := s.err.read()
		a.t.Fatalf("%v:\n%s", err, text)
	}
	a.url = m[1]
}

// kill ends the server as kill -9 does.
func (a *testApp) kill() {
	a.server.command.Process.Kill()
	<-a.server.ended
}

// post sends JSON with the API key, from an address of its own where ip is one.
// The error is that of a connection that broke.
func (a *testApp) post(path, ip string, body any) (status int, answer []byte, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	r, err := http.NewRequest("POST", a.url+path, bytes.NewReader(text))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", a.key)
	if ip != "" {
		r.Header.Set("X-Forwarded-For", ip)
	}
	return send(r)
}

// get sends a request with a session.
func (a *testApp) get(path, token string) (status int, answer []byte, err error) {
	r, err := http.NewRequest("GET", a.url+path, nil)
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Session", token)
	return send(r)
}

func send(r *http.Request) (int, []byte, error) {
	answer, err := httpClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, text, err
}

// opened is the answer of a sign-in.
type opened struct {
	Session struct{ ID, Token string }
}

// signIn opens a session. Only a whole answer with 200 has one.
func (a *testApp) signIn(email, password, ip string) (opened, error) {
	status, text, err := a.post("/sign-in", ip, map[string]string{"email": email, "password": password})
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("got %d %s, want 200", status, text)
	}
	var o opened
	if err == nil {
		err = json.Unmarshal(text, &o)
	}
	return o, err
}
