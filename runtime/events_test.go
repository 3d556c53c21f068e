package runtime

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/answer"
)

type openWith struct {
	UserID   string        `flow:"userId" doc:"Whose."`
	Password engine.Secret `flow:"password" secret:"typed" doc:"What was typed."`
}
type opened struct {
	ID    string        `flow:"id" doc:"A handle."`
	Token engine.Secret `flow:"token" secret:"minted" doc:"A token."`
}
type openOutcomes struct {
	Opened engine.Outcome[opened] `flow:"opened" public:"" doc:"It is open."`
}

// open is a node type with secrets in and out.
var open = engine.Define("test.open", "Opens something.",
	func(_ context.Context, in openWith, out openOutcomes) (engine.Exit, error) {
		if in.UserID == "nobody\nforged=1" {
			return engine.Exit{}, engine.Fail(403, "user_disabled", "The user is disabled.")
		}
		return out.Opened.Exit(opened{ID: "s1", Token: engine.NewSecret("token-canary")}), nil
	}, engine.Effect)

type checkWith struct {
	ID string `flow:"id" doc:"Of what."`
}

var check = engine.Define("test.check", "Lets most pass.",
	func(_ context.Context, in checkWith, out nothingOutcomes) (engine.Exit, error) {
		if in.ID == "bad" {
			return engine.Exit{}, errors.New("no database")
		}
		return out.Passed.Exit(engine.None{}), nil
	}, engine.Effect)

func TestEvents_R64(t *testing.T) {
	var log bytes.Buffer
	var registry engine.Registry
	if err := errors.Join(registry.AddStandard(answer.Nodes(answer.Deps{})...), registry.AddStandard(open, check)); err != nil {
		t.Fatal(err)
	}
	flow, diags := flows.Parse("open.yaml", []byte(`version: 1
flow: open
endpoints:
  - {method: POST, path: /open, require: none}
input:
  who: {type: string}
  check: {type: string}
  password: {type: string, secret: true}
nodes:
  - id: checked
    use: test.check
    with:
      id: ${{ input.check }}
  - id: opened
    use: test.open
    with:
      userId: ${{ input.who }}
      password: ${{ input.password }}
  - id: ok
    use: respond
`))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	events := &Events{
		Logger:   NewLogger(&log, slog.LevelInfo, true),
		Steps:    []string{"test.open"},
		Refusals: []string{"test.check"},
	}
	s := New(Deps{
		Config:   DefaultConfig(),
		Compiler: &engine.Compiler{Types: &registry, Observer: events},
		Load: func() (*engine.App, []*flows.Flow, flows.Diagnostics) {
			return DefaultConfig().App(), []*flows.Flow{flow}, nil
		},
	})
	if diags := s.Reload(); len(diags) > 0 {
		t.Fatal(diags)
	}
	for _, body := range []string{
		`{"who":"u1","check":"good","password":"password-canary"}`,
		`{"who":"nobody\nforged=1","check":"good","password":"password-canary"}`,
		`{"who":"u1","check":"bad","password":"password-canary"}`,
	} {
		send(s, "POST", "/open", body, "Content-Type: application/json")
	}
	var got []string
	for _, line := range strings.Split(strings.TrimSpace(log.String()), "\n") {
		got = append(got, mask(line, `"time":"`, `"id":"`))
	}
	want := []string{
		`{"time":"…","level":"INFO","msg":"auth","event":"test.open","flow":"open","node":"opened","id":"…","outcome":"opened","realm":"main","ip":"192.0.2.1","user":"u1","subject":"s1"}`,
		`{"time":"…","level":"WARN","msg":"auth","event":"test.open","flow":"open","node":"opened","id":"…","outcome":"error","realm":"main","ip":"192.0.2.1","user":"nobody\nforged=1","cause":"403 user_disabled: The user is disabled."}`,
		`{"time":"…","level":"WARN","msg":"auth","event":"test.check","flow":"open","node":"checked","id":"…","outcome":"error","realm":"main","ip":"192.0.2.1","subject":"bad","cause":"no database"}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if strings.Contains(log.String(), "canary") {
		t.Errorf("the log has a secret:\n%s", &log)
	}
}
