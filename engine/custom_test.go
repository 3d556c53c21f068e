package engine_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
)

type askWith struct {
	UserID string        `flow:"userId"`
	Code   engine.Secret `flow:"code,evidence"`
}

type askOut struct {
	Ok none `flow:"ok" proves:"with.userId" factor:"code"`
}

type secretWith struct {
	Password engine.Secret `flow:"password" secret:"typed"`
}

type textOut struct {
	Done engine.Outcome[struct {
		Text string `flow:"text"`
	}] `flow:"done"`
}

type publicOut struct {
	Done engine.Outcome[struct {
		Text string `flow:"text"`
	}] `flow:"done" public:""`
}

type trustedOut struct {
	Done engine.Outcome[struct {
		Groups []string `flow:"groups,trusted"`
	}] `flow:"done"`
}

type sameWith struct {
	UserID string `flow:"userId"`
}

type sameOut struct {
	Done engine.Outcome[id] `flow:"done" same:"id=with.userId"`
}

// custom is sign-in with a node of another's making in it.
func custom(node string) string {
	return strings.Replace(signIn, "  - id: opened\n", node+"  - id: opened\n", 1)
}

func load(t *testing.T, source string, proofs []string, more ...engine.NodeType) (*engine.Bundle, flows.Diagnostics) {
	t.Helper()
	r := types(t)
	if err := r.Add(more...); err != nil {
		t.Fatal(err)
	}
	f, diags := flows.Parse("f.yaml", []byte(source))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	app := &engine.App{}
	for _, p := range proofs {
		app.Proofs = append(app.Proofs, flows.Name{Text: p})
	}
	return (&engine.Compiler{Types: r}).Compile(app, []*flows.Flow{f})
}

func wantCode(t *testing.T, diags flows.Diagnostics, code string) {
	t.Helper()
	if len(diags) != 1 || diags[0].Code != code {
		t.Errorf("got %v, want one [%s]", diags, code)
	}
}

// A node from outside proves only where app.yaml names it.
func TestCustomProof(t *testing.T) {
	source := strings.Replace(signIn, `    use: password.check
    with:
      userId: ${{ user.id }}
      password: ${{ input.password }}
    next: {mismatch: reject}
`, `    use: custom.ask
    with:
      userId: ${{ user.id }}
      code: ${{ input.password }}
`, 1)
	source = strings.Replace(source, "    use: user.get\n", "    use: user.get\n    allow: {enumeration: a test}\n", 1)
	_, diags := load(t, source, nil, proves[askWith]())
	wantCode(t, diags, "unlisted-proof")
	if _, diags = load(t, source, []string{"custom.ask"}, proves[askWith]()); len(diags) > 0 {
		t.Errorf("got %v, want it accepted where app.yaml names it", diags)
	}
}

// A name under proofs in app.yaml that no node type has is reported. What is meant
// can only be a type from outside: the standard ones need not be named.
func TestProofsNamed(t *testing.T) {
	app := &engine.App{Proofs: []flows.Name{
		{Pos: flows.Pos{File: "app.yaml", Line: 3, Col: 10}, Text: "custom.aks"},
		{Pos: flows.Pos{File: "app.yaml", Line: 3, Col: 22}, Text: "password.chek"},
		{Text: "custom.ask"}, {Text: "password.check"},
	}}
	r := types(t)
	if err := r.Add(proves[askWith]()); err != nil {
		t.Fatal(err)
	}
	_, diags := (&engine.Compiler{Types: r}).Compile(app, nil)
	const want = `app.yaml:3:10: no node type is named custom.aks [unknown-type]
	did you mean custom.ask?
app.yaml:3:22: no node type is named password.chek [unknown-type]
	take it out, or start the program that has it; latchwork nodes lists the types of this one`
	if got := diags.Error(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// A node that is given a secret cannot hand it on as plain text, neither by
// saying nothing nor by calling it public.
func TestCustomSecret(t *testing.T) {
	leak := func(typ string) string {
		s := custom("  - id: leak\n    use: " + typ + "\n    with:\n      password: ${{ input.password }}\n")
		return strings.Replace(s, "email: ${{ user.email ?? 'none' }}", "email: ${{ leak.text }}", 1)
	}
	_, diags := load(t, leak("custom.leak"), nil, define[secretWith, textOut]("custom.leak"))
	wantCode(t, diags, "secret-leak")
	_, diags = load(t, leak("custom.public"), nil, define[secretWith, publicOut]("custom.public"))
	wantCode(t, diags, "unlisted-proof")
}

// A node from outside cannot make a value trusted by saying so.
func TestCustomTrusted(t *testing.T) {
	for _, typ := range []engine.NodeType{
		define[struct{}, trustedOut]("custom.groups"),
		define[struct{}, struct {
			Done engine.Outcome[struct {
				Of []struct {
					Groups []string `flow:"groups,trusted"`
				} `flow:"of"`
			}] `flow:"done"`
		}]("custom.groups"),
	} {
		_, diags := load(t, custom("  - id: groups\n    use: custom.groups\n"), nil, typ)
		wantCode(t, diags, "unlisted-proof")
	}
}

// A node from outside is handed no tokens but by an application that names it.
func TestCustomTakesTokens(t *testing.T) {
	source := strings.Replace(signIn, "  - id: ok\n", "  - id: taken\n    use: custom.take\n    with:\n      token: ${{ opened.token }}\n  - id: ok\n", 1)
	_, diags := load(t, source, nil, define[struct {
		Token engine.Secret `flow:"token" secret:"minted"`
	}, struct {
		Done none `flow:"done"`
	}]("custom.take"))
	wantCode(t, diags, "unlisted-proof")
}

// A node that proves without having been shown anything fails the run, whether its
// evidence is missing, null or empty.
func TestCustomEvidence(t *testing.T) {
	type optional struct {
		UserID string         `flow:"userId"`
		Code   *engine.Secret `flow:"code,optional,evidence"`
		Other  engine.Secret  `flow:"other,optional,evidence"`
	}
	for name, c := range map[string]struct {
		typ  engine.NodeType
		with string
		code string // of the loader; "" where the run fails
	}{
		"not given": {proves[optional](), "", "no-evidence"},
		"null":      {proves[optional](), "      code: null\n", "no-evidence"},
		"optional":  {proves[optional](), "      code: ${{ input.pin }}\n", ""},
		"empty":     {proves[askWith](), "      code: ${{ input.pin ?? '' }}\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			node := "  - id: ask\n    use: custom.ask\n    with:\n      userId: ${{ user.id }}\n" + c.with
			source := strings.Replace(custom(node), "input:\n", "input:\n  pin: {type: string, maxLength: 9, secret: true, optional: true}\n", 1)
			b, diags := load(t, source, []string{"custom.ask"}, c.typ)
			if c.code != "" {
				wantCode(t, diags, c.code)
				return
			}
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			wantServerError(t, b.Programs[0])
		})
	}
}

// What a node says of its failure has no secret in it that it was given: neither to
// the client, nor to the log, nor to the flow.
func TestCustomErrorsAreRedacted(t *testing.T) {
	for name, fail := range map[string]func(password string) error{
		"an error":            func(p string) error { return errors.New("no " + p) },
		"an error for all":    func(p string) error { return engine.Fail(500, "no_"+p, "no "+p) },
		"the details":         func(p string) error { return &engine.Failure{Status: 500, Details: map[string]any{"was": []string{p}}} },
		"a secret in details": func(p string) error { return &engine.Failure{Status: 500, Details: secretWith{engine.NewSecret(p)}} },
		"deep in the details": func(p string) error {
			return &engine.Failure{Status: 500, Details: map[string]any{"was": []any{map[string]any{"of": engine.NewSecret("not " + p)}}}}
		},
		"a pointer in details": func(p string) error { return &engine.Failure{Status: 500, Details: map[string]*string{"was": &p}} },
		"a key of the details": func(p string) error { return &engine.Failure{Status: 500, Details: map[string]any{p: 1}} },
		"a panic":              func(p string) error { panic(p) },
		"an error in another":  func(p string) error { return fmt.Errorf("no: %w", engine.Fail(500, "no", p)) },
	} {
		t.Run(name, func(t *testing.T) {
			b, diags := load(t, custom("  - id: odd\n    use: custom.odd\n    with:\n      password: ${{ input.password }}\n"), nil,
				engine.Define("custom.odd", "Is odd.", func(_ context.Context, in secretWith, _ struct {
					Done none `flow:"done"`
				}) (engine.Exit, error) {
					return engine.Exit{}, fail(in.Password.Reveal())
				}))
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			var a engine.Answer
			b.Programs[0].Run(context.Background(), &engine.Request{ID: "r1", Source: body{"email": "a@b.c", "password": "right"}}, &a)
			if told := fmt.Sprint(string(a.Body), a.Fault.Cause); a.Status != 500 || strings.Contains(told, "right") {
				t.Errorf("got %d %s, want 500 without the password", a.Status, told)
			}
		})
	}
}

// proves is a type that claims to prove whatever it is asked.
func proves[With any]() engine.NodeType {
	return engine.Define("custom.ask", "Claims.", func(_ context.Context, _ With, out askOut) (engine.Exit, error) {
		return out.Ok.Exit(engine.None{}), nil
	})
}

// A node whose output is not the input that it claims to be fails the run: it
// cannot lend the proof of one user to another.
func TestCustomSame(t *testing.T) {
	lie := engine.Define("custom.same", "Lies.", func(_ context.Context, _ sameWith, out sameOut) (engine.Exit, error) {
		return out.Done.Exit(id{"somebody-else"}), nil
	})
	source := custom("  - id: alias\n    use: custom.same\n    with:\n      userId: ${{ user.id }}\n")
	source = strings.Replace(source, "use: session.create\n    with:\n      userId: ${{ user.id }}", "use: session.create\n    with:\n      userId: ${{ alias.id }}", 1)
	b, diags := load(t, source, nil, lie)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	wantServerError(t, b.Programs[0])
}

// wantServerError runs sign-in with the right password and wants no session.
func wantServerError(t *testing.T, p *engine.Program) {
	t.Helper()
	var a engine.Answer
	p.Run(context.Background(), &engine.Request{ID: "r1", Source: body{"email": "a@b.c", "password": "right"}}, &a)
	if a.Status != 500 || strings.Contains(string(a.Body), "lws_") {
		t.Errorf("got %d %s, want 500 and no token", a.Status, a.Body)
	}
	if a.Fault == nil || a.Fault.ID != "r1" || a.Fault.Cause == nil {
		t.Errorf("got %+v, want an id and a cause for the log", a.Fault)
	}
}

// whatever a node does wrong, the run ends in an error and never goes on.
func TestCustomExit(t *testing.T) {
	type done struct {
		Done none `flow:"done"`
	}
	var kept engine.Exit
	for _, c := range []struct {
		name string
		run  func(ctx context.Context, in struct{}, out done) (engine.Exit, error)
	}{
		{"no exit", func(context.Context, struct{}, done) (engine.Exit, error) { return engine.Exit{}, nil }},
		{"an exit that was kept", func(_ context.Context, _ struct{}, out done) (engine.Exit, error) {
			old := kept
			kept = out.Done.Exit(engine.None{})
			return old, nil
		}},
		{"an outcome of no node", func(context.Context, struct{}, done) (engine.Exit, error) {
			return engine.Outcome[engine.None]{}.Exit(engine.None{}), nil
		}},
		{"an error", func(context.Context, struct{}, done) (engine.Exit, error) {
			return engine.Exit{}, errors.New("secret: lws_")
		}},
		{"the session's end, of which its type tells nothing", func(ctx context.Context, _ struct{}, out done) (engine.Exit, error) {
			engine.EndSession(ctx)
			return out.Done.Exit(engine.None{}), nil
		}},
		{"a panic", func(context.Context, struct{}, done) (engine.Exit, error) { panic("lws_") }},
		{"nil dereferenced", func(context.Context, struct{}, done) (engine.Exit, error) {
			var p *id
			return engine.Exit{}, errors.New(p.ID)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, diags := load(t, custom("  - id: odd\n    use: custom.odd\n"), nil, engine.Define("custom.odd", "Is odd.", c.run))
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			wantServerError(t, b.Programs[0])
		})
	}
}

// A node that comes too late has failed, even if it says that it has not.
func TestTimeout(t *testing.T) {
	type done struct {
		Done none `flow:"done"`
	}
	slow := engine.Define("custom.slow", "Waits.", func(ctx context.Context, _ struct{}, out done) (engine.Exit, error) {
		<-ctx.Done()
		return out.Done.Exit(engine.None{}), nil
	})
	b, diags := load(t, custom("  - id: slow\n    use: custom.slow\n    timeout: 1ms\n"), nil, slow)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	var a engine.Answer
	b.Programs[0].Run(context.Background(), &engine.Request{Source: body{"email": "a@b.c", "password": "right"}}, &a)
	if a.Status != 504 || a.Fault.Errors[0].Code != "request_timed_out" {
		t.Errorf("got %d %s, want 504 request_timed_out", a.Status, a.Body)
	}
	ctx, cancel := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer cancel()
	a.Reset()
	b.Programs[0].Run(ctx, &engine.Request{Source: body{"email": "a@b.c", "password": "right"}}, &a)
	if a.Status != 504 {
		t.Errorf("got %d, want 504 after the deadline of the request", a.Status)
	}
}

// A context that outlives its run reaches into nothing.
func TestContextAfterRun(t *testing.T) {
	type done struct {
		Done none `flow:"done"`
	}
	var kept context.Context
	keep := engine.Define("custom.keep", "Keeps.", func(ctx context.Context, _ struct{}, out done) (engine.Exit, error) {
		kept = ctx
		return out.Done.Exit(engine.None{}), nil
	})
	b, diags := load(t, custom("  - id: keep\n    use: custom.keep\n"), nil, keep)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	var a engine.Answer
	b.Programs[0].Run(context.Background(), &engine.Request{Realm: "main", Source: body{"email": "a@b.c", "password": "right"}}, &a)
	if a.Status != 200 {
		t.Fatalf("got %d %s", a.Status, a.Body)
	}
	if _, ok := engine.ProofOf(kept, engine.SubjectUser, "u1"); ok {
		t.Error("got a proof after the end of the run")
	}
	if engine.RequestOf(kept) != nil || engine.AnswerOf(kept) != nil {
		t.Error("got the request or the answer after the end of the run")
	}
}

// An error that quotes a secret as programs do, in an address, as a text of Go or of JSON,
// has none of it in the log.
func TestCustomErrorsAreRedactedWhenQuoted(t *testing.T) {
	const secret = "se/cr+et=\"ünd\\more"
	node := "  - id: odd\n    use: custom.odd\n    with:\n      password: ${{ input.password }}\n"
	for name, told := range map[string]string{
		"plain":        secret,
		"in a query":   "http://127.0.0.1:1/?" + url.Values{"key": {secret}}.Encode(),
		"in a path":    (&url.URL{Scheme: "http", Host: "x", Path: "/" + secret + "/y"}).String(),
		"a segment":    "http://x/" + url.PathEscape(secret),
		"as Go":        fmt.Sprintf("%q", "of "+secret),
		"as ASCII":     fmt.Sprintf("%+q", "of "+secret),
		"as JSON":      `{"of":"se/cr+et=\"ünd\\more"}`,
		"quoted twice": fmt.Sprintf("%q", "http://x/?"+url.Values{"key": {secret}}.Encode()),
	} {
		t.Run(name, func(t *testing.T) {
			b, diags := load(t, strings.Replace(signIn, "  - id: user\n", node+"  - id: user\n", 1), nil,
				engine.Define("custom.odd", "Is odd.", func(context.Context, secretWith, struct {
					Done none `flow:"done"`
				}) (engine.Exit, error) {
					return engine.Exit{}, errors.New("no " + told)
				}))
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			var a engine.Answer
			b.Programs[0].Run(context.Background(), &engine.Request{ID: "r1", Source: body{"email": "a@b.c", "password": secret}}, &a)
			if cause := fmt.Sprint(a.Fault.Cause); a.Status != 500 || !strings.Contains(cause, "[redacted]") || strings.Contains(cause, "more") {
				t.Errorf("got %d %s, want 500 without the secret", a.Status, cause)
			}
		})
	}
}
