package cmd

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// watched is a session that clients use without pause.
type watched struct {
	opened
	ending, ended atomic.Bool // the command that ends it has begun, and has returned
}

// while clients use sessions without pause and the server keeps
// them in memory, no request that is sent after "session revoke" has returned is
// answered with 200, and no session is refused that nobody has revoked.
func TestRevokedUnderLoad(t *testing.T) {
	const clients, sessions, uses = 8, 10, 50
	a := newTestApp(t, `version: 1
server: {trustedProxies: [127.0.0.1]}
store: {sqlite: app.db, sessionCache: 1000}
`)
	const email = "ada@example.com"
	a.run("seven violet teapots\n", "user", "add", "--email", email, "--password-stdin")
	a.start()
	var all [sessions]watched
	for i := range all {
		o, err := a.signIn(email, "seven violet teapots", "")
		if err != nil {
			t.Fatal(err)
		}
		all[i].opened = o
	}
	stop := useWithoutPause(a, clients, all[:])
	for i := range all {
		w := &all[i]
		for range uses {
			w.use(a)
		}
		args := []string{"session", "revoke", email, w.Session.ID}
		if i == sessions-1 {
			args[3] = "--all"
		}
		w.ending.Store(true)
		a.run("", args...)
		w.ended.Store(true)
		for range uses {
			w.use(a)
		}
	}
	if n := stop(); n < sessions*uses {
		t.Errorf("got %d requests of the clients, too few for a load", n)
	}
}

// while clients use a user's sessions without pause, the user ends all but one.
// No request that is sent after the answer is answered with 200, and the one session
// goes on.
func TestKickedUnderLoad(t *testing.T) {
	const clients, sessions, rounds, uses = 8, 4, 10, 50
	a := newTestApp(t, `version: 1
server: {trustedProxies: [127.0.0.1]}
store: {sqlite: app.db, sessionCache: 1000}
`)
	const email = "ada@example.com"
	a.run("seven violet teapots\n", "user", "add", "--email", email, "--password-stdin")
	a.start()
	asked := 0
	signIn := func() opened { // each from an address of its own, for the rate
		t.Helper()
		asked++
		o, err := a.signIn(email, "seven violet teapots", fmt.Sprintf("198.18.0.%d", asked))
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	own := watched{opened: signIn()}
	requests := int64(0)
	for range rounds {
		var others [sessions]watched
		for i := range others {
			others[i].opened = signIn()
		}
		stop := useWithoutPause(a, clients, others[:])
		for range uses {
			own.use(a)
		}
		for i := range others {
			others[i].ending.Store(true)
		}
		if status, err := a.signOutOthers(own.Session.Token); err != nil || status != http.StatusOK && status != http.StatusNoContent {
			t.Fatalf("got %d, %v", status, err)
		}
		for i := range others {
			others[i].ended.Store(true)
		}
		for range uses {
			own.use(a)
		}
		requests += stop()
	}
	if requests < rounds*uses {
		t.Errorf("got %d requests of the clients, too few for a load", requests)
	}
}

// signOutOthers ends all sessions of a user but the one of the token.
func (a *testApp) signOutOthers(token string) (status int, err error) {
	r, err := http.NewRequest(http.MethodPost, a.url+"/sign-out-others", nil)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Session", token)
	status, _, err = send(r)
	return status, err
}

// useWithoutPause has clients use sessions until the returned function is called, which
// says how often they did.
func useWithoutPause(a *testApp, clients int, sessions []watched) (stop func() int64) {
	var load atomic.Int64
	end := make(chan struct{})
	var working sync.WaitGroup
	for range clients {
		working.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-end:
					return
				default:
					sessions[i%len(sessions)].use(a)
					load.Add(1)
				}
			}
		})
	}
	return func() int64 {
		close(end)
		working.Wait()
		return load.Load()
	}
}

// use sends one request. What was known of the session before it was sent, and
// what is known when it is answered, says what the answer may be.
func (w *watched) use(a *testApp) {
	ended := w.ended.Load()
	status, _, err := a.get("/me", w.Session.Token)
	switch {
	case err != nil:
		a.t.Error(err)
	case ended && status != http.StatusUnauthorized:
		a.t.Errorf("session %s is revoked: got %d, want 401", w.Session.ID, status)
	case status != http.StatusOK && !w.ending.Load():
		a.t.Errorf("session %s is not revoked: got %d, want 200", w.Session.ID, status)
	}
}

// a sign-in that is under way with the old password while an operator sets a new
// one opens no session that outlives the command.
func TestSetPasswordUnderLoad(t *testing.T) {
	const clients, rounds = 4, 3
	a := newTestApp(t, `version: 1
server: {trustedProxies: [127.0.0.1]}
store: {sqlite: app.db}
`)
	const email = "ada@example.com"
	words := [2]string{"seven violet teapots\n", "nine brown kettles boil\n"}
	a.run(words[0], "user", "add", "--email", email, "--password-stdin")
	a.start()
	tried := 0
	var asked atomic.Int64
	signIn := func(password string) (opened, error) { // each from an address of its own, for the rate
		n := asked.Add(1)
		return a.signIn(email, password, fmt.Sprintf("198.18.%d.%d", n/250, n%250))
	}
	for round := range rounds {
		old := strings.TrimSuffix(words[round%2], "\n")
		if _, err := signIn(old); err != nil {
			t.Fatal(err) // the right password forgives the wrong ones of the round before
		}
		var mu sync.Mutex
		var tokens []string
		stop := make(chan struct{})
		var working sync.WaitGroup
		for range clients {
			working.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					o, err := signIn(old)
					if err != nil {
						return // the new password is there
					}
					mu.Lock()
					tokens = append(tokens, o.Session.Token)
					mu.Unlock()
				}
			})
		}
		time.Sleep(30 * time.Millisecond)
		a.run(words[(round+1)%2], "user", "set-password", email)
		close(stop)
		working.Wait()
		for _, token := range tokens {
			tried++
			if status, _, err := a.get("/me", token); err != nil || status != http.StatusUnauthorized {
				t.Errorf("round %d: got %d, %v for a session by the old password, want 401", round, status, err)
			}
		}
	}
	if tried < rounds {
		t.Errorf("got %d sessions by old passwords, too few to show anything", tried)
	}
}
