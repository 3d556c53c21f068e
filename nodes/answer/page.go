package answer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"

	"github.com/latchwork/latchwork/engine"
)

type pageWith struct {
	Template string            `flow:"template,literal" example:"sign-in" doc:"The file beside the flows, without .html."`
	Data     engine.Body       `flow:"data,optional" doc:"What the template shows: its dot."`
	Status   int               `flow:"status" default:"200" min:"200" max:"599" doc:"The status of the answer."`
	Session  engine.Secret     `flow:"session,optional" secret:"minted" doc:"The token of a session to hand over by cookie."`
	Cookies  map[string]cookie `flow:"cookies,optional" doc:"Cookies to set or remove, by name."`
}

func pageNode(d Deps) engine.NodeType {
	return engine.Define("page", "Answers with a page for people, made from an HTML template.",
		func(ctx context.Context, in pageWith, _ struct{}) (engine.Exit, error) {
			page, err := d.Pages.page(in.Template)
			if err != nil {
				return engine.Exit{}, err
			}
			data, err := dataOf(in.Data)
			if err != nil {
				return engine.Exit{}, err
			}
			a := engine.AnswerOf(ctx)
			body := bytes.NewBuffer(a.Body)
			if err := page.Execute(body, data); err != nil {
				return engine.Exit{}, fmt.Errorf("answer: page %s: %w", in.Template, err)
			}
			a.Status, a.Body = in.Status, body.Bytes()
			a.Header = append(a.Header,
				engine.HeaderField{Name: "Content-Type", Value: "text/html; charset=utf-8"},
				engine.HeaderField{Name: "Content-Security-Policy", Value: policy(d.FormTargets(engine.Realm(ctx)))},
				// The address of a page may hold a token: nobody else gets to see it.
				engine.HeaderField{Name: "Referrer-Policy", Value: "same-origin"},
				engine.HeaderField{Name: "Cross-Origin-Opener-Policy", Value: "same-origin"})
			handOver(a, in.Session, in.Cookies)
			a.NoStore = true
			return engine.Exit{}, nil
		},
		engine.Answers,
		engine.Example(`
- id: form
  use: page
  with:
    template: sign-in
    data:
      title: Sign in
`))
}

// policy lets a page show its own pictures and styles and send its forms home,
// and run no script but the application's own files. Nobody may frame it
// . Browsers ask it also for where the answer to a form redirects.
func policy(formTargets []string) string {
	return "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
		"form-action " + strings.Join(append([]string{"'self'"}, formTargets...), " ") + "; base-uri 'none'; frame-ancestors 'none'"
}

// dataOf is what a template sees: plain data, by the names that flows use.
func dataOf(body engine.Body) (any, error) {
	if !body.IsSet() {
		return nil, nil
	}
	encoded, err := body.AppendJSON(nil)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(encoded))
	d.UseNumber()
	var data any
	if err := d.Decode(&data); err != nil {
		return nil, fmt.Errorf("answer: data of a page: %w", err)
	}
	return shown(data), nil
}

// shown makes whole numbers integers, which templates show as people write them
// and can compare with others: 1000000 rather than 1e+06. Pictures and addresses of
// authenticator apps, which templates would leave out, may stand where addresses do.
func shown(data any) any {
	switch v := data.(type) {
	case string:
		if isPicture(v) || strings.HasPrefix(v, "otpauth://totp/") {
			return template.URL(v)
		}
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		n, _ := v.Float64()
		return n
	case []any:
		for i := range v {
			v[i] = shown(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = shown(v[key])
		}
	}
	return data
}

// isPicture reports whether a text is a data URI of a PNG, such as a QR code, and nothing
// else.
func isPicture(text string) bool {
	data, ok := strings.CutPrefix(text, "data:image/png;base64,")
	return ok && strings.Trim(data, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") == ""
}
