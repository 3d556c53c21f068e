package engine_test

import (
	"strings"
	"testing"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
)

type placeWith struct {
	At *string `flow:"at,optional" format:"place"`
}

const placed = `version: 1
flow: placed
endpoints:
  - {method: POST, path: /placed, require: none}
input:
  name: {type: string}
  none: {type: string, optional: true}
nodes:
  - id: made
    use: set
    with:
      plain: https://a.example
      text: https://${{ params.host }}/${{ input.name }}
      alias: ${{ params.host }}
      secret: ${{ secrets.host }}
  - id: sub
    use: flow.sub
    with:
      given: https://c.example
      text: https://c.example/${{ input.name }}
      typed: top-secret
  - id: last
    use: place.go
    with:
      at: AT
  - id: ok
    use: respond
`

const placedSub = `version: 1
flow: sub
input:
  given:   {type: string}
  text:    {type: string}
  typed:   {type: string, secret: true}
  usual:   {type: string, default: https://d.example}
  missing: {type: string, optional: true}
nodes:
  - id: inner
    use: place.go
    with:
      at: SUB
  - id: back
    use: return
`

// loadPlaced is what the loader says of a flow in which check looks at what stands under
// at, or, behind "sub:", in its sub-flow.
func loadPlaced(t *testing.T, at string, check engine.Check, options ...engine.Option) flows.Diagnostics {
	t.Helper()
	sub := "null"
	if inner, ok := strings.CutPrefix(at, "sub:"); ok {
		at, sub = sub, inner
	}
	r := types(t)
	if err := r.Add(define[placeWith, decoyOut]("place.go", options...)); err != nil {
		t.Fatal(err)
	}
	var set []*flows.Flow
	for name, source := range map[string]string{"flow.yaml": strings.Replace(placed, "AT", at, 1), "sub.yaml": strings.Replace(placedSub, "SUB", sub, 1)} {
		f, diags := flows.Parse(name, []byte(source))
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		set = append(set, f)
	}
	app := &engine.App{
		Params:  map[string]any{"host": "b.example", "port": 8443, "list": []any{"x"}},
		Secrets: map[string]engine.Secret{"host": engine.NewSecret("top-secret")},
		Formats: map[string]engine.Check{"place": check},
	}
	_, diags := (&engine.Compiler{Types: r}).Compile(app, set)
	return diags
}

// A format of app.yaml is asked about what is known before a run, and about no more.
func TestConstants(t *testing.T) {
	none, open := "none", " …"
	for at, want := range map[string]string{
		"https://a.example":     "https://a.example",
		`""`:                    "",
		"null":                  none,
		"${{ input.none }}":     open,
		"${{ params.host }}":    "b.example",
		"${{ params.list[0] }}": "x",
		"${{ made.plain }}":     "https://a.example",
		"${{ made.text }}":      "https://b.example/" + open,
		"${{ made.alias }}":     "b.example",
		"${{ input.name }}/x":   open,
		"https://${{ params.host }}:${{ params.port }}/x": "https://b.example:8443/x",
		"https://${{ params.host }}/${{ input.name }}/x":  "https://b.example/" + open,
		"${{ 'https://' + params.host }}":                 "https://b.example",
		"${{ 'https://' + input.name }}":                  open,
		"${{ made.plain + '/x' }}":                        "https://a.example/x",
		"sub:${{ input.given }}":                          "https://c.example",
		"sub:${{ input.text }}":                           "https://c.example/" + open,
		"sub:${{ input.usual }}":                          "https://d.example",
		"sub:${{ input.missing }}":                        none,
		"sub:${{ input.given }}/${{ input.usual }}":       "https://c.example/https://d.example",
	} {
		got := none
		see := func(c engine.Constant) *engine.Mistake {
			got = seen(c)
			return nil
		}
		if diags := loadPlaced(t, at, see); len(diags) > 0 || got != want {
			t.Errorf("%s: got %q, %v, want %q", at, got, diags, want)
		}
	}
}

// What is told of a mistake must not quote a secret, so secrets are not known.
func TestConstantSecrets(t *testing.T) {
	for _, at := range []string{
		"${{ secrets.host }}", "https://${{ secrets.host }}", "${{ 'https://' + secrets.host }}", "${{ made.secret }}",
		"sub:${{ input.typed }}", "sub:https://${{ input.typed }}", "sub:${{ 'https://' + input.typed }}",
	} {
		see := func(c engine.Constant) *engine.Mistake {
			if !c.Open || strings.Contains(c.Text, "secret") {
				t.Errorf("%s: got %q", at, c.Text)
			}
			return &engine.Mistake{Message: "is " + seen(c)}
		}
		if diags := loadPlaced(t, at, see); len(diags) == 0 || strings.Contains(diags.Error(), "top-secret") {
			t.Errorf("%s: got %v", at, diags)
		}
	}
}

// A mistake is told once, where the constant is written.
func TestMistakeOfConstant(t *testing.T) {
	wrong := func(c engine.Constant) *engine.Mistake {
		return &engine.Mistake{Code: "odd", Message: "is odd: " + seen(c), Hint: "mend it"}
	}
	fine := func(engine.Constant) *engine.Mistake { return nil }
	for at, want := range map[string]string{
		"https://a.example":      "flow.yaml:25:11: at of place.go is odd: https://a.example [odd]\n\tmend it",
		"${{ made.plain }}":      "flow.yaml:12:14: at of place.go is odd: https://a.example [odd]\n\tmend it",
		"${{ params.host }}":     "flow.yaml:25:11: at of place.go is odd: b.example [odd]\n\tmend it",
		"sub:${{ input.given }}": "flow.yaml:19:14: at of place.go is odd: https://c.example [odd]\n\tmend it",
		"sub:${{ input.usual }}": "sub.yaml:7:36: at of place.go is odd: https://d.example [odd]\n\tmend it",
	} {
		for name, diags := range map[string]flows.Diagnostics{
			"by the format": loadPlaced(t, at, wrong), "by the type": loadPlaced(t, at, fine, engine.Checks("at", wrong)),
			"by both": loadPlaced(t, at, wrong, engine.Checks("at", wrong)),
		} {
			if diags.Error() != want {
				t.Errorf("%s, %s: got %v, want %s", at, name, diags, want)
			}
		}
	}
	plain := loadPlaced(t, "x", func(engine.Constant) *engine.Mistake { return &engine.Mistake{Message: "is wrong"} })
	wantCode(t, plain, "bad-value")
}

// seen is what is known of a text.
func seen(c engine.Constant) string {
	if c.Open {
		return c.Text + " …"
	}
	return c.Text
}
