package cmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/flows"
)

// importLine is one user of an import.
type importLine struct {
	ID            string // 24 hex digits; "" for a new one
	Email         string
	EmailVerified bool
	Phone         string
	PhoneVerified bool
	Username      string
	Name          string
	Picture       string
	SignUpAt      time.Time // zero for now
	Groups        []string
	Data          map[string]any
	PasswordHash  string // argon2id in PHC form, or bcrypt; "" for none
}

// importField is a field of a line in JSON: where it goes and what it has to be.
type importField struct {
	into any
	want string
}

func (l *importLine) fields() map[string]importField {
	const text, truth = "a string", "true or false"
	return map[string]importField{
		"id":            {&l.ID, text},
		"email":         {&l.Email, text},
		"emailVerified": {&l.EmailVerified, truth},
		"phone":         {&l.Phone, text},
		"phoneVerified": {&l.PhoneVerified, truth},
		"username":      {&l.Username, text},
		"name":          {&l.Name, text},
		"picture":       {&l.Picture, text},
		"signUpAt":      {&l.SignUpAt, "a time such as 2022-09-20T15:02:30.331Z"},
		"groups":        {&l.Groups, "a list of strings"},
		"data":          {&l.Data, "an object"},
		"passwordHash":  {&l.PasswordHash, text},
	}
}

// readImportLine reads a line of JSON. Unlike encoding/json it tells apart keys
// that differ in case: a key that nobody knows is a slip, whatever it is near.
func readImportLine(line []byte) (in importLine, err error) {
	var object map[string]json.RawMessage
	var syntax *json.SyntaxError
	switch err := json.Unmarshal(line, &object); {
	case errors.As(err, &syntax):
		return in, badLine("The line is not JSON from column %d on.", syntax.Offset)
	case err != nil || object == nil:
		return in, badLine("The line is not an object, such as {\"email\": \"ada@example.com\"}.")
	}
	fields := in.fields()
	for _, name := range slices.Sorted(maps.Keys(object)) {
		field, ok := fields[name]
		if !ok {
			hint := "."
			if meant := flows.Suggest(name, slices.Collect(maps.Keys(fields))); meant != "" {
				hint = "; did you mean " + meant + "?"
			}
			return in, badLine("A user has no field %q%s", name, hint)
		}
		if json.Unmarshal(object[name], field.into) != nil {
			return in, badLine("The field %s must be %s.", name, field.want)
		}
	}
	return in, nil
}

func badLine(format string, args ...any) error {
	return engine.Fail(400, "validation_error", fmt.Sprintf(format, args...))
}
