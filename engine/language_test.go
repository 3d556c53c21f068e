package engine_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
)

// TestLanguage runs the files of testdata/language. The comment of each is a
// sentence of the language. Its flows are compiled together; each line under
// requests is the body of a request to the first endpoint, and want has the
// answers, or the problems. Every request is sent twice, since runs are pooled:
// nothing may be left of one in the next. UPDATE=1 writes want anew.
func TestLanguage(t *testing.T) {
	files, err := filepath.Glob("testdata/language/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("got %d files, error %v, want some", len(files), err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if len(a.Comment) == 0 {
				t.Error("got no comment, want the sentence that it shows")
			}
			got := spoken(t, a)
			i := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == "want" })
			if i < 0 {
				i, a.Files = len(a.Files), append(a.Files, txtar.File{Name: "want"})
			}
			if want := string(a.Files[i].Data); got == want {
				return
			} else if os.Getenv("UPDATE") == "" {
				t.Errorf("got\n%swant\n%s", got, want)
				return
			}
			a.Files[i].Data = []byte(got)
			if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// spoken is what the flows of an archive answer, or what is wrong with them.
func spoken(t *testing.T, a *txtar.Archive) string {
	t.Helper()
	app := &engine.App{File: "app.yaml", Secrets: map[string]engine.Secret{"key": engine.NewSecret("the key")}}
	var set []*flows.Flow
	var diags flows.Diagnostics
	var requests []string
	for _, f := range a.Files {
		switch f.Name {
		case "app.yaml":
			readApp(t, app, f.Data)
		case "requests":
			requests = strings.Split(strings.TrimSpace(string(f.Data)), "\n")
		case "want":
		default:
			flow, problems := flows.Parse(f.Name, f.Data)
			set, diags = append(set, flow), append(diags, problems...)
		}
	}
	if len(diags) > 0 {
		return diags.Error() + "\n"
	}
	bundle, diags := (&engine.Compiler{Types: languageTypes(t), World: fixedWorld}).Compile(app, set)
	if len(diags) > 0 {
		return diags.Error() + "\n"
	}
	var b strings.Builder
	for _, line := range requests {
		v, problems := flows.ParseValue("requests", []byte(line))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		first, second := answered(bundle, v), answered(bundle, v)
		if first != second {
			t.Errorf("%s: got %s, then %s, want the same again", line, first, second)
		}
		fmt.Fprintf(&b, "%s → %s\n", line, first)
	}
	return b.String()
}

func answered(b *engine.Bundle, v *flows.Value) string {
	source := body{}
	for _, f := range v.Fields {
		source[f.Key.Text] = plainData(f.Value)
	}
	var a engine.Answer
	b.Programs[0].Run(context.Background(), &engine.Request{ID: "r1", IP: "192.0.2.1", Source: source}, &a)
	text := fmt.Sprintf("%d %s", a.Status, a.Body)
	if !a.Session.IsEmpty() {
		text += " session " + a.Session.Reveal()
	}
	if a.Fault != nil && a.Fault.Cause != nil {
		cause, _, _ := strings.Cut(a.Fault.Cause.Error(), "\n")
		text += " because of " + cause
	}
	return text
}

func readApp(t *testing.T, app *engine.App, src []byte) {
	t.Helper()
	root, diags := flows.ParseValue("app.yaml", src)
	var file struct {
		Params map[string]any `yaml:"params"`
		Views  *flows.Value   `yaml:"views"`
		Errors *flows.Value   `yaml:"errors"`
	}
	if len(diags) == 0 {
		diags = flows.Decode(root, &file)
	}
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	app.Params, app.Views, app.Errors = file.Params, file.Views, file.Errors
}

func plainData(v *flows.Value) any {
	switch v.Kind {
	case flows.Map:
		m := map[string]any{}
		for _, f := range v.Fields {
			m[f.Key.Text] = plainData(f.Value)
		}
		return m
	case flows.List:
		list := []any{}
		for _, i := range v.Items {
			list = append(list, plainData(i))
		}
		return list
	case flows.Bool:
		return v.Bool
	case flows.Int:
		return int(v.Int)
	case flows.Float:
		return v.Float
	case flows.Null:
		return nil
	}
	return v.Text
}

// Thing is what thing.get finds, with a field of each Go type.
type Thing struct {
	ID     string          `flow:"id"`
	Part   *Part           `flow:"part,optional"`
	Parts  []Part          `flow:"parts"`
	Texts  []string        `flow:"texts"`
	Data   map[string]any  `flow:"data"`
	Number float64         `flow:"number"`
	Count  *int            `flow:"count,optional"`
	Flag   *bool           `flow:"flag,optional"`
	At     engine.Instant  `flow:"at"`
	Ended  *engine.Instant `flow:"ended,optional"`
	Groups []string        `flow:"groups,trusted"`
}

// Part is a struct within a Thing.
type Part struct {
	ID   string  `flow:"id"`
	Name *string `flow:"name,optional"`
}

type thingWith struct {
	ID *string `flow:"id,optional"`
}

type thingOut struct {
	Found engine.Outcome[Thing] `flow:"found" same:"id=with.id"`
	Other engine.Outcome[Thing] `flow:"other"`
	Gone  engine.Outcome[struct {
		Until string `flow:"until"`
	}] `flow:"gone" fails:"410 gone It is gone."`
}

// getThing finds whatever it is asked for; some names make it behave.
func getThing(_ context.Context, in thingWith, out thingOut) (engine.Exit, error) {
	name := "left"
	v := Thing{ID: "none", Texts: []string{"a", "b"}, Parts: []Part{{"p1", &name}, {"p2", nil}}, Data: map[string]any{"k": "v"}, Number: 1.5, Groups: []string{"g"}}
	if in.ID == nil {
		return out.Found.Exit(v), nil
	}
	v.ID = *in.ID
	switch v.ID {
	case "part":
		v.Part = &Part{ID: "p0"}
	case "other":
		return out.Other.Exit(v), nil
	case "gone":
		return out.Gone.Exit(struct {
			Until string `flow:"until"`
		}{"tomorrow"}), nil
	case "teapot":
		return engine.Exit{}, engine.Fail(418, "teapot", "Tea only.")
	case "broken":
		return engine.Exit{}, errors.New("a secret of the operator")
	case "panic":
		panic("a secret of the operator")
	}
	return out.Found.Exit(v), nil
}

type echoWith struct {
	Text   *string  `flow:"text,optional"`
	Word   string   `flow:"word" default:"w"`
	Groups []string `flow:"groups,optional,trusted"`
}

type echoOut struct {
	Done engine.Outcome[struct {
		Text string `flow:"text"`
	}] `flow:"done"`
}

type sayWith struct {
	Words []string `flow:"words,literal"`
	More  string   `flow:"more,literal"`
}

type policyWith struct {
	Text string `flow:"text"`
	Min  int    `flow:"min"`
}

type policyOut struct {
	Strong none `flow:"strong"`
	Weak   engine.Outcome[struct {
		Min int `flow:"min"`
	}] `flow:"weak" fails:"422 weak It is too weak."`
}

// languageTypes are the types of sign-in, and some more.
func languageTypes(t testing.TB) *engine.Registry {
	r := types(t)
	err := r.AddStandard(
		engine.Define("policy", "Looks at a text.", func(_ context.Context, in policyWith, out policyOut) (engine.Exit, error) {
			if len(in.Text) < in.Min {
				return out.Weak.Exit(struct {
					Min int `flow:"min"`
				}{in.Min}), nil
			}
			return out.Strong.Exit(engine.None{}), nil
		}, engine.Pure),
		engine.Define("thing.get", "Finds a thing.", getThing, engine.Silent),
		engine.Define("say", "Says constants.", func(_ context.Context, in sayWith, out echoOut) (engine.Exit, error) {
			return out.Done.Exit(struct {
				Text string `flow:"text"`
			}{strings.Join(in.Words, " ") + ", " + in.More}), nil
		}),
		engine.Define("echo", "Says what it was given.", func(_ context.Context, in echoWith, out echoOut) (engine.Exit, error) {
			text := "null"
			if in.Text != nil {
				text = *in.Text
			}
			return out.Done.Exit(struct {
				Text string `flow:"text"`
			}{text + " " + in.Word + " " + strings.Join(in.Groups, ",")}), nil
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
