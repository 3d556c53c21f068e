package cmd

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReadImportLine(t *testing.T) {
	got, err := readImportLine([]byte(`{"id": "1", "email": "e", "emailVerified": true, "phone": "p", "phoneVerified": true, "username": "u",
		"name": "n", "picture": null, "signUpAt": "2022-09-20T15:02:30.331Z", "groups": ["g"], "data": {"k": 1}, "passwordHash": "h"}`))
	if err != nil {
		t.Fatal(err)
	}
	want := importLine{
		ID: "1", Email: "e", EmailVerified: true, Phone: "p", PhoneVerified: true, Username: "u", Name: "n",
		SignUpAt: time.Date(2022, 9, 20, 15, 2, 30, 331e6, time.UTC), Groups: []string{"g"}, Data: map[string]any{"k": 1.0}, PasswordHash: "h",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestReadImportLineRefused(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{`{"email": 7}`, "The field email must be a string."},
		{`{"emailVerified": "yes"}`, "The field emailVerified must be true or false."},
		{`{"signUpAt": "yesterday"}`, "The field signUpAt must be a time such as 2022-09-20T15:02:30.331Z."},
		{`{"groups": ["staff", 7]}`, "The field groups must be a list of strings."},
		{`{"data": []}`, "The field data must be an object."},
		{`{"passwordhash": "$2b$"}`, `A user has no field "passwordhash"; did you mean passwordHash?`},
		{`{"colour": "red"}`, `A user has no field "colour".`},
		{`null`, `The line is not an object, such as {"email": "ada@example.com"}.`},
		{`["ada@example.com"]`, `The line is not an object, such as {"email": "ada@example.com"}.`},
		{`email,name`, "The line is not JSON from column 1 on."},
		{`{"email": "ada@example.com"`, "The line is not JSON from column 27 on."},
		{`{"name": "Ada"} {"name": "Bea"}`, "The line is not JSON from column 17 on."},
	} {
		_, err := readImportLine([]byte(tt.line))
		if err == nil || readable(err) != tt.want+" [validation_error]" {
			t.Errorf("%s: got %v, want %s", tt.line, err, tt.want)
		}
	}
}
