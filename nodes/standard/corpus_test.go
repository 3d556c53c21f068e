package standard_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/internal/flowtest"
	"github.com/latchwork/latchwork/nodes/outbound"
	"github.com/latchwork/latchwork/nodes/standard"
)

// corpusFile is one file of a corpus: a comment, files of applications, and what
// check prints of them.
type corpusFile struct {
	path string
	name string
	*txtar.Archive
}

// readCorpus reads the files of a corpus in their order.
func readCorpus(t testing.TB, dir string) []corpusFile {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", dir, "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("got %d files, error %v, want some", len(paths), err)
	}
	var corpus []corpusFile
	for _, path := range paths {
		a, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if len(bytes.TrimSpace(a.Comment)) == 0 {
			t.Errorf("%s: got no comment, want a sentence about it", path)
		}
		corpus = append(corpus, corpusFile{path, strings.TrimSuffix(filepath.Base(path), ".txtar"), a})
	}
	return corpus
}

// source is the text of a file, or nil. A line "%repeat n text" in it stands for
// n lines of the text.
func (c corpusFile) source(name string) []byte {
	i := slices.IndexFunc(c.Files, func(f txtar.File) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return repeated.ReplaceAllFunc(c.Files[i].Data, func(line []byte) []byte {
		m := repeated.FindSubmatch(line)
		n, _ := strconv.Atoi(string(m[1]))
		return bytes.Repeat(m[2], n)
	})
}

var repeated = regexp.MustCompile(`(?m)^%repeat (\d+) (.*\n)`)

// lock compares got with the file "want", or writes it anew with UPDATE=1.
func (c corpusFile) lock(t testing.TB, got string) {
	t.Helper()
	i := slices.IndexFunc(c.Files, func(f txtar.File) bool { return f.Name == "want" })
	switch {
	case i < 0:
		c.Files = append(c.Files, txtar.File{Name: "want"})
		i = len(c.Files) - 1
	case string(c.Files[i].Data) == got:
		return
	}
	if os.Getenv("UPDATE") == "" {
		t.Errorf("got\n%swant\n%s", got, c.Files[i].Data)
		return
	}
	c.Files[i].Data = []byte(got)
	if err := os.WriteFile(c.path, txtar.Format(c.Archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// check is what check says of an application that consists of these files.
func check(t testing.TB, c corpusFile, names ...string) flows.Diagnostics {
	t.Helper()
	app, diags := readApp(c.source("app.yaml"))
	var set []*flows.Flow
	for _, name := range names {
		f, problems := flows.Parse(name, c.source(name))
		set, diags = append(set, f), append(diags, problems...)
	}
	if len(diags) > 0 {
		diags.Sort()
		return diags
	}
	types, guards := registry(t)
	_, diags = (&engine.Compiler{Types: types, Guards: guards}).Compile(app, set)
	return diags
}

// appFile is the part of app.yaml that flows can see.
type appFile struct {
	Version int `yaml:"version,required"`
	Server  struct {
		BodyLimit flows.Size `yaml:"bodyLimit"`
	} `yaml:"server"`
	Session struct {
		From []struct {
			Header string `yaml:"header"`
			Cookie string `yaml:"cookie"`
		} `yaml:"from"`
	} `yaml:"session"`
	Outbound []outbound.Host   `yaml:"outbound"`
	Purposes map[string]string `yaml:"purposes"`
	Secrets  map[string]struct {
		Env string `yaml:"env"`
	} `yaml:"secrets"`
	Params map[string]any `yaml:"params"`
	Proofs []flows.Name   `yaml:"proofs"`
	Views  *flows.Value   `yaml:"views"`
	Errors *flows.Value   `yaml:"errors"`
}

// credentials are where they are looked for in an application that does not say.
var credentials = []string{"header.Session", "header.Authorization", "query.apikey"}

func readApp(src []byte) (*engine.App, flows.Diagnostics) {
	if src == nil {
		src = []byte("version: 1\n")
	}
	root, diags := flows.ParseValue("app.yaml", src)
	if len(diags) > 0 {
		return nil, diags
	}
	var file appFile
	diags = flows.Decode(root, &file)
	app := &engine.App{File: "app.yaml", Params: file.Params, Purposes: file.Purposes, Proofs: file.Proofs, Views: file.Views, Errors: file.Errors,
		Credentials: credentials, Secrets: map[string]engine.Secret{}, Formats: map[string]engine.Check{outbound.Format: outbound.Reach(file.Outbound).Judge}}
	for name := range file.Secrets {
		app.Secrets[name] = engine.NewSecret("secret of " + name)
	}
	for _, carrier := range file.Session.From {
		app.Cookies = app.Cookies || carrier.Cookie != ""
	}
	return app, diags
}

// registry has the standard node types, those that come later, and some of an
// application that makes mistakes.
func registry(t testing.TB) (*engine.Registry, engine.Guards) {
	t.Helper()
	r, err := registered()
	if err != nil {
		t.Fatal(err)
	}
	return r.types, r.guards
}

type registries struct {
	types  *engine.Registry
	guards engine.Guards
}

var registered = sync.OnceValues(func() (registries, error) {
	types, guards, err := standard.Registry(standard.Deps{})
	if err != nil {
		return registries{}, err
	}
	if err := types.AddStandard(flowtest.Verify(), flowtest.Identify(), mailbox()); err != nil {
		return registries{}, err
	}
	return registries{types, guards}, types.Add(custom()...)
})

// custom are node types of an application.
func custom() []engine.NodeType {
	return []engine.NodeType{
		customType[struct {
			UserID string        `flow:"userId"`
			Code   engine.Secret `flow:"code,evidence"`
		}, struct {
			Ok engine.Outcome[engine.None] `flow:"ok" proves:"with.userId" factor:"card"`
		}]("card.check", "Checks the code of a card."),
		customType[struct {
			Password engine.Secret `flow:"password" secret:"typed"`
		}, struct {
			Done engine.Outcome[scored] `flow:"done"`
		}]("score.guess", "Scores a password."),
		customType[struct {
			Password engine.Secret `flow:"password" secret:"typed"`
		}, struct {
			Done engine.Outcome[scored] `flow:"done" public:""`
		}]("score.count", "Scores a password, and says that the score tells nothing of it."),
		customType[struct {
			Team string `flow:"team"`
		}, struct {
			Done engine.Outcome[struct {
				Groups []string `flow:"groups,trusted"`
			}] `flow:"done"`
		}]("team.groups", "Finds the access groups of a team."),
		customType[struct {
			To   string        `flow:"to"`
			Code engine.Secret `flow:"code" secret:"minted" credential:"with.to"`
		}, struct {
			Done engine.Outcome[engine.None] `flow:"done"`
		}]("fax.send", "Faxes a code."),
	}
}

// mailbox is a type that proves an address which expressions can read, as those
// that ship do not: its value could be taken for the id of a user.
func mailbox() engine.NodeType {
	return customType[struct {
		Email string        `flow:"email"`
		Code  engine.Secret `flow:"code,evidence"`
	}, struct {
		Held engine.Outcome[engine.None] `flow:"held" proves:"with.email" subject:"address"`
	}]("mailbox.check", "Checks a code that was mailed.")
}

type scored struct {
	Score string `flow:"score"`
}

func customType[In, Out any](name, doc string) engine.NodeType {
	return engine.Define(name, doc, func(context.Context, In, Out) (engine.Exit, error) {
		return engine.Exit{}, fmt.Errorf("%s can be loaded, not run", name)
	}, engine.Effect)
}

// printed is what check prints of problems.
func printed(diags flows.Diagnostics) string {
	if len(diags) == 0 {
		return ""
	}
	return diags.Error() + "\n"
}
