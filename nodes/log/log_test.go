package log_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/answer"
	"github.com/latchwork/latchwork/nodes/log"
)

const noted = `version: 1
flow: test
endpoints:
  - {method: POST, path: /, require: none}
input:
  name: {type: string}
  password: {type: string, secret: true}
nodes:
  - id: noted
    use: log
    with:
      message: Somebody came.
      fields:
        name: ${{ input.name }}
  - id: ok
    use: respond
    with:
      status: 204
`

func compile(t *testing.T, to *slog.Logger, source string) (*engine.Bundle, flows.Diagnostics) {
	t.Helper()
	var types engine.Registry
	if err := types.AddStandard(append(log.Nodes(to), answer.Nodes(answer.Deps{})...)...); err != nil {
		t.Fatal(err)
	}
	f, diags := flows.Parse("test.yaml", []byte(source))
	if len(diags) > 0 {
		t.Fatalf("%v", diags)
	}
	c := &engine.Compiler{Types: &types}
	return c.Compile(&engine.App{}, []*flows.Flow{f})
}

type body struct {
	engine.Source
	fields map[string]any
}

func (b body) Body() (any, error) { return b.fields, nil }

// written is what a run of the flow above writes for a name.
func written(t *testing.T, handler func(*bytes.Buffer) slog.Handler, name string) string {
	t.Helper()
	var out bytes.Buffer
	b, diags := compile(t, slog.New(handler(&out)), noted)
	if len(diags) > 0 {
		t.Fatalf("%v", diags)
	}
	var a engine.Answer
	b.Programs[0].Run(context.Background(), &engine.Request{Realm: "shop", Source: body{fields: map[string]any{"name": name, "password": "canary"}}}, &a)
	if a.Status != 204 {
		t.Fatalf("got %d", a.Status)
	}
	return out.String()
}

func asJSON(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) }
func asText(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) }

func TestLog(t *testing.T) {
	var line struct {
		Level, Msg, Realm, Endpoint string
		Fields                      map[string]any
	}
	if err := json.Unmarshal([]byte(written(t, asJSON, "Ada")), &line); err != nil {
		t.Fatal(err)
	}
	if line.Level != "INFO" || line.Msg != "Somebody came." || line.Realm != "shop" || line.Endpoint != "POST /" || line.Fields["name"] != "Ada" {
		t.Errorf("got %+v", line)
	}
}

// What a caller sends cannot begin a line of its own.
func TestLogKeepsToOneLine(t *testing.T) {
	forged := "Ada\r\n{\"level\":\"ERROR\",\"msg\":\"forged\"}\n\x1b[2J\"} level=ERROR"
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{"JSON": asJSON, "text": asText} {
		t.Run("R-64 "+name, func(t *testing.T) {
			got := strings.TrimSuffix(written(t, handler, forged), "\n")
			if strings.ContainsAny(got, "\r\n\x1b") {
				t.Errorf("got %q, want one line", got)
			}
		})
	}
}

func TestLogTakesNoSecrets(t *testing.T) {
	for name, change := range map[string][2]string{
		"R-64 a secret":           {"name: ${{ input.name }}", "name: ${{ input.password }}"},
		"R-64 part of a secret":   {"name: ${{ input.name }}", "name: ${{ upper(input.password) }}"},
		"R-64 in the message":     {"Somebody came.", "${{ input.password }}"},
		"a message of the caller": {"Somebody came.", "${{ input.name }} came."},
	} {
		t.Run(name, func(t *testing.T) {
			if _, diags := compile(t, slog.New(slog.DiscardHandler), strings.Replace(noted, change[0], change[1], 1)); len(diags) == 0 {
				t.Error("got no diagnostics")
			}
		})
	}
}

func TestExample(t *testing.T) {
	head := "version: 1\nflow: test\nendpoints:\n  - {method: POST, path: /, require: none}\ninput:\n  email: {type: string}\nnodes:"
	n := log.Nodes(slog.New(slog.DiscardHandler))[0]
	if _, diags := compile(t, slog.New(slog.DiscardHandler), head+n.Describe().Example); len(diags) > 0 {
		t.Errorf("%v", diags)
	}
}
