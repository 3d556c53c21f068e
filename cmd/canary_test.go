package cmd

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// of what is secret, nothing stands in the database, its log, what
// the server prints at its most talkative, or its metrics, whether requests were
// right or wrong.
func TestCanaries(t *testing.T) {
	a := newTestApp(t, "version: 1\nstore: {sqlite: app.db}\n")
	a.start("--verbose")
	secrets := map[string]string{
		"password":             "canary-one seven violet teapots",
		"wrong password":       "canary-two nine orange cupboards",
		"weak password":        "canary-six",
		"API key":              a.key,
		"unknown API key":      "lwk_canary-threeAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"unknown session":      "lws_canary-fourAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"secret in an address": "canary-five",
	}
	const email = "ada@example.com"
	call := func(method, path, body string, fields ...string) string {
		t.Helper()
		r, err := http.NewRequest(method, a.url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		for i := 0; i < len(fields); i += 2 {
			r.Header.Set(fields[i], fields[i+1])
		}
		_, text, err := send(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	credentials := func(password string) string { return `{"email":"` + email + `","password":"` + password + `"}` }
	call("POST", "/sign-up", credentials(secrets["weak password"]), "Authorization", a.key)
	secrets["first session"] = tokenIn(t, call("POST", "/sign-up", credentials(secrets["password"]), "Authorization", a.key))
	secrets["second session"] = tokenIn(t, call("POST", "/sign-in?apikey="+a.key, credentials(secrets["password"])))
	answers := call("POST", "/sign-in", credentials(secrets["wrong password"]), "Authorization", a.key) +
		call("POST", "/sign-in", credentials(secrets["password"])+"}", "Authorization", "Bearer "+a.key) +
		call("POST", "/sign-in", `{"email":"`+secrets["password"]+`"}`, "Authorization", a.key) +
		call("POST", "/sign-in", credentials(secrets["password"]), "Authorization", secrets["unknown API key"]) +
		call("GET", "/me?token="+secrets["secret in an address"], "", "Session", secrets["first session"]) +
		call("GET", "/"+secrets["secret in an address"], "", "Session", secrets["unknown session"]) +
		call("GET", "/sessions", "", "Session", secrets["second session"], "User-Agent", "Mozilla/5.0 "+secrets["secret in an address"]) +
		call("POST", "/sign-out-others", "", "Session", secrets["second session"]) +
		call("GET", "/me", "", "Session", secrets["first session"], "Cookie", "Session="+secrets["second session"])
	a.run("", "session", "list", email)
	// What an operator has pasted by mistake, and what is a handle (a token is one).
	for _, slip := range [][]string{
		{"session", "list", secrets["second session"]}, {"session", "revoke", email, secrets["unknown session"]},
		{"key", "revoke", secrets["unknown API key"]}, {"key", "rotate", secrets["unknown API key"]}, {"user", "disable", secrets["wrong password"]},
	} {
		if err := a.command(slip...).Run(); err == nil {
			t.Errorf("%q: got no error", slip[:2])
		}
	}
	a.run("", "session", "revoke", email, secrets["second session"])
	a.run("", "user", "list")
	a.run("", "key", "list", "--json")

	text, _ := a.server.err.read()
	m := regexp.MustCompile(`administration on (http://\S+)`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("the server does not say where administration is: %s", text)
	}
	a.url = m[1]
	places := map[string]string{"answers": answers, "metrics": call("GET", "/metrics", "")}
	if !strings.Contains(places["metrics"], "latchwork_requests_total") {
		t.Errorf("got %q, want metrics", places["metrics"])
	}
	if err := filepath.WalkDir(a.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		places[d.Name()] = string(text)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"app.db", "app.db-wal", "serve.err"} {
		if places[name] == "" {
			t.Errorf("there is no %s to look into", name)
		}
	}
	if log := places["serve.err"]; !strings.Contains(log, "password.check") || !strings.Contains(log, `"status":404`) {
		t.Errorf("got the log %s, want the requests in it", log)
	}
	for place, text := range places {
		for name, secret := range secrets {
			// The name of the program that a session was opened with is kept, and shown to its user.
			if name == "secret in an address" && strings.HasPrefix(place, "app.db") {
				continue
			}
			if strings.Contains(text, secret) {
				t.Errorf("%s: the %s stands there", place, name)
			}
		}
	}
}

func tokenIn(t *testing.T, answer string) string {
	t.Helper()
	token := regexp.MustCompile(`lws_[A-Za-z0-9_-]{43}`).FindString(answer)
	if token == "" {
		t.Fatalf("got %s, want a token", answer)
	}
	return token
}
