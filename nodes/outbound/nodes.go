package outbound

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/internal/query"
)

// Deps is what the node types of this group work with.
type Deps struct {
	Client *http.Client // of Config.Client; nil calls nobody
	Log    *slog.Logger // of calls that fail
}

// Nodes are the node types of the group.
func Nodes(d Deps) []engine.NodeType { return []engine.NodeType{callNode(d)} }

type callWith struct {
	Method  string                   `flow:"method,literal" enum:"GET,POST,PUT,PATCH,DELETE" example:"POST" doc:"What is asked for."`
	URL     string                   `flow:"url,trusted" format:"outbound" example:"https://reports.example.com/" doc:"Where: a constant or a parameter, at a host that app.yaml lists under outbound. By https; an internal host also by http."`
	Query   map[string]any           `flow:"query,optional" doc:"What to add to the query: text, numbers, booleans and lists of them; null adds nothing."`
	Headers map[string]engine.Secret `flow:"headers,optional" secret:"app" doc:"Fields of the header, which may hold secrets of the application, and no others."`
	Body    engine.Body              `flow:"body,optional" doc:"What is sent, as JSON."`
	Retry   int                      `flow:"retry,literal" default:"0" min:"0" max:"3" doc:"How often the call is made again where no answer came, or one of 429 or 502 to 504. The server must take a call twice as it takes it once."`
}

type answered struct {
	Status int `flow:"status" doc:"The status of the answer, whichever it is. Redirects are not followed."`
	Body   any `flow:"body,optional" doc:"What was answered, if it is JSON; else null. Nobody vouches for it."`
}

type callOutcomes struct {
	Answered engine.Outcome[answered]    `flow:"answered" public:"" doc:"An answer came."`
	Failed   engine.Outcome[engine.None] `flow:"failed" doc:"None came in time, or one that is too large or broken, or the host is not listed. The log says which."`
}

func callNode(d Deps) engine.NodeType {
	return engine.Define("http.call", "Calls another server.",
		func(ctx context.Context, in callWith, out callOutcomes) (engine.Exit, error) {
			c := call{client: d.Client, method: in.Method, header: in.Headers}
			var err error
			if c.url, err = query.Add(in.URL, in.Query); err != nil {
				return engine.Exit{}, fmt.Errorf("outbound: %w", err)
			}
			if in.Body.IsSet() {
				if c.body, err = in.Body.AppendJSON(nil); err != nil {
					return engine.Exit{}, fmt.Errorf("outbound: %w", err)
				}
			}
			a, err := c.try(ctx, in.Retry)
			if err != nil {
				d.Log.WarnContext(ctx, "a call failed", "realm", engine.Realm(ctx), "host", c.host(), "error", c.mask(err.Error()))
				return out.Failed.Exit(engine.None{}), nil
			}
			return out.Answered.Exit(a), nil
		},
		engine.Effect, engine.Costs(engine.Send),
		engine.Example(`
- id: told
  use: http.call
  with:
    method: POST
    url: https://reports.example.com/
    headers:
      X-Source: sign-in
    body:
      text: ${{ input.text }}
  next:
    failed: later
- id: ok
  use: respond
  with:
    status: 202
- id: later
  use: fail
  with:
    status: 503
    code: try_later
    message: Please try again later.
`))
}

// pauses are the times between the tries of a call.
var pauses = []time.Duration{100 * time.Millisecond, 400 * time.Millisecond, time.Second}

// try makes the call, and makes it again as often as retry says.
func (c *call) try(ctx context.Context, retry int) (a answered, err error) {
	for n := 0; ; n++ {
		a, err = c.once(ctx)
		if n == retry || !again(a.Status, err) {
			return a, err
		}
		select {
		case <-ctx.Done():
			return a, ctx.Err()
		case <-time.After(pauses[n]):
		}
	}
}
