package provider

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is written besides a preset counts, field by field.
func TestFieldsOfPresets(t *testing.T) {
	for _, test := range []struct {
		preset        string
		written, want Fields
	}{
		{"github", Fields{}, Fields{Subject: "id", Name: "name", Picture: "avatar_url"}},
		{"github", Fields{Name: "login"}, Fields{Subject: "id", Name: "login", Picture: "avatar_url"}},
		{"facebook", Fields{Subject: "ids.business", Picture: "image"}, Fields{Subject: "ids.business", Email: "email", Name: "name", Picture: "image"}},
		{"discord", Fields{Name: "username"}, Fields{Subject: "id", Email: "email", EmailVerified: "verified", Name: "username"}},
		{"", Fields{Name: "login"}, Fields{Subject: "id", Name: "login"}},
		// what a preset says of its own address is not said of another one.
		{"discord", Fields{Email: "contact"}, Fields{Subject: "id", Email: "contact", Name: "global_name"}},
		{"discord", Fields{Email: "contact", EmailVerified: "contact_ok"}, Fields{Subject: "id", Email: "contact", EmailVerified: "contact_ok", Name: "global_name"}},
		{"discord", Fields{Email: "email"}, Fields{Subject: "id", Email: "email", EmailVerified: "verified", Name: "global_name"}},
		{"discord", Fields{EmailVerified: "surely"}, Fields{Subject: "id", Email: "email", EmailVerified: "surely", Name: "global_name"}},
	} {
		got := Config{Preset: test.preset, Fields: test.written}.whole().Fields
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s with %+v: -want +got:\n%s", test.preset, test.written, diff)
		}
	}
}
