package cmd

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/letter/lettertest"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/runtime/sqlite"
)

const changePassword = `version: 1
flow: changePassword
endpoints:
  - {method: POST, path: /change-password, require: apikey}
input:
  email:       {type: string, maxLength: 254}
  oldPassword: {type: string, maxLength: 1024, secret: true}
  password:    {type: string, maxLength: 1024, secret: true}
nodes:
  - id: user
    use: user.get
    with:
      email: ${{ input.email }}
    next: {notFound: decoy}
  - id: check
    use: password.check
    with:
      userId: ${{ user.id }}
      password: ${{ input.oldPassword }}
    next: {mismatch: reject}
  - id: changed
    use: password.set
    with:
      userId: ${{ user.id }}
      password: ${{ input.password }}
  - id: done
    use: respond
    with:
      status: 204
  - id: decoy
    use: password.decoy
    with:
      identifier: ${{ input.email }}
      password: ${{ input.oldPassword }}
  - id: reject
    use: fail
    with:
      status: 401
      code: invalid_credentials
      message: The old password is wrong.
`

// mailingApp is an application with a user, ada, whose mail goes to a port of this
// machine.
func mailingApp(t *testing.T, port int) *testApp {
	t.Helper()
	a := newTestApp(t, mailingConfig(port))
	a.write("change-password.yaml", changePassword)
	a.write("password-changed.mail.txt", "Subject: Your password was changed\n\nHello {{.User.Name}},\nwas it you? {{.PublicURL}}\n")
	a.run("seven violet teapots\n", "user", "add", "--email", "ada@example.com", "--name", "Ada", "--password-stdin")
	return a
}

func mailingConfig(port int) string {
	return fmt.Sprintf(`version: 1
server: {publicUrl: "https://auth.example.com"}
store: {sqlite: app.db}
mail: {from: no-reply@example.com, smtp: {host: localhost, port: %d, tls: none}}
`, port)
}

// changePassword changes the password of ada on the server.
func (a *testApp) changePassword(old, password string) {
	a.t.Helper()
	status, answer, err := a.post("/change-password", "", map[string]string{"email": "ada@example.com", "oldPassword": old, "password": password})
	if err != nil || status != http.StatusNoContent {
		a.t.Fatalf("change-password: got %d %s, %v", status, answer, err)
	}
}

func wantNotice(t *testing.T, m lettertest.Mail) {
	t.Helper()
	for _, part := range []string{"Subject: Your password was changed\r\n", "Hello Ada,\r\nwas it you? https://auth.example.com\r\n"} {
		if !strings.Contains(m.Data, part) {
			t.Errorf("got\n%s\nwant %q", m.Data, part)
		}
	}
	if m.From != "no-reply@example.com" || len(m.To) != 1 || m.To[0] != "ada@example.com" {
		t.Errorf("got a mail from %s to %s", m.From, m.To)
	}
}

// a user hears of a new password, from a flow and from the operator.
func TestNewPasswordIsMailed(t *testing.T) {
	sink := &lettertest.Server{}
	sink.Start(t, "none")
	a := mailingApp(t, sink.Port)
	a.start()
	a.changePassword("seven violet teapots", "nine brown kettles boil")
	wantNotice(t, sink.Await(t, 1)[0])
	a.run("eleven green saucers fly\n", "user", "set-password", "ada@example.com")
	wantNotice(t, sink.Await(t, 2)[1])
	a.stop()
	if n := len(a.outbox()); n != 0 {
		t.Errorf("%d entries are left", n)
	}
}

// stop ends the server as an operator does.
func (a *testApp) stop() {
	a.t.Helper()
	if err := a.server.command.Process.Signal(os.Interrupt); err != nil {
		a.t.Fatal(err)
	}
	<-a.server.ended
}

// outbox is what lies in the outbox of an application that no server has open.
func (a *testApp) outbox() []outbox.Entry {
	a.t.Helper()
	db, err := sqlite.Open(a.t.Context(), filepath.Join(a.dir, "app.db"), sqlite.Config{})
	if err != nil {
		a.t.Fatal(err)
	}
	defer db.Close()
	all, err := db.Outbox().Take(a.t.Context(), engine.InstantOf(time.Now().Add(48*time.Hour)), 0, 100)
	if err != nil {
		a.t.Fatal(err)
	}
	return all
}

// What was answered is sent, though the server was killed right after the answer, and
// nobody took mail.
func TestKilledServerKeepsMail(t *testing.T) {
	a := mailingApp(t, 1) // where nobody listens
	a.start()
	a.changePassword("seven violet teapots", "nine brown kettles boil")
	a.kill()
	all := a.outbox()
	if len(all) != 1 || all[0].Kind != outbox.Mail || all[0].Realm != engine.MainRealm {
		t.Errorf("got %+v, want the notice", all)
	}
}

// A command that has the file open by itself sends nothing: a server does, later.
func TestCommandLeavesMailToServers(t *testing.T) {
	sink := &lettertest.Server{}
	sink.Start(t, "none")
	a := mailingApp(t, sink.Port)
	a.run("eleven green saucers fly\n", "user", "set-password", "ada@example.com")
	if n := len(sink.Mails()); n != 0 {
		t.Fatalf("the command has sent %d mails", n)
	}
	a.start()
	wantNotice(t, sink.Await(t, 1)[0])
}

// Without a mail server letters are not in the log, but with --dev; without a
// template the log says which one is missing.
func TestLettersInTheLog(t *testing.T) {
	a := newTestApp(t, "version: 1\nstore: {sqlite: app.db}\n")
	a.write("change-password.yaml", changePassword)
	a.run("seven violet teapots\n", "user", "add", "--email", "ada@example.com", "--password-stdin")
	logged := func(what string) string {
		t.Helper()
		for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
			if text, _ := a.server.err.read(); strings.Contains(text, what) {
				return text
			}
		}
		text, _ := a.server.err.read()
		t.Fatalf("got\n%s\nwant %s", text, what)
		return ""
	}
	a.start()
	a.changePassword("seven violet teapots", "nine brown kettles boil")
	logged("password-changed.mail.txt: there is no such template")
	a.kill()
	a.write("password-changed.mail.txt", "Subject: canary\n\ncanary\n")
	a.start()
	a.changePassword("nine brown kettles boil", "seven violet teapots")
	if text := logged("a letter was not sent"); strings.Contains(text, "canary") {
		t.Errorf("the letter is in the log:\n%s", text)
	}
}

// The key of the installation is made once, and is its owner's only.
func TestSealKey(t *testing.T) {
	a := newTestApp(t, "version: 1\nstore: {sqlite: app.db}\n")
	file := filepath.Join(a.dir, "app.db.key")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want mode 0600", info.Mode(), err)
	}
	a.run("", "key", "list")
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the key has changed: %v", err)
	}
	a.write("app.db.key", "half a key")
	c := a.command("key", "list")
	if out, err := c.CombinedOutput(); err == nil || !strings.Contains(string(out), "app.db.key") || strings.Contains(string(out), "half a key") {
		t.Errorf("with a broken key: got %v, %s", err, out)
	}
	// store.key comes before the file.
	a.write("key.txt", string(before))
	a.write("app.yaml", "version: 1\nsecrets: {key: {file: key.txt}}\nstore: {sqlite: app.db, key: \"${{ secrets.key }}\"}\n")
	a.run("", "key", "list")
	a.write("key.txt", "canary")
	if out, err := a.command("key", "list").CombinedOutput(); err == nil || !strings.Contains(string(out), "store.key") || strings.Contains(string(out), "canary") {
		t.Errorf("with a broken store.key: got %v, %s", err, out)
	}
}
