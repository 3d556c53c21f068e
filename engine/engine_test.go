package engine_test

import (
	"context"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/engine"
)

type user struct {
	ID    string  `flow:"id"`
	Email *string `flow:"email,optional"`
	Ok    bool    `flow:"ok"`
}

type session struct {
	ID    string         `flow:"id"`
	Token engine.Secret  `flow:"token" secret:"minted" format:"session"`
	Made  engine.Instant `flow:"made"`
}

type getWith struct {
	Email *string `flow:"email,optional"`
}
type getOut struct {
	Found    engine.Outcome[user]        `flow:"found"`
	NotFound engine.Outcome[engine.None] `flow:"notFound" fails:"404 user_not_found There is no such user."`
}
type checkWith struct {
	UserID   string        `flow:"userId"`
	Password engine.Secret `flow:"password,evidence"`
}
type checkOut struct {
	Match    engine.Outcome[engine.None] `flow:"match" proves:"with.userId" factor:"password"`
	Mismatch engine.Outcome[engine.None] `flow:"mismatch"`
}
type decoyWith struct {
	Password engine.Secret `flow:"password,evidence"`
}
type decoyOut struct {
	Done engine.Outcome[engine.None] `flow:"done"`
}
type createWith struct {
	UserID string `flow:"userId" needs:"carried"`
}
type createOut struct {
	Created engine.Outcome[session] `flow:"created"`
}
type respondWith struct {
	Status int         `flow:"status" default:"200"`
	Body   engine.Body `flow:"body,optional"`
}
type failWith struct {
	Status  int    `flow:"status"`
	Code    string `flow:"code"`
	Message string `flow:"message"`
}

// answers are types that do the same in all tests: they answer, or cost time.
func answers() []engine.NodeType {
	return []engine.NodeType{
		engine.Define("password.decoy", "Costs.", func(ctx context.Context, in decoyWith, out decoyOut) (engine.Exit, error) {
			return out.Done.Exit(engine.None{}), nil
		}, engine.Effect, engine.Costs(engine.PasswordCheck)),
		engine.Define("respond", "Answers.", func(ctx context.Context, in respondWith, _ struct{}) (engine.Exit, error) {
			a := engine.AnswerOf(ctx)
			a.Status = in.Status
			var err error
			if in.Body.IsSet() {
				a.Body, err = in.Body.AppendJSON(a.Body)
			}
			return engine.Exit{}, err
		}, engine.Answers),
		engine.Define("fail", "Fails.", func(ctx context.Context, in failWith, _ struct{}) (engine.Exit, error) {
			return engine.Exit{}, engine.Fail(in.Status, in.Code, in.Message)
		}, engine.Fails),
	}
}

func types(t testing.TB) *engine.Registry {
	email := "a@b.c"
	var r engine.Registry
	err := r.AddStandard(append(answers(),
		engine.Define("user.get", "Finds a user.", func(ctx context.Context, in getWith, out getOut) (engine.Exit, error) {
			if in.Email == nil || *in.Email != "a@b.c" {
				return out.NotFound.Exit(engine.None{}), nil
			}
			return out.Found.Exit(user{ID: "u1", Email: &email, Ok: true}), nil
		}, engine.Tells),
		engine.Define("password.check", "Checks.", func(ctx context.Context, in checkWith, out checkOut) (engine.Exit, error) {
			if in.Password.Reveal() == "right" {
				return out.Match.Exit(engine.None{}), nil
			}
			return out.Mismatch.Exit(engine.None{}), nil
		}, engine.Effect, engine.Tells, engine.Costs(engine.PasswordCheck)),
		engine.Define("session.create", "Opens.", func(ctx context.Context, in createWith, out createOut) (engine.Exit, error) {
			if _, ok := engine.ProofOf(ctx, engine.SubjectUser, in.UserID); !ok {
				t.Error("no proof")
			}
			return out.Created.Exit(session{ID: "s1", Token: engine.NewSecret("lws_x"), Made: engine.Now(ctx)}), nil
		}, engine.Effect),
	)...)
	if err != nil {
		t.Fatal(err)
	}
	return &r
}

type body map[string]any

func (b body) Header(string) (string, bool)      { return "", false }
func (b body) Cookie(string) (string, bool)      { return "", false }
func (b body) Query(string, bool) (string, bool) { return "", false }
func (b body) PathValue(string) (string, bool)   { return "", false }
func (b body) Body() (any, error)                { return map[string]any(b), nil }

const signIn = `version: 1
flow: signIn
endpoints:
  - {method: POST, path: /sign-in, require: none}
input:
  email:    {type: string, format: email, maxLength: 254}
  password: {type: string, maxLength: 1024, secret: true}
nodes:
  - id: user
    use: user.get
    with:
      email: ${{ input.email }}
    next: {notFound: decoy}
  - id: check
    use: password.check
    with:
      userId: ${{ user.id }}
      password: ${{ input.password }}
    next: {mismatch: reject}
  - id: opened
    use: session.create
    with:
      userId: ${{ user.id }}
  - id: ok
    use: respond
    reveal: [opened.token]
    with:
      status: 200
      body:
        session: ${{ opened }}
        email: ${{ user.email ?? 'none' }}
  - id: decoy
    use: password.decoy
    with:
      password: ${{ input.password }}
  - id: reject
    use: fail
    with:
      status: 401
      code: invalid_credentials
      message: Wrong.
`

func TestSignIn(t *testing.T) {
	p := compileOne(t, types(t), signIn)
	for _, c := range []struct {
		email, password string
		status          int
		want            string
	}{
		{"a@b.c", "right", 200, `{"session":{"id":"s1","token":"lws_x","made":"2026-01-31T09:30:00.000Z"},"email":"a@b.c"}`},
		{"a@b.c", "wrong", 401, `{"errors":[{"origin":"client_error","code":"invalid_credentials","message":"Wrong."}]}`},
		{"x@y.z", "right", 401, `{"errors":[{"origin":"client_error","code":"invalid_credentials","message":"Wrong."}]}`},
		{"nobody", "right", 400, `{"errors":[{"origin":"client_error","code":"validation_error","message":"The field email must be an e-mail address.","details":{"field":"email"}}]}`},
	} {
		var a engine.Answer
		p.Run(context.Background(), &engine.Request{Source: body{"email": c.email, "password": c.password}}, &a)
		if a.Status != c.status || string(a.Body) != c.want {
			t.Errorf("%s %s: got %d %s, want %d %s", c.email, c.password, a.Status, a.Body, c.status, c.want)
		}
	}
}

func TestMermaid(t *testing.T) {
	got := compileOne(t, types(t), signIn).Mermaid()
	for _, want := range []string{`start(["POST /sign-in"]) --> n0`, `n1["user<br/><small>user.get</small>"]`, "n1 -->|notFound| n5", `n4(["ok<br/><small>respond</small>"])`} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant it to contain %s", got, want)
		}
	}
}
