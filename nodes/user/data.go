package user

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// reserved are the keys that data may not have, folded: all fields of a user,
// what else belongs to an account, and what changes objects in JavaScript.
// Whoever reads data beside the user's own fields must not take one for the
// other.
var reserved = reservedKeys()

func reservedKeys() map[string]bool {
	keys := map[string]bool{}
	for _, key := range []string{"realm", "accessGroupKeys", "password", "passwordHash", "__proto__", "constructor", "prototype"} {
		keys[foldKey(key)] = true
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[User]()) {
		name, _, _ := strings.Cut(field.Tag.Get("flow"), ",")
		keys[foldKey(name)] = true
	}
	return keys
}

// foldKey makes emailVerified, email_verified and Email-Verified one. Upper case
// first: some programs that read JSON take ſ for an s.
func foldKey(key string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == ' ' || r == '.' {
			return -1
		}
		return r
	}, strings.ToLower(strings.ToUpper(key)))
}

// cleaned is a copy of data without its reserved keys, which it names in order.
// It is never nil.
func cleaned(data map[string]any) (kept map[string]any, dropped []string) {
	kept = make(map[string]any, len(data))
	for _, key := range slices.Sorted(maps.Keys(data)) {
		if reserved[foldKey(key)] {
			dropped = append(dropped, key)
			continue
		}
		kept[key] = data[key]
	}
	return kept, dropped
}
