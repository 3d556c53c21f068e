package cmd

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/key"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/runtime"
)

// TestCurl checks the lines that serve --dev prints, whatever flows declare.
func TestCurl(t *testing.T) {
	cookies := runtime.DefaultConfig()
	cookies.Session.From = []session.Carrier{{Cookie: "__Host-session"}}
	cookies.Keys.From = []key.Carrier{{Header: "X-Client", Kind: key.Public}, {Query: "apikey"}}
	tests := []struct {
		name, flow string
		config     *runtime.Config
		want       string
	}{
		{"nothing", "endpoints:\n  - {method: GET, path: /, require: none}\n", nil,
			`curl -sS -w '\n' -X GET "http://h/"`},
		{"places", `endpoints:
  - {method: POST, path: "/users/{id}", require: [apikey, session]}
input:
  id:    {type: integer, minimum: 7}
  page:  {type: string, from: query.page, enum: [one two, three]}
  trace: {type: string, from: header.x-trace, format: uuid}
  theme: {type: string, from: cookie.theme, maxLength: 4}
  text:  {type: string, minLength: 9}
  tags:  {type: array, items: {type: string, const: a'b}, minItems: 2}
  more:  {type: object, required: [when], properties: {when: {type: string, format: date}, not: {type: string}}}
  sure:  {type: boolean}
  left:  {type: string, optional: true}
  out:   {type: string, default: x}
`, nil,
			`curl -sS -w '\n' -X POST "http://h/users/7?page=one+two" -H 'x-trace: 6f1ed002-ab55-4a0e-a4ea-0c1f9f0b1e54' -H "Authorization: $KEY" -H "Session: $SESSION" -b 'theme=exam'` +
				` -H 'Content-Type: application/json' -d '{"more":{"when":"2026-01-31"},"sure":true,"tags":["a'\''b","a'\''b"],"text":"examplexx"}'`},
		{"query of GET", "endpoints:\n  - {method: GET, path: /find, require: none}\ninput:\n  email: {type: string, format: email}\n", nil,
			`curl -sS -w '\n' -X GET "http://h/find?email=ada%40example.com"`},
		{"form", "endpoints:\n  - {method: POST, path: /form, require: none, accepts: form}\ninput:\n  email: {type: string, format: email}\n  password: {type: string, secret: true}\n", nil,
			`curl -sS -w '\n' -X POST "http://h/form" -d 'email=ada%40example.com&password=seven+violet+teapots'`},
		{"cookie and query", "endpoints:\n  - {method: POST, path: /out, require: [apikey, session]}\n", cookies,
			`curl -sS -w '\n' -X POST "http://h/out?apikey=$KEY" -b "${TMPDIR:-/tmp}/latchwork-cookies" -c "${TMPDIR:-/tmp}/latchwork-cookies"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, diags := flows.Parse("test.yaml", []byte("version: 1\nflow: test\n"+tt.flow+"nodes:\n  - id: ok\n    use: respond\n"))
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			if tt.config == nil {
				tt.config = runtime.DefaultConfig()
			}
			got := newCurl("http://h", tt.config).line(calls([]*flows.Flow{f})[0])
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestCallsInOrder checks that what is pasted first makes what is used later.
func TestCallsInOrder(t *testing.T) {
	source := func(name, endpoint, use string) string {
		return "version: 1\nflow: " + name + "\nendpoints:\n  - " + endpoint + "\nnodes:\n  - id: a\n    use: " + use + "\n"
	}
	var set []*flows.Flow
	for _, text := range []string{
		source("signOut", "{method: POST, path: /out, require: session}", "session.delete"),
		source("others", "{method: POST, path: /others, require: session}", "session.deleteAll"),
		source("me", "{method: GET, path: /me, require: session}", "user.get"),
		source("open", "{method: GET, path: /open, require: none}", "respond"),
		source("signIn", "{method: POST, path: /in, require: apikey}", "flow.inner"),
		source("signUp", "{method: POST, path: /up, require: apikey}", "user.create"),
		"version: 1\nflow: inner\nnodes:\n  - id: a\n    use: session.create\n",
	} {
		f, diags := flows.Parse("test.yaml", []byte(text))
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		set = append(set, f)
	}
	var got []string
	for _, c := range calls(set) {
		got = append(got, c.flow.Name.Text)
	}
	if want := "signUp signIn open me others signOut"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
