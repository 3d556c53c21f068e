package engine_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
)

// recorder keeps what an observer is told.
type recorder struct {
	watch  func(nodeType string) engine.Watch
	steps  []string
	values []string
}

func (r *recorder) Watch(n engine.NodeInfo) (engine.Watch, func(context.Context, engine.StepRecord)) {
	return r.watch(n.Type), r.step
}

func (r *recorder) step(_ context.Context, s engine.StepRecord) {
	r.steps = append(r.steps, strings.TrimSpace(s.Node+" "+s.Outcome))
	r.values = append(r.values, string(s.Values(nil)))
}

// an observer sees every step that it watches, and no secret.
func TestObserver(t *testing.T) {
	for _, c := range []struct {
		name, password string
		watch          func(string) engine.Watch
		want           []string
	}{
		{"all", "right", func(string) engine.Watch { return engine.WatchAll }, []string{"input read", "user found", "check match", "opened created", "ok"}},
		{"errors", "wrong", func(string) engine.Watch { return engine.WatchErrors }, []string{"reject error"}},
		{"one type", "right", func(name string) engine.Watch {
			if name == "session.create" {
				return engine.WatchAll
			}
			return engine.WatchNothing
		}, []string{"opened created"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, diags := flows.Parse("f.yaml", []byte(signIn))
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			r := &recorder{watch: c.watch}
			b, diags := (&engine.Compiler{Types: types(t), Observer: r}).Compile(&engine.App{}, []*flows.Flow{f})
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			var a engine.Answer
			b.Programs[0].Run(context.Background(), &engine.Request{Source: body{"email": "a@b.c", "password": c.password}}, &a)
			if diff := cmp.Diff(c.want, r.steps); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			for _, v := range r.values {
				if strings.Contains(v, c.password) || strings.Contains(v, "lws_x") {
					t.Errorf("the values tell a secret: %s", v)
				}
			}
		})
	}
}

const halfGiven = `version: 1
flow: f
endpoints:
  - {method: POST, path: /f, require: none}
input:
  text: {type: string}
  n: {type: integer}
nodes:
  - id: said
    use: echo
    with:
      text: ${{ string(10 % input.n) }}
      word: ${{ input.text }}
  - id: ok
    use: respond
`

// A step that could not be given its inputs shows none of the run before.
func TestObserverOfPooledRuns(t *testing.T) {
	f, diags := flows.Parse("f.yaml", []byte(halfGiven))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	r := &recorder{watch: func(name string) engine.Watch {
		if name == "echo" {
			return engine.WatchAll
		}
		return engine.WatchNothing
	}}
	b, diags := (&engine.Compiler{Types: languageTypes(t), Observer: r}).Compile(&engine.App{}, []*flows.Flow{f})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	for _, n := range []int{3, 0} {
		var a engine.Answer
		b.Programs[0].Run(context.Background(), &engine.Request{Source: body{"text": "of Ada", "n": n}}, &a)
	}
	want := []string{
		`{"with":{"text":"1","word":"of Ada"},"outputs":{"text":"1 of Ada "}}`,
		`{"with":{"text":null,"word":""},"outputs":null}`,
	}
	if diff := cmp.Diff(want, r.values); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// What an observer is shown of a step, leaf by leaf.
func TestObserverMasks(t *testing.T) {
	f, diags := flows.Parse("f.yaml", []byte(signIn))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	r := &recorder{watch: func(name string) engine.Watch {
		if name == "password.check" || name == "session.create" {
			return engine.WatchAll
		}
		return engine.WatchNothing
	}}
	b, diags := (&engine.Compiler{Types: types(t), Observer: r, World: fixedWorld}).Compile(&engine.App{}, []*flows.Flow{f})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	var a engine.Answer
	b.Programs[0].Run(context.Background(), &engine.Request{Source: body{"email": "a@b.c", "password": "right"}}, &a)
	want := []string{
		`{"with":{"userId":"u1","password":"[secret]"},"outputs":"[secret]"}`,
		`{"with":{"userId":"u1"},"outputs":{"id":"s1","token":"[secret]","made":"2026-01-31T09:30:00.000Z"}}`,
	}
	if diff := cmp.Diff(want, r.values); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

const givenSecret = `version: 1
flow: s
input:
  plain: {type: string}
  alias: {type: string, secret: true}
  made:  {type: string, maxLength: 6, secret: true}
nodes:
  - id: x
    use: set
    with:
      a: ${{ input.alias + '!' }}
      plain: ${{ input.plain + '!' }}
  - id: ret
    use: return
    with:
      both: ${{ x.a + input.made }}
`

const givesSecret = `version: 1
flow: f
endpoints:
  - {method: POST, path: /f, require: none}
input:
  text: {type: string}
nodes:
  - id: s
    use: flow.s
    with:
      plain: ${{ 'known' }}
      alias: ${{ input.text }}
      made: ${{ input.text + '' }}
  - id: ok
    use: respond
`

// what a sub-flow declares as a secret is masked from there on, and what it
// does not take stands in no error.
func TestObserverOfSecretInputs(t *testing.T) {
	var set []*flows.Flow
	for _, source := range []string{givenSecret, givesSecret} {
		f, diags := flows.Parse("f.yaml", []byte(source))
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		set = append(set, f)
	}
	r := &recorder{watch: func(name string) engine.Watch {
		if name == "input" {
			return engine.WatchNothing
		}
		return engine.WatchAll
	}}
	b, diags := (&engine.Compiler{Types: types(t), Observer: r}).Compile(&engine.App{}, set)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	for _, text := range []string{"canary", "canary, a long one"} {
		var a engine.Answer
		b.Programs[0].Run(context.Background(), &engine.Request{Source: body{"text": text}}, &a)
		if strings.Contains(string(a.Body), "canary") {
			t.Errorf("the answer tells a secret: %s", a.Body)
		}
	}
	if diff := cmp.Diff([]string{"s entered", "s/x set", "s/ret returned", "s returned", "ok", "s error"}, r.steps); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	want := `{"with":{"plain":"known","alias":"[secret]","made":"[secret]"},"outputs":null}`
	if r.values[0] != want {
		t.Errorf("got %s, want %s", r.values[0], want)
	}
	for _, v := range r.values {
		if strings.Contains(v, "canary") {
			t.Errorf("the values tell a secret: %s", v)
		}
	}
}
