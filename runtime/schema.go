package runtime

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"github.com/latchwork/latchwork/flows"
)

// configDocs explain the keys of app.yaml to editors.
var configDocs = map[string]string{
	"version":               "The version of the format: 1.",
	"server":                "Where the server listens and what it accepts.",
	"server.listen":         "The public address: host:port.",
	"server.admin":          "The address of administration, health and metrics; on loopback, or with adminSecret.",
	"server.adminSecret":    "The bearer token of administration: ${{ secrets.x }}.",
	"server.publicUrl":      "The address that browsers see: https://app.example.com.",
	"server.basePath":       "Stands before the paths of all endpoints.",
	"server.bodyLimit":      "How large a body may be: 64KiB.",
	"server.timeout":        "How long a run may take: 10s.",
	"server.trustedProxies": "Addresses from which X-Forwarded-For is believed.",
	"store":                 "Where state is kept.",
	"store.sqlite":          "The database file, from the folder of app.yaml.",
	"store.sessionCache":    "How many sessions are kept in memory; 0 for none.",
	"keys":                  "Where an API key is looked for.",
	"session":               "How a session travels, how long it lives, how many a user may have.",
	"session.from":          "Where a session is looked for; the first match wins.",
	"session.idle":          "How long a session lives without use: 168h.",
	"session.absolute":      "How long a session lives at most: 720h.",
	"session.limit":         "How many sessions a user may have; max 0 for no bound.",
	"password":              "How passwords are hashed and judged.",
	"password.minLength":    "Characters that a password needs; 15, or 8 and more where there is a second factor.",
	"factors":               "What a sign-in asks for.",
	"purposes":              "Purposes of tokens by class: signIn, handOver, address, reset.",
	"secrets":               "Where secrets come from: {env: NAME} or {file: path}.",
	"params":                "The application's parameters, read as params.x.",
	"mail":                  "How mail is sent.",
	"messages":              "How short messages are sent.",
	"outbound":              "Hosts that nodes may call.",
	"cors":                  "Origins whose pages may call the application.",
	"proofs":                "Node types from outside the standard set that may prove.",
	"views":                 "Named shapes of values: view.x(value).",
	"errors":                "Shapes of error answers by name; default counts where a flow names none.",
	"realms":                "Names of realms, with their hosts.",
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
		s["type"], s["items"] = "array", configSchema(t.Elem(), "")
	case reflect.Map:
		s["type"], s["additionalProperties"] = "object", configSchema(t.Elem(), "")
	case reflect.Struct:
		properties, required := map[string]any{}, []string{}
		for sf := range t.Fields() {
			name, options, _ := strings.Cut(sf.Tag.Get("yaml"), ",")
			if name == "" {
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
	return s
}
