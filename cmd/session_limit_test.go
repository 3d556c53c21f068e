package cmd

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// Flows that open sessions besides sign-in.yaml: by another identifier, and in a
// sub-flow.
const (
	limitByName = `version: 1
flow: signInByName
endpoints:
  - {method: POST, path: /sign-in-by-name, require: apikey}
input:
  username: {type: string, maxLength: 100}
  password: {type: string, maxLength: 1024, secret: true}
nodes:
  - id: user
    use: user.get
    with:
      username: ${{ input.username }}
    next: {notFound: decoy}
  - id: check
    use: password.check
    with:
      userId: ${{ user.id }}
      password: ${{ input.password }}
    next: {mismatch: reject}
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
  - id: decoy
    use: password.decoy
    with:
      identifier: ${{ input.username }}
      password: ${{ input.password }}
  - id: reject
    use: fail
    with: {status: 401, code: invalid_credentials, message: The name or the password is wrong.}
`
	limitShared = `version: 1
flow: signInShared
endpoints:
  - {method: POST, path: /sign-in-shared, require: apikey}
input:
  username: {type: string, maxLength: 100}
  password: {type: string, maxLength: 1024, secret: true}
nodes:
  - id: user
    use: user.get
    with:
      username: ${{ input.username }}
    next: {notFound: decoy}
  - id: check
    use: password.check
    with:
      userId: ${{ user.id }}
      password: ${{ input.password }}
    next: {mismatch: reject}
  - id: signed
    use: flow.signedIn
    with:
      user: ${{ user }}
  - id: decoy
    use: password.decoy
    with:
      identifier: ${{ input.username }}
      password: ${{ input.password }}
  - id: reject
    use: fail
    with: {status: 401, code: invalid_credentials, message: The name or the password is wrong.}
`
	limitSignedIn = `version: 1
flow: signedIn
input:
  user: {type: user.User}
nodes:
  - id: opened
    use: session.create
    with:
      userId: ${{ input.user.id }}
  - id: ok
    use: respond
    reveal: [opened.token]
    with:
      body:
        session: ${{ opened }}
`
)

// of fifty sign-ins at once by three flows, as many open a session as the
// limit allows, and the others are refused.
func TestSessionLimitOfAllFlows(t *testing.T) {
	const signIns, limit = 50, 3
	a := newTestApp(t, `version: 1
store: {sqlite: app.db}
session: {limit: {max: 3, policy: refuse}}
`)
	a.write("sign-in-by-name.yaml", limitByName)
	a.write("sign-in-shared.yaml", limitShared)
	a.write("signed-in.yaml", limitSignedIn)
	const email, password = "ada@example.com", "seven violet teapots"
	a.run(password+"\n", "user", "add", "--email", email, "--username", "ada", "--password-stdin")
	a.start()
	body := map[string]string{"email": email, "username": "ada", "password": password}
	paths := [...]string{"/sign-in", "/sign-in-by-name", "/sign-in-shared"}
	var opened, refused atomic.Int64
	var working sync.WaitGroup
	for i := range signIns {
		working.Go(func() {
			status, text, err := a.post(paths[i%len(paths)], "", body)
			switch {
			case err != nil:
				t.Error(err)
			case status == http.StatusOK:
				opened.Add(1)
			case status == http.StatusConflict && strings.Contains(string(text), `"session_limit"`):
				refused.Add(1)
			default:
				t.Errorf("%s: got %d %s, want a session or 409", paths[i%len(paths)], status, text)
			}
		})
	}
	working.Wait()
	if opened.Load() != limit || refused.Load() != signIns-limit {
		t.Errorf("got %d sessions and %d refusals, want %d and %d", opened.Load(), refused.Load(), limit, signIns-limit)
	}
	// What is stored is what was told.
	var stored []struct{ ID string }
	if err := json.Unmarshal([]byte(a.run("", "session", "list", email, "--json")), &stored); err != nil || len(stored) != limit {
		t.Errorf("got %d sessions that are stored, error %v, want %d", len(stored), err, limit)
	}
}
