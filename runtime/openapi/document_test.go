package openapi_test

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/latchwork/latchwork/runtime/openapi/openapitest"
)

// application has what the examples do not: several places of an input, paths that
// differ in names only, both credentials, forms, cookies, redirects, pages, and
// errors of which something is known only in a run.
const application = `
-- app.yaml --
version: 1
server: {publicUrl: "https://app.example.com", basePath: /auth}
keys: {from: [{header: X-Key, kind: private}, {query: key, kind: public, invalid: bad_public_key}]}
session: {from: [{header: Session}, {cookie: __Host-session}]}
errors:
  default:
    body: {problem: "${{ errors[0].code }}", text: "${{ errors[0].message }}"}
    messages: {invalid_session_token: Please sign in again.}
    status: {validation_error: 422}
-- both.yaml --
version: 1
flow: both
description: |
  Shows a team. There
  is more to say.
endpoints:
  - {method: GET, path: "/teams/{team}", require: [apikey, session], scope: teams, groups: [staff, owners]}
  - {method: DELETE, path: "/teams/{name}", require: [apikey, session], scope: teams}
input:
  team:   {type: string, maxLength: 40, from: [path.team, path.name], description: Its name.}
  locale: {type: string, enum: [de, en], default: en, from: [query.lang, header.Accept-Language]}
  tenant: {type: string, maxLength: 9, from: header.X-Tenant}
nodes:
  - id: ok
    use: respond
    with:
      headers: {X-Team: "${{ input.team }}"}
      body: {team: "${{ input.team }}", who: "${{ session.userId }}", scopes: "${{ apikey.scopes }}"}
-- form.yaml --
version: 1
flow: form
endpoints:
  - {method: POST, path: /form, require: none, accepts: form, rate: {max: 5, per: 1m}}
input:
  email:    {type: string, format: email, maxLength: 254}
  password: {type: string, maxLength: 1024, secret: true}
nodes:
  - id: user
    use: user.get
    with: {email: "${{ input.email }}"}
    next: {notFound: decoy}
  - id: check
    use: password.check
    with: {userId: "${{ user.id }}", password: "${{ input.password }}"}
    next: {mismatch: reject}
  - id: opened
    use: session.create
    with: {userId: "${{ user.id }}"}
    next: {error: stopped}
  - id: home
    use: redirect
    with: {to: /home, session: "${{ opened.token }}"}
  - id: decoy
    use: password.decoy
    with: {identifier: "${{ input.email }}", password: "${{ input.password }}"}
  - id: reject
    use: page
    with: {template: sign-in, status: 401}
  - id: stopped
    use: fail
    with: {status: "${{ error.status }}", code: "${{ error.code }}"}
-- open.yaml --
version: 1
flow: open
endpoints:
  - {method: GET, path: /open, require: none}
input:
  n: {type: integer, minimum: 1, optional: true}
nodes:
  - id: which
    use: if
    with: {when: "${{ input.n == nil }}"}
    next: {else: more}
  - id: gone
    use: fail
    with: {status: 410, code: gone, message: It is over.}
  - id: more
    use: respond
    with: {status: "${{ input.n ?? 1 }}"}
`

func TestDocument(t *testing.T) {
	config, set := read(t, txtar.Parse([]byte(application)))
	out, diags := document(t, config, set)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	d := openapitest.Valid(t, out)
	const team, form, open = "paths|/teams/{team}|get", "paths|/form|post", "paths|/open|get"
	for _, c := range []struct{ at, want string }{
		{"servers", "[map[url:https://app.example.com/auth]]"},
		{"components|securitySchemes|apiKey", "map[description:An API key, bare or behind the word Bearer. Only private ones are taken from here. in:header name:X-Key type:apiKey]"},
		{"components|securitySchemes|apiKey2|in", "query"},
		{"components|securitySchemes|session2", "map[description:The token of a session. in:cookie name:__Host-session type:apiKey]"},
		{team + "|operationId", "both"},
		{team + "|summary", "Shows a team."},
		{team + "|security|0", "map[apiKey:[teams] session:[]]"},
		{team + "|security|3", "map[apiKey2:[teams] session2:[]]"},
		{team + "|x-latchwork-groups", "[staff owners]"},
		{team + "|x-latchwork-scope", "teams"},
		{team + "|parameters|0", "map[description:Its name. in:path name:team required:true schema:map[description:Its name. maxLength:40 type:string]]"},
		{team + "|parameters|1|name", "lang"},
		{team + "|parameters|1|schema", "map[default:en enum:[de en] type:string]"},
		{team + "|parameters|1|required", "<nil>"},
		{team + "|parameters|2|description", "The first counts that is given of: query lang, header Accept-Language."},
		{team + "|parameters|3|required", "true"},
		{team + "|responses|200|headers|X-Team|schema", "map[maxLength:40 type:string]"},
		{team + "|responses|200|content|application/json|schema|properties|scopes", "map[description:What it may do. items:map[type:string] type:array]"},
		{team + "|responses|401|content|application/json|schema|properties|problem|enum", "[bad_public_key endpoint_not_allowed expired_API_key invalid_API_key invalid_session_token missing_API_key missing_session_token]"},
		{team + "|responses|403|content|application/json|schema|properties|problem|enum", "[access_denied]"},
		{team + "|responses|422|content|application/json|schema|properties|problem|enum", "[validation_error]"},
		{team + "|responses|400", "<nil>"},
		{"paths|/teams/{team}|delete|operationId", "both2"},
		{"paths|/teams/{team}|delete|parameters|0|name", "team"},
		{form + "|security", "[]"},
		{form + "|requestBody|required", "true"},
		{form + "|requestBody|content|application/x-www-form-urlencoded|schema|properties|password", "map[format:password maxLength:1024 type:string writeOnly:true]"},
		{form + "|responses|303|headers|Location|schema", "map[type:string]"},
		{form + "|responses|303|headers|Set-Cookie|description", "May set or remove: __Host-session."},
		{form + "|responses|401|content|text/html|schema", "map[type:string]"},
		{form + "|responses|403|content|application/json|schema|properties|problem|enum", "[cross_site_request]"},
		{form + "|responses|429|headers|Retry-After|schema", "map[type:integer]"},
		{form + "|responses|409|content|application/json|schema|properties|problem|enum", "[session_limit]"},
		{form + "|responses|default|content|application/json|schema|properties|problem", "map[type:string]"},
		{open + "|responses|410|description", "Gone.\n- `gone`: It is over."},
		{open + "|responses|200", "<nil>"},
	} {
		if got := fmt.Sprint(find(d, c.at)); got != c.want {
			t.Errorf("%s: got\n%s, want\n%s", c.at, got, c.want)
		}
	}
	if text := fmt.Sprint(find(d, team+"|responses|401|description")); !strings.Contains(text, "`invalid_session_token`: Please sign in again.") {
		t.Errorf("got %q, want the message of app.yaml", text)
	}
}

// find is what stands at a path of keys in plain data.
func find(v any, path string) any {
	for key := range strings.SplitSeq(path, "|") {
		switch at := v.(type) {
		case map[string]any:
			v = at[key]
		case []any:
			i := -1
			if _, err := fmt.Sscan(key, &i); err != nil || i < 0 || i >= len(at) {
				return nil
			}
			v = at[i]
		default:
			return nil
		}
	}
	return v
}
