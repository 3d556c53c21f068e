package runtime

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchwork/latchwork/nodes/key"
	"github.com/latchwork/latchwork/nodes/letter"
	"github.com/latchwork/latchwork/nodes/session"
)

// sample has every section.
const sample = `version: 1
server:   {listen: 127.0.0.1:8080, admin: 127.0.0.1:8081, publicUrl: https://app.example.com, basePath: /, bodyLimit: 64KiB, timeout: 10s, trustedProxies: [10.0.0.0/8]}
store:    {sqlite: app.db}
keys:
  from: [{header: Authorization}, {query: apikey}]
session:
  from: [{header: Session}, {cookie: __Host-session}]
  idle: 168h
  absolute: 30d
  limit: {max: 5, policy: endOldest}
password: {hash: argon2id, minLength: 15}
factors:  {required: true}
purposes: {magic-link: signIn, reset-password: {class: reset, lifetime: 5m}}
secrets:  {smtp: {env: SMTP_PASSWORD}, admin: {file: admin.txt}}
params:   {supportMail: help@example.com, port: 587}
mail:     {from: no-reply@example.com, smtp: {host: smtp.example.com, port: "${{ params.port }}", user: app, password: "${{ secrets.smtp }}"}}
messages: {webhook: https://sms.example.com/send}
outbound: [sms.example.com]
providers: {acme: {issuer: https://login.example.com, clientId: app, clientSecret: "${{ secrets.smtp }}"}}
cors:     {origins: [https://app.example.com], credentials: true}
proofs:   [geo.check]
views:    {user: {of: user.User, shape: {id: "${{ it.id }}", email: "${{ it.email }}"}}}
errors:
  default: {body: "${{ {'errors': errors} }}", messages: {}, status: {}}
clients:  {site: {redirectUris: ['https://site.example.com/in']}}
realms:   {shop: {hosts: [shop.example.com], origins: [https://shop.example.com], params: {team: Teapots}}}
`

func TestReadConfig(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "admin.txt"), []byte("from-a-file\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SMTP_PASSWORD", "${{ secrets.admin }}") // stays text: values are put into the tree
	c, diags := ReadConfig("app.yaml", []byte(sample), FindSecrets(dir))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	if got := c.Mail.SMTP; got != (letter.SMTPConfig{Host: "smtp.example.com", Port: 587, User: "app", Password: "${{ secrets.admin }}"}) {
		t.Errorf("got %+v", got)
	}
	app := c.App()
	if got := app.Secrets["admin"].Reveal(); got != "from-a-file" {
		t.Errorf("got secret %q, want the text of the file without its line break", got)
	}
	if diff := cmp.Diff(map[string]any{"supportMail": "help@example.com", "port": 587}, app.Params); diff != "" {
		t.Errorf("params: -want +got:\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"magic-link": "signIn", "reset-password": "reset"}, app.Purposes); diff != "" {
		t.Errorf("purposes: -want +got:\n%s", diff)
	}
	if diff := cmp.Diff(map[string]time.Duration{"reset-password": 5 * time.Minute}, app.Lifetimes); diff != "" {
		t.Errorf("lifetimes: -want +got:\n%s", diff)
	}
	if !app.Cookies || app.Views == nil || app.Errors == nil || len(app.Proofs) != 1 || app.File != "app.yaml" {
		t.Errorf("got %+v", app)
	}
	want := session.Config{
		From: []session.Carrier{{Header: "Session"}, {Cookie: "__Host-session"}}, Idle: 168 * time.Hour, Absolute: 720 * time.Hour,
		Limit: session.LimitConfig{Max: 5, Policy: session.EndOldest}, RequireFactors: true,
	}
	if diff := cmp.Diff(want, c.Session); diff != "" {
		t.Errorf("session: -want +got:\n%s", diff)
	}
	if c.Origin() != "https://app.example.com" || c.realmsByHost()["shop.example.com"] != "shop" {
		t.Errorf("got origin %q, realms %v", c.Origin(), c.realmsByHost())
	}
	if diff := cmp.Diff([]string{"https://shop.example.com"}, c.Origins("shop")); diff != "" {
		t.Errorf("origins: -want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"https://app.example.com"}, c.Origins("main")); diff != "" {
		t.Errorf("origins: -want +got:\n%s", diff)
	}
}

func TestDefaultConfig(t *testing.T) {
	c, diags := ReadConfig("app.yaml", []byte("version: 1"), nil)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	if diff := cmp.Diff([]key.Carrier{{Header: "Authorization"}, {Query: "apikey"}}, c.Keys.From); diff != "" {
		t.Errorf("keys: -want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]session.Carrier{{Header: "Session"}}, c.Session.From); diff != "" {
		t.Errorf("session: -want +got:\n%s", diff)
	}
	if c.App().Cookies || c.Server.BodyLimit != 64<<10 || c.Server.Timeout != 10*time.Second {
		t.Errorf("got %+v", c.Server)
	}
}

// TestRefusals locks what serve refuses to start with. One mistake, one
// diagnostic.
func TestRefusals(t *testing.T) {
	missing := func(SecretRef) (string, error) { return "", os.ErrNotExist }
	found := func(SecretRef) (string, error) { return "value-canary", nil }
	long := func(SecretRef) (string, error) { return "0123456789abcdef01234567", nil }
	tests := []struct {
		name, yaml string
		find       SecretFinder
		want       string // "" for none
	}{
		{"cookie over http", "server: {publicUrl: http://app.example.com}\nsession: {from: [{cookie: __Host-s}]}", nil,
			"2:21: sessions travel in the cookie __Host-s, which needs https off loopback [cleartext-cookie]"},
		{"cookie without publicUrl", "server: {listen: 0.0.0.0:80}\nsession: {from: [{cookie: __Host-s}]}", nil,
			"2:9: sessions travel in the cookie __Host-s, which needs https off loopback [cleartext-cookie]"},
		{"cookie without publicUrl on all addresses", "server: {listen: ':80'}\nsession: {from: [{cookie: __Host-s}]}", nil,
			"2:9: sessions travel in the cookie __Host-s, which needs https off loopback [cleartext-cookie]"},
		{"cookie over https", "server: {publicUrl: https://app.example.com}\nsession: {from: [{cookie: __Host-s}]}", nil, ""},
		{"cookie on loopback", "session: {from: [{cookie: __Host-s}]}", nil, ""},
		{"cookie on localhost", "server: {listen: 0.0.0.0:80, publicUrl: http://localhost:8080}\nsession: {from: [{cookie: __Host-s}]}", nil, ""},
		{"idle that never counts", "session: {idle: 8d, absolute: 7d}", nil, "2:17: session.idle never counts: session.absolute ends sessions sooner [bad-session]"},
		{"idle by default", "session: {absolute: 1h}", nil, ""},
		{"cookie of another name R-45", "session: {from: [{header: S}, {cookie: sid}]}", nil,
			"2:31: session.from[1]: cookie sid is not named __Host-sid; say under deviation why not [bad-session]"},
		{"cookie of another name with a reason", "session: {from: [{cookie: sid, deviation: an older app reads it}]}", nil, ""},
		{"any origin R-48", "cors: {origins: ['*']}", nil,
			"2:18: every origin could call the application in its users' names [any-origin]"},
		{"wildcard origin R-48", "cors: {origins: [https://a.example, 'https://*.example.com']}", nil,
			`2:37: an origin is scheme and host as a browser sends them, such as https://app.example.com, not "https://*.example.com" [bad-origin]`},
		{"null origin R-48", "cors: {origins: ['null']}", nil,
			`2:18: an origin is scheme and host as a browser sends them, such as https://app.example.com, not "null" [bad-origin]`},
		{"any header R-48", "cors: {headers: ['*']}", nil,
			`2:18: a header is a name such as X-Client, not "*" [bad-header]`},
		{"a provider without an address", "providers: {acme: {clientId: x}}", nil,
			"2:19: providers.acme needs an issuer, as in issuer: https://login.example.com; or, without OpenID Connect, authorizeUrl, tokenUrl and userinfoUrl [bad-providers]"},
		{"a provider with half of its addresses", "providers: {acme: {clientId: x, authorizeUrl: 'https://a.example', tokenUrl: 'https://a.example'}}", nil,
			"2:19: providers.acme has no userinfoUrl; without an issuer it needs authorizeUrl, tokenUrl and userinfoUrl [bad-providers]"},
		{"a provider in clear text", "providers: {acme: {clientId: x, issuer: 'http://a.example'}}", nil,
			"2:41: providers.acme.issuer must be https off loopback: whoever can read or change it signs in as anybody [bad-providers]"},
		{"a provider without openid", "providers: {acme: {clientId: x, issuer: 'https://a.example', scopes: [email]}}", nil,
			"2:70: providers.acme.scopes must have openid: without it the provider does not say who somebody is [bad-providers]"},
		{"a provider with an issuer and addresses", "providers: {acme: {clientId: x, issuer: 'https://a.example', tokenUrl: 'https://a.example'}}", nil,
			"2:19: providers.acme has an issuer, which says the other addresses and fields by itself: remove them, or the issuer [bad-providers]"},
		{"an unknown preset", "providers: {acme: {clientId: x, preset: gogle}}", nil,
			`2:41: providers.acme.preset is one of discord, facebook, github, google, linkedin, not "gogle" [bad-providers]`},
		{"a provider without a client", "providers: {google: {clientId: '', preset: google}}", nil,
			"2:32: providers.google.clientId is what the provider calls this application; it cannot be empty [bad-providers]"},
		{"a provider whose secret goes nowhere", "providers: {google: {clientId: x, clientAuth: query, preset: google}}", nil,
			`2:47: providers.google.clientAuth must be basic or post, not "query" [bad-providers]`},
		{"a provider that no path can name", "providers: {Google/x: {clientId: x, preset: google}}", nil,
			"2:23: providers.Google/x: the name of a provider has small letters, digits and -, and stands in paths [bad-providers]"},
		{"a provider with a long name", "providers: {" + strings.Repeat("a", 33) + ": {clientId: x, issuer: https://a.example}}", nil,
			"2:48: providers." + strings.Repeat("a", 33) + ": the name of a provider has small letters, digits and -, and stands in paths [bad-providers]"},
		{"a provider with as long a name as one may have", "providers: {" + strings.Repeat("a", 32) + ": {clientId: x, issuer: https://a.example}}", nil, ""},
		{"R-53 A-35 a provider whose users are their e-mail addresses", "providers: {acme: {clientId: x, preset: github, fields: {subject: email, email: email}}}", nil,
			`2:67: providers.acme.fields.subject is "email", as fields.email is: an address can become somebody else's; name the id of the user there [bad-providers]`},
		{"a provider whose addresses lie in two places", "providers: {acme: {clientId: x, preset: github, fields: {email: email}}}", nil,
			"2:57: providers.acme.fields has an address, which is taken from emailsUrl instead: remove fields.email and fields.emailVerified [bad-providers]"},
		{"a provider that lists addresses in clear text", "providers: {acme: {clientId: x, preset: github, emailsUrl: 'http://a.example'}}", nil,
			"2:60: providers.acme.emailsUrl must be https off loopback: whoever can read or change it signs in as anybody [bad-providers]"},
		{"R-53 two providers whose users could not be told apart", `providers:
  forge: {clientId: x, authorizeUrl: "https://apps.example/forge/authorize", tokenUrl: "https://apps.example/forge/token", userinfoUrl: "https://apps.example/forge/me"}
  again: {clientId: y, authorizeUrl: "https://apps.example/forge/authorize", tokenUrl: "https://apps.example/forge/token", userinfoUrl: "https://apps.example/forge/me"}
  other: {clientId: x, authorizeUrl: "https://apps.example/other/authorize", tokenUrl: "https://apps.example/other/token", userinfoUrl: "https://apps.example/other/me"}`, nil,
			"5:38: providers.other.authorizeUrl is at https://apps.example, as providers.again is: users are told apart by that and their id, so one could be taken for another [bad-providers]"},
		{"providers by secrets nobody has looked up", "providers:\n  one: {clientId: x, issuer: '${{ secrets.a }}'}\n" +
			"  two: {clientId: x, authorizeUrl: '${{ secrets.a }}', tokenUrl: '${{ secrets.a }}', userinfoUrl: '${{ secrets.a }}', emailsUrl: '${{ secrets.a }}'}\nsecrets: {a: {env: A}}", nil, ""},
		{"a provider of a realm", "realms: {shop: {hosts: [a.example], providers: {acme: {clientId: x}}}}", nil,
			"2:55: providers.acme needs an issuer, as in issuer: https://login.example.com; or, without OpenID Connect, authorizeUrl, tokenUrl and userinfoUrl [bad-providers]"},
		{"providers that are known, and one on this machine", "providers: {google: {clientId: x, preset: google}, github: {clientId: x, preset: github}, facebook: {clientId: x, preset: facebook}, linkedin: {clientId: x, preset: linkedin}, discord: {clientId: x, preset: discord}, own: {clientId: x, issuer: 'http://localhost:3000'}}", nil, ""},
		{"R-64 the secret of administration in the file", "server: {adminSecret: 0123456789abcdef01234567}", nil, "2:23: a secret must not stand in app.yaml [literal-secret]"},
		{"R-64 the key of the installation in the file", "store: {key: MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=}", nil, "2:14: a secret must not stand in app.yaml [literal-secret]"},
		{"R-64 a password in the file", "mail: {from: a@b.example, smtp: {host: b.example, user: a, password: teapot}}", nil, "2:70: a secret must not stand in app.yaml [literal-secret]"},
		{"R-64 the secret of a client in the file", "clients: {shop: {secret: 0123456789abcdef01234567, redirectUris: ['https://shop.example/in']}}", nil, "2:26: a secret must not stand in app.yaml [literal-secret]"},
		{"R-64 a secret of a provider in the file", "providers: {google: {preset: google, clientId: x, clientSecret: teapot}}", nil, "2:65: a secret must not stand in app.yaml [literal-secret]"},
		{"R-64 a secret of a realm in the file", "realms: {shop: {hosts: [a.example], providers: {google: {preset: google, clientId: x, clientSecret: teapot}}}}", nil, "2:101: a secret must not stand in app.yaml [literal-secret]"},
		{"R-64 a secret among the parameters", "params: {pot: teapot}\nproviders: {google: {preset: google, clientId: x, clientSecret: '${{ params.pot }}'}}", nil, "3:65: a secret must not stand in app.yaml [literal-secret]"},
		{"a public client", "providers: {google: {preset: google, clientId: x, clientSecret: ''}}", nil, ""},
		{"a provider whose address is a secret", "secrets: {a: {env: A}}\nproviders: {acme: {clientId: x, issuer: '${{ secrets.a }}'}}", nil, ""},
		{"origin with a path", "cors: {origins: [https://a.example/]}", nil,
			`2:18: an origin is scheme and host as a browser sends them, such as https://app.example.com, not "https://a.example/" [bad-origin]`},
		{"origin with its usual port", "cors: {origins: ['https://a.example:443']}", nil,
			`2:18: an origin is scheme and host as a browser sends them, such as https://app.example.com, without the usual port :443 [bad-origin]`},
		{"weak hash R-09", "password: {params: {memory: 18MiB, time: 2}}", nil,
			"2:11: password: argon2id with m=18432,t=2 is weaker than OWASP's minimum, one of m=47104,t=1 m=19456,t=2 m=12288,t=3 m=9216,t=4 m=7168,t=5 [bad-password]"},
		{"short passwords R-01", "password: {minLength: 6}", nil, "2:11: password: "},
		{"open administration", "server: {admin: 0.0.0.0:8081}", nil,
			"2:17: administration listens on 0.0.0.0:8081, off loopback, and no secret protects it [open-admin]"},
		{"open administration on all addresses", "server: {admin: ':8081'}", nil,
			"2:17: administration listens on :8081, off loopback, and no secret protects it [open-admin]"},
		{"administration with a secret", "server: {admin: 0.0.0.0:8081, adminSecret: '${{ secrets.a }}'}\nsecrets: {a: {env: A}}", long, ""},
		{"administration with a short secret", "server: {adminSecret: '${{ secrets.a }}'}\nsecrets: {a: {env: A}}", found,
			"2:23: the secret of administration must have at least 24 characters [weak-secret]"},
		{"no administration", "server: {admin: ''}", nil, ""},
		{"missing secret", "secrets: {a: {env: A}}", missing, "2:14: the secret a is missing: file does not exist [missing-secret]"},
		{"missing secret that is used", "server: {admin: 0.0.0.0:1, adminSecret: '${{ secrets.a }}'}\nsecrets: {a: {env: A}}", missing,
			"3:14: the secret a is missing: file does not exist [missing-secret]"},
		{"secret of two places", "secrets: {a: {env: A, file: b}}", nil, "2:14: the secret a comes from one place, env or file [bad-secret]"},
		{"secret of no place", "secrets: {a: {}}", nil, "2:14: the secret a comes from one place, env or file [bad-secret]"},
		{"secret in the file", "secrets: {a: hunter2}", nil, `2:14: "a" must be a map, not text [wrong-type]`},
		{"unknown secret", "mail: {from: '${{ secrets.smpt }}'}\nsecrets: {smtp: {env: A}}", nil, "2:14: there is no secrets.smpt [unknown-name]"},
		{"secret where a number stands", "mail: {smtp: {port: '${{ secrets.a }}'}}\nsecrets: {a: {env: A}}", found,
			"2:21: the value of secrets.a cannot stand here [wrong-type]"},
		{"secret in params", "params: {a: '${{ secrets.a }}'}\nsecrets: {a: {env: A}}", nil, `2:13: "a" takes no expression [misplaced-expression]`},
		{"expression", "mail: {from: '${{ params.a + params.a }}'}\nparams: {a: b}", nil,
			"2:14: here app.yaml takes a value, a whole ${{ secrets.x }} or a whole ${{ params.x }} [misplaced-expression]"},
		{"text around a parameter", "mail: {from: 'x ${{ params.a }}'}\nparams: {a: b}", nil,
			"2:14: here app.yaml takes a value, a whole ${{ secrets.x }} or a whole ${{ params.x }} [misplaced-expression]"},
		{"unknown parameter", "mail: {from: '${{ params.b }}'}", nil, "2:14: there is no params.b [unknown-name]"},
		{"unknown section", "sever: {listen: 127.0.0.1:80}", nil, `2:1: app.yaml has no key "sever" [unknown-key]`},
		{"other version", "version: 2", nil, "1:10: this program reads version 1 of app.yaml [unknown-version]"},
		{"no version", "# none\nserver: {}", nil, `3:1: app.yaml needs "version" [missing-key]`},
		{"address without a port", "server: {listen: localhost}", nil, `2:18: "listen" must be host:port such as 127.0.0.1:8080, not "localhost" [bad-address]`},
		{"port beyond all", "server: {listen: 'localhost:70000'}", nil, `2:18: "listen" must be host:port such as 127.0.0.1:8080, not "localhost:70000" [bad-address]`},
		{"publicUrl with a path", "server: {publicUrl: https://a.example/b}", nil,
			`2:21: "publicUrl" must be scheme and host such as https://app.example.com, not "https://a.example/b" [bad-url]`},
		{"publicUrl of another kind", "server: {publicUrl: 'javascript:x'}", nil,
			`2:21: "publicUrl" must be scheme and host such as https://app.example.com, not "javascript:x" [bad-url]`},
		{"base path without a slash", "server: {basePath: auth}", nil, `2:20: "basePath" must be / or a path such as /auth, not "auth" [bad-path]`},
		{"base path with a parameter", "server: {basePath: '/{x}'}", nil, `2:20: "basePath" must be / or a path such as /auth, not "/{x}" [bad-path]`},
		{"no body", "server: {bodyLimit: 0B}", nil, `2:21: "bodyLimit" must be above 0 [bad-value]`},
		{"no time", "server: {timeout: 0s}", nil, `2:19: "timeout" must be above 0 [bad-value]`},
		{"proxy that is no address", "server: {trustedProxies: [proxy.local]}", nil,
			`2:27: an entry of "trustedProxies" cannot be "proxy.local": it is neither an address, such as 10.0.0.1, nor a range, such as 10.0.0.0/8 [bad-value]`},
		{"A-01 every address as a proxy", "server: {trustedProxies: [10.0.0.1, 0.0.0.0/0]}", nil,
			`2:37: every client could say by X-Forwarded-For from where it comes, and no limit would count [any-proxy]`},
		{"A-01 every address of IPv6 as a proxy", "server: {trustedProxies: ['::/0']}", nil,
			`2:27: every client could say by X-Forwarded-For from where it comes, and no limit would count [any-proxy]`},
		{"purpose that lives too long", "purposes: {x: {class: reset, lifetime: 2h}}", nil, `2:40: a token of the purpose x, of class reset, lives from 1s to 1h, not 2h [bad-value]`},
		{"purpose that lives no time", "purposes: {x: {class: signIn, lifetime: 0s}}", nil, `2:41: a token of the purpose x, of class signIn, lives from 1s to 24h, not 0s [bad-value]`},
		{"purpose without a class", "purposes: {x: {lifetime: 2m}}", nil, `2:15: "x" needs "class" [missing-key]`},
		{"long purpose of an unknown class", "purposes: {x: {class: login}}", nil, `2:23: the purpose x must be of class signIn, handOver, address, reset, not "login" [bad-value]`},
		{"purpose of an unknown class", "purposes: {x: login}", nil, `2:15: the purpose x must be of class signIn, handOver, address, reset, not "login" [bad-value]`},
		{"section of a realm", "realms: {shop: {hosts: [a.b], store: {sqlite: x}}}", nil, `2:31: "store" counts for all realms and cannot be set for one [realm-section]`},
		{"unknown key of a realm", "realms: {shop: {host: [a.b]}}", nil, `2:17: "shop" has no key "host" [unknown-key]`},
		{"host of two realms", "realms: {a: {hosts: [x.example]}, b: {hosts: [X.example]}}", nil, "2:47: the host X.example is that of realm a already [taken-host]"},
		{"host with a scheme", "realms: {a: {hosts: ['https://x.example']}}", nil, `2:22: a host is a name such as login.example.com, not "https://x.example" [bad-host]`},
		{"realm with a bad name", "realms: {A_B: {hosts: [x.example]}}", nil, `2:15: the name of a realm has small letters, digits and -, not "A_B" [bad-name]`},
		{"realm with a long name", "realms: {" + strings.Repeat("a", 64) + ": {hosts: [x.example]}}", nil,
			"2:76: the name of a realm has small letters, digits and -, not \"" + strings.Repeat("a", 64) + "\" [bad-name]"},
		{"realm with as long a name as one may have", "realms: {" + strings.Repeat("a", 63) + ": {hosts: [x.example]}}", nil, ""},
		{"mail without a sender", "mail: {smtp: {host: smtp.example.com}}", nil, "2:14: mail.smtp needs a sender: set mail.from [bad-mail]"},
		{"mail in the clear", "mail: {from: a@b.c, smtp: {host: smtp.example.com, tls: none}}", nil,
			"2:57: mail.smtp.tls can be none only for a server on loopback: mail opens accounts [bad-mail]"},
		{"messages in the clear", "messages: {webhook: 'http://sms.example.com'}", nil,
			"2:21: messages.webhook must be https off loopback: messages open accounts [bad-messages]"},
		{"delivery by secrets nobody has looked up", "mail: {from: '${{ secrets.a }}', smtp: {host: '${{ secrets.a }}', tls: none, user: '${{ secrets.a }}', password: '${{ secrets.a }}'}}\n" +
			"messages: {webhook: '${{ secrets.a }}'}\nstore: {key: '${{ secrets.a }}'}\nsecrets: {a: {env: A}}", nil, ""},
		{"a host for calls with a scheme", "outbound: ['https://a.example']", nil,
			`2:12: a host is a name in small letters such as sms.example.com, with a port or without, not "https://a.example" [bad-host]`},
		{"any host for calls", "outbound: [a.example, {host: '*.example', internal: true}]", nil,
			`2:23: a host is a name in small letters such as sms.example.com, with a port or without, not "*.example" [bad-host]`},
		{"R-63 a host for calls that is internal and is not", "outbound: [a.example, {host: a.example, internal: true}]", nil,
			"2:23: the host a.example stands in outbound already [bad-host]"},
		{"a port for calls that is none", "outbound: ['a.example:70000']", nil, `2:12: the port of "a.example:70000" is none [bad-host]`},
		{"a host for calls without a name", "outbound: [{internal: true}]", nil, `2:12: an entry of "outbound" needs "host" [missing-key]`},
		{"a key that is none", "store: {key: '${{ secrets.a }}'}\nsecrets: {a: {env: A}}", found, "2:14: store.key must be 32 bytes in base64 [bad-key]"},
		{"key in no place", "keys: {from: []}", nil, "2:14: keys.from: name at least one header or query parameter [bad-keys]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src := "version: 1\n" + tt.yaml
			if strings.HasPrefix(tt.yaml, "version") {
				src = tt.yaml
			}
			if strings.HasPrefix(tt.yaml, "#") {
				src = "# no version\n" + tt.yaml
			}
			_, diags := ReadConfig("app.yaml", []byte(src), tt.find)
			got := strings.TrimPrefix(diags.Error(), "app.yaml:")
			got, _, _ = strings.Cut(got, "\n\t")
			if tt.want == "" && len(diags) > 0 || len(diags) > 1 {
				t.Fatalf("got %v", diags)
			}
			if exact := strings.HasSuffix(tt.want, "]"); exact && got != tt.want || !exact && !strings.HasPrefix(got, tt.want) || tt.want != "" && got == "" {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if strings.Contains(diags.Error(), "canary") {
				t.Errorf("the value of a secret is shown: %v", diags)
			}
		})
	}
}

func TestFindSecrets(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"empty": "\n", "huge": strings.Repeat("x", maxSecret+1), "two": "a\n\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("LATCHWORK_TEST_EMPTY", "")
	find := FindSecrets(dir)
	for _, ref := range []SecretRef{{Env: "LATCHWORK_TEST_EMPTY"}, {Env: "LATCHWORK_TEST_UNSET"}, {File: "empty"}, {File: "huge"}, {File: "none"}} {
		if got, err := find(ref); err == nil {
			t.Errorf("%v: got %d bytes, want an error", ref, len(got))
		}
	}
	if got, err := find(SecretRef{File: filepath.Join(dir, "two")}); err != nil || got != "a\n" {
		t.Errorf("got %q, %v, want one line break taken off", got, err)
	}
}

// TestCheckAgain shows that a setting changed since the file was read, as by a
// flag, is held to the same rules.
func TestCheckAgain(t *testing.T) {
	for _, c := range []*Config{DefaultConfig(), configOf(t, "server: {listen: 127.0.0.1:80}")} {
		if diags := c.Check(); len(diags) > 0 {
			t.Fatal(diags)
		}
		c.Server.Admin = "0.0.0.0:8081"
		if diags := c.Check(); len(diags) != 1 || diags[0].Code != "open-admin" {
			t.Errorf("got %v, want open-admin", diags)
		}
	}
}

// A reload takes what flows can see. Of the other sections it says that they
// count from the next start; a section that is new has to be one of the two.
func TestLater(t *testing.T) {
	tests := []struct {
		section, written, edited string
		want                     []string
	}{
		{"version", "version: 1", "version: 1 # of the language", nil},
		{"server", "timeout: 10s", "timeout: 9s", []string{"server"}},
		{"store", "sqlite: app.db", "sqlite: other.db", []string{"store"}},
		{"keys", "query: apikey", "query: key", []string{"keys"}},
		{"session", "idle: 168h", "idle: 7d", nil},
		{"session", "idle: 168h", "idle: 1h", []string{"session"}},
		{"password", "minLength: 15", "minLength: 16", []string{"password"}},
		{"factors", "required: true", "required: false", []string{"factors"}},
		{"purposes", "magic-link: signIn", "magic-link: reset", nil},
		{"secrets", "SMTP_PASSWORD", "SMTP_SECRET", nil},
		{"params", "help@example.com", "support@example.com", nil},
		{"params", "port: 587", "port: 25", []string{"mail"}},
		{"mail", "no-reply@", "nobody@", []string{"mail"}},
		{"messages", "example.com/send", "example.com/", []string{"messages"}},
		{"outbound", "[sms.example.com]", "[sms.example.com, www.example.com]", nil},
		{"providers", "clientId: app", "clientId: other", []string{"providers"}},
		{"cors", "credentials: true", "credentials: false", []string{"cors"}},
		{"proofs", "geo.check", "geo.find", nil},
		{"views", "it.email", "it.phone", nil},
		{"errors", "'errors'", "'problems'", nil},
		{"clients", "site.example.com/in", "site.example.com/on", []string{"clients"}},
		{"realms", "hosts: [shop.", "hosts: [market.", []string{"realms"}},
		{"realms", "team: Teapots", "team: Kettles", nil},
	}
	read := func(text string) *Config {
		c, diags := ReadConfig("app.yaml", []byte(text), nil)
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		return c
	}
	now, tested := read(sample), map[string]bool{}
	for _, tt := range tests {
		tested[tt.section] = true
		edited := strings.Replace(sample, tt.written, tt.edited, 1)
		if edited == sample {
			t.Errorf("the sample has no %q", tt.written)
		}
		if diff := cmp.Diff(tt.want, now.Later(read(edited))); diff != "" {
			t.Errorf("%s: %s\n(-want +got)\n%s", tt.section, tt.edited, diff)
		}
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Config]()) {
		section, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if field.IsExported() && !tested[section] {
			t.Errorf("nothing says whether %s counts at once", section)
		}
	}
}

// Links lead to the realm that they were made in.
func TestPublicURL(t *testing.T) {
	for _, test := range []struct{ yaml, main, shop string }{
		{"server: {publicUrl: 'https://app.example.com/'}\nrealms: {shop: {hosts: [Shop.example.com, b.example]}}", "https://app.example.com", "https://shop.example.com"},
		{"server: {listen: 'localhost:80'}", "http://localhost:80", "http://localhost:80"},
	} {
		c, diags := ReadConfig("app.yaml", []byte("version: 1\n"+test.yaml), nil)
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		if got := c.PublicURL("main"); got != test.main {
			t.Errorf("main: got %s, want %s", got, test.main)
		}
		if got := c.PublicURL("shop"); got != test.shop {
			t.Errorf("shop: got %s, want %s", got, test.shop)
		}
	}
}

// what a flow reads where sessions and keys are looked for is a secret; where that is,
// each realm may say. A public key is none.
func TestCredentials(t *testing.T) {
	if got, want := DefaultConfig().Credentials(), []string{"header.Session", "header.Authorization", "query.apikey"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	c := DefaultConfig()
	c.Session.From = []session.Carrier{{Header: "x-auth"}, {Cookie: "__Host-session"}}
	c.Keys.From = []key.Carrier{{Header: "x-app", Kind: key.Public}, {Query: "k"}}
	if got, want := c.App().Credentials, []string{"header.X-Auth", "cookie.__Host-session", "query.k"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	app := configOf(t, "realms: {a: {hosts: [a.localhost], keys: {from: [{header: x-a}]}}, b: {hosts: [b.localhost], session: {from: [{cookie: __Host-b}]}}}").App()
	for realm, want := range map[string][]string{"a": {"header.Session", "header.X-A"}, "b": {"cookie.__Host-b", "header.Authorization", "query.apikey"}} {
		if own := app.Realms[realm]; own == nil || !slices.Equal(own.Credentials, want) {
			t.Errorf("%s: got %+v, want %v", realm, own, want)
		}
	}
}
