package answer_test

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/engine/enginetest"
	"github.com/latchwork/latchwork/nodes/answer"
)

func files(pairs ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return m
}

func pages(t *testing.T, fs fstest.MapFS) *answer.Pages {
	t.Helper()
	p, err := answer.NewPages(fs)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func show(t *testing.T, d answer.Deps, with map[string]any) enginetest.Result {
	t.Helper()
	return enginetest.Node{Type: node(t, d, "page"), With: with, Standard: true}.Run(context.Background(), t)
}

func TestPage(t *testing.T) {
	d := answer.Deps{Pages: pages(t, files(
		"sign-in.html", `<p title="{{.title}}">{{.title}}, {{.n}}{{if eq .n 1000000}}!{{end}}</p><form method="post"></form>`,
		"plain.html", `plain`,
		"mail/_layout.html", `{{define "layout"}}[{{template "content" .}}]{{end}}`,
		"mail/one.html", `{{template "layout" .}}{{define "content"}}one{{end}}`,
		"mail/two.html", `{{template "layout" .}}{{define "content"}}two{{end}}`,
		".hidden/x.html", `{{broken`,
		"notes.txt", `{{broken`,
	))}
	tests := []struct {
		name string
		with map[string]any
		want string
	}{
		{"data", map[string]any{"template": "sign-in", "data": map[string]any{"title": "In", "n": 1000000}}, `<p title="In">In, 1000000!</p><form method="post"></form>`},
		{"escaped", map[string]any{"template": "sign-in", "data": map[string]any{"title": `"><script>alert(1)</script>`, "n": 2}},
			`<p title="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;">&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;, 2</p><form method="post"></form>`},
		{"without data", map[string]any{"template": "plain"}, "plain"},
		{"by its file", map[string]any{"template": "plain.html"}, "plain"},
		{"shared parts", map[string]any{"template": "mail/one"}, "[one]"},
		{"with other content", map[string]any{"template": "mail/two"}, "[two]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := show(t, d, tt.with)
			if got := string(r.Answer.Body); got != tt.want || r.Answer.Status != 200 {
				t.Errorf("got %d %s, %v, want %s", r.Answer.Status, got, r.Err, tt.want)
			}
		})
	}
}

// A page shows a QR code and the address of an authenticator app; what a script could hide
// in is left out, and nothing ends the attribute that it stands in.
func TestPageAddresses(t *testing.T) {
	d := answer.Deps{Pages: pages(t, files("x.html", `<img src="{{.v}}">`, "y.html", `<p title="{{.v}}">{{.v}}`))}
	const left = "#ZgotmplZ"
	for value, want := range map[string]string{
		"data:image/png;base64,iVBOR+/aA==":                "data:image/png;base64,iVBOR&#43;/aA==",
		"otpauth://totp/a:b?secret=AB&issuer=a":            "otpauth://totp/a:b?secret=AB&amp;issuer=a",
		`otpauth://totp/"><script>`:                        "otpauth://totp/%22%3e%3cscript%3e",
		"otpauth:alert(1)":                                 left,
		"data:image/png;base64,iVBOR,<svg>":                left,
		"data:text/html;base64,iVBOR":                      left,
		"data:image/svg+xml;base64,iVBOR":                  left,
		"javascript:alert('data:image/png;base64,')":       left,
		" data:image/png;base64,iVBOR":                     left,
		"data:image/png;base64,iVBOR\njavascript:alert(1)": left,
	} {
		r := show(t, d, map[string]any{"template": "x", "data": map[string]any{"v": value}})
		if got := string(r.Answer.Body); got != `<img src="`+want+`">` {
			t.Errorf("%s: got %s, want %s", value, got, want)
		}
	}
	r := show(t, d, map[string]any{"template": "y", "data": map[string]any{"v": `otpauth://totp/"><script>`}})
	if got := string(r.Answer.Body); strings.Contains(got, "<script") || strings.Contains(got, `"><`) {
		t.Errorf("got %s", got)
	}
}

func TestPageRefuses(t *testing.T) {
	d := answer.Deps{Pages: pages(t, files("x.html", `{{.title}}`, "_part.html", "part", "sub/y.html", "y"))}
	for name, with := range map[string]map[string]any{
		"unknown":              {"template": "nothing"},
		"a part":               {"template": "_part"},
		"outside":              {"template": "../x"},
		"absolute":             {"template": "/x"},
		"a name that is not":   {"template": "x", "data": map[string]any{"titel": "In"}},
		"no data for the name": {"template": "x"},
	} {
		t.Run(name, func(t *testing.T) {
			r := show(t, d, with)
			if r.Outcome != "error" || r.Status != 500 || strings.Contains(string(r.Answer.Body), "html") {
				t.Errorf("got %s %d %s, want an error", r.Outcome, r.Status, r.Answer.Body)
			}
		})
	}
	if r := show(t, answer.Deps{}, map[string]any{"template": "x"}); r.Outcome != "error" {
		t.Errorf("without pages: got %s", r.Answer.Body)
	}
}

func TestPageHeader(t *testing.T) {
	d := answer.Deps{Pages: pages(t, files("x.html", "x")), FormTargets: func(realm string) []string {
		return []string{"https://" + realm + ".example.com"}
	}}
	a := show(t, d, map[string]any{"template": "x", "status": 403}).Answer
	header := map[string]string{}
	for _, f := range a.Header {
		header[f.Name] = f.Value
	}
	csp := header["Content-Security-Policy"]
	for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self' https://main.example.com;"} {
		if !strings.Contains(csp, want) {
			t.Errorf("R-46: got policy %q, want %q in it", csp, want)
		}
	}
	if strings.Contains(csp, "script-src 'self' 'unsafe-inline'") {
		t.Errorf("R-46: got policy %q, which runs scripts in the page", csp)
	}
	if a.Status != 403 || !a.NoStore || header["Content-Type"] != "text/html; charset=utf-8" || header["Referrer-Policy"] == "" {
		t.Errorf("R-46: got %d, no-store %t, %v", a.Status, a.NoStore, header)
	}
}

func TestPageHandsOver(t *testing.T) {
	d := answer.Deps{Pages: pages(t, files("x.html", "x"))}
	a := show(t, d, map[string]any{"template": "x", "session": "lws_token"}).Answer
	if a.Session.Reveal() != "lws_token" {
		t.Errorf("got %q, want the token", a.Session.Reveal())
	}
}

// A broken edit keeps what was there, and names every broken file.
func TestPagesReload(t *testing.T) {
	fs := files("x.html", "one", "y.html", "y")
	p := pages(t, fs)
	body := func() string {
		return string(show(t, answer.Deps{Pages: p}, map[string]any{"template": "x"}).Answer.Body)
	}
	fs["x.html"], fs["y.html"] = &fstest.MapFile{Data: []byte("{{if}}")}, &fstest.MapFile{Data: []byte("{{end}}")}
	err := p.Reload()
	if err == nil || !strings.Contains(err.Error(), "x.html") || !strings.Contains(err.Error(), "y.html") {
		t.Errorf("got %v, want both files named", err)
	}
	if got := body(); got != "one" {
		t.Errorf("after a broken edit: got %s, want one", got)
	}
	fs["x.html"], fs["y.html"] = &fstest.MapFile{Data: []byte("two")}, &fstest.MapFile{Data: []byte("y")}
	if err := p.Reload(); err != nil {
		t.Fatal(err)
	}
	if got := body(); got != "two" {
		t.Errorf("after an edit: got %s, want two", got)
	}
	if _, err := answer.NewPages(files("x.html", "{{")); err == nil {
		t.Error("a broken page at the start: got no error")
	}
}

// Mails lie beside pages and are none; their parts are no parts of pages.
func TestMailsAreNoPages(t *testing.T) {
	p := pages(t, files("x.html", "{{block \"head\" .}}page{{end}}", "x.mail.html", "{{", "_head.mail.html", "{{define \"head\"}}mail{{end}}"))
	if got := string(show(t, answer.Deps{Pages: p}, map[string]any{"template": "x"}).Answer.Body); got != "page" {
		t.Errorf("got %s, want page", got)
	}
	if r := show(t, answer.Deps{Pages: p}, map[string]any{"template": "x.mail"}); r.Err == nil {
		t.Errorf("a mail is shown as a page: %s", r)
	}
}

// A secret in the data of a page is refused when the flow is loaded.
func TestPageTakesNoSecrets(t *testing.T) {
	var types engine.Registry
	if err := types.AddStandard(answer.Nodes(answer.Deps{})...); err != nil {
		t.Fatal(err)
	}
	for _, use := range []string{
		"page\n    with:\n      template: x\n      data:\n        p: ${{ input.p }}",
		"respond\n    with:\n      body:\n        p: ${{ input.p }}",
		"respond\n    with:\n      headers:\n        X-P: ${{ input.p }}",
		"redirect\n    with:\n      to: /\n      query:\n        p: ${{ input.p }}",
		"fail\n    with:\n      status: 400\n      code: x\n      details: ${{ input.p }}",
		"fail\n    with:\n      status: 400\n      code: x\n      message: ${{ input.p }}",
	} {
		t.Run("R-64 "+use, func(t *testing.T) {
			_, diags := compile(t, &types, "input:\n  p: {type: string, secret: true}\nnodes:\n  - id: a\n    use: "+use+"\n")
			if len(diags) != 1 || diags[0].Code != "secret-leak" {
				t.Errorf("got %v, want secret-leak", diags)
			}
		})
	}
}
