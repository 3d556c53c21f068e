package answer

import (
	"context"
	"net/http"

	"github.com/latchwork/latchwork/engine"
)

type failWith struct {
	Status  int     `flow:"status" min:"400" max:"599" doc:"The status of the answer."`
	Code    string  `flow:"code" doc:"What programs tell the error by, such as invalid_credentials."`
	Message *string `flow:"message,optional" doc:"What a person reads; null stands for the text that goes with the status."`
	Details any     `flow:"details,optional" doc:"Data that explains the error."`
}

func failNode() engine.NodeType {
	return engine.Define("fail", "Answers with an error, in the shape of the flow's error answers.",
		func(_ context.Context, in failWith, _ struct{}) (engine.Exit, error) {
			f := engine.Fail(in.Status, in.Code, http.StatusText(in.Status))
			if in.Message != nil {
				f.Message = *in.Message
			}
			f.Details = in.Details
			return engine.Exit{}, f
		},
		engine.Fails,
		engine.Example(`
- id: reject
  use: fail
  with:
    status: 401
    code: invalid_credentials
    message: The e-mail address or the password is wrong.
`))
}
