package provider_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/internal/flowtest"
	"github.com/latchwork/latchwork/nodes/provider"
	"github.com/latchwork/latchwork/nodes/user"
)

const (
	now = 1_700_000_000_000
	ann = "aaaaaaaaaaaaaaaaaaaaaaaa"
)

// bench is what a test works with: a provider, a browser and the application.
type bench struct {
	testing.TB
	*fake
	stores *memory
	config provider.Config
	m      *provider.Manager
	now    time.Time
	log    bytes.Buffer

	state, binding string // that the browser has
}

func newBench(t testing.TB) *bench {
	f := newFake(t)
	b := &bench{TB: t, fake: f, now: time.UnixMilli(now), config: provider.Config{Issuer: f.URL, ClientID: "app", ClientSecret: "geheim"}}
	email := "ann@example.com"
	b.stores = &memory{logins: map[provider.Hash]provider.Login{}, owners: map[[2]string]string{},
		users: []user.User{{ID: ann, Email: &email, EmailVerified: true, Status: user.Active}}}
	b.open()
	return b
}

// open begins with the configuration as it is now.
func (b *bench) open() {
	of := map[string]*provider.Provider{"acme": provider.New("acme", b.config), "other": provider.New("other", b.config)}
	b.m = &provider.Manager{
		Store: b.stores, Identities: owners{b.stores}, Users: people{m: b.stores},
		Providers: func(realm string) map[string]*provider.Provider {
			if realm != engine.MainRealm {
				return nil
			}
			return of
		},
		PublicURL: func(string) string { return "https://app.example.com/base" },
		Log:       slog.New(slog.NewTextHandler(&b.log, nil)),
	}
}

func (b *bench) run(nodes string, body map[string]any, userID string) *engine.Answer {
	b.Helper()
	return b.flow(nodes, body, userID).Run(b.Context(), b)
}

func (b *bench) flow(nodes string, body map[string]any, userID string) flowtest.Flow {
	require := "none"
	if userID != "" {
		require = "session"
	}
	return flowtest.Flow{
		Types: provider.Nodes(b.m), Body: body, UserID: userID, World: engine.World{Now: func() time.Time { return b.now }},
		Source: "endpoints:\n  - {method: POST, path: /, require: " + require + "}\ninput:\n  provider: {type: string, default: acme}\n" +
			"  state: {type: string, secret: true, default: ''}\n  code: {type: string, secret: true, optional: true}\n" +
			"  binding: {type: string, secret: true, default: ''}\n  iss: {type: string, optional: true}\n  failure: {type: string, optional: true}\nnodes:" + nodes,
	}
}

// start begins a sign-in, and gives the query that the provider gets.
func (b *bench) start(name string) url.Values {
	b.Helper()
	a := b.run(`
  - id: start
    use: provider.start
    with:
      provider: ${{ input.provider }}
      callback: /{provider}/callback
      returnTo: /welcome
  - id: go
    use: redirect
    with:
      to: ${{ start.url }}
      cookies:
        binding: {value: "${{ start.binding }}", maxAge: 10m}
`, map[string]any{"provider": name}, "")
	if a.Status != 303 || len(a.Cookies) != 1 {
		b.Fatalf("got %d %s %s", a.Status, a.Body, &b.log)
	}
	u, err := url.Parse(a.Location)
	if err != nil {
		b.Fatal(err)
	}
	q := u.Query()
	b.state, b.binding = q.Get("state"), a.Cookies[0].Value.Reveal()
	b.nonce, b.verify = q.Get("nonce"), q.Get("code_challenge")
	return q
}

// answer is what a browser brings back; change may be nil.
func (b *bench) answer(change func(map[string]any)) map[string]any {
	body := map[string]any{"provider": "acme", "state": b.state, "code": "c0de", "binding": b.binding, "iss": b.URL}
	if change != nil {
		change(body)
	}
	return body
}

const finish = `
  - id: back
    use: provider.finish
    with:
      provider: ${{ input.provider }}
      state: ${{ input.state }}
      code: ${{ input.code }}
      iss: ${{ input.iss }}
      failure: ${{ input.failure }}
      binding: ${{ input.binding }}`

const respond = `
  - id: ok
    use: respond
    with:
      body:
        email: ${{ back.email }}
        verified: ${{ back.emailVerified }}
        name: ${{ back.name }}
        returnTo: ${{ back.returnTo }}
`

func (b *bench) finish(change func(map[string]any)) *engine.Answer {
	b.Helper()
	return b.run(finish+respond, b.answer(change), "")
}

// want looks at an answer, and that nothing in it or the log opens a door.
func (b *bench) want(what string, a *engine.Answer, status int, code string) {
	b.Helper()
	if a.Status != status || !strings.Contains(string(a.Body), code) {
		b.Errorf("%s: got %d %s, want %d %s; log:\n%s", what, a.Status, a.Body, status, code, &b.log)
	}
	for _, secret := range []string{"geheim", b.binding, b.state, "c0de"} {
		if secret != "" && strings.Contains(string(a.Body)+b.log.String(), secret) {
			b.Errorf("%s: %q is told: %s\n%s", what, secret, a.Body, &b.log)
		}
	}
}

// A sign-in goes through, with state, nonce, PKCE and the client's secret.
func TestSignIn(t *testing.T) {
	b := newBench(t)
	q := b.start("acme")
	for name, want := range map[string]string{
		"response_type": "code", "client_id": "app", "redirect_uri": "https://app.example.com/base/acme/callback",
		"scope": "openid email profile", "code_challenge_method": "S256", "theme": "dark",
	} {
		if got := q.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if !strings.HasPrefix(b.state, "lwp_") || b.nonce == "" || b.nonce == b.verify || strings.Contains(q.Encode(), b.binding) {
		t.Errorf("got state %q, nonce %q", b.state, b.nonce)
	}
	b.want("sign-in", b.finish(nil), 200, `{"email":"ann@example.com","verified":true,"name":"Ann","returnTo":"/welcome"}`)
	if got := b.form.Get("redirect_uri"); got != "https://app.example.com/base/acme/callback" || b.form.Get("client_secret") != "" || b.basic != [2]string{"app", "geheim"} {
		t.Errorf("got redirect_uri %q, basic %q", got, b.basic)
	}
	b.want("R-52 replayed", b.finish(nil), 400, "invalid_state")
}

// What comes back is looked at before a code is exchanged.
func TestAnswer(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(map[string]any)
		status int
		code   string
	}{
		{"R-52 A-36 no state", func(m map[string]any) { m["state"] = "" }, 400, "invalid_state"},
		{"R-52 another state", func(m map[string]any) { m["state"] = "lwp_" + strings.Repeat("x", 43) }, 400, "invalid_state"},
		{"R-52 A-02 no binding", func(m map[string]any) { m["binding"] = "" }, 400, "invalid_state"},
		{"R-52 another browser", func(m map[string]any) { m["binding"] = "lwb_" + strings.Repeat("x", 43) }, 400, "invalid_state"},
		{"R-52 mix-up: the path of another provider", func(m map[string]any) { m["provider"] = "other" }, 400, "invalid_state"},
		{"R-52 mix-up: another issuer", func(m map[string]any) { m["iss"] = "https://evil.example" }, 400, "invalid_state"},
		{"R-52 mix-up: no issuer", func(m map[string]any) { delete(m, "iss") }, 400, "invalid_state"},
		{"unknown provider", func(m map[string]any) { m["provider"] = "nobody" }, 400, "invalid_state"},
		{"no code", func(m map[string]any) { delete(m, "code") }, 400, "invalid_state"},
		{"empty code", func(m map[string]any) { m["code"] = "" }, 400, "invalid_state"},
		{"R-55 A-37 denied", func(m map[string]any) { m["failure"] = "access_denied" }, 401, "sign_in_denied"},
		{"R-55 denied, without words", func(m map[string]any) { m["failure"] = "x" }, 401, "sign_in_denied"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			b.start("acme")
			b.want(test.name, b.finish(test.change), test.status, test.code)
			if n := b.calls["/token"]; n != 0 {
				t.Errorf("got %d exchanges, want none", n)
			}
		})
	}
	t.Run("R-52 too late", func(t *testing.T) {
		b := newBench(t)
		b.start("acme")
		b.now = b.now.Add(provider.Lifetime)
		b.want("too late", b.finish(nil), 400, "invalid_state")
	})
	t.Run("R-52 the code of another sign-in", func(t *testing.T) {
		b := newBench(t)
		b.start("acme")
		challenge, nonce := b.verify, b.nonce
		b.start("acme")
		// The provider's answer is for the first one.
		b.verify, b.nonce = challenge, nonce
		b.want("code injected", b.finish(nil), 400, "invalid_state")
	})
}

// A token proves nobody unless it is of this provider, for this client, of now, for this
// sign-in, and signed by a key of the provider.
func TestToken(t *testing.T) {
	for name, change := range map[string]func(*fake){
		"R-50 A-32 alg none":       func(f *fake) { f.header = map[string]any{"alg": "none"} },
		"R-50 HS256 by public key": func(f *fake) { f.header = map[string]any{"alg": "HS256"} },
		"R-50 another alg":         func(f *fake) { f.header = map[string]any{"alg": "ES384"} },
		"R-50 crit":                func(f *fake) { f.header = map[string]any{"crit": []string{"exp"}} },
		"R-50 its own key": func(f *fake) {
			jwk := newFake(f.t)
			f.idToken, f.header = "", map[string]any{"jwk": jwk.jwk(), "jku": jwk.URL + "/keys"}
			jwk.nonce, jwk.header, jwk.claims = f.nonce, f.header, map[string]any{"iss": f.URL}
			f.idToken = jwk.signed()
		},
		"R-50 unknown key": func(f *fake) { f.header = map[string]any{"kid": "two"} },
		"R-50 changed": func(f *fake) {
			f.idToken = strings.Replace(f.signed(), ".", "."+part(map[string]any{"sub": "1"})+"x", 1)
		},
		"A-32 cut off":          func(f *fake) { s := f.signed(); f.idToken = s[:strings.LastIndex(s, ".")+1] },
		"A-32 too long":         func(f *fake) { f.claims = map[string]any{"x": strings.Repeat("x", 40<<10)} },
		"R-52 another nonce":    func(f *fake) { f.claims = map[string]any{"nonce": "x"} },
		"R-52 no nonce":         func(f *fake) { f.claims = map[string]any{"nonce": nil} },
		"A-37 another issuer":   func(f *fake) { f.claims = map[string]any{"iss": "https://evil.example"} },
		"R-50 for another":      func(f *fake) { f.claims = map[string]any{"aud": "evil"} },
		"R-50 for nobody":       func(f *fake) { f.claims = map[string]any{"aud": nil} },
		"R-50 for two, no azp":  func(f *fake) { f.claims = map[string]any{"aud": []string{"app", "evil"}} },
		"R-50 azp":              func(f *fake) { f.claims = map[string]any{"azp": "evil"} },
		"R-50 over":             func(f *fake) { f.claims = map[string]any{"exp": now/1000 - 60} },
		"R-50 never over":       func(f *fake) { f.claims = map[string]any{"exp": nil} },
		"R-50 over, as a text":  func(f *fake) { f.claims = map[string]any{"exp": "9999999999"} },
		"R-50 of the future":    func(f *fake) { f.claims = map[string]any{"iat": now/1000 + 61} },
		"R-50 not yet":          func(f *fake) { f.claims = map[string]any{"nbf": now/1000 + 61} },
		"A-37 nobody":           func(f *fake) { f.claims = map[string]any{"sub": ""} },
		"A-37 no subject":       func(f *fake) { f.claims = map[string]any{"sub": nil, "Sub": "77"} },
		"A-37 subject of lines": func(f *fake) { f.claims = map[string]any{"sub": "7\n7"} },
		"R-55 no token":         func(f *fake) { f.token = map[string]any{"access_token": "at"} },
		"R-55 code not taken":   func(f *fake) { f.status, f.token = 400, map[string]any{"error": "invalid_grant"} },
		"R-52 another user's info": func(f *fake) {
			f.claims, f.userinfo = map[string]any{"email": nil}, map[string]any{"sub": "78", "email": "x@example.com"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.start("acme")
			change(b.fake)
			b.want(name, b.finish(nil), 400, "invalid_state")
		})
	}
}

// A provider that gives no usable answer signs nobody in.
func TestUnavailable(t *testing.T) {
	for name, change := range map[string]func(*fake){
		"R-55 500":          func(f *fake) { f.status, f.token = 500, map[string]any{} },
		"R-55 a list":       func(f *fake) { f.token = []any{} },
		"R-55 redirect":     func(f *fake) { f.status, f.token = 307, map[string]any{"access_token": "at"} },
		"R-63 too much":     func(f *fake) { f.token = map[string]any{"x": strings.Repeat("x", 300<<10)} },
		"R-55 wrong secret": func(f *fake) { f.status, f.token = 401, map[string]any{"error": "invalid_client"} },
		"R-55 no info":      func(f *fake) { f.claims, f.userinfo = map[string]any{"email": nil}, nil },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.start("acme")
			change(b.fake)
			b.want(name, b.finish(nil), 503, "provider_unavailable")
		})
	}
}

// Discovery of another issuer, or of addresses that must not be called, is none.
func TestDiscovery(t *testing.T) {
	for name, metadata := range map[string]map[string]any{
		"A-37 another issuer": {"issuer": "https://evil.example"},
		"R-63 cleartext":      {"token_endpoint": "http://evil.example/token"},
		"no keys":             {"jwks_uri": nil},
		"a script":            {"authorization_endpoint": "javascript:alert(1)"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.metadata = metadata
			a := b.run("\n  - id: start\n    use: provider.start\n    with: {provider: acme, callback: '/{provider}/callback'}\n  - id: ok\n    use: respond\n", nil, "")
			b.want(name, a, 503, "provider_unavailable")
		})
	}
}

// The keys are read once, and anew for an unknown one, but not for each.
func TestKeysAreKept(t *testing.T) {
	b := newBench(t)
	for range 3 {
		b.start("acme")
		b.want("sign-in", b.finish(nil), 200, "ann@")
	}
	if b.calls["/keys"] != 1 || b.calls["/.well-known/openid-configuration"] != 1 {
		t.Errorf("got %v, want each once", b.calls)
	}
	b.kid = "two"
	b.now = b.now.Add(11 * time.Second)
	b.start("acme")
	b.want("a new key", b.finish(nil), 200, "ann@")
	b.header = map[string]any{"kid": "three"}
	for range 3 {
		b.start("acme")
		b.want("an unknown key", b.finish(nil), 400, "invalid_state")
	}
	if got := b.calls["/keys"]; got != 2 {
		t.Errorf("got the keys read %d times, want 2", got)
	}
}

// Addresses count as verified where the provider says so, and else not.
func TestEmailVerified(t *testing.T) {
	for name, test := range map[string]struct {
		claims map[string]any
		want   string
	}{
		"true":    {map[string]any{"email_verified": "true"}, `"email":"ann@example.com","verified":true`},
		"false":   {map[string]any{"email_verified": false}, `"email":"ann@example.com","verified":false`},
		"nothing": {map[string]any{"email_verified": nil}, `"email":"ann@example.com","verified":false`},
		"1":       {map[string]any{"email_verified": 1}, `"verified":false`},
		"none":    {map[string]any{"email": "no address"}, `"email":null,"verified":false`},
	} {
		t.Run("R-53 "+name, func(t *testing.T) {
			b := newBench(t)
			b.start("acme")
			b.claims = test.claims
			b.want(name, b.finish(nil), 200, test.want)
		})
	}
}

// Without OpenID Connect the provider is asked who has given the access.
func TestOAuth(t *testing.T) {
	for name, test := range map[string]struct {
		userinfo any
		status   int
		want     string
	}{
		"a number":         {map[string]any{"id": 77, "mail": map[string]any{"address": "Ann@example.com", "ok": true}, "name": "Ann"}, 200, `{"email":"ann@example.com","verified":true,"name":"Ann"`},
		"not verified":     {map[string]any{"id": "77", "mail": map[string]any{"address": "ann@example.com"}}, 200, `"verified":false`},
		"R-55 A-37 {}":     {map[string]any{}, 400, "invalid_state"},
		"R-55 A-37 null":   {map[string]any{"id": nil}, 400, "invalid_state"},
		"R-55 A-37 empty":  {map[string]any{"id": ""}, 400, "invalid_state"},
		"R-55 A-37 object": {map[string]any{"id": map[string]any{}}, 400, "invalid_state"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.config = provider.Config{ClientID: "app", ClientSecret: "geheim", AuthorizeURL: b.URL + "/authorize", TokenURL: b.URL + "/token",
				UserinfoURL: b.URL + "/me", Fields: provider.Fields{Email: "mail.address", EmailVerified: "mail.ok", Name: "name"}}
			b.open()
			b.userinfo = test.userinfo
			if q := b.start("acme"); q.Get("nonce") != "" || q.Get("code_challenge") == "" {
				t.Errorf("got %v", q)
			}
			b.want(name, b.finish(func(m map[string]any) { delete(m, "iss") }), test.status, test.want)
		})
	}
}

// Some providers list the addresses apart, as GitHub does.
func TestEmails_R53(t *testing.T) {
	type entry = map[string]any
	for name, test := range map[string]struct {
		emails any
		status int
		want   string
	}{
		"verified": {[]entry{{"email": "b@example.com", "verified": true}, {"email": "Ann@example.com", "primary": true, "verified": true}},
			200, `{"email":"ann@example.com","verified":true,"name":"Ann"`},
		"not verified": {[]entry{{"email": "b@example.com", "verified": true}, {"email": "ann@example.com", "primary": true, "verified": false}},
			200, `{"email":"ann@example.com","verified":false`},
		"none is primary":        {[]entry{{"email": "b@example.com", "verified": true}}, 200, `{"email":null,"verified":false`},
		"none":                   {[]entry{}, 200, `{"email":null,"verified":false`},
		"no access to them":      {nil, 200, `{"email":null,"verified":false`},
		"R-55 A-37 not the list": {entry{"email": "ann@example.com", "primary": true, "verified": true}, 503, "provider_unavailable"},
		"R-55 A-37 a text":       {"ann@example.com", 503, "provider_unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.config = provider.Config{ClientID: "app", ClientSecret: "geheim", AuthorizeURL: b.URL + "/authorize", TokenURL: b.URL + "/token",
				UserinfoURL: b.URL + "/me", EmailsURL: b.URL + "/emails", Fields: provider.Fields{Name: "name"}}
			b.open()
			b.userinfo = entry{"id": 77, "name": "Ann", "email": "shown@example.com"}
			b.emails = test.emails
			b.start("acme")
			b.want(name, b.finish(func(m map[string]any) { delete(m, "iss") }), test.status, test.want)
		})
	}
}

const resolve = finish + `
  - id: user
    use: identity.resolve
    with: {identity: "${{ back.identity }}", link: LINK}
    next: {linked: linked, unknown: unknown}
  - id: known
    use: respond
    with: {body: {known: "${{ user.id }}"}}
  - id: linked
    use: respond
    with: {body: {linked: "${{ user.id }}"}}
  - id: unknown
    use: respond
    with: {body: unknown}
`

func TestResolve(t *testing.T) {
	b := newBench(t)
	run := func(link string) *engine.Answer {
		t.Helper()
		b.start("acme")
		return b.run(strings.ReplaceAll(resolve, "LINK", link), b.answer(nil), "")
	}
	b.want("never", run("never"), 200, `"unknown"`)
	b.claims = map[string]any{"email_verified": false}
	b.want("R-53 not verified by the provider", run("verified-email"), 200, `"unknown"`)
	b.claims, b.stores.users[0].EmailVerified = nil, false
	b.want("R-53 not verified for the account", run("verified-email"), 409, "identity_conflict")
	b.stores.users[0].EmailVerified = true
	b.want("linked", run("verified-email"), 200, `{"linked":"`+ann+`"}`)
	b.want("known", run("never"), 200, `{"known":"`+ann+`"}`)
	b.stores.users = nil
	b.want("deleted meanwhile", run("never"), 200, `"unknown"`)
}

// Linking takes a credential of the user, besides.
func TestLinkNeedsProof(t *testing.T) {
	b := newBench(t)
	f := flowtest.Flow{Types: provider.Nodes(b.m), Source: "endpoints:\n  - {method: POST, path: /, require: session}\ninput:\n" +
		"  provider: {type: string}\n  state: {type: string, secret: true}\n  code: {type: string, secret: true}\n  binding: {type: string, secret: true}\n" +
		"  iss: {type: string}\n  failure: {type: string}\nnodes:" + finish + "\n  - id: linked\n    use: identity.link\n    with: {identity: \"${{ back.identity }}\", userId: \"${{ session.userId }}\"}\n  - id: ok\n    use: respond\n"}
	if diags := f.Load(t); !strings.Contains(diags.Error(), "weak-proof") {
		t.Errorf("got %v, want weak-proof", diags)
	}
}

// nor is one linked by one factor of a user who has a second one.
func TestLinkTakesTheSecondFactor_R26(t *testing.T) {
	b := newBench(t)
	link := finish + `
  - id: user
    use: identity.resolve
    with: {identity: "${{ back.identity }}", link: verified-email}
    next: {linked: linked, unknown: linked}
  - id: more
    use: identity.link
    with: {identity: "${{ back.identity }}", userId: "${{ user.id }}"}
  - id: linked
    use: respond
`
	run := func() *engine.Answer {
		t.Helper()
		b.start("acme")
		return b.run(link, b.answer(nil), "")
	}
	b.want("the first time", run(), 200, "")
	b.want("known", run(), 200, "")
	b.stores.users[0].Factors = []string{"totp"}
	b.want("with an app", run(), 403, "second_factor_required")
}

// What a database holds of a sign-in under way finishes none.
func TestStored(t *testing.T) {
	b := newBench(t)
	b.start("acme")
	text, err := json.Marshal(b.stores.logins[provider.HashOf(b.state)])
	if err != nil || len(b.stores.logins) != 1 {
		t.Fatal(err, b.stores.logins)
	}
	for _, secret := range []string{b.state, b.binding, b.nonce, b.verify} {
		if strings.Contains(string(text), secret) {
			t.Errorf("%q is stored: %s", secret, text)
		}
	}
}

// callbacks that providers would share are refused by the loader.
func TestCallback(t *testing.T) {
	b := newBench(t)
	for _, callback := range []string{"/callback", "https://evil.example/{provider}", "callback/{provider}", "/callback?of=/{provider}", ""} {
		diags := b.flow("\n  - id: start\n    use: provider.start\n    with: {provider: acme, callback: '"+callback+"'}\n  - id: ok\n    use: respond\n", nil, "").Load(t)
		if len(diags) != 1 || diags[0].Code != "bad-value" {
			t.Errorf("%q: got %v", callback, diags)
		}
	}
	a := b.run("\n  - id: start\n    use: provider.start\n    with: {provider: nobody, callback: '/{provider}/callback'}\n  - id: ok\n    use: respond\n", nil, "")
	b.want("unknown", a, 404, "unknown_provider")
}
