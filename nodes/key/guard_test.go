package key_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/key"
)

// source is where a request's headers and query stand.
type source struct{ headers, query map[string]string }

func (s source) Header(name string) (string, bool)        { v, ok := s.headers[name]; return v, ok }
func (s source) Query(name string, _ bool) (string, bool) { v, ok := s.query[name]; return v, ok }
func (source) Cookie(string) (string, bool)               { return "", false }
func (source) PathValue(string) (string, bool)            { return "", false }
func (source) Body() (any, error)                         { return nil, nil }

func header(name, v string) source { return source{headers: map[string]string{name: v}} }
func query(name, v string) source  { return source{query: map[string]string{name: v}} }

type showWith struct {
	ID     string   `flow:"id"`
	Name   string   `flow:"name"`
	Kind   string   `flow:"kind"`
	Scopes []string `flow:"scopes,trusted"`
}

// guarded sends a request to GET /users, which requires a key and, if one is
// given, a scope. It returns what the flow has seen of the key.
func guarded(t *testing.T, m *key.Manager, world engine.World, scope string, from source) (*engine.Answer, showWith) {
	t.Helper()
	var seen showWith
	show := engine.Define("test.show", "Keeps what it is given.", func(ctx context.Context, in showWith, _ struct{}) (engine.Exit, error) {
		seen = in
		engine.AnswerOf(ctx).Status = 204
		return engine.Exit{}, nil
	}, engine.Answers)
	var types engine.Registry
	if err := types.AddStandard(show, key.Guard(m)); err != nil {
		t.Fatal(err)
	}
	if scope != "" {
		scope = ", scope: " + scope
	}
	f, diags := flows.Parse("f.yaml", fmt.Appendf(nil, `version: 1
flow: f
endpoints:
  - {method: GET, path: /users, require: apikey%s}
nodes:
  - id: show
    use: test.show
    with:
      id: ${{ apikey.id }}
      name: ${{ apikey.name }}
      kind: ${{ apikey.kind }}
      scopes: ${{ apikey.scopes }}
`, scope))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	c := &engine.Compiler{Types: &types, World: world, Guards: engine.Guards{Key: key.Guard(m)}}
	b, diags := c.Compile(&engine.App{}, []*flows.Flow{f})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	var a engine.Answer
	b.Programs[0].Run(t.Context(), &engine.Request{Method: "GET", Path: "/users", Realm: engine.MainRealm, Source: from}, &a)
	return &a, seen
}

func refusal(a *engine.Answer) string {
	if a.Fault == nil {
		return fmt.Sprint(a.Status)
	}
	return fmt.Sprintf("%d %s", a.Fault.Status, a.Fault.Errors[0].Code)
}

func TestGuard(t *testing.T) {
	store, now := &memory{}, newClock()
	m := &key.Manager{Store: store, Config: key.Config{From: []key.Carrier{
		{Header: "authorization"}, {Query: "apikey"}, {Header: "X-Client-Key", Kind: key.Public, Invalid: "invalid_client_key"},
	}}}
	private := mustMake(t, m, now, key.Key{Name: "private", Scopes: []string{"users"}})
	public := mustMake(t, m, now, key.Key{Name: "public", Kind: key.Public})
	here := mustMake(t, m, now, key.Key{Name: "here", Endpoints: []string{"GET /users"}})
	elsewhere := mustMake(t, m, now, key.Key{Name: "elsewhere", Endpoints: []string{"GET /users/{id}"}})
	expired := mustMake(t, m, now, key.Key{Name: "expired", Expires: now.instant() + 1})
	revoked := mustMake(t, m, now, key.Key{Name: "revoked"})
	if _, err := store.Revoke(t.Context(), engine.MainRealm, "revoked", now.instant()); err != nil {
		t.Fatal(err)
	}
	now.add(time.Second)
	both := func(h, q string) source {
		return source{header("Authorization", h).headers, query("apikey", q).query}
	}
	for _, test := range []struct {
		name  string
		scope string
		from  source
		want  string
	}{
		{"nothing", "", source{}, "401 missing_API_key"},
		{"empty", "", both("", ""), "401 missing_API_key"},
		{"raw", "", header("Authorization", private), "204"},
		{"bearer", "", header("Authorization", "Bearer "+private), "204"},
		{"bearer, small letters", "", header("Authorization", "bearer  "+private), "204"},
		{"basic", "", header("Authorization", "Basic "+private), "401 invalid_API_key"},
		{"the word alone", "", header("Authorization", "Bearer"), "401 invalid_API_key"},
		{"query", "", query("apikey", private), "204"},
		{"another parameter", "", query("key", private), "401 missing_API_key"},
		{"first match wins", "", both("x", private), "401 invalid_API_key"},
		{"first match wins, the other way", "", both(private, "x"), "204"},
		{"unknown", "", header("Authorization", "lwk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), "401 invalid_API_key"},
		{"R-56 revoked", "", header("Authorization", revoked), "401 invalid_API_key"},
		{"R-56 expired", "", header("Authorization", expired), "401 expired_API_key"},
		{"R-56 its endpoint", "", header("Authorization", here), "204"},
		{"R-56 another endpoint", "", header("Authorization", elsewhere), "401 endpoint_not_allowed"},
		{"R-56 scope", "users", header("Authorization", private), "204"},
		{"R-56 another scope", "other", header("Authorization", private), "403 access_denied"},
		{"R-56 public", "", header("Authorization", public), "204"},
		{"R-56 public, scope", "users", header("Authorization", public), "403 access_denied"},
		{"client key", "", header("X-Client-Key", public), "204"},
		{"client key, private", "", header("X-Client-Key", private), "401 invalid_client_key"},
		{"client key, unknown", "", header("X-Client-Key", "x"), "401 invalid_client_key"},
		{"client key, scope", "users", header("X-Client-Key", public), "403 access_denied"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, _ := guarded(t, m, now.world(), test.scope, test.from)
			if got := refusal(a); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
	t.Run("what flows see", func(t *testing.T) {
		_, seen := guarded(t, m, now.world(), "users", header("Authorization", private))
		want := showWith{ID: store.keys[0].ID, Name: "private", Kind: "private", Scopes: []string{"users"}}
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
	t.Run("R-61 fails closed", func(t *testing.T) {
		store.fail = errors.New("disk on fire")
		a, _ := guarded(t, m, now.world(), "", header("Authorization", private))
		if got := refusal(a); got != "500 internal_server_error" {
			t.Errorf("got %s", got)
		}
	})
}

// The zero Config looks where applications look by default.
func TestDefaultCarriers(t *testing.T) {
	now := newClock()
	m := &key.Manager{Store: &memory{}}
	secret := mustMake(t, m, now, key.Key{Name: "app"})
	for want, from := range map[string]source{"204": header("Authorization", secret), "204 ": query("apikey", secret), "401 missing_API_key": header("X-Client-Key", secret)} {
		a, _ := guarded(t, m, now.world(), "", from)
		if got := refusal(a); got != want && got+" " != want {
			t.Errorf("%v: got %s, want %s", from, got, want)
		}
	}
}

func TestConfigValidate(t *testing.T) {
	from := func(c ...key.Carrier) key.Config { return key.Config{From: c} }
	for _, test := range []struct {
		config key.Config
		want   string
	}{
		{key.Config{}, ""},
		{from(key.Carrier{Header: "Authorization"}, key.Carrier{Query: "apikey"}, key.Carrier{Header: "X-Client-Key", Kind: key.Public, Invalid: "invalid_client_key"}), ""},
		{key.Config{From: []key.Carrier{}}, "keys.from: name at least one header or query parameter"},
		{from(key.Carrier{}), "keys.from[0]: name a header or a query parameter"},
		{from(key.Carrier{Header: "a", Query: "b"}), "keys.from[0]: name a header or a query parameter, not both"},
		{from(key.Carrier{Header: "a b"}), `keys.from[0]: "a b" is no name of a header`},
		{from(key.Carrier{Header: "a", Kind: "secret"}), `keys.from[0]: kind must be private or public, not "secret"`},
		{from(key.Carrier{Header: "a"}, key.Carrier{Header: "A"}), "keys.from[1]: header A is named twice"},
		{from(key.Carrier{Query: "a"}, key.Carrier{Query: "a"}), "keys.from[1]: query parameter a is named twice"},
	} {
		got := ""
		if err := test.config.Validate(); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%+v: got %q, want %q", test.config, got, test.want)
		}
	}
}

func TestDecode(t *testing.T) {
	v, diags := flows.ParseValue("app.yaml", []byte("from: [{header: X-Client-Key, kind: public, invalid: invalid_client_key}, {query: apikey}]\n"))
	var got key.Config
	diags = append(diags, flows.Decode(v, &got)...)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	want := key.Config{From: []key.Carrier{{Header: "X-Client-Key", Kind: key.Public, Invalid: "invalid_client_key"}, {Query: "apikey"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// FuzzSecret: whatever stands where a key is looked for, only a stored key opens.
func FuzzSecret(f *testing.F) {
	f.Add("lwk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("Bearer ")
	f.Add("bearer lwk_")
	f.Fuzz(func(t *testing.T, text string) {
		m := &key.Manager{Store: &memory{}}
		c := key.Config{}
		secret, by := c.Find(header("Authorization", text))
		if (secret == "") != (by == key.Carrier{}) {
			t.Errorf("%q: got %q by %s", text, secret, by)
		}
		if _, err := m.Check(t.Context(), engine.MainRealm, secret, key.Demand{}); err == nil {
			t.Errorf("%q opens", text)
		}
	})
}
