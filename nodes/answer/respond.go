package answer

import (
	"context"
	"net/http"

	"github.com/latchwork/latchwork/engine"
)

type respondWith struct {
	Status  int               `flow:"status" default:"200" min:"200" max:"599" doc:"The status of the answer."`
	Body    engine.Body       `flow:"body,optional" doc:"The data to answer with, as JSON."`
	Headers map[string]string `flow:"headers,optional" format:"headers" doc:"Header fields, but for Set-Cookie, Location, Content-* and those of the host."`
	Session engine.Secret     `flow:"session,optional" secret:"minted" doc:"The token of a session to hand over, as app.yaml says how."`
	Cookies map[string]cookie `flow:"cookies,optional" doc:"Cookies to set or remove, by name."`
}

func respondNode() engine.NodeType {
	return engine.Define("respond", "Answers with a status and data.",
		func(ctx context.Context, in respondWith, _ struct{}) (engine.Exit, error) {
			a := engine.AnswerOf(ctx)
			a.Status = in.Status
			if err := addHeaders(a, in.Headers); err != nil {
				return engine.Exit{}, err
			}
			handOver(a, in.Session, in.Cookies)
			if !in.Body.IsSet() || in.Status == http.StatusNoContent || in.Status == http.StatusNotModified {
				return engine.Exit{}, nil
			}
			body, err := in.Body.AppendJSON(a.Body)
			a.Body = body
			return engine.Exit{}, err
		},
		engine.Answers,
		engine.Example(`
- id: ok
  use: respond
  with:
    status: 201
    headers:
      Cache-Control: max-age=60
    body:
      message: Welcome.
`))
}
