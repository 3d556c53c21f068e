package cmd

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/latchwork/latchwork/nodes/factor/factortest"
)

// half is a flow that keeps a challenge for whoever has the password, also where no app
// is enrolled; the example of challenge.create does so for those who have one.
const half = `version: 1
flow: half
endpoints:
  - {method: POST, path: /half, require: none}
input:
  email:    {type: string}
  password: {type: string, secret: true}
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
  - id: challenge
    use: challenge.create
    with:
      userId: ${{ user.id }}
  - id: ok
    use: respond
    reveal: [challenge.token]
    with:
      body:
        challenge: ${{ challenge.token }}
  - id: decoy
    use: password.decoy
    with:
      identifier: ${{ input.email }}
      password: ${{ input.password }}
  - id: reject
    use: fail
    with: {status: 401, code: invalid_credentials, message: Wrong.}
`

// challenge makes a challenge by half.
func (x *examples) challenge(t *testing.T, i int, u exampleUser) string {
	t.Helper()
	status, text := x.post(i, "/half", map[string]string{"email": u.email, "password": examplePassword})
	var made struct{ Challenge string }
	if err := json.Unmarshal([]byte(text), &made); err != nil || status != http.StatusOK {
		t.Fatalf("got %d %s, error %v, want a challenge", status, text, err)
	}
	return made.Challenge
}

// factor enrols an app by the examples of totp.enrol and totp.confirm, as far as a node
// type needs one, and gives a code for it.
func (x *examples) factor(t *testing.T, i int, u exampleUser, name string) string {
	t.Helper()
	if name == "totp.enrol" {
		return ""
	}
	status, text := x.post(i, "/examples/totp.enrol", map[string]string{"challenge": x.challenge(t, i, u)})
	var shown struct{ Secret string }
	if err := json.Unmarshal([]byte(text), &shown); err != nil || status != http.StatusOK {
		t.Fatalf("got %d %s, error %v, want a secret", status, text, err)
	}
	app := factortest.App{Secret: shown.Secret}
	code := app.Code(t, time.Now())
	if name == "totp.confirm" {
		return code
	}
	var confirmed struct{ RecoveryCodes []string }
	status, text = x.post(i, "/examples/totp.confirm", map[string]string{"code": code}, "Session", u.token)
	if err := json.Unmarshal([]byte(text), &confirmed); err != nil || status != http.StatusOK {
		t.Fatalf("got %d %s, error %v, want recovery codes", status, text, err)
	}
	if name == "recovery.check" {
		return confirmed.RecoveryCodes[0]
	}
	return app.Code(t, time.Now().Add(30*time.Second)) // that of now is used up
}
