package cmd

import (
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// many more sign-ins at a time than the server can hash are turned
// away with a time at which to come again, and meanwhile sessions are checked and
// memory stays bounded.
func TestFloodOfSignIns(t *testing.T) {
	const flood = 400
	a := newTestApp(t, "version: 1\nserver: {timeout: 60s, trustedProxies: [127.0.0.1]}\nstore: {sqlite: app.db}\n")
	const email, right = "ada@example.com", "seven violet teapots"
	a.run(right+"\n", "user", "add", "--email", email, "--password-stdin")
	a.start()
	o, err := a.signIn(email, right, "")
	if err != nil {
		t.Fatal(err)
	}
	var statuses [600]atomic.Int64
	var checks atomic.Int64
	var sending sync.WaitGroup
	ended := make(chan struct{})
	for i := range flood {
		sending.Go(func() {
			ip := fmt.Sprintf("198.18.%d.%d", i/250, i%250)
			status, text, err := a.post("/sign-in", ip, map[string]string{"email": fmt.Sprintf("nobody%d@example.com", i), "password": right})
			if err != nil {
				t.Error(err)
				return
			}
			statuses[status].Add(1)
			if status == http.StatusServiceUnavailable && !strings.Contains(string(text), `"code":"overloaded"`) {
				t.Errorf("got %s, want overloaded", text)
			}
		})
	}
	go func() {
		sending.Wait()
		close(ended)
	}()
	for flooding := true; flooding; {
		select {
		case <-ended:
			flooding = false
		default:
		}
		status, text, err := a.get("/me", o.Session.Token)
		if err != nil || status != http.StatusOK {
			t.Fatalf("a session is checked meanwhile: got %d %s, %v, want 200", status, text, err)
		}
		checks.Add(1)
	}
	hashed, refused := statuses[http.StatusUnauthorized].Load(), statuses[http.StatusServiceUnavailable].Load()
	if hashed == 0 || refused == 0 || hashed+refused != flood {
		t.Errorf("got %d times 401 and %d times 503, want %d in all, and some of both", hashed, refused, flood)
	}
	// 400 hashes at once would take 7,600 MiB; the race detector multiplies what is taken.
	if most, limit := a.peakMemory(), 1024; runtime.GOOS == "linux" && most > limit {
		t.Errorf("the server took %d MiB, want at most %d", most, limit)
	}
	t.Logf("%d sign-ins were hashed, %d were turned away, %d sessions were checked meanwhile, with at most %d MiB", hashed, refused, checks.Load(), a.peakMemory())
	if status, _, err := a.post("/sign-in", "", map[string]string{"email": email, "password": right}); err != nil || status != http.StatusOK {
		t.Errorf("afterwards: got %d, %v, want 200", status, err)
	}
}

// guesses from many addresses at the same time lock the account; then the
// right password is as wrong as others, from wherever it comes.
func TestParallelGuesses(t *testing.T) {
	a := newTestApp(t, "version: 1\nserver: {timeout: 60s, trustedProxies: [127.0.0.1]}\nstore: {sqlite: app.db}\n")
	const email, right = "ada@example.com", "seven violet teapots"
	a.run(right+"\n", "user", "add", "--email", email, "--password-stdin")
	a.start()
	guess := func(i int, password string) {
		status, text, err := a.post("/sign-in", fmt.Sprintf("198.18.0.%d", i), map[string]string{"email": email, "password": password})
		switch {
		case err != nil:
			t.Error(err)
		case status != http.StatusUnauthorized && status != http.StatusServiceUnavailable:
			t.Errorf("guess %d: got %d %s, want 401", i, status, text)
		}
	}
	var guessing sync.WaitGroup
	for i := range 50 {
		guessing.Go(func() { guess(i, fmt.Sprintf("wrong password %d", i)) })
	}
	guessing.Wait()
	for i := range 20 {
		guessing.Go(func() { guess(i, right) })
	}
	guessing.Wait()
}

// peakMemory is the most memory that the server has had at a time, in MiB; 0
// where the system does not tell.
func (a *testApp) peakMemory() int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", a.server.command.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.Atoi(strings.Fields(value)[0])
			if err != nil {
				a.t.Fatal(err)
			}
			return kib >> 10
		}
	}
	return 0
}
