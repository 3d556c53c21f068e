package user_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/engine/enginetest"
	"github.com/latchwork/latchwork/nodes/internal/flowtest"
	"github.com/latchwork/latchwork/nodes/user"
	"github.com/latchwork/latchwork/nodes/user/usertest"
)

const now engine.Instant = 1_700_000_000_000

var world = engine.World{Now: func() time.Time { return now.Time() }}

// passwords take any password but "weak", and remember the words.
type passwords struct {
	words  []string
	hashed int
	broken error
}

func (p *passwords) Accept(_ context.Context, password engine.Secret, words []string) (string, []string, error) {
	p.words = words
	if password.Reveal() == "weak" {
		return "", []string{"too_short", "common"}, nil
	}
	p.hashed++
	return "hash of " + password.Reveal(), nil, p.broken
}

// bench is what a test works with.
type bench struct {
	store     *memory
	passwords *passwords
	log       bytes.Buffer
}

func newBench() *bench { return &bench{store: newMemory(), passwords: &passwords{}} }

func (b *bench) types() []engine.NodeType {
	return user.Nodes(user.Deps{Store: b.store, Passwords: b.passwords, Log: slog.New(slog.NewTextHandler(&b.log, nil))})
}

func (b *bench) node(name string) engine.NodeType {
	types := b.types()
	return types[slices.IndexFunc(types, func(n engine.NodeType) bool { return n.Name() == name })]
}

func (b *bench) run(t *testing.T, name string, with map[string]any, proved ...string) enginetest.Result {
	t.Helper()
	return enginetest.Node{Type: b.node(name), With: with, Proved: proved, World: world, Standard: true}.Run(context.Background(), t)
}

func text(s string) *string { return &s }

// ada is a user with everything.
func (b *bench) ada(t *testing.T) user.User {
	t.Helper()
	u := usertest.New(1)
	u.Email, u.Phone, u.Username, u.Name = text("ada@example.com"), text("+4915112345678"), text("ada"), text("Ada Lovelace")
	u.Data, u.Groups, u.Factors = map[string]any{"plan": "free"}, []string{"readers"}, []string{}
	if err := b.store.Create(t.Context(), engine.MainRealm, u, "hash"); err != nil {
		t.Fatal(err)
	}
	return u
}

// stored is the user as the store has it.
func (b *bench) stored(t *testing.T, id string) user.User {
	t.Helper()
	u, err := b.store.Find(t.Context(), engine.MainRealm, user.ByID, id)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// output is one of the outputs of a node.
func output[T any](t *testing.T, r enginetest.Result, name string) (v T) {
	t.Helper()
	var outputs map[string]json.RawMessage
	if err := json.Unmarshal(r.Outputs, &outputs); err != nil {
		t.Fatalf("outputs of %s (%v): %v", r.Outcome, r.Err, err)
	}
	if err := json.Unmarshal(outputs[name], &v); err != nil {
		t.Fatalf("output %s: %v", name, err)
	}
	return v
}

// want compares how a node has left.
func want(t *testing.T, r enginetest.Result, outcome string) {
	t.Helper()
	if r.Outcome != outcome {
		t.Errorf("got %s %d %s %v, want %s", r.Outcome, r.Status, r.Code, r.Err, outcome)
	}
}

// wantFail compares with what error a node has failed.
func wantFail(t *testing.T, r enginetest.Result, status int, code string) {
	t.Helper()
	if r.Outcome != "error" || r.Status != status || r.Code != code {
		t.Errorf("got %s %d %s %v, want %d %s", r.Outcome, r.Status, r.Code, r.Err, status, code)
	}
}

func TestGet(t *testing.T) {
	b := newBench()
	ada := b.ada(t)
	tests := []struct {
		with    map[string]any
		outcome string
		asked   string // of the store
	}{
		{map[string]any{"id": ada.ID}, "found", "id " + ada.ID},
		{map[string]any{"email": " ADA@example.com "}, "found", "email ada@example.com"},
		{map[string]any{"phone": "+49 151 123 45 678"}, "found", "phone +4915112345678"},
		{map[string]any{"username": "Ada"}, "found", "username ada"},
		{map[string]any{"identifier": "Ada@Example.com"}, "found", "identifier ada@example.com"},
		{map[string]any{"identifier": "+4915112345678"}, "found", "identifier +4915112345678"},
		{map[string]any{"identifier": "ADA"}, "found", "identifier ada"},
		{map[string]any{"email": nil, "username": "ada", "identifier": nil}, "found", "username ada"},
		{map[string]any{"email": "bob@example.com"}, "notFound", "email bob@example.com"},
		// Malformed ones cost a look-up too: R-16.
		{map[string]any{"email": "ada"}, "notFound", "email ?"},
		{map[string]any{"email": ""}, "notFound", "email ?"},
		{map[string]any{"phone": "x"}, "notFound", "phone ?"},
		{map[string]any{"username": "a da"}, "notFound", "username ?"},
		{map[string]any{"identifier": "@"}, "notFound", "identifier ?"},
		{map[string]any{"id": strings.ToUpper(ada.ID) + "0"}, "notFound", "id ?"},
		{map[string]any{"id": "' OR 1=1 --"}, "notFound", "id ?"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint("R-16 A-41 ", tt.with), func(t *testing.T) {
			b.store.finds = nil
			r := b.run(t, "user.get", tt.with)
			want(t, r, tt.outcome)
			if tt.outcome == "found" && output[string](t, r, "id") != ada.ID {
				t.Errorf("got %s, want ada", r.Outputs)
			}
			if diff := cmp.Diff([]string{tt.asked}, b.store.finds); diff != "" {
				t.Errorf("look-ups: -want +got\n%s", diff)
			}
		})
	}
}

// Whether there is such a user is not for everybody to know.
func TestGetTells(t *testing.T) {
	source := "endpoints:\n  - {method: POST, path: /, require: none}\ninput:\n  email: {type: string}\nnodes:\n  - id: user\n    use: user.get\n" +
		"    with:\n      email: ${{ input.email }}\n  - id: ok\n    use: respond\n"
	diags := flowtest.Flow{Types: newBench().types(), Source: source}.Load(t)
	if len(diags) == 0 || diags[0].Code != "enumeration" {
		t.Errorf("R-16 A-22: got %v, want enumeration", diags)
	}
}

func TestGetTakesOneIdentifier(t *testing.T) {
	b := newBench()
	b.ada(t)
	source := "endpoints:\n  - {method: POST, path: /, require: none}\ninput:\n  email: {type: string, optional: true}\n  id: {type: string, optional: true}\n" +
		"nodes:\n  - id: user\n    use: user.get\n    allow: {enumeration: It is a test.}\n    with: {email: \"${{ input.email }}\", id: \"${{ input.id }}\"}\n" +
		"  - id: ok\n    use: respond\n"
	for _, body := range []map[string]any{{}, {"email": "ada@example.com", "id": usertest.ID(2)}} {
		if a := (flowtest.Flow{Types: b.types(), Source: source, Body: body}).Run(t.Context(), t); a.Status != 400 {
			t.Errorf("%v: got %d %s, want 400", body, a.Status, a.Body)
		}
	}
	if len(b.store.finds) != 0 {
		t.Errorf("got look-ups %v, want none", b.store.finds)
	}
}

func TestBrokenStore(t *testing.T) {
	b := newBench()
	ada := b.ada(t)
	b.store.broken = errors.New("disk: bad sector at ada@example.com")
	for name, with := range map[string]map[string]any{
		"user.get":     {"email": "ada@example.com"},
		"user.create":  {"email": "eve@example.com", "password": "long enough"},
		"user.update":  {"userId": ada.ID, "name": "x"},
		"user.disable": {"userId": ada.ID},
		"user.delete":  {"userId": ada.ID},
		"group.add":    {"userId": ada.ID, "groups": []string{"x"}},
		"group.remove": {"userId": ada.ID, "groups": []string{"x"}},
	} {
		t.Run("R-61 "+name, func(t *testing.T) {
			var proved []string
			if with["userId"] != nil {
				proved = []string{"userId"}
			}
			r := b.run(t, name, with, proved...)
			wantFail(t, r, 500, "internal_server_error")
			if !errors.Is(r.Err, b.store.broken) || strings.Contains(string(r.Answer.Body), "sector") {
				t.Errorf("got %v, answer %s", r.Err, r.Answer.Body)
			}
		})
	}
}

func TestCreate(t *testing.T) {
	b := newBench()
	r := b.run(t, "user.create", map[string]any{
		"email": " Ada@Example.COM", "phone": "+49 151 12345678", "username": "Ada", "name": " Ada Lovelace ", "picture": "https://example.com/a.png",
		"data": map[string]any{"plan": "free"}, "groups": []string{"b", "a", "b"}, "password": "a long passphrase",
	})
	want(t, r, "created")
	id := output[string](t, r, "id")
	got := b.stored(t, id)
	if diff := cmp.Diff(user.User{
		ID: id, Email: text("ada@example.com"), Phone: text("+4915112345678"), Username: text("ada"), Name: text("Ada Lovelace"),
		Picture: text("https://example.com/a.png"), Provider: "latchwork", SignUpAt: now, UpdatedAt: now, Groups: []string{"a", "b"},
		Data: map[string]any{"plan": "free"}, Slug: "ada-" + id[:8], Status: user.Active, Factors: []string{},
	}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if hash := b.store.hashes[[2]string{engine.MainRealm, id}]; hash != "hash of a long passphrase" {
		t.Errorf("got hash %q", hash)
	}
	if diff := cmp.Diff([]string{"ada@example.com", "+4915112345678", "ada", "Ada Lovelace"}, b.passwords.words); diff != "" {
		t.Errorf("R-07 words: -want +got\n%s", diff)
	}
	if strings.Contains(string(r.Outputs), "passphrase") {
		t.Errorf("got outputs %s, with the password in it", r.Outputs)
	}
}

func TestCreateTaken(t *testing.T) {
	for _, tt := range []struct{ field, value, want string }{
		{"email", "ADA@example.com", "email"},
		{"phone", "+49 151 12345678", "phone"},
		{"username", "ADA", "username"},
	} {
		t.Run("A-20 "+tt.field, func(t *testing.T) {
			b := newBench()
			b.ada(t)
			r := b.run(t, "user.create", map[string]any{tt.field: tt.value, "password": "a long passphrase"})
			want(t, r, "taken")
			if got := output[string](t, r, "field"); got != tt.want {
				t.Errorf("got field %s, want %s", got, tt.want)
			}
			if b.passwords.hashed != 1 || len(b.store.users) != 1 {
				t.Errorf("R-16: got %d hashes and %d users, want 1 and 1: what is taken costs what is free", b.passwords.hashed, len(b.store.users))
			}
		})
	}
}

func TestCreateWeak(t *testing.T) {
	b := newBench()
	r := b.run(t, "user.create", map[string]any{"email": "ada@example.com", "password": "weak"})
	want(t, r, "weak")
	if diff := cmp.Diff([]string{"too_short", "common"}, output[[]string](t, r, "reasons")); diff != "" {
		t.Error(diff)
	}
	if len(b.store.users) != 0 {
		t.Error("R-05: the user was stored")
	}
}

func TestCreateRefuses(t *testing.T) {
	const password = "a long passphrase"
	for name, with := range map[string]map[string]any{
		"A-02 an empty password":   {"email": "ada@example.com", "password": ""},
		"R-64 a malformed address": {"email": "ada@example.com\r\nBcc: eve@example.com", "password": password},
		"a malformed number":       {"phone": "0151", "password": password},
		"A-20 an address as name":  {"username": "bob@example.com", "password": password},
		"a name of two lines":      {"username": "ada", "name": "Ada\r\nX: y", "password": password},
		"a name that is too long":  {"username": "ada", "name": strings.Repeat("a", 201), "password": password},
		"a script as a picture":    {"username": "ada", "picture": "javascript:alert(1)", "password": password},
		"a script with a host":     {"username": "ada", "picture": "javascript://example.com/%0aalert(1)", "password": password},
		"a picture that is long":   {"username": "ada", "picture": "https://example.com/" + strings.Repeat("a", 2048), "password": password},
		"a file as a picture":      {"username": "ada", "picture": "file:///etc/passwd", "password": password},
		"a picture with a user":    {"username": "ada", "picture": "https://u:p@example.com/", "password": password},
		"a picture without a host": {"username": "ada", "picture": "https:///x", "password": password},
		"a group without a key":    {"username": "ada", "groups": []string{" "}, "password": password},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench()
			wantFail(t, b.run(t, "user.create", with), 400, "validation_error")
			if len(b.store.users) != 0 || b.passwords.hashed != 0 {
				t.Error("a user was stored, or a password hashed")
			}
		})
	}
}

func TestCreateNeedsSomethingToFindItBy(t *testing.T) {
	b := newBench()
	source := "endpoints:\n  - {method: POST, path: /, require: none}\ninput:\n  email: {type: string, optional: true}\n  password: {type: string, secret: true}\n" +
		"nodes:\n  - id: user\n    use: user.create\n    allow: {enumeration: It is a test.}\n    with: {email: \"${{ input.email }}\", password: \"${{ input.password }}\"}\n" +
		"  - id: ok\n    use: respond\n"
	a := flowtest.Flow{Types: b.types(), Source: source, Body: map[string]any{"password": "a long passphrase"}}.Run(t.Context(), t)
	if a.Status != 400 || len(b.store.users) != 0 || b.passwords.hashed != 0 {
		t.Errorf("got %d %s with %d users and %d hashes, want 400 and none", a.Status, a.Body, len(b.store.users), b.passwords.hashed)
	}
}

func TestCreateWithoutRandomness(t *testing.T) {
	b := newBench()
	n := enginetest.Node{Type: b.node("user.create"), With: map[string]any{"username": "ada", "password": "a long passphrase"}, Standard: true,
		World: engine.World{Random: io.LimitReader(strings.NewReader("short"), 5)}}
	wantFail(t, n.Run(context.Background(), t), 500, "internal_server_error")
	if len(b.store.users) != 0 {
		t.Error("R-32: a user was stored")
	}
}

// What a user is cannot be set through data, however the key is written.
func TestReservedKeys(t *testing.T) {
	data := map[string]any{"plan": "free", "Status2": 1}
	var reserved []string
	for _, key := range []string{"id", "_id", "email", "emailVerified", "email_verified", "EMAIL-VERIFIED", "phone", "phoneVerified", "username", "name",
		"picture", "provider", "providerUserId", "signUpAt", "updatedAt", "lastLoginAt", "groups", "Groups", "data", "slug", "status", "STATUS", "ſtatus", "factors",
		"accessGroupKeys", "access_group_keys", "password", "realm", "__proto__"} {
		data[key] = "forged"
		reserved = append(reserved, key)
	}
	b := newBench()
	r := b.run(t, "user.create", map[string]any{"username": "ada", "password": "a long passphrase", "data": data})
	want(t, r, "created")
	id := output[string](t, r, "id")
	got := b.stored(t, id)
	t.Run("A-17 R-57 user.create", func(t *testing.T) {
		if diff := cmp.Diff(map[string]any{"plan": "free", "Status2": int64(1)}, got.Data, numbers); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		if strings.Contains(string(r.Outputs), "forged") {
			t.Errorf("got %s", r.Outputs)
		}
		for _, key := range reserved {
			if !strings.Contains(b.log.String(), key) {
				t.Errorf("the log does not name %s: %s", key, b.log.String())
			}
		}
		if strings.Contains(b.log.String(), "forged") {
			t.Errorf("the log has a value: %s", b.log.String())
		}
	})
	t.Run("A-17 R-57 user.update", func(t *testing.T) {
		r := b.run(t, "user.update", map[string]any{"userId": id, "data": data}, "userId")
		want(t, r, "updated")
		if diff := cmp.Diff(map[string]any{"plan": "free", "Status2": int64(1)}, b.stored(t, id).Data, numbers); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	})
}

// numbers compares numbers whatever their type.
var numbers = cmp.FilterValues(func(x, y any) bool { return isNumber(x) && isNumber(y) },
	cmp.Comparer(func(x, y any) bool { return fmt.Sprint(x) == fmt.Sprint(y) }))

func isNumber(v any) bool {
	switch v.(type) {
	case int, int64, float64:
		return true
	}
	return false
}

// create is a flow that makes a user of what test.verify or test.identify found.
func create(before, with string) string {
	return `endpoints:
  - {method: POST, path: /, require: none}
input:
  code: {type: string, secret: true}
  password: {type: string, secret: true, optional: true}
nodes:
` + before + `
  - id: created
    use: user.create
    with:
` + with + `
  - id: ok
    use: respond
    with:
      body: ${{ created }}
`
}

const verify = `
  - id: proved
    use: test.verify
    with:
      kind: email
      value: ada@example.com
      code: ${{ input.code }}`

const verifyPhone = `
  - id: proved
    use: test.verify
    with:
      kind: phone
      value: "+4915112345678"
      code: ${{ input.code }}`

const verifyNothing = `
  - id: proved
    use: test.verify
    with:
      kind: email
      value: nothing
      code: ${{ input.code }}`

const identify = `
  - id: proved
    use: test.identify
    with:
      subject: "77"
      code: ${{ input.code }}`

const identifyNobody = `
  - id: proved
    use: test.identify
    with:
      subject: ""
      code: ${{ input.code }}`

func TestCreateVerified(t *testing.T) {
	type found struct {
		Email, Phone                 *string
		EmailVerified, PhoneVerified bool
		Provider, ProviderUserID     string
		Hash                         string
	}
	tests := []struct {
		name, before, with string
		body               map[string]any
		status             int
		want               found
	}{
		{"by e-mail", verify, "      address: ${{ proved.address }}", nil, 200,
			found{Email: text("ada@example.com"), EmailVerified: true, Provider: "latchwork"}},
		{"by phone", verifyPhone, "      address: ${{ proved.address }}", nil, 200,
			found{Phone: text("+4915112345678"), PhoneVerified: true, Provider: "latchwork"}},
		{"another address beside it is not verified", verifyPhone, "      address: ${{ proved.address }}\n      email: eve@example.com", nil, 200,
			found{Email: text("eve@example.com"), Phone: text("+4915112345678"), PhoneVerified: true, Provider: "latchwork"}},
		{"the same address", verify, "      address: ${{ proved.address }}\n      email: ADA@example.com", nil, 200,
			found{Email: text("ada@example.com"), EmailVerified: true, Provider: "latchwork"}},
		{"A-35 another address in its place", verify, "      address: ${{ proved.address }}\n      email: eve@example.com", nil, 400, found{}},
		{"with a password", verify, "      address: ${{ proved.address }}\n      password: ${{ input.password }}", map[string]any{"password": "a long passphrase"}, 200,
			found{Email: text("ada@example.com"), EmailVerified: true, Provider: "latchwork", Hash: "hash of a long passphrase"}},
		{"with a password that is not given", verify, "      address: ${{ proved.address }}\n      password: ${{ input.password }}", nil, 200,
			found{Email: text("ada@example.com"), EmailVerified: true, Provider: "latchwork"}},
		{"by identity", identify, "      identity: ${{ proved.identity }}", nil, 200, found{Provider: "github", ProviderUserID: "77"}},
		{"A-35 the address of an identity is not verified", identify, "      identity: ${{ proved.identity }}\n      email: ada@example.com", nil, 200,
			found{Email: text("ada@example.com"), Provider: "github", ProviderUserID: "77"}},
		{"A-37 nobody's identity", identifyNobody, "      identity: ${{ proved.identity }}", nil, 500, found{}},
		{"what is no address", verifyNothing, "      address: ${{ proved.address }}", nil, 500, found{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench()
			body := map[string]any{"code": "123456"}
			for key, v := range tt.body {
				body[key] = v
			}
			a := flowtest.Flow{Types: b.types(), World: world, Source: create(tt.before, tt.with), Body: body}.Run(context.Background(), t)
			if a.Status != tt.status {
				t.Fatalf("got %d %s, want %d", a.Status, a.Body, tt.status)
			}
			if tt.status != 200 {
				if len(b.store.users) != 0 {
					t.Error("a user was stored")
				}
				return
			}
			for key, u := range b.store.users {
				got := found{u.Email, u.Phone, u.EmailVerified, u.PhoneVerified, u.Provider, u.ProviderUserID, b.store.hashes[key]}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("-want +got\n%s", diff)
				}
			}
		})
	}
}

// A verified input takes what a node has made, and nothing else.
func TestCreateTakesNoMadeUpAddress(t *testing.T) {
	for _, with := range []string{"      address: ada@example.com", "      address: {kind: email, value: ada@example.com}", "      identity: {provider: github, subject: \"1\"}"} {
		t.Run("A-12 R-57 "+with, func(t *testing.T) {
			if diags := (flowtest.Flow{Types: newBench().types(), Source: create("", with)}).Load(t); len(diags) == 0 {
				t.Error("got no diagnostics")
			}
		})
	}
}

// The password of a proof is the caller's own, not one that the flow has chosen.
func TestCreateTakesThePasswordFromTheCaller(t *testing.T) {
	diags := flowtest.Flow{Types: newBench().types(), Source: create("", "      username: admin\n      password: admin-admin-admin")}.Load(t)
	if len(diags) == 0 || diags[0].Code != "not-evidence" {
		t.Errorf("R-19: got %v, want that the password is no evidence", diags)
	}
}

func TestUpdate(t *testing.T) {
	tests := []struct {
		name   string
		with   map[string]any
		change func(*user.User)
	}{
		{"nothing", nil, func(*user.User) {}},
		{"the name", map[string]any{"name": " Countess "}, func(u *user.User) { u.Name = text("Countess") }},
		{"no name", map[string]any{"name": ""}, func(u *user.User) { u.Name = nil }},
		{"null is not set", map[string]any{"name": nil, "picture": nil, "data": nil}, func(*user.User) {}},
		{"the picture", map[string]any{"picture": "https://example.com/b.png"}, func(u *user.User) { u.Picture = text("https://example.com/b.png") }},
		{"data", map[string]any{"data": map[string]any{"theme": "dark"}}, func(u *user.User) { u.Data = map[string]any{"theme": "dark"} }},
		{"no data", map[string]any{"data": map[string]any{}}, func(u *user.User) { u.Data = map[string]any{} }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench()
			expected := b.ada(t)
			tt.change(&expected)
			expected.UpdatedAt = now
			with := map[string]any{"userId": expected.ID}
			for key, v := range tt.with {
				with[key] = v
			}
			r := b.run(t, "user.update", with, "userId")
			want(t, r, "updated")
			if diff := cmp.Diff(expected, b.stored(t, expected.ID)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if got := output[string](t, r, "id"); got != expected.ID {
				t.Errorf("got id %s", got)
			}
		})
	}
	b := newBench()
	want(t, b.run(t, "user.update", map[string]any{"userId": usertest.ID(9), "name": "x"}, "userId"), "notFound")
	for field, value := range map[string]string{"name": "Ada\nX: y", "picture": "javascript:alert(1)"} {
		wantFail(t, b.run(t, "user.update", map[string]any{"userId": usertest.ID(9), field: value}, "userId"), 400, "validation_error")
	}
}

// The list of fields is fixed: nobody verifies an address or moves an account by
// an update.
func TestUpdateHasNoOtherFields(t *testing.T) {
	for _, field := range []string{"email", "emailVerified", "phone", "username", "status", "groups", "id", "provider", "factors"} {
		t.Run("R-57 A-40 "+field, func(t *testing.T) {
			b := newBench()
			enginetest.Node{Type: b.node("user.update"), With: map[string]any{"userId": usertest.ID(1), field: "x"}, Proved: []string{"userId"}, Standard: true}.Refused(t)
		})
	}
}

// Without a proof of the user the loader refuses every change.
func TestChangesNeedAProof(t *testing.T) {
	for name, with := range map[string]map[string]any{
		"user.update":  {"name": "x"},
		"user.disable": {},
		"user.delete":  {},
		"group.add":    {"groups": []string{"x"}},
		"group.remove": {"groups": []string{"x"}},
	} {
		t.Run("R-57 "+name, func(t *testing.T) {
			with["userId"] = usertest.ID(1)
			b := newBench()
			enginetest.Node{Type: b.node(name), With: with, Standard: true}.Refused(t)
		})
	}
	for _, name := range []string{"user.disable", "user.delete"} {
		t.Run("R-49 a session is not enough for "+name, func(t *testing.T) {
			source := "endpoints:\n  - {method: POST, path: /, require: session}\nnodes:\n  - id: a\n    use: " + name +
				"\n    with:\n      userId: ${{ session.userId }}\n  - id: ok\n    use: respond\n"
			if diags := (flowtest.Flow{Types: newBench().types(), Source: source}).Load(t); len(diags) == 0 {
				t.Error("got no diagnostics")
			}
		})
	}
}

func TestEnd(t *testing.T) {
	b := newBench()
	ada := b.ada(t)
	want(t, b.run(t, "user.disable", map[string]any{"userId": ada.ID}, "userId"), "done")
	if got := b.stored(t, ada.ID); got.Status != user.Disabled || got.UpdatedAt != now {
		t.Errorf("got %s at %s, want disabled now", got.Status, got.UpdatedAt)
	}
	want(t, b.run(t, "user.disable", map[string]any{"userId": ada.ID}, "userId"), "done")
	want(t, b.run(t, "user.delete", map[string]any{"userId": ada.ID}, "userId"), "done")
	if len(b.store.users) != 0 {
		t.Error("the user is still there")
	}
	for _, name := range []string{"user.disable", "user.delete"} {
		wantFail(t, b.run(t, name, map[string]any{"userId": ada.ID}, "userId"), 404, "user_not_found")
	}
}

// Whoever ends their own account has no session afterwards, and no cookie of one.
func TestEndClearsTheCookie(t *testing.T) {
	for _, name := range []string{"user.disable", "user.delete"} {
		for _, own := range []bool{true, false} {
			b := newBench()
			ada := b.ada(t)
			source := "endpoints:\n  - {method: POST, path: /, require: session, groups: [staff]}\ninput:\n  userId: {type: string}\nnodes:\n  - id: a\n    use: " + name +
				"\n    allow: {unproved: a test}\n    with:\n      userId: ${{ input.userId }}\n  - id: ok\n    use: respond\n"
			f := flowtest.Flow{Types: b.types(), Source: source, UserID: usertest.ID(7), Body: map[string]any{"userId": ada.ID}}
			if own {
				f.UserID = ada.ID
			}
			if a := f.Run(t.Context(), t); a.Status != 200 || a.Ended != own {
				t.Errorf("%s, own %t: got %d, ended %t", name, own, a.Status, a.Ended)
			}
		}
	}
}

func TestGroups(t *testing.T) {
	b := newBench()
	ada := b.ada(t)
	change := func(name string, groups []string, expected ...string) {
		t.Helper()
		want(t, b.run(t, name, map[string]any{"userId": ada.ID, "groups": groups}, "userId"), "changed")
		if diff := cmp.Diff(expected, b.stored(t, ada.ID).Groups); diff != "" {
			t.Errorf("%s %v: -want +got\n%s", name, groups, diff)
		}
	}
	change("group.add", []string{"staff", "readers"}, "readers", "staff")
	change("group.remove", []string{"readers", "nothing"}, "staff")
	change("group.add", []string{}, "staff")
	for _, name := range []string{"group.add", "group.remove"} {
		wantFail(t, b.run(t, name, map[string]any{"userId": usertest.ID(9), "groups": []string{"x"}}, "userId"), 404, "user_not_found")
		wantFail(t, b.run(t, name, map[string]any{"userId": ada.ID, "groups": []string{"x", ""}}, "userId"), 400, "validation_error")
	}
}

// Groups come from the application, never from the caller.
func TestGroupsAreTrusted(t *testing.T) {
	for _, use := range []string{
		"group.add\n    with:\n      userId: ${{ session.userId }}\n      groups: ${{ input.groups }}",
		"user.create\n    allow: {enumeration: a test}\n    with:\n      username: ada\n      password: ${{ input.password }}\n      groups: ${{ input.groups }}",
	} {
		t.Run("R-57 A-40 "+use, func(t *testing.T) {
			source := "endpoints:\n  - {method: POST, path: /, require: session}\ninput:\n  groups: {type: array, items: {type: string}}\n" +
				"  password: {type: string, secret: true}\nnodes:\n  - id: a\n    use: " + use + "\n  - id: ok\n    use: respond\n"
			diags := flowtest.Flow{Types: newBench().types(), Source: source}.Load(t)
			if len(diags) == 0 || !strings.Contains(diags[0].Code, "trust") {
				t.Errorf("got %v, want that the groups are not trusted", diags)
			}
		})
	}
}

const list = `endpoints:
  - {method: POST, path: /, require: apikey, scope: staff}
input:
  after: {type: string, optional: true}
nodes:
  - id: page
    use: user.list
    with:
      after: ${{ input.after }}
      limit: 2
  - id: ok
    use: respond
    with:
      body:
        ids: "${{ map(page.users, #.id) }}"
        next: ${{ page.next }}
`

func TestList(t *testing.T) {
	b := newBench()
	for _, n := range []int{2, 1, 4, 3, 5} {
		if err := b.store.Create(t.Context(), engine.MainRealm, usertest.New(n), ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.store.Create(t.Context(), "other", usertest.New(6), ""); err != nil {
		t.Fatal(err)
	}
	serve := flowtest.Flow{Types: b.types(), Source: list}.Server(t)
	var got [][]string
	body := map[string]any{}
	for {
		a := serve(context.Background(), flowtest.Flow{Body: body})
		var page struct {
			IDs  []string `json:"ids"`
			Next *string  `json:"next"`
		}
		if err := json.Unmarshal(a.Body, &page); err != nil {
			t.Fatalf("%s: %v", a.Body, err)
		}
		got = append(got, page.IDs)
		if page.Next == nil {
			break
		}
		body["after"] = *page.Next
	}
	if diff := cmp.Diff([][]string{{usertest.ID(1), usertest.ID(2)}, {usertest.ID(3), usertest.ID(4)}, {usertest.ID(5)}}, got); diff != "" {
		t.Errorf("R-59: -want +got\n%s", diff)
	}
}

func TestListIsRestricted(t *testing.T) {
	for _, require := range []string{"none", "apikey", "session"} {
		source := strings.Replace(list, "require: apikey, scope: staff", "require: "+require, 1)
		if diags := (flowtest.Flow{Types: newBench().types(), Source: source}).Load(t); len(diags) == 0 {
			t.Errorf("require: %s: got no diagnostics", require)
		}
	}
	for _, limit := range []string{"0", "501"} {
		source := strings.Replace(list, "limit: 2", "limit: "+limit, 1)
		if diags := (flowtest.Flow{Types: newBench().types(), Source: source}).Load(t); len(diags) == 0 {
			t.Errorf("limit: %s: got no diagnostics", limit)
		}
	}
}

func TestExamples(t *testing.T) {
	types := newBench().types()
	for _, n := range types {
		if n.Name() == "user.of" || n.Name() == "user.confirm" {
			continue // they take what a node type of another group makes; nodes/standard loads it
		}
		if diags := flowtest.Example(n, types).Load(t); len(diags) > 0 {
			t.Errorf("%s: %v", n.Name(), diags)
		}
	}
}
