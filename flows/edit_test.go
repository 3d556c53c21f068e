package flows_test

import (
	"cmp"
	"errors"
	"math"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/flows"
)

// editable is a flow with everything that an edit could tread on.
const editable = `# The first comment.
version: 1
flow: signIn   # its name

endpoints:
  - {method: POST, path: /sign-in, require: apikey}

nodes:
  # Looks the user up.
  - id: user
    use: user.get
    with:
      email: ${{ input.email }}   # as typed
    next: {notFound: no, error: no}
    # the end of user

  # Says yes.
  - id: ok
    use: respond
    with:
      status: 200
      body: |
        Dear ${{ user.name }},

        welcome.
      tags: [a, b]
    note:

  - id: no
    use: fail
    with: {status: 404, message: 'It''s wrong'}
`

// An edit and how it changes lines: "- " before lines that go, "+ " before lines
// that come.
type edit struct {
	name string
	do   func(*flows.File) error
	want string
}

func set(path string, value any) func(*flows.File) error {
	return func(f *flows.File) error { return f.Set(path, value) }
}

func remove(path string) func(*flows.File) error {
	return func(f *flows.File) error { return f.Remove(path) }
}

func insert(path string, index int, value any) func(*flows.File) error {
	return func(f *flows.File) error { return f.Insert(path, index, value) }
}

var edits = []edit{
	{"set a scalar", set("nodes[0].use", "user.find"), `
-     use: user.get
+     use: user.find
`},
	{"set an expression before a comment", set("nodes[0].with.email", "${{ input.address }}"), `
-       email: ${{ input.email }}   # as typed
+       email: ${{ input.address }}   # as typed
`},
	{"quote an expression that YAML would cut", set("nodes[0].with.email", "${{ map(a, #.b ? 1 : 2) }}"), `
-       email: ${{ input.email }}   # as typed
+       email: "${{ map(a, #.b ? 1 : 2) }}"   # as typed
`},
	{"set a number between brackets", set("nodes[2].with.status", 401), `
-     with: {status: 404, message: 'It''s wrong'}
+     with: {status: 401, message: 'It''s wrong'}
`},
	{"set a text between brackets", set("nodes[2].with.message", "No, never"), `
-     with: {status: 404, message: 'It''s wrong'}
+     with: {status: 404, message: "No, never"}
`},
	{"set an expression between brackets", set("nodes[2].with.message", "${{ a }}"), `
-     with: {status: 404, message: 'It''s wrong'}
+     with: {status: 404, message: "${{ a }}"}
`},
	{"set what has no value", set("nodes[1].note", "Why"), `
-     note:
+     note: Why
`},
	{"set several lines", set("nodes[1].with.body", "One,\n\n  two.\n"), `
-         Dear ${{ user.name }},
+         One,
-         welcome.
+           two.
`},
	{"set one line in place of several", set("nodes[1].with.body", "Welcome"), `
-       body: |
-         Dear ${{ user.name }},
- 
-         welcome.
+       body: Welcome
`},
	{"set several lines in place of one", set("nodes[0].use", "a\nb"), `
-     use: user.get
+     use: |-
+       a
+       b
`},
	{"set several lines before a comment", set("nodes[0].with.email", "a\nb"), `
-       email: ${{ input.email }}   # as typed
+       email: "a\nb"   # as typed
`},
	{"set several lines between brackets", set("nodes[2].with.message", "a\nb"), `
-     with: {status: 404, message: 'It''s wrong'}
+     with: {status: 404, message: "a\nb"}
`},
	{"set a list", set("nodes[1].with.tags", []any{"c", true, 1.5, "no", nil}), `
-       tags: [a, b]
+       tags: [c, true, 1.5, "no", null]
`},
	{"set a map", set("nodes[1].with.status", map[string]any{"b": "${{ x }}", "a": map[string]any{}}), `
-       status: 200
+       status:
+         a: {}
+         b: ${{ x }}
`},
	{"set a map in place of a map", set("nodes[1].with", map[string]any{"status": 204}), `
-       status: 200
-       body: |
-         Dear ${{ user.name }},
- 
-         welcome.
-       tags: [a, b]
+       status: 204
`},
	{"add a key", set("nodes[0].with.phone", "${{ input.phone }}"), `
+       phone: ${{ input.phone }}
`},
	{"add a key behind several lines", set("nodes[1].with.session", nil), `
+       session: null
`},
	{"add a key between brackets", set("nodes[2].with.code", "unknown"), `
-     with: {status: 404, message: 'It''s wrong'}
+     with: {status: 404, message: 'It''s wrong', code: unknown}
`},
	{"add a map", set("nodes[2].next.error", "ok"), `
+     next: {error: ok}
`},
	{"add a with", set("errors.with.status", 1), `
+ errors:
+   with:
+     status: 1
`},
	{"fill what has no value", set("nodes[1].note.a.b", "c"), `
+       a: {b: c}
`},
	{"add a key to quote", set(`nodes[1].with["a.b: c"]`, 1), `
+       "a.b: c": 1
`},
	{"set an edge", func(f *flows.File) error { return f.SetEdge("user", "notFound", "ok") }, `
-     next: {notFound: no, error: no}
+     next: {notFound: ok, error: no}
`},
	{"add an edge", func(f *flows.File) error { return f.SetEdge("user", "locked", "no") }, `
-     next: {notFound: no, error: no}
+     next: {notFound: no, error: no, locked: "no"}
`},
	{"add the first edge", func(f *flows.File) error { return f.SetEdge("no", "error", "no") }, `
+     next: {error: "no"}
`},
	{"remove an edge", func(f *flows.File) error { return f.RemoveEdge("user", "notFound") }, `
-     next: {notFound: no, error: no}
+     next: {error: no}
`},
	{"remove the last of two edges", func(f *flows.File) error { return f.RemoveEdge("user", "error") }, `
-     next: {notFound: no, error: no}
+     next: {notFound: no}
`},
	{"remove a key with its comment", remove("flow"), `
- flow: signIn   # its name
`},
	{"remove the only key", remove("nodes[0].with.email"), `
-     with:
-       email: ${{ input.email }}   # as typed
+     with: {}   # as typed
`},
	{"remove several lines", remove("nodes[1].with.body"), `
-       body: |
-         Dear ${{ user.name }},
- 
-         welcome.
`},
	{"remove the key behind a dash", remove("nodes[1].id"), `
-   - id: ok
-     use: respond
+   - use: respond
`},
	{"remove the last key", remove("nodes[1].note"), `
-     note:
`},
	{"remove a list", remove("endpoints"), `
- endpoints:
-   - {method: POST, path: /sign-in, require: apikey}
- 
`},
	{"remove an item between brackets", remove("nodes[1].with.tags[0]"), `
-       tags: [a, b]
+       tags: [b]
`},
	{"remove a node", remove("nodes[2]"), `
-   - id: no
-     use: fail
-     with: {status: 404, message: 'It''s wrong'}
`},
	{"remove the only item", remove("endpoints[0]"), `
- endpoints:
-   - {method: POST, path: /sign-in, require: apikey}
+ endpoints: []
`},
	{"insert a node", insert("nodes", 1, map[string]any{"id": "check", "use": "password.check", "with": map[string]any{"userId": "${{ user.id }}"}}), `
+   - id: check
+     use: password.check
+     with:
+       userId: ${{ user.id }}
+ 
`},
	{"insert a node at the end", insert("nodes", 3, map[string]any{"id": "last", "use": "respond"}), `
+ 
+   - id: last
+     use: respond
`},
	{"insert a node at the begin", insert("nodes", 0, map[string]any{"id": "first", "use": "log"}), `
+   - id: first
+     use: log
+ 
`},
	{"insert between brackets", insert("nodes[1].with.tags", 1, "c: d"), `
-       tags: [a, b]
+       tags: [a, "c: d", b]
`},
	{"insert at the end between brackets", insert("nodes[1].with.tags", 2, "c"), `
-       tags: [a, b]
+       tags: [a, b, c]
`},
	{"insert into what has no value", insert("nodes[1].note", 0, "a"), `
-     note:
+     note: [a]
`},
	{"insert into nothing", insert("nodes[1].reveal", 0, "opened.token"), `
+     reveal: [opened.token]
`},
	{"remove the only edge", func(f *flows.File) error {
		return cmp.Or(f.RemoveEdge("user", "error"), f.RemoveEdge("user", "notFound"))
	}, `
-     next: {notFound: no, error: no}
`},
	{"remove an entry between brackets", remove("nodes[2].with.message"), `
-     with: {status: 404, message: 'It''s wrong'}
+     with: {status: 404}
`},
	{"set what came as JSON", set("nodes[1].with.status", []any{float64(200), 0.5, 1e300, int8(3), "a\tb\u00a0\U0001F600"}), `
-       status: 200
+       status: [200, 0.5, 1e+300, 3, "a\tb\xA0😀"]
`},
	{"set several lines that need quotes", set("nodes[1].with.body", " one\ntwo"), `
-       body: |
-         Dear ${{ user.name }},
- 
-         welcome.
+       body: " one\ntwo"
`},
	{"set several lines with a tab", set("nodes[1].with.body", "one\n\ttwo"), `
-       body: |
-         Dear ${{ user.name }},
- 
-         welcome.
+       body: "one\n\ttwo"
`},
	{"set a value from another place", func(f *flows.File) error {
		return f.Set("nodes[1].with.status", f.Root().Get("nodes").Items[0].Get("with"))
	}, `
-       status: 200
+       status:
+         email: ${{ input.email }}
`},
	{"add behind a comma", func(f *flows.File) error {
		return cmp.Or(f.Replace(flows.Change{Pos: flows.Pos{Line: 6, Col: 51}, Old: "}", New: ",}"}), f.Set("endpoints[0].accepts", "form"))
	}, `
-   - {method: POST, path: /sign-in, require: apikey}
+   - {method: POST, path: /sign-in, require: apikey, accepts: form}
`},
	{"rename", func(f *flows.File) error {
		return f.Replace(
			flows.Change{Pos: flows.Pos{Line: 29, Col: 9}, Old: "no", New: "nobody"},
			flows.Change{Pos: flows.Pos{Line: 14, Col: 33}, Old: "no", New: "nobody"},
			flows.Change{Pos: flows.Pos{Line: 14, Col: 22}, Old: "no", New: "nobody"},
		)
	}, `
-     next: {notFound: no, error: no}
+     next: {notFound: nobody, error: nobody}
-   - id: no
+   - id: nobody
`},
}

func TestEdit(t *testing.T) {
	for _, lineBreak := range []string{"\n", "\r\n"} {
		for _, e := range edits {
			t.Run(e.name, func(t *testing.T) {
				src := "\ufeff" + strings.ReplaceAll(editable, "\n", lineBreak)
				f, diags := flows.NewFile("f.yaml", []byte(src))
				if len(diags) > 0 {
					t.Fatal(diags)
				}
				if err := e.do(f); err != nil {
					t.Fatal(err)
				}
				got := string(f.Bytes())
				if lineBreak == "\r\n" && strings.Count(got, "\n") != strings.Count(got, "\r\n") {
					t.Errorf("got %q, want all line breaks to be \\r\\n", got)
				}
				got, marked := strings.CutPrefix(strings.ReplaceAll(got, "\r", ""), "\ufeff")
				if !marked {
					t.Error("got no byte order mark, want the one that was there")
				}
				if diff := gocmp.Diff(strings.TrimPrefix(e.want, "\n"), lineDiff(editable, got)); diff != "" {
					t.Errorf("changed lines (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// lineDiff is the lines that go and come, in the order of the text, by the
// longest common subsequence.
func lineDiff(from, to string) string {
	a, b := strings.SplitAfter(from, "\n"), strings.SplitAfter(to, "\n")
	longest := make([][]int, len(a)+1)
	for i := range longest {
		longest[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			if a[i] == b[j] {
				longest[i][j] = longest[i+1][j+1] + 1
			}
		}
	}
	var out strings.Builder
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			i, j = i+1, j+1
		case i < len(a) && (j == len(b) || longest[i+1][j] >= longest[i][j+1]):
			out.WriteString("- " + a[i])
			i++
		default:
			out.WriteString("+ " + b[j])
			j++
		}
	}
	return out.String()
}

func TestEditRefused(t *testing.T) {
	at := func(line, col int) flows.Pos { return flows.Pos{Line: line, Col: col} }
	for _, e := range []edit{
		{"no path", set("nodes[", 1), `flows: "nodes[" is no path`},
		{"no path either", set("nodes..id", 1), `flows: "nodes..id" is no path`},
		{"empty path", set("", 1), "flows: the path is empty"},
		{"no such item", set("nodes[7].id", "x"), "flows: there is no list item [7]"},
		{"not in a map", set("flow.name", "x"), `flows: "name" is not in a map`},
		{"no such key", remove("nodes[0].when"), `flows: there is no "when"`},
		{"no such list", insert("nodes[0].reveal", 1, "x"), "flows: there is no list item 1 at nodes[0].reveal"},
		{"not a list", insert("flow", 0, "x"), "flows: there is no list item 0 at flow"},
		{"beyond the list", insert("nodes", 4, "x"), "flows: there is no list item 4 at nodes"},
		{"no such node", func(f *flows.File) error { return f.SetEdge("nobody", "found", "ok") }, `flows: there is no node "nobody"`},
		{"no path to remove", remove("["), `flows: "[" is no path`},
		{"no path to insert at", insert("a.", 0, 1), `flows: "a." is no path`},
		{"no quoted path", set(`a["b`, 1), `flows: "a[\"b" is no path`},
		{"no path between", set("a[0]b", 1), `flows: "a[0]b" is no path`},
		{"no edge", func(f *flows.File) error { return f.RemoveEdge("user", "found") }, `flows: there is no "found"`},
		{"no node", func(f *flows.File) error { return f.RemoveEdge("nobody", "found") }, `flows: there is no node "nobody"`},
		{"unknown data in a list", set("flow", []any{struct{}{}}), "flows: a struct {} cannot be written"},
		{"unknown data in a map", set("flow", map[string]any{"a": struct{}{}}), "flows: a struct {} cannot be written"},
		{"unknown map", set("flow", map[int]any{}), "flows: a map[int]interface {} cannot be written"},
		{"no number", set("flow", math.NaN()), "flows: NaN cannot be written"},
		{"unknown data to insert", insert("nodes", 0, struct{}{}), "flows: a struct {} cannot be written"},
		{"unknown data", set("flow", struct{}{}), "flows: a struct {} cannot be written"},
		{"other text there", func(f *flows.File) error { return f.Replace(flows.Change{Pos: at(2, 1), Old: "flow", New: "x"}) }, `flows: the text cannot be edited there: there is no "flow" at :2:1`},
		{"overlap", func(f *flows.File) error {
			return f.Replace(flows.Change{Pos: at(2, 1), Old: "version", New: "x"}, flows.Change{Pos: at(2, 4), Old: "sion", New: "x"})
		}, "flows: the text cannot be edited there: two changes overlap at f.yaml:2:4"},
		{"no YAML afterwards", func(f *flows.File) error { return f.Replace(flows.Change{Pos: at(6, 5), Old: "{", New: "("}) }, "f.yaml:6:14: the value has a colon and a blank in it, which YAML takes for another key [yaml-syntax]"},
	} {
		t.Run(e.name, func(t *testing.T) {
			f, _ := flows.NewFile("f.yaml", []byte(editable))
			err := e.do(f)
			if err == nil {
				t.Fatal("got no error, want one")
			}
			if got := err.Error(); !strings.HasPrefix(got, e.want) {
				t.Errorf("got %q, want %q", got, e.want)
			}
			if diff := gocmp.Diff(editable, string(f.Bytes())); diff != "" {
				t.Errorf("the refused edit changed the text (-want +got):\n%s", diff)
			}
		})
	}
}

// Where several items stand in one line an edit is made or refused, but never
// made wrongly.
func TestEditItemsInOneLine(t *testing.T) {
	const src = "- - a\n  - b\n- c"
	for _, do := range []func(*flows.File) error{remove("[0][0]"), insert("[0]", 0, "x"), insert("[0]", 1, "x"), set("[0][0]", "x\ny")} {
		f, _ := flows.NewFile("f.yaml", []byte(src))
		if err := do(f); err != nil && string(f.Bytes()) != src {
			t.Errorf("got %q after error %v, want the text unchanged", f.Bytes(), err)
		}
	}
}

func TestRemoveAllThereIs(t *testing.T) {
	f, _ := flows.NewFile("f.yaml", []byte("a: b # c\n"))
	if err := f.Remove("a"); !errors.Is(err, flows.ErrEdit) {
		t.Errorf("got error %v, want ErrEdit", err)
	}
}

func TestNewFileRefusesBrokenText(t *testing.T) {
	f, diags := flows.NewFile("f.yaml", []byte("a: !x\n"))
	if f != nil || len(diags) != 1 {
		t.Errorf("got %v with %d problems, want no file and 1 problem", f, len(diags))
	}
}
