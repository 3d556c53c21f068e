package cmd

import (
	"io"
	"mime/quotedprintable"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/nodes/letter/lettertest"
	"github.com/latchwork/latchwork/nodes/outbox"
)

const (
	sendLink = `version: 1
flow: sendLink
endpoints:
  - {method: POST, path: /send-link, require: none}
input:
  email: {type: string, maxLength: 254}
nodes:
  - id: link
    use: link.send
    with:
      email: ${{ input.email }}
      purpose: sign-in
      template: sign-in
      returnTo: https://app.example.com/welcome
  - id: ok
    use: respond
    with: {status: 202}
`
	useLink = `version: 1
flow: useLink
endpoints:
  - {method: POST, path: /use-link, require: none}
input:
  token: {type: string, maxLength: 200, secret: true}
nodes:
  - id: link
    use: token.redeem
    with:
      token: ${{ input.token }}
      purpose: sign-in
  - id: opened
    use: session.create
    with:
      userId: ${{ link.userId }}
  - id: ok
    use: respond
    reveal: [opened.token]
    with:
      body:
        returnTo: ${{ link.returnTo }}
        session: ${{ opened }}
`
)

// linkingApp is a mailingApp with flows that mail links and take them, in which the
// address of ada is verified.
func linkingApp(t *testing.T, port int) *testApp {
	t.Helper()
	a := newTestApp(t, mailingConfig(port)+"purposes: {sign-in: {class: signIn, lifetime: 10m}}\n")
	a.write("send-link.yaml", sendLink)
	a.write("use-link.yaml", useLink)
	a.write("sign-in.mail.txt", "Subject: Sign in\n\n{{.ReturnTo}}?token={{.Token}} within {{.Minutes}} minutes\n")
	a.run(`{"email":"ada@example.com","emailVerified":true}`+"\n", "user", "import", "-")
	a.run(`{"email":"eve@example.com","emailVerified":true}`+"\n", "user", "import", "-")
	a.run("", "user", "disable", "eve@example.com")
	return a
}

func (a *testApp) mustSendLink(email string) {
	a.t.Helper()
	status, answer, err := a.post("/send-link", "", map[string]string{"email": email})
	if err != nil || status != http.StatusAccepted {
		a.t.Fatalf("send-link: got %d %s, %v", status, answer, err)
	}
}

func (a *testApp) useLink(token string) (status int, answer string) {
	a.t.Helper()
	status, text, err := a.post("/use-link", "", map[string]string{"token": token})
	if err != nil {
		a.t.Fatal(err)
	}
	return status, string(text)
}

var linkInMail = regexp.MustCompile(`(https://\S+)\?token=(lwt_[A-Za-z0-9_-]{43}) within 10 minutes`)

// a link is mailed to who has an account, is good once, and the
// answer is the same for all.
func TestLinks(t *testing.T) {
	sink := &lettertest.Server{}
	sink.Start(t, "none")
	a := linkingApp(t, sink.Port)
	a.start()
	// Those to whom nothing is sent come first: what they got would be there before.
	a.mustSendLink("nobody@example.com")
	a.mustSendLink("eve@example.com")
	a.mustSendLink("ADA@example.com")
	mail := sink.Await(t, 1)[0]
	text, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(mail.Data)))
	if err != nil {
		t.Fatal(err)
	}
	m := linkInMail.FindStringSubmatch(string(text))
	if m == nil || m[1] != "https://app.example.com/welcome" || len(mail.To) != 1 || mail.To[0] != "ada@example.com" {
		t.Fatalf("got a mail to %v\n%s", mail.To, mail.Data)
	}
	if status, answer := a.useLink(m[2]); status != http.StatusOK || !strings.Contains(answer, "lws_") || !strings.Contains(answer, m[1]) {
		t.Errorf("got %d %s, want a session", status, answer)
	}
	if status, answer := a.useLink(m[2]); status != http.StatusUnauthorized || strings.Contains(answer, "lws_") {
		t.Errorf("the second time: got %d %s, want 401", status, answer)
	}
	a.stop()
	if n := len(a.outbox()); n != 0 {
		t.Errorf("%d entries are left", n)
	}
	if got := len(sink.Mails()); got != 1 {
		t.Errorf("got %d mails, want one", got)
	}
}

// what waits to be sent is the same for everybody, and opens nothing.
func TestLinksThatWait_R33(t *testing.T) {
	a := linkingApp(t, 1) // where nobody listens
	a.start()
	for _, email := range []string{"ada@example.com", "nobody@example.com"} {
		a.mustSendLink(email)
	}
	a.kill()
	waiting := a.outbox()
	if len(waiting) == 0 {
		t.Error("nothing waits")
	}
	for _, e := range waiting {
		if e.Kind != outbox.Link || e.UserID != "" || strings.Contains(string(e.Body), "lwt_") {
			t.Errorf("got the entry %q of %q: %s", e.Kind, e.UserID, e.Body)
		}
	}
	for _, name := range []string{"app.db", "app.db-wal"} {
		text, err := os.ReadFile(filepath.Join(a.dir, name))
		if err == nil && strings.Contains(string(text), "lwt_") {
			t.Errorf("a token lies in %s", name)
		}
	}
}
