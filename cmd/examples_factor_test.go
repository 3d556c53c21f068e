package cmd

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/latchwork/latchwork/nodes/factor/factortest"
)

// challenge makes a challenge by the example of challenge.create.
func (x *examples) challenge(t *testing.T, i int, u exampleUser) string {
	t.Helper()
	status, text := x.post(i, "/examples/challenge.create", map[string]string{"email": u.email, "password": examplePassword})
	var made struct{ Challenge string }
	if err := json.Unmarshal([]byte(text), &made); err != nil || status != http.StatusAccepted {
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
