package cmd

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// A server is killed in the middle of sign-ins, 20 times: every session that was
// answered with 200 is there afterwards.
func TestKilledServerKeepsSessions(t *testing.T) {
	const clients, rounds = 4, 20
	a := newTestApp(t, `version: 1
server: {trustedProxies: [127.0.0.1]}
store: {sqlite: app.db}
`)
	emails := make([]string, clients)
	for i := range emails {
		emails[i] = fmt.Sprintf("user%d@example.com", i)
		a.run("seven violet teapots\n", "user", "add", "--email", emails[i], "--password-stdin")
	}
	var tokens []string
	for round := range rounds {
		a.start()
		tokens = append(tokens, a.signInUntilKilled(emails, round, clients+rand.IntN(2*clients))...)
	}
	a.wantSessions(tokens)
	if len(tokens) < rounds*clients {
		t.Errorf("got %d sessions, too few to prove anything", len(tokens))
	}
}

// signInUntilKilled signs in from several clients, kills the server when it has
// given out so many sessions, and returns all tokens that were answered.
func (a *testApp) signInUntilKilled(emails []string, round, sessions int) []string {
	var mu sync.Mutex
	var tokens []string
	var working sync.WaitGroup
	for i, email := range emails {
		ip := fmt.Sprintf("198.18.%d.%d", round, i)
		working.Go(func() {
			for {
				o, err := a.signIn(email, "seven violet teapots", ip)
				if err != nil {
					if text := err.Error(); strings.HasPrefix(text, "got ") {
						a.t.Errorf("sign-in: %s", text)
					}
					return
				}
				mu.Lock()
				tokens = append(tokens, o.Session.Token)
				enough := len(tokens) == sessions
				mu.Unlock()
				if enough {
					a.server.command.Process.Kill()
				}
			}
		})
	}
	working.Wait()
	a.kill()
	return tokens
}

// wantSessions checks with a new server that the sessions are there.
func (a *testApp) wantSessions(tokens []string) {
	a.t.Helper()
	a.start()
	for i, token := range tokens {
		status, text, err := a.get("/me", token)
		if err != nil {
			a.t.Fatal(err)
		}
		if status != http.StatusOK {
			a.t.Errorf("session %d was answered, and is lost: got %d %s", i, status, text)
		}
	}
	a.kill()
}
