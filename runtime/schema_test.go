package runtime

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/session"
)

// schemaPaths are the schemas of all keys of app.yaml, by the paths of configDocs.
func schemaPaths(t *testing.T) map[string]map[string]any {
	t.Helper()
	text, err := ConfigSchema()
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	found := map[string]map[string]any{}
	var walk func(path string, s map[string]any)
	walk = func(path string, s map[string]any) {
		if path != "" {
			found[path] = s
		}
		if properties, ok := s["properties"].(map[string]any); ok {
			for name, p := range properties {
				walk(strings.TrimPrefix(path+"."+name, "."), p.(map[string]any))
			}
		}
		if forms, ok := s["anyOf"].([]any); ok {
			for name, p := range forms[1].(map[string]any)["properties"].(map[string]any) {
				walk(path+"."+name, p.(map[string]any))
			}
		}
		for _, key := range []string{"items", "additionalProperties"} {
			if of, ok := s[key].(map[string]any); ok {
				walk(path+"[]", of)
			}
		}
	}
	walk("", root)
	return found
}

// What the schema says of a key is about a key that there is.
func TestConfigSchemaKnowsItsKeys(t *testing.T) {
	paths := schemaPaths(t)
	for _, known := range []map[string]any{configDefaults, configEnums} {
		for path := range known {
			if paths[path] == nil {
				t.Errorf("there is no key %s", path)
			}
		}
	}
	for path := range configDocs {
		if paths[path] == nil {
			t.Errorf("there is no key %s", path)
		}
	}
	for path := range paths {
		if !strings.Contains(path, ".") && !strings.HasSuffix(path, "[]") && configDocs[path] == "" {
			t.Errorf("the section %s has no description", path)
		}
	}
}

// Each default that an editor shows, written down, changes nothing, and each
// value of a few is taken.
func TestConfigSchemaTellsTheTruth(t *testing.T) {
	want := meant(configOf(t, ""))
	for path, def := range configDefaults {
		if strings.Contains(path, "[]") {
			continue
		}
		text, err := json.Marshal(def)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(want, meant(configOf(t, nested(path, string(text)))), cmpopts.IgnoreUnexported(Config{})); diff != "" {
			t.Errorf("%s: -want +got:\n%s", path, diff)
		}
	}
	for path, s := range schemaPaths(t) {
		values, _ := s["enum"].([]any)
		for _, v := range values {
			text := fmt.Sprint(v)
			switch path {
			case "version":
				continue // which configOf writes
			case "keys.from[].kind":
				configOf(t, "keys: {from: [{header: K, kind: "+text+"}]}")
			case "purposes[].class":
				configOf(t, "purposes: {x: "+text+"}")
				configOf(t, "purposes: {x: {class: "+text+", lifetime: 30s}}")
			case "providers[].preset":
				configOf(t, "providers: {x: {clientId: y, preset: "+text+"}}")
			case "providers[].clientAuth":
				configOf(t, "providers: {x: {clientId: y, preset: google, clientAuth: "+text+"}}")
			default:
				configOf(t, nested(path, text))
			}
		}
	}
}

// meant is a configuration with zeros that stand for something written out.
func meant(c *Config) *Config {
	p := password.DefaultParams()
	c.Password.Hash = cmp.Or(c.Password.Hash, "argon2id")
	c.Password.Params.Memory = cmp.Or(c.Password.Params.Memory, flows.Size(p.Memory)<<10)
	c.Password.Params.Time = cmp.Or(c.Password.Params.Time, int(p.Time))
	c.Password.Params.Threads = cmp.Or(c.Password.Params.Threads, int(p.Threads))
	c.Password.MinLength = cmp.Or(c.Password.MinLength, password.DefaultMinLength)
	c.Session.Limit.Policy = cmp.Or(c.Session.Limit.Policy, session.Refuse)
	c.Session.OnSignIn = cmp.Or(c.Session.OnSignIn, session.Replace)
	return c
}

// nested writes a value at a path.
func nested(path, value string) string {
	steps := strings.Split(path, ".")
	for _, step := range slices.Backward(steps) {
		value = "{" + step + ": " + value + "}"
	}
	return strings.TrimSuffix(strings.TrimPrefix(value, "{"), "}")
}

// TestConfigPage checks that the page about app.yaml names every section, and
// that its application loads.
func TestConfigPage(t *testing.T) {
	page, err := os.ReadFile("CONFIG.md")
	if err != nil {
		t.Fatal(err)
	}
	for path := range maps.Keys(schemaPaths(t)) {
		if !strings.Contains(path, ".") && !strings.HasSuffix(path, "[]") && !strings.Contains(string(page), "`"+path+"`") {
			t.Errorf("the page does not explain %s", path)
		}
	}
	found := false
	for _, part := range strings.Split(string(page), "\n```yaml\n")[1:] {
		block, _, _ := strings.Cut(part, "\n```")
		if !strings.HasPrefix(block, "# app.yaml") {
			continue
		}
		found = true
		if _, diags := ReadConfig("app.yaml", []byte(block), nil); len(diags) > 0 {
			t.Error(diags)
		}
	}
	if !found {
		t.Error("there is no app.yaml on the page")
	}
}
