package runtime

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/latchwork/latchwork/engine"
)

type failWith struct {
	How string `flow:"how" doc:"How to fail."`
}

// failing is a node type that fails as it is told.
var failing = engine.Define("test.fail", "Fails.",
	func(ctx context.Context, in failWith, out nothingOutcomes) (engine.Exit, error) {
		switch in.How {
		case "limited":
			f := engine.Fail(429, "rate_limit_exceeded", "Too many requests.")
			f.RetryAfter = 30 * time.Second
			return engine.Exit{}, f
		case "overloaded":
			f := engine.Fail(503, "overloaded", "Too much to do.")
			f.RetryAfter = 1200 * time.Millisecond
			return engine.Exit{}, f
		case "slow":
			<-ctx.Done()
			return engine.Exit{}, ctx.Err()
		case "error":
			return engine.Exit{}, errors.New("canary: no database")
		case "panic":
			panic("canary")
		case "forbidden":
			return engine.Exit{}, engine.Fail(403, "access_denied", "This needs another group.")
		}
		return out.Passed.Exit(engine.None{}), nil
	}, engine.Effect)

const failingFlow = `version: 1
flow: failing
endpoints:
  - {method: POST, path: /fail, require: none}
input:
  how:   {type: string, maxLength: 10}
  email: {type: string, format: email, optional: true}
nodes:
  - id: fails
    use: test.fail
    with:
      how: ${{ input.how }}
  - id: ok
    use: respond
    with:
      status: 204
`

// TestStatuses_R61 locks the answers to what goes wrong in flows, from the
// engine through the host to the client.
func TestStatuses_R61(t *testing.T) {
	entry := func(origin, code, message string) string {
		return `{"origin":"` + origin + `","code":"` + code + `","message":"` + message + `"`
	}
	id := `,"details":{"id":"ID"}}`
	tests := []struct {
		name, body string
		status     int
		retry      string
		want       string
	}{
		{"well", `{"how":"not"}`, 204, "", ""},
		{"validation", `{"how":"a longer word","email":"x"}`, 400, "",
			entry("client_error", "validation_error", "The field how must have at most 10 characters.") + `,"details":{"field":"how"}},` +
				entry("client_error", "validation_error", "The field email must be an e-mail address.") + `,"details":{"field":"email"}}`},
		{"validation of a list", `[]`, 400, "", entry("client_error", "validation_error", "The body must be a JSON object.") + `,"details":{"field":"body"}}`},
		{"nothing", ``, 400, "", entry("client_error", "validation_error", "The field how is required.") + `,"details":{"field":"how"}}`},
		{"syntax", `{`, 400, "", entry("client_error", "invalid_request_body_syntax", "The body of the request could not be read.") + `}`},
		{"forbidden", `{"how":"forbidden"}`, 403, "", entry("client_error", "access_denied", "This needs another group.") + `}`},
		{"limited", `{"how":"limited"}`, 429, "30", entry("client_error", "rate_limit_exceeded", "Too many requests.") + `}`},
		{"overloaded", `{"how":"overloaded"}`, 503, "2", entry("server_error", "overloaded", "Too much to do.") + id},
		{"slow", `{"how":"slow"}`, 504, "", entry("server_error", "request_timed_out", "The request took too long.") + id},
		{"error", `{"how":"error"}`, 500, "", entry("server_error", "internal_server_error", "Something went wrong.") + id},
		{"panic", `{"how":"panic"}`, 500, "", entry("server_error", "internal_server_error", "Something went wrong.") + id},
	}
	dir := t.TempDir()
	writeFile(t, dir, "failing.yaml", failingFlow)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := realServer(t, dir, Deps{}, failing)
				if diags := s.Reload(); len(diags) > 0 {
					t.Fatal(diags)
				}
				res := send(s, "POST", "/fail", tt.body, "Content-Type: application/json")
				if res.StatusCode != tt.status {
					t.Errorf("got status %d, want %d", res.StatusCode, tt.status)
				}
				if got := res.Header.Get("Retry-After"); got != tt.retry {
					t.Errorf("got Retry-After %q, want %q", got, tt.retry)
				}
				want := ""
				if tt.want != "" {
					want = `{"errors":[` + tt.want + `]}`
				}
				if got := strings.Replace(text(res), res.Header.Get("X-Request-Id"), "ID", 1); got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
			})
		})
	}
}
