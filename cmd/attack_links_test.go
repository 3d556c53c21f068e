package cmd

import (
	"bytes"
	"io"
	"mime/quotedprintable"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/nodes/letter/lettertest"
)

const (
	sendReset = `version: 1
flow: sendReset
endpoints:
  - {method: POST, path: /send-reset, require: none}
input:
  email: {type: string, maxLength: 254}
nodes:
  - id: link
    use: link.send
    with:
      email: ${{ input.email }}
      purpose: reset-password
      template: reset
  - id: ok
    use: respond
    with: {status: 202}
`
	// lookAtReset is what the page behind the link does: it is asked for by GET.
	lookAtReset = `version: 1
flow: lookAtReset
endpoints:
  - {method: GET, path: /reset, require: none}
input:
  token: {type: string, maxLength: 200, secret: true}
nodes:
  - id: link
    use: token.peek
    with:
      token: ${{ input.token }}
      purpose: reset-password
    next: {invalid: gone}
  - id: ok
    use: respond
    with: {body: {purpose: "${{ link.purpose }}"}}
  - id: gone
    use: fail
    with: {status: 404, code: gone, message: The link is not good any more.}
`
	reset = `version: 1
flow: reset
endpoints:
  - {method: POST, path: /reset, require: none}
input:
  token:    {type: string, maxLength: 200, secret: true}
  password: {type: string, maxLength: 1024, secret: true}
nodes:
  - id: link
    use: token.redeem
    with:
      token: ${{ input.token }}
      purpose: reset-password
  - id: changed
    use: password.set
    with:
      userId: ${{ link.userId }}
      password: ${{ input.password }}
      endSessions: all
  - id: ok
    use: respond
    with: {status: 204}
`
)

// resettingApp is a linkingApp with flows that set a new password by mail.
func resettingApp(t *testing.T, port int) *testApp {
	t.Helper()
	a := linkingApp(t, port)
	a.write("app.yaml", mailingConfig(port)+"purposes: {sign-in: {class: signIn, lifetime: 10m}, reset-password: reset}\n")
	a.write("send-reset.yaml", sendReset)
	a.write("look-at-reset.yaml", lookAtReset)
	a.write("reset.yaml", reset)
	a.write("reset.mail.txt", "Subject: A new password\n\n{{.PublicURL}}/reset?token={{.Token}} within {{.Minutes}} minutes\n")
	return a
}

// sendFrom asks for something as a proxy that an attacker has poisoned would.
func (a *testApp) sendFrom(path, body string, header map[string]string) int {
	a.t.Helper()
	r, err := http.NewRequest("POST", a.url+path, bytes.NewBufferString(body))
	if err != nil {
		a.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		if r.Header.Set(name, value); name == "Host" {
			r.Host = value
		}
	}
	status, _, err := send(r)
	if err != nil {
		a.t.Fatal(err)
	}
	return status
}

var resetInMail = regexp.MustCompile(`(https?://\S+)/reset\?token=(lwt_[A-Za-z0-9_-]{43}) within 10 minutes`)

// resetLink is where the link of a mail leads, and its token.
func resetLink(t *testing.T, mail lettertest.Mail) (origin, token string) {
	t.Helper()
	text, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(mail.Data)))
	m := resetInMail.FindStringSubmatch(string(text))
	if err != nil || m == nil {
		t.Fatalf("got %v, the mail %s", err, text)
	}
	return m[1], m[2]
}

// the link of a mail leads where app.yaml says, whatever the request says of
// its host.
func TestPoisonedHosts_A39(t *testing.T) {
	sink := &lettertest.Server{}
	sink.Start(t, "none")
	a := resettingApp(t, sink.Port)
	a.start()
	for i, header := range []map[string]string{
		{"Host": "evil.example"},
		{"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"},
		{"Forwarded": "host=evil.example;proto=http", "X-Original-Host": "evil.example", "X-Host": "evil.example"},
		{"Origin": "https://evil.example", "Referer": "https://evil.example/"},
	} {
		if status := a.sendFrom("/send-reset", `{"email":"ada@example.com"}`, header); status != http.StatusAccepted {
			t.Errorf("%v: got %d", header, status)
			continue
		}
		mail := sink.Await(t, i+1)[i]
		if origin, _ := resetLink(t, mail); origin != "https://auth.example.com" || strings.Contains(mail.Data, "evil") {
			t.Errorf("%v: got a link to %s\n%s", header, origin, mail.Data)
		}
	}
}

// who only looks at a link does not use it up, as programs do that look into mail
// before people see it.
func TestMailScanners_R30(t *testing.T) {
	sink := &lettertest.Server{}
	sink.Start(t, "none")
	a := resettingApp(t, sink.Port)
	a.start()
	a.sendFrom("/send-reset", `{"email":"ada@example.com"}`, nil)
	_, token := resetLink(t, sink.Await(t, 1)[0])
	for range 3 {
		if status, answer, err := a.get("/reset?token="+token, ""); err != nil || status != http.StatusOK {
			t.Errorf("looked at: got %d %s, %v", status, answer, err)
		}
	}
	// nor does who takes it to where it is not good.
	if status, answer := a.useLink(token); status != http.StatusUnauthorized || strings.Contains(answer, "lws_") {
		t.Errorf("as a link that signs in: got %d %s", status, answer)
	}
	body := map[string]string{"token": token, "password": "nine brown kettles boil"}
	for _, want := range []int{http.StatusNoContent, http.StatusUnauthorized} { // the new password ends the tokens
		if status, answer, err := a.post("/reset", "", body); err != nil || status != want || strings.Contains(string(answer), "lws_") {
			t.Errorf("got %d %s, %v, want %d", status, answer, err, want)
		}
	}
	if status, _, err := a.get("/reset?token="+token, ""); err != nil || status != http.StatusNotFound {
		t.Errorf("used up: got %d, %v", status, err)
	}
}
