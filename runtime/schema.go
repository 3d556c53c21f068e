package runtime

import (
	"encoding"
	"encoding/json"
	"maps"
	"reflect"
	"strings"
	"time"

	"github.com/latchwork/latchwork/flows"
	"github.com/latchwork/latchwork/nodes/key"
	"github.com/latchwork/latchwork/nodes/letter"
	"github.com/latchwork/latchwork/nodes/outbound"
	"github.com/latchwork/latchwork/nodes/password"
	"github.com/latchwork/latchwork/nodes/provider"
	"github.com/latchwork/latchwork/nodes/session"
	"github.com/latchwork/latchwork/nodes/token"
)

// configDocs explain the keys of app.yaml to editors. A path has [] for the
// entries of a list or map.
var configDocs = map[string]string{
	"version": "The version of the format: 1.",

	"server":                "Where the server listens and what it accepts. Counts from the next start.",
	"server.listen":         "The public address: host:port.",
	"server.admin":          "The address of administration, health and metrics; on loopback, or with adminSecret; \"\" for none.",
	"server.adminSecret":    "The bearer token of administration, of 24 characters or more: ${{ secrets.x }}.",
	"server.publicUrl":      "The address that browsers see: https://app.example.com.",
	"server.basePath":       "Stands before the paths of all endpoints.",
	"server.bodyLimit":      "How large a body may be: 64KiB.",
	"server.timeout":        "How long a run may take: 10s.",
	"server.trustedProxies": "Addresses, or ranges such as 10.0.0.0/8, from which X-Forwarded-For is believed.",

	"store":              "Where state is kept. Counts from the next start.",
	"store.sqlite":       "The database file, from the folder of app.yaml.",
	"store.sessionCache": "How many sessions are kept in memory; 0 for none.",
	"store.key":          "The key of the installation, 32 bytes in base64: ${{ secrets.x }}. Without it, that in the file beside the database is used, and made if there is none.",

	"keys":                "Where an API key is looked for. Counts from the next start.",
	"keys.from":           "The places, in their order; the first that is not empty counts.",
	"keys.from[].header":  "The header that has the key, bare or behind the word Bearer.",
	"keys.from[].query":   "The query parameter that has the key.",
	"keys.from[].kind":    "The only kind of key that is taken from here; both if not written.",
	"keys.from[].invalid": "The code of the error where a key from here opens nothing.",

	"session":                  "How a session travels, how long it lives, how many a user may have. Counts from the next start.",
	"session.from":             "The places where a session is looked for, in their order; the first that is not empty counts. A new one is handed over in the first cookie.",
	"session.from[].header":    "The header that has the token, bare.",
	"session.from[].cookie":    "The cookie that has the token: __Host-session.",
	"session.from[].deviation": "Why the name of the cookie does not begin with __Host-: browsers then do not keep other hosts of the domain from setting it.",
	"session.idle":             "How long a session lives without use: 168h, 7d.",
	"session.absolute":         "How long a session lives at most: 720h, 30d.",
	"session.limit":            "How many sessions a user may have at a time.",
	"session.limit.max":        "The number; 0 for no bound.",
	"session.limit.policy":     "What happens beyond it: refuse, where session.create leaves by limited, or endOldest, where those that were not used for longest make room.",
	"session.onSignIn":         "What becomes of a session of the same user that a sign-in came with: replace ends it, add leaves it.",

	"password":                "How passwords are hashed and judged. Counts from the next start.",
	"password.hash":           "The algorithm. Hashes of bcrypt are taken, and replaced at the next sign-in.",
	"password.params":         "What a hash costs; not less than OWASP's minimum.",
	"password.params.memory":  "Memory of one hash: 19MiB.",
	"password.params.time":    "Passes over the memory.",
	"password.params.threads": "Lanes, which are computed one after the other.",
	"password.minLength":      "Characters that a password needs, from 8 to 64. Less than 15 is meant for accounts with a second factor.",

	"factors":          "What a sign-in asks for. Counts from the next start.",
	"factors.required": "A second factor: who has enrolled none must do so before the first session.",

	"purposes":            "Purposes of tokens and of codes. Counts at once.",
	"purposes[]":          "What a token or a code of the purpose is good for: a class, or a class and the lifetime of its tokens.",
	"purposes[].class":    "signIn opens a session, handOver hands a proof over to another application, address shows that somebody holds an address (a code of it signs nobody in), reset is good for a new password.",
	"purposes[].lifetime": "How long a token can be redeemed: up to 24h for signIn, 10m for handOver, 720h for address, 1h for reset. Not written, it is 15m, 1m, 24h or 10m.",

	"secrets":        "Where secrets come from: {env: NAME} or {file: path}. Counts at once for flows.",
	"secrets[].env":  "The environment variable that has it.",
	"secrets[].file": "The file that has it, from the folder of app.yaml.",
	"params":         "The application's parameters, read as params.x. Counts at once for flows.",

	"mail":                "How mail is sent. Counts from the next start.",
	"mail.from":           "The sender: no-reply@example.com, or Example <no-reply@example.com>.",
	"mail.smtp":           "The server that takes mail. Without one, mail is not sent.",
	"mail.smtp.host":      "Its name, which is the one in its certificate.",
	"mail.smtp.port":      "Its port; by default 587, with implicit 465, with none 25.",
	"mail.smtp.user":      "The user there; without one, mail is sent without signing in.",
	"mail.smtp.password":  "The password there: ${{ secrets.x }}.",
	"mail.smtp.tls":       "How the connection is protected: starttls, implicit (the default at port 465), or none, only on loopback.",
	"messages":            "How short messages are sent. Counts from the next start.",
	"messages.webhook":    "The URL that takes them, each as a POST of {\"to\": …, \"text\": …}; https off loopback. Without it, they are not sent.",
	"outbound":            "Servers that flows may call.",
	"outbound[]":          "A host, or a host and what it is.",
	"outbound[].host":     "Its name, such as reports.example.com; with a port, that one only.",
	"outbound[].internal": "Whether it stands on this machine or in a network of one's own; such a host may be called by http, too.",

	"providers":                        "Providers by which people of the main realm sign in, by their names, which stand in paths. Counts from the next start.",
	"providers[].preset":               "A provider that is known: " + strings.Join(provider.Presets(), ", ") + ". What is written besides counts, field by field; with an email of your own, write emailVerified, too.",
	"providers[].clientId":             "What the provider calls this application.",
	"providers[].clientSecret":         "The secret of this application there: ${{ secrets.x }}; without one it is a public client.",
	"providers[].clientAuth":           "How the secret travels: basic in the header, post in the body. Not written, it is what the provider says, or post without an issuer.",
	"providers[].scopes":               "What to ask for. Not written, it is openid, email and profile with an issuer.",
	"providers[].issuer":               "The issuer, of a provider that speaks OpenID Connect: https://login.example.com. It says the rest by itself.",
	"providers[].authorizeUrl":         "Without an issuer: the page where people sign in.",
	"providers[].tokenUrl":             "Without an issuer: where a code is exchanged for an access token.",
	"providers[].userinfoUrl":          "Without an issuer: what says, to who has an access token, whose it is.",
	"providers[].emailsUrl":            "Without an issuer: what lists, to who has an access token, the addresses {email, primary, verified} of the user, of which the primary one is taken, instead of fields.email.",
	"providers[].fields.subject":       "Where the answer of userinfoUrl has the id of the user, as names with dots between them.",
	"providers[].fields.email":         "Where it has the e-mail address.",
	"providers[].fields.emailVerified": "Where it says, by true, that the address is verified. Without it none is.",
	"providers[].fields.name":          "Where it has the name to show.",
	"providers[].fields.picture":       "Where it has the URL of a picture.",
	"providers[].private":              "Whether the provider is in a private network. Else only public addresses are called, and those of this machine where they are written here.",

	"clients":                "Whom users of the main realm are handed over to, by their ids. Counts from the next start.",
	"clients[]":              "A server, which has a secret and redeems its codes itself; or, without one, a site of your own, where the browser does.",
	"clients[].secret":       "The secret, of 24 characters or more: ${{ secrets.x }}.",
	"clients[].secretHash":   "Instead of the secret, its SHA-256 in hex: printf %s \"$SECRET\" | sha256sum.",
	"clients[].redirectUris": "Where its codes go: whole URLs, compared character by character.",

	"cors":             "Whose pages may call the application. Counts from the next start.",
	"cors.origins":     "The origins, character by character: https://app.example.com.",
	"cors.credentials": "Whether browsers may send cookies along.",
	"cors.headers":     "Headers that pages may send besides those of keys, of sessions and of flows: [X-Client].",

	"proofs": "Node types from outside the standard set that may prove. Counts at once.",
	"views":  "Named shapes of values: view.x(value). Counts at once.",
	"errors": "Shapes of error answers by name; default counts where a flow names none. Counts at once.",

	"realms":                      "Realms by name. A request belongs to the realm that lists its host, else to main. Counts from the next start.",
	"realms[].hosts":              "Host names of the realm: login.example.com. With a port, one counts for that port only.",
	"realms[].origins":            "Origins to which redirects may lead, besides the hosts.",
	"realms[].password.minLength": "Characters that a password needs, in place of password.minLength.",
}

// configDefaults are what counts where nothing is written, as it would be
// written.
var configDefaults = map[string]any{
	"server.listen":              "127.0.0.1:8080",
	"server.admin":               "127.0.0.1:8081",
	"server.basePath":            "/",
	"server.bodyLimit":           "64KiB",
	"server.timeout":             "10s",
	"store.sqlite":               "app.db",
	"store.sessionCache":         0,
	"keys.from":                  []any{map[string]any{"header": "Authorization"}, map[string]any{"query": "apikey"}},
	"keys.from[].invalid":        "invalid_API_key",
	"session.from":               []any{map[string]any{"header": "Session"}},
	"session.idle":               "168h",
	"session.absolute":           "720h",
	"session.limit.max":          0,
	"session.limit.policy":       "refuse",
	"session.onSignIn":           "replace",
	"password.hash":              "argon2id",
	"password.params.memory":     "19MiB",
	"password.params.time":       2,
	"password.params.threads":    1,
	"password.minLength":         password.DefaultMinLength,
	"factors.required":           false,
	"cors.credentials":           false,
	"outbound[].internal":        false,
	"providers[].fields.subject": "id",
	"providers[].private":        false,
}

// configEnums are the values of keys that have few.
var configEnums = map[string]any{
	"version":                []int{1},
	"keys.from[].kind":       []key.Kind{key.Private, key.Public},
	"session.limit.policy":   []session.Policy{session.Refuse, session.EndOldest},
	"session.onSignIn":       []session.OnSignIn{session.Replace, session.Add},
	"password.hash":          []string{"argon2id"},
	"mail.smtp.tls":          []letter.TLS{letter.StartTLS, letter.Implicit, letter.NoTLS},
	"providers[].clientAuth": []provider.Auth{provider.Basic, provider.Post},
	"providers[].preset":     provider.Presets(),
	"purposes[].class":       token.Classes,
}

// ConfigSchema is the JSON Schema (draft-07) of app.yaml, made from Config, for
// editors.
func ConfigSchema() ([]byte, error) {
	s := configSchema(reflect.TypeFor[Config](), "")
	s["$schema"] = "http://json-schema.org/draft-07/schema#"
	s["title"] = "Latchwork application"
	out, err := json.MarshalIndent(s, "", "  ")
	return append(out, '\n'), err
}

// configSchema is the schema of a Go type at a path of app.yaml.
func configSchema(t reflect.Type, path string) map[string]any {
	s := map[string]any{}
	if doc := configDocs[path]; doc != "" {
		s["description"] = doc
	}
	if def, ok := configDefaults[path]; ok {
		s["default"] = def
	}
	if enum := configEnums[path]; enum != nil {
		s["enum"] = enum
	}
	switch {
	case t == reflect.TypeFor[*flows.Value](), t.Kind() == reflect.Interface:
		return s
	case t == reflect.TypeFor[flows.Name](), t == reflect.TypeFor[time.Duration](), t == reflect.TypeFor[flows.Size](),
		reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		s["type"] = "string"
		return s
	}
	switch t.Kind() {
	case reflect.Pointer:
		return configSchema(t.Elem(), path)
	case reflect.String:
		s["type"] = "string"
	case reflect.Bool:
		s["type"] = "boolean"
	case reflect.Int, reflect.Int64:
		s["type"] = "integer"
	case reflect.Slice:
		s["type"], s["items"] = "array", configSchema(t.Elem(), path+"[]")
	case reflect.Map:
		s["type"], s["additionalProperties"] = "object", configSchema(t.Elem(), path+"[]")
	case reflect.Struct:
		properties, required := map[string]any{}, []string{}
		for sf := range t.Fields() {
			name, options, _ := strings.Cut(sf.Tag.Get("yaml"), ",")
			if name == "" {
				continue
			}
			if t == reflect.TypeFor[RealmConfig]() && sf.Type == sectionType(name) {
				properties[name] = map[string]any{"$ref": "#/properties/" + name}
				continue
			}
			properties[name] = configSchema(sf.Type, strings.TrimPrefix(path+"."+name, "."))
			if options == "required" {
				required = append(required, name)
			}
		}
		s["type"], s["properties"], s["additionalProperties"] = "object", properties, false
		if len(required) > 0 {
			s["required"] = required
		}
	}
	switch t {
	case reflect.TypeFor[PurposeConfig]():
		return withShortForm(s, "class")
	case reflect.TypeFor[outbound.Host]():
		return withShortForm(s, "host")
	}
	return s
}

// sectionType is the Go type of a section of app.yaml, or nil.
func sectionType(name string) reflect.Type {
	for sf := range reflect.TypeFor[Config]().Fields() {
		if key, _, _ := strings.Cut(sf.Tag.Get("yaml"), ","); key == name {
			return sf.Type
		}
	}
	return nil
}

// withShortForm is the schema of a section that may be written as one of its values
// alone.
func withShortForm(s map[string]any, name string) map[string]any {
	short := maps.Clone(s["properties"].(map[string]any)[name].(map[string]any))
	doc := s["description"]
	delete(s, "description")
	return map[string]any{"description": doc, "anyOf": []any{short, s}}
}
