package cmd

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
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
	sendCode = `version: 1
flow: sendCode
endpoints:
  - {method: POST, path: /send-code, require: none}
input:
  email: {type: string, maxLength: 254}
nodes:
  - id: code
    use: otp.send
    with:
      email: ${{ input.email }}
      purpose: sign-in
  - id: ok
    use: respond
    with:
      status: 202
      cookies:
        code:
          value: ${{ code.binding }}
          maxAge: 10m
`
	useCode = `version: 1
flow: useCode
endpoints:
  - {method: POST, path: /use-code, require: none}
input:
  email: {type: string, maxLength: 254}
  code:  {type: string, maxLength: 20, secret: true}
nodes:
  - id: code
    use: otp.check
    with:
      email: ${{ input.email }}
      code: ${{ input.code }}
      purpose: sign-in
    next: {mismatch: wrong}
  - id: user
    use: user.of
    with:
      address: ${{ code.address }}
    next: {notFound: wrong}
  - id: opened
    use: session.create
    with:
      userId: ${{ user.id }}
  - id: ok
    use: respond
    reveal: [opened.token]
    with:
      body:
        session: ${{ opened }}
  - id: wrong
    use: fail
    with:
      status: 401
      code: invalid_code
      message: The code is wrong or has expired.
`
)

// codingApp is a mailingApp with flows that mail codes and take them, in which the
// address of ada is verified.
func codingApp(t *testing.T, port int) *testApp {
	t.Helper()
	a := newTestApp(t, mailingConfig(port)+"purposes: {sign-in: signIn}\n")
	a.write("send-code.yaml", sendCode)
	a.write("use-code.yaml", useCode)
	a.write("code.mail.txt", "Subject: Your code\n\n{{.Code}} within {{.Minutes}} minutes\n")
	a.run(`{"email":"ada@example.com","emailVerified":true}`+"\n", "user", "import", "-")
	a.run(`{"email":"eve@example.com","emailVerified":true}`+"\n", "user", "import", "-")
	a.run("", "user", "disable", "eve@example.com")
	return a
}

func (a *testApp) mustSendCode(email string) {
	a.t.Helper()
	status, answer, err := a.post("/send-code", "", map[string]string{"email": email})
	if err != nil || status != http.StatusAccepted {
		a.t.Fatalf("send-code: got %d %s, %v", status, answer, err)
	}
}

func (a *testApp) useCode(email, code string) (status int, answer string) {
	a.t.Helper()
	status, text, err := a.post("/use-code", "", map[string]string{"email": email, "code": code})
	if err != nil {
		a.t.Fatal(err)
	}
	return status, string(text)
}

var codeInMail = regexp.MustCompile(`([1-9][0-9]{5}) within 10 minutes`)

// a code is mailed to who has an account, is good once, and lies
// nowhere in the files, neither as it is nor hashed without a key.
func TestCodes_R23(t *testing.T) {
	sink := &lettertest.Server{}
	sink.Start(t, "none")
	a := codingApp(t, sink.Port)
	a.start()
	// Those to whom nothing is sent come first: what they got would be there before.
	a.mustSendCode("nobody@example.com")
	a.mustSendCode("eve@example.com")
	a.mustSendCode("ADA@example.com")
	mail := sink.Await(t, 1)[0]
	m := codeInMail.FindStringSubmatch(mail.Data)
	if m == nil || len(mail.To) != 1 || mail.To[0] != "ada@example.com" {
		t.Fatalf("got a mail to %v\n%s", mail.To, mail.Data)
	}
	a.wantNowhere(m[1])
	if status, answer := a.useCode("nobody@example.com", m[1]); status != http.StatusUnauthorized {
		t.Errorf("for another address: got %d %s, want 401", status, answer)
	}
	if status, answer := a.useCode("ada@example.com", m[1]); status != http.StatusOK || !strings.Contains(answer, "lws_") {
		t.Errorf("got %d %s, want a session", status, answer)
	}
	if status, answer := a.useCode("ada@example.com", m[1]); status != http.StatusUnauthorized || strings.Contains(answer, "lws_") {
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

// wantNowhere looks for digits in the files of the database.
func (a *testApp) wantNowhere(code string) {
	a.t.Helper()
	long, short := sha256.Sum256([]byte(code)), sha1.Sum([]byte(code))
	looks := []string{code, "lwo_"}
	for _, hash := range [][]byte{long[:], short[:]} {
		looks = append(looks, string(hash), hex.EncodeToString(hash), base64.StdEncoding.EncodeToString(hash))
	}
	files, stored := 0, ""
	for _, name := range []string{"app.db", "app.db-wal"} {
		text, err := os.ReadFile(filepath.Join(a.dir, name))
		if err == nil {
			files, stored = files+1, stored+string(text)
		}
	}
	if files == 0 || !strings.Contains(stored, "ada@example.com") {
		a.t.Fatal("the files of the database were not read")
	}
	for _, look := range looks {
		if strings.Contains(stored, look) {
			a.t.Errorf("%q lies in the database", look)
		}
	}
}

// what waits to be sent is the same for everybody, and opens nothing.
func TestCodesThatWait_R33(t *testing.T) {
	a := codingApp(t, 1) // where nobody listens
	a.start()
	for _, email := range []string{"nobody@example.com", "ada@example.com"} {
		a.mustSendCode(email)
	}
	a.kill()
	waiting := a.outbox()
	if len(waiting) == 0 {
		t.Error("nothing waits")
	}
	for _, e := range waiting {
		if e.Kind != outbox.Code || e.UserID != "" || strings.Contains(string(e.Body), "lwo_") {
			t.Errorf("got the entry %q of %q: %s", e.Kind, e.UserID, e.Body)
		}
	}
}

// who is locked does not get in by a code either, nor one that was sent
// before.
func TestCodeOfLockedUser_A16(t *testing.T) {
	sink := &lettertest.Server{}
	sink.Start(t, "none")
	a := codingApp(t, sink.Port)
	a.start()
	a.mustSendCode("ada@example.com")
	m := codeInMail.FindStringSubmatch(sink.Await(t, 1)[0].Data)
	if m == nil {
		t.Fatal("got no code")
	}
	a.run("", "user", "disable", "ada@example.com")
	if status, answer := a.useCode("ada@example.com", m[1]); status < 400 || strings.Contains(answer, "lws_") {
		t.Errorf("got %d %s, want no session", status, answer)
	}
}
