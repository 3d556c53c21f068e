package flows_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/flows"
)

// samples are whole flow files.
func samples(t testing.TB) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir("testdata/flows", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files[filepath.ToSlash(path)], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 40 {
		t.Fatalf("got %d sample flows, want at least 40", len(files))
	}
	return files
}

// The drafts are older than the rule that reserves view.
var knownProblems = map[string]string{
	"testdata/flows/drafts/bridgekeeper/me.yaml":     "19:9",
	"testdata/flows/drafts/bridgekeeper/signup.yaml": "47:9",
	"testdata/flows/drafts/sub/altogic-user.yaml":    "7:9",
	"testdata/flows/drafts/sub/bk-user.yaml":         "7:9",
}

func TestParseSamples(t *testing.T) {
	for path, src := range samples(t) {
		flow, diags := flows.Parse(path, src)
		var got []string
		for _, d := range diags {
			got = append(got, d.String())
		}
		var want []string
		if place, known := knownProblems[path]; known {
			want = []string{path + ":" + place + `: "view" is the name of something else in expressions [reserved-name]`}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: problems (-want +got):\n%s", path, diff)
		}
		if !flow.Name.IsSet() || len(flow.Nodes) == 0 {
			t.Errorf("%s: got flow %q with %d nodes, want a name and nodes", path, flow.Name.Text, len(flow.Nodes))
		}
	}
}

// TestParseEveryKey reads a flow that uses each key of the language once.
func TestParseEveryKey(t *testing.T) {
	const src = `version: 1
flow: everything
description: Does all there is to do.
endpoints:
  - method: PUT
    path: /users/{id}/{part}
    require: [apikey, session]
    groups: [support, admin]
    scope: users.write
    rate: {max: 20, per: 1m}
    accepts: form
    crossSite: The provider calls back.
  - {method: GET, path: /, require: none}
input:
  id:
    type: [string, integer]
    from: [path.id, query.user.id]
    coerce: string
    plus: keep
    secret: true
    default: "0"
  user: {type: user.User, optional: true}
  address:
    type: object
    properties: {street: {type: string, pattern: "^[A-Z]"}}
    required: [street]
    additionalProperties: false
nodes:
  - id: first
    use: user.get
    with: {id: "${{ input.id }}"}
    next:
      notFound: last
      "2": last
    reveal: [opened.token]
    trust: [user.data.slug, params.a]
    allow: {unproved: They asked., enumeration: No mail yet.}
    timeout: 1m30s
    note: See above.
  - {id: last, use: respond}
otherwise: last
errors: plain
`
	flow, diags := flows.Parse("f.yaml", []byte(src))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	pos := func(line, col int) flows.Pos { return flows.Pos{File: "f.yaml", Line: line, Col: col} }
	name := func(text string, line, col int) flows.Name { return flows.Name{Text: text, Pos: pos(line, col)} }
	zero := &flows.Value{Kind: flows.String, Pos: pos(21, 14), Text: "0"}
	with := &flows.Value{Kind: flows.Map, Pos: pos(31, 11), Fields: []flows.Field{{
		Key: name("id", 31, 12),
		Value: &flows.Value{Kind: flows.String, Pos: pos(31, 16), Text: "${{ input.id }}", Parts: []flows.Part{
			{Pos: pos(31, 21), Expr: "input.id", IsExpr: true},
		}},
	}}}
	want := &flows.Flow{
		File: "f.yaml", Pos: pos(1, 1), Name: name("everything", 2, 7), Description: "Does all there is to do.",
		Endpoints: []flows.Endpoint{
			{
				Pos: pos(5, 5), Method: name("PUT", 5, 13), Path: name("/users/{id}/{part}", 6, 11),
				Require: []flows.Name{name("apikey", 7, 15), name("session", 7, 23)},
				Groups:  []flows.Name{name("support", 8, 14), name("admin", 8, 23)},
				Scope:   name("users.write", 9, 12), Rate: &flows.Rate{Pos: pos(10, 11), Max: 20, Per: time.Minute},
				Accepts: name("form", 11, 14), CrossSite: name("The provider calls back.", 12, 16),
			},
			{Pos: pos(13, 5), Method: name("GET", 13, 14), Path: name("/", 13, 25)},
		},
		Input: []flows.Input{
			{
				Name: name("id", 15, 3), Pos: pos(16, 5), Types: []flows.Name{name("string", 16, 12), name("integer", 16, 20)},
				From:   []flows.Origin{{Pos: pos(17, 12), In: "path", Name: "id"}, {Pos: pos(17, 21), In: "query", Name: "user.id"}},
				Coerce: true, KeepPlus: true, Secret: true, Default: zero,
			},
			{Name: name("user", 22, 3), Pos: pos(22, 9), Types: []flows.Name{name("user.User", 22, 16)}, Optional: true},
			{Name: name("address", 23, 3), Pos: pos(24, 5), Types: []flows.Name{name("object", 24, 11)}},
		},
		Nodes: []flows.Node{
			{
				Pos: pos(29, 5), ID: name("first", 29, 9), Use: name("user.get", 30, 10), With: with,
				Next: []flows.Edge{
					{Outcome: name("notFound", 33, 7), To: name("last", 33, 17)},
					{Outcome: name("2", 34, 7), To: name("last", 34, 12)},
				},
				Reveal: []flows.Name{name("opened.token", 35, 14)},
				Trust:  []flows.Name{name("user.data.slug", 36, 13), name("params.a", 36, 29)},
				Allow: []flows.Allowance{
					{Rule: name("unproved", 37, 13), Reason: name("They asked.", 37, 23)},
					{Rule: name("enumeration", 37, 36), Reason: name("No mail yet.", 37, 49)},
				},
				Timeout: 90 * time.Second, Note: "See above.",
			},
			{Pos: pos(40, 5), ID: name("last", 40, 10), Use: name("respond", 40, 21)},
		},
		Otherwise: name("last", 41, 12), Errors: name("plain", 42, 9),
	}
	for i := range want.Input {
		if want.Input[i].Schema = flow.Input[i].Schema; flow.Input[i].Schema.Get("type") == nil {
			t.Errorf("input %d: got no declaration, want the one that is written", i)
		}
	}
	if diff := cmp.Diff(want, flow); diff != "" {
		t.Errorf("flow (-want +got):\n%s", diff)
	}
}

// A flow with mistakes is read as far as it can be.
func TestParseReadsOn(t *testing.T) {
	const src = `version: 1
flow: sign-in
endpoint:
  - {methd: POST, path: /a, require: [apikey, sesion]}
nodes:
  - id: first
    use: user.get
    wiht: {email: ${{ input.email }}}
    next: {notFound: ok, notFound: other, found: [x]}
  - ok
  - id: ok
    use: respond
`
	flow, diags := flows.Parse("f.yaml", []byte(src))
	var places []string
	for _, d := range diags {
		places = append(places, strings.TrimPrefix(d.Pos.String(), "f.yaml:")+" "+d.Code)
	}
	want := []string{
		"2:7 bad-name", "3:1 unknown-key", "4:6 unknown-key", "4:47 bad-value",
		"8:5 unknown-key", "8:19 unquoted-expression", "9:26 duplicate-key", "9:50 wrong-type", "10:5 wrong-type",
	}
	if diff := cmp.Diff(want, places); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if got := flow.Name.Text; got != "sign-in" {
		t.Errorf("got name %q, want it as written", got)
	}
	if len(flow.Endpoints) != 1 || flow.Endpoints[0].Method.Text != "POST" || len(flow.Endpoints[0].Require) != 1 {
		t.Errorf("got endpoints %+v, want what the misspelt key says, and the requirement that is known", flow.Endpoints)
	}
	if len(flow.Nodes) != 3 || !flow.Nodes[0].With.Get("email").IsExpr() || flow.Nodes[0].Next[0].To.Text != "ok" || flow.Nodes[2].ID.Text != "ok" {
		t.Errorf("got nodes %+v, want all of them, with what is in them", flow.Nodes)
	}
}

// Problems come in the order of the file, each once.
func TestDiagnosticsSorted(t *testing.T) {
	_, diags := flows.Parse("f.yaml", []byte("nodes: 1\nversion: 2\nflow: 3\nfoo: 4\nbar: 5\n"))
	if len(diags) != 5 {
		t.Fatalf("got %v, want 5 problems", diags)
	}
	if !slices.IsSortedFunc(diags, func(a, b flows.Diagnostic) int { return a.Pos.Line - b.Pos.Line }) {
		t.Errorf("got\n%v\nwant them sorted", diags)
	}
	diags = append(diags, diags...)
	if diags.Sort(); len(diags) != 5 {
		t.Errorf("got %d problems, want repetitions dropped", len(diags))
	}
	if flows.Diagnostics(nil).Err() != nil || diags.Err() == nil {
		t.Error("got the wrong error, want nil for no problems only")
	}
}
