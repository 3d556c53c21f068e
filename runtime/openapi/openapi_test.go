package openapi_test

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/standard"
	"github.com/latchwork/latchwork/runtime"
	"github.com/latchwork/latchwork/runtime/openapi"
	"github.com/latchwork/latchwork/runtime/openapi/openapitest"
)

func compiler(t testing.TB) *engine.Compiler {
	t.Helper()
	types, guards, err := standard.Registry(standard.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	return &engine.Compiler{Types: types, Guards: guards}
}

// document is that of an application that was read.
func document(t testing.TB, config *runtime.Config, set []*flows.Flow) ([]byte, flows.Diagnostics) {
	t.Helper()
	bundle, diags := runtime.Compile(compiler(t), config.App(), set, nil)
	if len(diags) > 0 {
		return nil, diags
	}
	out, err := openapi.New("app", config, bundle.Programs).JSON()
	if err != nil {
		t.Fatal(err)
	}
	return out, nil
}

// read reads the files of an application; flows that are no YAML fail the test.
func read(t testing.TB, a *txtar.Archive) (*runtime.Config, []*flows.Flow) {
	t.Helper()
	config := runtime.DefaultConfig()
	var set []*flows.Flow
	for _, f := range a.Files {
		var diags flows.Diagnostics
		if f.Name == runtime.ConfigFile {
			config, diags = runtime.ReadConfig(f.Name, f.Data, nil)
		} else {
			var flow *flows.Flow
			flow, diags = flows.Parse(f.Name, f.Data)
			set = append(set, flow)
		}
		if len(diags) > 0 {
			t.Fatal(diags)
		}
	}
	return config, set
}

func TestExamples(t *testing.T) {
	for _, name := range []string{"quickstart", "embed/app", "altogic", "bridgekeeper"} {
		t.Run(name, func(t *testing.T) {
			config, set, diags := runtime.Load(filepath.Join("../../examples", name), nil)
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			first, diags := document(t, config, set)
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			openapitest.Valid(t, first)
			again, _ := document(t, config, set)
			openapitest.Equal(t, first, again)
		})
	}
}

// TestSafeFlows makes the document of every flow that the corpus of unsafe flows
// calls safe, but for those that need node types of its own.
func TestSafeFlows(t *testing.T) {
	files, err := filepath.Glob("../../nodes/standard/testdata/unsafe/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	made := 0
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			config, set := safe(t, file)
			out, diags := document(t, config, set)
			if len(diags) > 0 {
				t.Skip(diags)
			}
			openapitest.Valid(t, out)
			made++
		})
	}
	if made < 140 {
		t.Errorf("got documents of %d of %d flows, want nearly all", made, len(files))
	}
}

// safe is the safe side of a file of the corpus.
func safe(t *testing.T, file string) (*runtime.Config, []*flows.Flow) {
	t.Helper()
	corpus, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var own txtar.Archive
	for _, f := range corpus.Files {
		side, rest, _ := strings.Cut(f.Name, "-")
		switch {
		case side == "safe":
			f.Name = rest
		case strings.HasPrefix(f.Name, "unsafe") || f.Name != "app.yaml" && !flows.IsFlowFile(f.Name):
			continue
		}
		if strings.Contains(string(f.Data), "%repeat") {
			t.Skip("has lines that are repeated")
		}
		own.Files = append(own.Files, f)
	}
	return read(t, &own)
}
