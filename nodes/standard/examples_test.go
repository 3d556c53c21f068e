package standard_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/standard"
)

// TestExamples loads the example of every node type and of every form of the
// language among all the types.
func TestExamples(t *testing.T) {
	types, _, err := standard.Registry(standard.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range append(types.Describe(), engine.FormDocs()...) {
		t.Run(d.Name, func(t *testing.T) {
			if !strings.Contains(d.Example, "use: "+d.Name+"\n") {
				t.Errorf("got an example that does not use %s:\n%s", d.Name, d.Example)
			}
			source := exampleFlow(d)
			c := corpusFile{Archive: &txtar.Archive{Files: []txtar.File{
				{Name: "app.yaml", Data: []byte("version: 1\nsession: {from: [{cookie: __Host-session}]}\npurposes: {hand-over: handOver, sign-in: signIn, confirm: address}\noutbound: [{host: reports.example.com}]\n")},
				{Name: "example.yaml", Data: []byte(source)},
			}}}
			if diags := check(t, c, "example.yaml"); len(diags) > 0 {
				t.Errorf("got\n%swant no problems in\n%s", printed(diags), source)
			}
		})
	}
}

var (
	usedInput   = regexp.MustCompile(`input\.(\w+)`)
	usedSession = regexp.MustCompile(`\$\{\{[^}]*\bsession\.`)
)

// exampleFlow puts an example into a flow: behind a session where it uses one,
// behind a scope where it acts for the application, as a sub-flow where it returns,
// and with the inputs that it reads.
func exampleFlow(d engine.TypeDoc) string {
	require := "none"
	switch {
	case usedSession.MatchString(d.Example):
		require = "session"
	case strings.Contains(d.Example, "unproved:"), d.Name == "user.list":
		require = "apikey, scope: staff"
	}
	var inputs []string
	for _, m := range usedInput.FindAllStringSubmatch(d.Example, -1) {
		secret := slices.ContainsFunc([]string{"password", "secret", "token", "code", "challenge", "binding"}, func(word string) bool {
			return strings.Contains(strings.ToLower(m[1]), word)
		})
		line := "  " + m[1] + ": {type: string}\n"
		if secret {
			line = "  " + m[1] + ": {type: string, secret: true}\n"
		}
		if !slices.Contains(inputs, line) {
			inputs = append(inputs, line)
		}
	}
	head := "version: 1\nflow: example\n"
	if d.Name != "return" {
		head += "endpoints:\n  - {method: POST, path: /, require: " + require + "}\n"
	}
	if len(inputs) > 0 {
		head += "input:\n" + strings.Join(inputs, "")
	}
	return head + "nodes:" + d.Example
}
