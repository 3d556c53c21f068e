package cmd

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchwork/latchwork/cmd/internal/app"
	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/letter"
	"github.com/latchwork/latchwork/nodes/otp"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/standard"
	"github.com/latchwork/latchwork/runtime"
)

// TestExamples runs the example of every node type and of every form of the
// language, all in one application: each leaves by its first outcome, or answers.
func TestExamples(t *testing.T) {
	x := openExamples(t)
	for i, d := range x.docs {
		t.Run(d.Name, func(t *testing.T) {
			u := x.signUp(t, i)
			in := exampleInputs(d, u)
			if strings.Contains(d.Example, "input.token") {
				in["token"] = x.token(t, i, u)
			}
			switch {
			case strings.HasPrefix(d.Name, "totp."), d.Name == "recovery.check", strings.HasPrefix(d.Name, "challenge."):
				in["code"] = x.factor(t, i, u, d.Name)
			case d.Name == "identity.resolve":
				x.goToProvider(t, i, u, in)
				if status, text := x.post(i, "/examples/identity.link", in, "Session", u.token); status != http.StatusNoContent {
					t.Fatalf("got %d %s, want the identity linked", status, text)
				}
				x.goToProvider(t, i, u, in)
			case strings.Contains(d.Example, "provider.finish"):
				x.goToProvider(t, i, u, in)
			case strings.Contains(d.Example, "input.code"):
				path := "/examples/otp.send"
				if strings.Contains(d.Example, "purpose: confirm") {
					path = "/send-confirm"
				}
				in["code"] = x.code(t, i, u, path)
			}
			if strings.Contains(d.Example, "input.challenge") {
				in["challenge"] = x.challenge(t, i, u)
			}
			x.steps.list = nil
			status, text := x.post(i, "/examples/"+d.Name, in, "Authorization", x.key, "Session", u.token)
			if refuses := d.Name == "fail" || d.Name == "password.decoy"; refuses && status != http.StatusUnauthorized || !refuses && status >= 400 {
				t.Errorf("got %d %s", status, text)
			}
			i := slices.IndexFunc(x.steps.list, func(s stepJSON) bool { return s.Type == d.Name })
			if i < 0 {
				t.Fatalf("got the steps %v, want one of %s", x.steps.list, d.Name)
			}
			step := x.steps.list[i]
			if want := firstOutcome(d); step.Outcome != want || step.Status > 0 && step.Status != status {
				t.Errorf("got the outcome %q and the answer %d, want %q and %d", step.Outcome, step.Status, want, status)
			}
		})
	}
}

// firstOutcome is the first outcome of a type. The examples of
// switch and return name theirs.
func firstOutcome(d engine.TypeDoc) string {
	switch {
	case d.Name == "switch":
		return "de"
	case d.Name == "return":
		return "greeted"
	case d.Name == "fail":
		return "error"
	case d.Ends:
		return ""
	}
	return d.Outcomes[0].Name
}

// examples is an application of the examples, and of the quickstart's flows.
type examples struct {
	docs    []engine.TypeDoc
	server  *runtime.Server
	backend *backend
	steps   recorder
	key     string
}

func openExamples(t *testing.T) *examples {
	t.Helper()
	types, _, err := standard.Registry(standard.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	x := &examples{docs: append(types.Describe(), engine.FormDocs()...)}
	dir := t.TempDir()
	if err := app.Copy(dir, "../examples/quickstart"); err != nil {
		t.Fatal(err)
	}
	secretHash := sha256.Sum256([]byte(exampleSecret))
	files := map[string]string{
		"app.yaml": "version: 1\nstore: {sqlite: app.db}\nsession: {from: [{header: Session}, {cookie: __Host-session}]}\n" +
			"purposes: {hand-over: handOver, sign-in: signIn, confirm: address}\n" + acme(t) +
			"clients: {shop: {secretHash: " + hex.EncodeToString(secretHash[:]) + ", redirectUris: ['https://shop.example.com/in']}}\noutbound: [reports.example.com]\n",
		"half.yaml":     half,
		"code.mail.txt": "Subject: Your code\n\n{{.Code}}\n",
		"sign-in.html":  "<title>{{.title}}</title>",
		"returns.yaml": `version: 1
flow: returns
endpoints:
  - {method: POST, path: /examples/return, require: none}
input:
  name: {type: string}
nodes:
  - id: called
    use: flow.examplereturn
    with:
      name: ${{ input.name }}
  - id: ok
    use: respond
    with:
      body:
        message: ${{ called.message }}
`,
	}
	files["send-confirm.yaml"] = strings.NewReplacer("sendCode", "sendConfirm", "/send-code", "/send-confirm", "purpose: sign-in", "purpose: confirm").Replace(sendCode)
	for _, d := range x.docs {
		files["example."+d.Name+".yaml"] = exampleSource(d)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	x.serve(t, dir)
	return x
}

// serve serves the application in this process, as the command run does.
func (x *examples) serve(t *testing.T, dir string) {
	t.Helper()
	p := &program{stdout: io.Discard, stderr: t.Output()}
	a, err := p.openApplication(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	b, err := openBackend(t.Context(), a, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.close(); err != nil {
			t.Error(err)
		}
	})
	x.backend = b
	b.deps.Outbound = &http.Client{Transport: elsewhere{other(t)}}
	compiler, err := p.compiler(b.deps)
	if err != nil {
		t.Fatal(err)
	}
	compiler.Observer = &x.steps
	x.server = runtime.New(runtime.Deps{
		Config:   a.config,
		Compiler: compiler,
		Load:     func() (*engine.App, []*flows.Flow, flows.Diagnostics) { return a.load(b) },
	})
	if diags := x.server.Reload(); len(diags) > 0 {
		t.Fatal(diags)
	}
	k, err := b.admin().Keys.Create(context.Background(), engine.MainRealm, runtime.NewKey{Name: "test", Scopes: []string{"staff"}})
	if err != nil {
		t.Fatal(err)
	}
	x.key = k.Secret
}

var (
	exampleInput   = regexp.MustCompile(`input\.(\w+)`)
	exampleSession = regexp.MustCompile(`\$\{\{[^}]*\bsession\.`)
)

// secretInput is the name of an input that takes what callers type in secret.
var secretInput = regexp.MustCompile(`(?i)password|secret|token|code|challenge|binding`)

// exampleSource is a flow of an example: behind a session where it uses one, and
// behind a scope where it acts for the application.
func exampleSource(d engine.TypeDoc) string {
	require := "none"
	switch {
	case exampleSession.MatchString(d.Example):
		require = "session"
	case strings.Contains(d.Example, "unproved:"), d.Name == "user.list":
		require = "apikey, scope: staff"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\nflow: example%s\n", strings.ReplaceAll(d.Name, ".", ""))
	if d.Name != "return" {
		fmt.Fprintf(&b, "endpoints:\n  - {method: POST, path: /examples/%s, require: %s}\n", d.Name, require)
	}
	var inputs []string
	for _, m := range exampleInput.FindAllStringSubmatch(d.Example, -1) {
		secret := secretInput.MatchString(m[1])
		inputs = append(inputs, fmt.Sprintf("  %s: {type: string, secret: %t}\n", m[1], secret))
	}
	slices.Sort(inputs)
	if len(inputs) > 0 {
		b.WriteString("input:\n" + strings.Join(slices.Compact(inputs), ""))
	}
	return b.String() + "nodes:" + d.Example
}

// exampleUser has an account and a session.
type exampleUser struct{ id, email, session, token string }

const (
	examplePassword = "seven violet teapots"
	exampleSecret   = "the secret of a client that is a server"
)

// signUp makes the account of number i.
func (x *examples) signUp(t *testing.T, i int) exampleUser {
	t.Helper()
	u := exampleUser{email: fmt.Sprintf("ada%d@example.com", i)}
	status, text := x.post(i, "/sign-up", map[string]string{"email": u.email, "password": examplePassword}, "Authorization", x.key)
	var made struct {
		User    struct{ ID string }
		Session struct{ ID, Token string }
	}
	if err := json.Unmarshal([]byte(text), &made); err != nil || status != http.StatusCreated {
		t.Fatalf("got %d %s, error %v, want an account", status, text, err)
	}
	u.id, u.session, u.token = made.User.ID, made.Session.ID, made.Session.Token
	return u
}

// token makes a token by the example of token.create.
func (x *examples) token(t *testing.T, i int, u exampleUser) string {
	t.Helper()
	status, text := x.post(i, "/examples/token.create", map[string]string{}, "Authorization", x.key, "Session", u.token)
	var made struct{ Token string }
	if err := json.Unmarshal([]byte(text), &made); err != nil || status != http.StatusOK {
		t.Fatalf("got %d %s, error %v, want a token", status, text, err)
	}
	return made.Token
}

// code sends a code by a flow, such as the example of otp.send, and reads it in the mail.
func (x *examples) code(t *testing.T, i int, u exampleUser, path string) string {
	t.Helper()
	status, text := x.post(i, path, map[string]string{"email": u.email})
	if status != http.StatusAccepted {
		t.Fatalf("got %d %s, want a code", status, text)
	}
	mails := &kept{}
	b := x.backend
	post := &letter.Post{Templates: b.letters, Mail: mails, PublicURL: func(string) string { return "" }, Log: b.log}
	all, err := b.deps.Outbox.Take(t.Context(), engine.InstantOf(time.Now()), time.Minute, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if e.Kind == outbox.Code {
			if err := (&otp.Courier{Manager: b.codes, Post: post}).Deliver(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
	}
	return strings.TrimSpace(mails.last.Text)
}

// kept is a letter.Carrier that keeps the last letter.
type kept struct{ last letter.Message }

func (k *kept) Send(_ context.Context, m letter.Message) error {
	k.last = m
	return nil
}

// exampleInputs are values for all inputs that examples have, by their names.
func exampleInputs(d engine.TypeDoc, u exampleUser) map[string]string {
	in := map[string]string{
		"after":        "000000000000000000000000",
		"clientId":     "shop",
		"clientSecret": exampleSecret,
		"redirectUri":  "https://shop.example.com/in",
		"email":        u.email,
		"id":           u.session,
		"locale":       "de",
		"name":         "Ada",
		"oldPassword":  examplePassword,
		"password":     examplePassword,
		"provider":     "acme",
		"returnTo":     "/welcome",
		"text":         "hello",
		"userId":       u.id,
	}
	switch d.Name {
	case "user.create", "password.decoy":
		in["email"] = "new@example.com"
	case "password.set":
		in["password"] = "nine brown kettles boil"
	}
	return in
}

// post sends JSON from an address of its own, so that no rate is used up.
func (x *examples) post(i int, path string, body map[string]string, header ...string) (int, string) {
	w := x.answer(i, path, body, header...)
	return w.Code, w.Body.String()
}

func (x *examples) answer(i int, path string, body map[string]string, header ...string) *httptest.ResponseRecorder {
	text, _ := json.Marshal(body) // text can always be marshalled
	r := httptest.NewRequest("POST", path, strings.NewReader(string(text)))
	r.RemoteAddr = fmt.Sprintf("198.18.0.%d:1", i)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	x.server.ServeHTTP(w, r)
	return w
}
