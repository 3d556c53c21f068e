package cmd

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/runtime/openapi/openapitest"
)

// TestAnswersAsDocumented asks a server for every endpoint of the quickstart, rightly
// and wrongly: each answer is one that the document has, in status and in body.
func TestAnswersAsDocumented(t *testing.T) {
	a := newTestApp(t, "version: 1\nstore: {sqlite: app.db}\n")
	document := openapitest.Valid(t, []byte(a.run("", "openapi")))
	a.start()
	asked := map[string]map[int]bool{}
	ask := func(method, path, body string, fields ...string) string {
		t.Helper()
		r, err := http.NewRequest(method, a.url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		for i := 0; i < len(fields); i += 2 {
			r.Header.Set(fields[i], fields[i+1])
		}
		answer, err := httpClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		openapitest.Answer(t, document, method, path, answer.StatusCode, answer.Header.Get("Content-Type"), text)
		if asked[method+" "+path] == nil {
			asked[method+" "+path] = map[int]bool{}
		}
		asked[method+" "+path][answer.StatusCode] = true
		return string(text)
	}
	const person = `{"email":"ada@example.com","password":"seven violet teapots","name":"Ada"}`
	token := tokenIn(t, ask("POST", "/sign-up", person, "Authorization", a.key))
	ask("POST", "/sign-up", person, "Authorization", a.key)
	ask("POST", "/sign-up", person)
	ask("POST", "/sign-up", `{"email":"bob@example.com","password":"password"}`, "Authorization", a.key)
	ask("POST", "/sign-up", `{"email":7}`, "Authorization", a.key)
	other := tokenIn(t, ask("POST", "/sign-in", person, "Authorization", a.key))
	ask("POST", "/sign-in", `{"email":"ada@example.com","password":"wrong"}`, "Authorization", a.key)
	ask("POST", "/sign-in", `{`, "Authorization", a.key)
	ask("POST", "/sign-in", person, "Authorization", "lwk_unknown")
	ask("POST", "/sign-in", person, "Authorization", a.key, "Content-Type", "text/plain")
	ask("POST", "/sign-in", `{"email":"`+strings.Repeat("a", 70<<10)+`"}`, "Authorization", a.key)
	ask("GET", "/me", "", "Session", token)
	ask("GET", "/me", "")
	ask("GET", "/sessions", "", "Session", token)
	ask("GET", "/sessions", "", "Session", "lws_unknown")
	ask("POST", "/sign-out-others", "", "Session", token)
	ask("POST", "/sign-out-others", "", "Session", other)
	ask("POST", "/sign-out", "", "Session", token)
	ask("POST", "/sign-out", "", "Session", token)
	for path, item := range document["paths"].(map[string]any) {
		for method := range item.(map[string]any) {
			if statuses := asked[strings.ToUpper(method)+" "+path]; len(statuses) < 2 {
				t.Errorf("%s %s: got the statuses %v, want it asked rightly and wrongly", method, path, statuses)
			}
		}
	}
}
