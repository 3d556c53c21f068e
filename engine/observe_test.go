package engine_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
)

// texts keeps texts of the steps of one node type.
type texts struct {
	nodeType string
	names    []string
	got      map[string]string
}

func (o *texts) Watch(n engine.NodeInfo) (engine.Watch, func(context.Context, engine.StepRecord)) {
	if n.Type == o.nodeType {
		return engine.WatchAll, o.step
	}
	return engine.WatchNothing, nil
}

func (o *texts) step(_ context.Context, s engine.StepRecord) {
	for _, name := range o.names {
		o.got[s.Outcome+" "+name] = s.Text(name)
	}
}

type keepWith struct {
	UserID string        `flow:"userId" doc:"Whose."`
	ID     string        `flow:"id" doc:"What."`
	Secret engine.Secret `flow:"secret" secret:"typed" doc:"What was typed."`
	Times  int           `flow:"times" doc:"How often."`
}

type keepOut struct {
	ID    string        `flow:"id" doc:"What it became."`
	Actor *string       `flow:"actor,optional" doc:"Who did it."`
	Key   string        `flow:"key" secret:"minted" doc:"What opens it."`
	Token engine.Secret `flow:"token" secret:"minted" doc:"The same."`
}

type keepOutcomes struct {
	Kept   engine.Outcome[keepOut] `flow:"kept" public:"" doc:"It is kept."`
	Hidden engine.Outcome[keepOut] `flow:"hidden" doc:"It is kept too."`
}

// Texts of a step are its outputs, then its inputs, and never a secret.
func TestStepRecordText_R64(t *testing.T) {
	anna := "anna"
	keep := engine.Define("test.keep", "Keeps something.", func(_ context.Context, in keepWith, out keepOutcomes) (engine.Exit, error) {
		kept := keepOut{ID: "new", Actor: &anna, Key: "canary", Token: engine.NewSecret("canary")}
		switch in.ID {
		case "hide":
			return out.Hidden.Exit(kept), nil
		case "plain":
			kept.ID, kept.Actor = "", nil
			return out.Kept.Exit(kept), nil
		case "fail":
			return engine.Exit{}, engine.Fail(409, "taken", "It is taken.")
		}
		return out.Kept.Exit(kept), nil
	}, engine.Effect)
	r := types(t)
	if err := r.AddStandard(keep); err != nil {
		t.Fatal(err)
	}
	f, diags := flows.Parse("flow.yaml", []byte(`version: 1
flow: keep
endpoints:
  - {method: POST, path: /keep, require: none}
input:
  id: {type: string}
  password: {type: string, secret: true}
nodes:
  - id: kept
    use: test.keep
    with:
      userId: u1
      id: ${{ input.id }}
      secret: ${{ input.password }}
      times: 3
    next: {hidden: ok}
  - id: ok
    use: respond
`))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	for _, test := range []struct {
		id   string
		want map[string]string
	}{
		{"new", map[string]string{"kept userId": "u1", "kept id": "new", "kept actor": "anna"}},
		{"plain", map[string]string{"kept userId": "u1", "kept id": "plain", "kept actor": ""}},
		{"hide", map[string]string{"hidden userId": "u1", "hidden id": "hide", "hidden actor": ""}},
		{"fail", map[string]string{"error userId": "u1", "error id": "fail", "error actor": ""}},
	} {
		o := &texts{nodeType: "test.keep", names: []string{"userId", "id", "actor", "secret", "key", "token", "times", "other"}, got: map[string]string{}}
		c := &engine.Compiler{Types: r, Observer: o}
		b, diags := c.Compile(&engine.App{}, []*flows.Flow{f})
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		var a engine.Answer
		b.Programs[0].Run(t.Context(), &engine.Request{Source: body{"id": test.id, "password": "canary"}}, &a)
		outcome := map[string]string{"hide": "hidden", "fail": "error"}[test.id]
		if outcome == "" {
			outcome = "kept"
		}
		for name, want := range map[string]string{"secret": "", "key": "", "token": "", "times": "", "other": ""} {
			test.want[outcome+" "+name] = want
		}
		if diff := cmp.Diff(test.want, o.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.id, diff)
		}
	}
}
