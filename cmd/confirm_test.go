package cmd

import (
	"net/http"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/nodes/letter/lettertest"
)

const useConfirm = `version: 1
flow: useConfirm
endpoints:
  - {method: POST, path: /use-confirm, require: none}
input:
  email: {type: string, maxLength: 254}
  code:  {type: string, maxLength: 20, secret: true}
nodes:
  - id: code
    use: otp.check
    with:
      email: ${{ input.email }}
      code: ${{ input.code }}
      purpose: confirm
    next: {mismatch: wrong}
  - id: user
    use: user.confirm
    with:
      address: ${{ code.address }}
    next: {notFound: wrong}
  - id: ok
    use: respond
    with:
      body:
        verified: ${{ user.emailVerified }}
  - id: wrong
    use: fail
    with:
      status: 401
      code: invalid_code
      message: The code is wrong or has expired.
`

// an account is made with the address of another. Who confirms it is let into
// nothing by that, and whoever made it keeps the password; who signs in by a code before
// anybody has confirmed it gets the account, and the password ends.
func TestConfirmOrClaim_A35(t *testing.T) {
	sink := &lettertest.Server{}
	sink.Start(t, "none")
	a := codingApp(t, sink.Port)
	config := strings.Replace(mailingConfig(sink.Port)+"purposes: {sign-in: signIn}\n", "sign-in: signIn", "sign-in: signIn, confirm: address", 1)
	a.write("app.yaml", config)
	a.write("send-confirm.yaml", strings.NewReplacer("sendCode", "sendConfirm", "/send-code", "/send-confirm", "purpose: sign-in", "purpose: confirm").Replace(sendCode))
	a.write("use-confirm.yaml", useConfirm)
	a.start()

	password := "a very long pass phrase"
	for i, email := range []string{"bea@example.com", "cod@example.com"} {
		if status, answer, err := a.post("/sign-up", "", map[string]string{"email": email, "password": password}); err != nil || status != http.StatusCreated {
			t.Fatalf("sign-up: got %d %s, %v", status, answer, err)
		}
		path := []string{"/send-confirm", "/send-code"}[i]
		if status, answer, err := a.post(path, "", map[string]string{"email": email}); err != nil || status != http.StatusAccepted {
			t.Fatalf("%s: got %d %s, %v", path, status, answer, err)
		}
		m := codeInMail.FindStringSubmatch(sink.Await(t, i+1)[i].Data)
		if m == nil {
			t.Fatal("got no code")
		}
		if i == 0 {
			if status, answer := a.useCode(email, m[1]); status != http.StatusUnauthorized || strings.Contains(answer, "lws_") {
				t.Errorf("a code that confirms signs in: got %d %s, want 401", status, answer)
			}
		}
		use := []string{"/use-confirm", "/use-code"}[i]
		status, answer, err := a.post(use, "", map[string]string{"email": email, "code": m[1]})
		if err != nil || status != http.StatusOK || strings.Contains(string(answer), "lws_") != (i == 1) {
			t.Errorf("%s: got %d %s, %v, want a session by the code that signs in alone", use, status, answer, err)
		}
		want := []int{http.StatusOK, http.StatusUnauthorized}[i]
		if status, answer, err := a.post("/sign-in", "", map[string]string{"email": email, "password": password}); err != nil || status != want {
			t.Errorf("the password after %s: got %d %s, %v, want %d", use, status, answer, err, want)
		}
	}
}
