package cmd

import (
	"encoding/json"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/latchwork/latchwork/nodes/factor/factortest"
	"github.com/latchwork/latchwork/nodes/letter/lettertest"
)

const (
	factorEmail    = "ada@example.com"
	factorPassword = "seven violet teapots"

	newPassword = "nine brown kettles boil"
)

const resetPassword = `version: 1
flow: resetPassword
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
      purpose: reset
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

// A session is handed over to another host, where a second factor is asked for that it did not take.
const (
	handOver = `version: 1
flow: handOver
endpoints:
  - {method: POST, path: /me/hand-over, require: session}
nodes:
  - id: code
    use: token.create
    with:
      userId: ${{ session.userId }}
      purpose: hand-over
      audience: shop
  - id: ok
    use: respond
    reveal: [code.value]
    with:
      body:
        code: ${{ code.value }}
`
	takeOver = `version: 1
flow: takeOver
endpoints:
  - {method: POST, path: /take-over, require: none}
input:
  code: {type: string, maxLength: 200, secret: true}
nodes:
  - id: user
    use: token.redeem
    with:
      token: ${{ input.code }}
      purpose: hand-over
      audience: shop
  - id: opened
    use: session.create
    with:
      userId: ${{ user.userId }}
    next: {secondFactor: challenge}
  - id: ok
    use: respond
    with: {status: 204}
  - id: challenge
    use: challenge.create
    with:
      userId: ${{ user.userId }}
  - id: second
    use: respond
    reveal: [challenge.token]
    with:
      status: 202
      body:
        challenge: ${{ challenge.token }}
`
	signOutFamily = `version: 1
flow: signOutFamily
endpoints:
  - {method: POST, path: /sign-out-everywhere, require: session}
nodes:
  - id: drop
    use: session.delete
    with:
      id: ${{ session.id }}
      userId: ${{ session.userId }}
      family: true
    next: {notFound: done, foreign: done}
  - id: done
    use: respond
    with: {status: 204}
`
)

// factorApp is a mailingApp of the example of second factors, with the flows of links and
// codes besides, in which ada has an authenticator app.
func factorApp(t *testing.T, sink *lettertest.Server) (a *testApp, phone factortest.App, codes []string, session string) {
	t.Helper()
	a = newTestApp(t, mailingConfig(sink.Port)+"purposes: {sign-in: {class: signIn, lifetime: 10m}, reset: reset, hand-over: handOver}\n")
	for _, name := range []string{"sign-in.yaml", "sign-in-code.yaml", "app-enrol.yaml", "app-confirm.yaml", "app-remove.yaml", "factor-changed.mail.txt"} {
		text, err := os.ReadFile(filepath.Join("../examples/secondfactor", name))
		if err != nil {
			t.Fatal(err)
		}
		a.write(name, string(text))
	}
	a.write("send-link.yaml", sendLink)
	a.write("use-link.yaml", useLink)
	a.write("send-code.yaml", sendCode)
	a.write("use-code.yaml", useCode)
	a.write("send-reset.yaml", strings.NewReplacer("sendLink", "sendReset", "/send-link", "/send-reset", "purpose: sign-in", "purpose: reset").Replace(sendLink))
	a.write("reset.yaml", resetPassword)
	a.write("hand-over.yaml", handOver)
	a.write("hand-code.yaml", handCode)
	a.write("mail-code.yaml", mailCode)
	a.write("take-over.yaml", takeOver)
	a.write("sign-out.yaml", signOutFamily)
	a.write("sign-in.mail.txt", "Subject: Sign in\n\n{{.ReturnTo}}?token={{.Token}} within {{.Minutes}} minutes\n")
	a.write("code.mail.txt", "Subject: Your code\n\n{{.Code}} within {{.Minutes}} minutes\n")
	a.run(`{"email":"`+factorEmail+`","emailVerified":true}`+"\n", "user", "import", "-")
	a.run(`{"email":"eve@example.com","emailVerified":true}`+"\n", "user", "import", "-")
	a.run(factorPassword, "user", "set-password", factorEmail)
	a.start("--verbose")
	o, err := a.signIn(factorEmail, factorPassword, "")
	if err != nil {
		t.Fatal(err)
	}
	session = o.Session.Token
	var shown struct{ Secret string }
	a.mustCall("/me/app", session, map[string]string{"password": factorPassword}, &shown)
	phone = factortest.App{Secret: shown.Secret}
	var confirmed struct{ RecoveryCodes []string }
	a.mustCall("/me/app/confirm", session, map[string]string{"code": phone.Code(t, time.Now())}, &confirmed)
	return a, phone, confirmed.RecoveryCodes, session
}

// call sends JSON with a session, and with the API key.
func (a *testApp) call(path, session string, body any) (status int, answer string) {
	a.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		a.t.Fatal(err)
	}
	r, err := http.NewRequest("POST", a.url+path, strings.NewReader(string(text)))
	if err != nil {
		a.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", a.key)
	if session != "" {
		r.Header.Set("Session", session)
	}
	status, got, err := send(r)
	if err != nil {
		a.t.Fatal(err)
	}
	return status, string(got)
}

func (a *testApp) mustCall(path, session string, body, into any) {
	a.t.Helper()
	status, answer := a.call(path, session, body)
	if err := json.Unmarshal([]byte(answer), into); err != nil || status >= 300 {
		a.t.Fatalf("%s: got %d %s, %v", path, status, answer, err)
	}
}

// challenge signs in with a password, which is not enough, and gives the challenge.
func (a *testApp) challenge(password string) string {
	a.t.Helper()
	status, answer := a.call("/sign-in", "", map[string]string{"email": factorEmail, "password": password})
	var half struct{ Challenge string }
	if err := json.Unmarshal([]byte(answer), &half); err != nil || status != http.StatusAccepted || strings.Contains(answer, "lws_") {
		a.t.Fatalf("got %d %s, want a challenge", status, answer)
	}
	return half.Challenge
}

// secondStep shows the second factor, and says whether that opened a session.
func (a *testApp) secondStep(challenge, code string) bool {
	a.t.Helper()
	status, answer := a.call("/sign-in/code", "", map[string]string{"challenge": challenge, "code": code})
	opened := strings.Contains(answer, "lws_")
	if opened != (status == http.StatusOK) || !opened && status != http.StatusUnauthorized {
		a.t.Fatalf("got %d %s", status, answer)
	}
	if opened && !strings.Contains(answer, `"level":2`) {
		a.t.Errorf("got %s, want a session of level 2", answer)
	}
	return opened
}

// whichever way somebody comes by, an enrolled second factor is
// asked for: by the password, a link, a code of a mail, and after a new password.
func TestSecondFactorOnEachPathway_R26(t *testing.T) {
	sink := &lettertest.Server{}
	sink.Start(t, "none")
	a, phone, codes, session := factorApp(t, sink)
	refused := func(what string, status int, answer string) {
		t.Helper()
		if status != http.StatusUnauthorized || !strings.Contains(answer, "second_factor_required") {
			t.Errorf("%s: got %d %s, want 401 second_factor_required", what, status, answer)
		}
	}
	mails := 1 // that the factor was enrolled
	mail := func() string {
		t.Helper()
		mails++
		text, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(sink.Await(t, mails)[mails-1].Data)))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if m := sink.Await(t, 1)[0]; !strings.Contains(m.Data, "second factor") {
		t.Errorf("got the mail\n%s", m.Data)
	}

	a.mustSendLink(factorEmail)
	status, answer := a.useLink(linkInMail.FindStringSubmatch(mail())[2])
	refused("a link", status, answer)
	a.mustSendCode(factorEmail)
	status, answer = a.useCode(factorEmail, codeInMail.FindStringSubmatch(mail())[1])
	refused("a code of a mail", status, answer)

	// a reset is no sign-in, and ends the one that was half done.
	half := a.challenge(factorPassword)
	if status, answer := a.call("/send-reset", "", map[string]string{"email": factorEmail}); status != http.StatusAccepted {
		t.Fatalf("got %d %s", status, answer)
	}
	token := linkInMail.FindStringSubmatch(mail())[2]
	if status, answer := a.call("/reset", "", map[string]string{"token": token, "password": newPassword}); status != http.StatusNoContent {
		t.Fatalf("reset: got %d %s", status, answer)
	}
	if a.secondStep(half, codes[0]) {
		t.Error("a challenge of the old password opened a session")
	}
	if status, _, err := a.get("/me", session); err != nil || status != http.StatusUnauthorized {
		t.Errorf("the session of before: got %d, %v", status, err)
	}

	// a code of the app is good once, in whichever challenge. R-25: so is a recovery code.
	code := phone.Code(t, time.Now().Add(30*time.Second)) // that of now has confirmed the app
	half = a.challenge(newPassword)
	if a.secondStep(half, "000000000") || !a.secondStep(half, code) {
		t.Error("the code of the app opened no session")
	}
	if a.secondStep(half, codes[0]) {
		t.Error("a used challenge opened a session")
	}
	half = a.challenge(newPassword)
	if a.secondStep(half, code) {
		t.Error("a used code opened a session")
	}
	if !a.secondStep(half, codes[0]) || a.secondStep(a.challenge(newPassword), codes[0]) {
		t.Error("a recovery code is good once")
	}

	// five tries.
	half = a.challenge(newPassword)
	for range 5 {
		a.secondStep(half, "0000-0000-0000-000")
	}
	if a.secondStep(half, codes[1]) {
		t.Error("a sixth try opened a session")
	}

	// An operator takes it away.
	a.run("", "user", "remove-factor", factorEmail)
	if o, err := a.signIn(factorEmail, newPassword, ""); err != nil || o.Session.Token == "" {
		t.Errorf("got %v, want a session", err)
	}
}

// who signs out on one host does so on those to which the session was handed over,
// also where that took a second factor, and where it takes one yet.
func TestSecondFactorOfFamily_R38(t *testing.T) {
	sink := &lettertest.Server{}
	sink.Start(t, "none")
	a, _, codes, session := factorApp(t, sink) // it was opened before there was a second factor
	var second opened
	take := func() string {
		t.Helper()
		var handed struct{ Code, Challenge string }
		a.mustCall("/me/hand-over", session, struct{}{}, &handed)
		a.mustCall("/take-over", "", map[string]string{"code": handed.Code}, &handed)
		return handed.Challenge
	}
	a.mustCall("/sign-in/code", "", map[string]string{"challenge": take(), "code": codes[0]}, &second)
	half := take()
	if status, answer, err := a.get("/me", second.Session.Token); err != nil || status != http.StatusOK {
		t.Fatalf("got %d %s, %v, want the second session live", status, answer, err)
	}
	if status, answer := a.call("/sign-out-everywhere", session, struct{}{}); status != http.StatusNoContent {
		t.Fatalf("got %d %s", status, answer)
	}
	if status, _, err := a.get("/me", second.Session.Token); err != nil || status != http.StatusUnauthorized {
		t.Errorf("the second session: got %d, %v, want 401", status, err)
	}
	status, answer := a.call("/sign-in/code", "", map[string]string{"challenge": half, "code": codes[1]})
	if status != http.StatusUnauthorized || !strings.Contains(answer, "session_ended") {
		t.Errorf("half a sign-in: got %d %s, want 401 session_ended", status, answer)
	}
}

// when an app is enrolled, the session of the request goes on, and others end. R-26:
// a session and the password do not put another app in its place.
func TestSecondFactorEnrolled_R41(t *testing.T) {
	sink := &lettertest.Server{}
	sink.Start(t, "none")
	a, _, codes, session := factorApp(t, sink)
	if status, answer, err := a.get("/me", session); err != nil || status != http.StatusOK {
		t.Errorf("got %d %s, %v, want the session live", status, answer, err)
	}
	status, answer := a.call("/me/app", session, map[string]string{"password": factorPassword})
	if status != http.StatusForbidden || !strings.Contains(answer, "second_factor_required") {
		t.Errorf("another app: got %d %s, want 403", status, answer)
	}
	var o opened
	a.mustCall("/sign-in/code", "", map[string]string{"challenge": a.challenge(factorPassword), "code": codes[0]}, &o)
	if status, answer := a.call("/me/app/remove", o.Session.Token, map[string]string{"code": codes[1]}); status != http.StatusNoContent {
		t.Errorf("remove: got %d %s", status, answer)
	}
	for token, want := range map[string]int{session: http.StatusUnauthorized, o.Session.Token: http.StatusOK} {
		if status, _, err := a.get("/me", token); err != nil || status != want {
			t.Errorf("got %d, %v, want %d", status, err, want)
		}
	}
	if text := a.run("", "user", "show", factorEmail, "--json"); strings.Contains(text, "totp") {
		t.Errorf("got %s, want no factor", text)
	}
}

// handCode hands a user over to a server by the password alone.
const handCode = `version: 1
flow: handCode
endpoints:
  - {method: POST, path: /hand-over, require: none}
input:
  email:    {type: string, maxLength: 254}
  password: {type: string, maxLength: 1024, secret: true}
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
      password: ${{ input.password }}
    next: {mismatch: reject}
  - id: code
    use: token.create
    with:
      userId: ${{ user.id }}
      purpose: hand-over
      audience: shop
  - id: ok
    use: respond
    reveal: [code.value]
    with:
      body:
        code: ${{ code.value }}
  - id: decoy
    use: password.decoy
    with:
      identifier: ${{ input.email }}
      password: ${{ input.password }}
  - id: reject
    use: fail
    with: {status: 401, code: invalid_credentials, message: The e-mail address or the password is wrong.}
`

// mailCode mails a link to another address by the password alone.
var mailCode = strings.NewReplacer("handCode", "mailCode", "/hand-over", "/mail-address", `    use: token.create
    with:
      userId: ${{ user.id }}
      purpose: hand-over
      audience: shop
`, `    use: link.send
    with:
      userId: ${{ user.id }}
      email: other@example.com
      purpose: sign-in
      template: sign-in
`, "    reveal: [code.value]\n", "", "code: ${{ code.value }}", "sent: true").Replace(handCode)

// a user with an app is handed over to no server by the password alone, and no link is
// mailed to another address.
func TestSecondFactorBeforeHandOver_R26(t *testing.T) {
	sink := &lettertest.Server{}
	sink.Start(t, "none")
	a, _, _, _ := factorApp(t, sink)
	for path, want := range map[string]int{"/hand-over": http.StatusUnauthorized, "/mail-address": http.StatusForbidden} {
		status, answer := a.call(path, "", map[string]string{"email": factorEmail, "password": factorPassword})
		if status != want || !strings.Contains(answer, "second_factor_required") {
			t.Errorf("%s: got %d %s, want %d second_factor_required", path, status, answer, want)
		}
	}
	a.run(newPassword, "user", "set-password", "eve@example.com")
	for _, path := range []string{"/hand-over", "/mail-address"} {
		if status, answer := a.call(path, "", map[string]string{"email": "eve@example.com", "password": newPassword}); status != http.StatusOK {
			t.Errorf("%s: got %d %s, want it done for who has no app", path, status, answer)
		}
	}
}

// of a second factor nothing lies in the files or the log that would open
// anything.
func TestSecondFactorLiesNowhere_R33(t *testing.T) {
	sink := &lettertest.Server{}
	sink.Start(t, "none")
	a, phone, codes, session := factorApp(t, sink)
	half := a.challenge(factorPassword)
	code := phone.Code(t, time.Now().Add(30*time.Second))
	if !a.secondStep(half, code) {
		t.Fatal("got no session")
	}
	second := a.challenge(factorPassword)
	a.secondStep(second, codes[0])
	a.secondStep(a.challenge(factorPassword), "canary-code")
	a.stop()
	all := ""
	for _, name := range []string{"app.db", "app.db-wal", "serve.err"} {
		text, err := os.ReadFile(filepath.Join(a.dir, name))
		if err == nil {
			all += string(text)
		}
	}
	if !strings.Contains(all, factorEmail) || !strings.Contains(all, "totp.check") {
		t.Fatal("the files were not read")
	}
	looks := append([]string{phone.Secret, half, second, session, "lwc_", "otpauth", "canary-code", "base64,iVBOR"}, codes...)
	for _, c := range codes {
		looks = append(looks, strings.ReplaceAll(c, "-", ""))
	}
	for _, look := range looks {
		if strings.Contains(all, look) {
			t.Errorf("%q lies there", look)
		}
	}
	if strings.Contains(all, fmt.Sprintf("%q", code)) {
		t.Errorf("the code %s lies there", code)
	}
}
