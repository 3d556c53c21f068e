package cmd

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
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
// limit allows, and the others are refused. Where two could pass together they
// would not do so each time; hence several users.
func TestSessionLimitOfAllFlows(t *testing.T) {
	a := newTestApp(t, `version: 1
server: {trustedProxies: [127.0.0.1], timeout: 60s}
store: {sqlite: app.db}
session: {limit: {max: 3, policy: refuse}}
`)
	a.write("sign-in-by-name.yaml", limitByName)
	a.write("sign-in-shared.yaml", limitShared)
	a.write("signed-in.yaml", limitSignedIn)
	users := []string{"ada", "eve", "bob", "joe"}
	for _, name := range users {
		a.run("seven violet teapots\n", "user", "add", "--email", name+"@example.com", "--username", name, "--password-stdin")
	}
	a.start()
	for i, name := range users {
		const signIns, limit = 50, 3
		got := a.signInAtOnce(signIns, name, fmt.Sprintf("198.18.0.%d", i))
		if got[http.StatusOK] != limit || got[http.StatusConflict] != signIns-limit {
			t.Errorf("%s: got %v, want %d sessions and %d refusals", name, got, limit, signIns-limit)
		}
		// What is stored is what was told.
		var stored []struct{ ID string }
		if err := json.Unmarshal([]byte(a.run("", "session", "list", name, "--json")), &stored); err != nil || len(stored) != limit {
			t.Errorf("%s: got %d sessions that are stored, error %v, want %d", name, len(stored), err, limit)
		}
	}
}

// signInAtOnce signs a user in n times by all flows, and counts the answers by
// their statuses.
func (a *testApp) signInAtOnce(n int, name, ip string) map[int]int {
	paths := [...]string{"/sign-in", "/sign-in-by-name", "/sign-in-shared"}
	body := map[string]string{"email": name + "@example.com", "username": name, "password": "seven violet teapots"}
	var mu sync.Mutex
	got := map[int]int{}
	var working sync.WaitGroup
	for i := range n {
		working.Go(func() {
			status, text, err := a.post(paths[i%len(paths)], ip, body)
			if err != nil || status != http.StatusOK && !strings.Contains(string(text), `"session_limit"`) {
				a.t.Errorf("%s: got %d %s, error %v, want a session, or that there are too many", paths[i%len(paths)], status, text, err)
			}
			mu.Lock()
			defer mu.Unlock()
			got[status]++
		})
	}
	working.Wait()
	return got
}
