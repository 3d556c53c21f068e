package user_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/nodes/user"
)

func TestCanonical(t *testing.T) {
	const id = "0123456789abcdef01234567"
	tests := []struct {
		by    user.Identifier
		value string
		want  string // "" for malformed
	}{
		{user.ByEmail, "ada@example.com", "ada@example.com"},
		{user.ByEmail, " Ada@EXAMPLE.com\n", "ada@example.com"},
		{user.ByEmail, "ada+news@mail.example.com", "ada+news@mail.example.com"},
		{user.ByEmail, "JOSE\u0301@example.com", "jos\u00e9@example.com"}, // decomposed
		{user.ByEmail, "ada@BÜCHER.example", "ada@bücher.example"},
		{user.ByEmail, "ada@localhost", "ada@localhost"},
		// other letters that a change of case or form makes ASCII of, and so another's address.
		{user.ByEmail, "fran\u212a@example.com", ""},
		{user.ByEmail, "\u0130da@example.com", ""},
		{user.ByEmail, "I\u0307da@example.com", ""},
		{user.ByEmail, "ada\u1fef@example.com", ""},
		{user.ByEmail, "", ""},
		{user.ByEmail, "ada", ""},
		{user.ByEmail, "@example.com", ""},
		{user.ByEmail, "ada@", ""},
		{user.ByEmail, "ada@@example.com", ""},
		{user.ByEmail, "ada@evil.example@example.com", ""},
		{user.ByEmail, "ada.@example.com", ""},
		{user.ByEmail, ".ada@example.com", ""},
		{user.ByEmail, "a..da@example.com", ""},
		{user.ByEmail, "ada lovelace@example.com", ""},
		{user.ByEmail, `"ada@x"@example.com`, ""},
		{user.ByEmail, "ada@example.com\r\nBcc: eve@example.com", ""},
		{user.ByEmail, "ada@example.com,eve@example.com", ""},
		{user.ByEmail, "Ada <ada@example.com>", ""},
		{user.ByEmail, "ada\u200b@example.com", ""},
		{user.ByEmail, "ada\x00@example.com", ""},
		{user.ByEmail, "ada\xff@example.com", ""},
		{user.ByEmail, "ada@127.0.0.1", ""},
		{user.ByEmail, "ada@[127.0.0.1]", ""},
		{user.ByEmail, "ada@-example.com", ""},
		{user.ByEmail, "ada@example-.com", ""},
		{user.ByEmail, "ada@example..com", ""},
		{user.ByEmail, "ada@example.com.", ""},
		{user.ByEmail, "ada@exa_mple.com", ""},
		{user.ByEmail, strings.Repeat("a", 64) + "@example.com", strings.Repeat("a", 64) + "@example.com"},
		{user.ByEmail, strings.Repeat("a", 65) + "@example.com", ""},
		{user.ByEmail, "a@" + strings.Repeat("a", 64) + ".com", ""},
		{user.ByEmail, "a@" + strings.Repeat(strings.Repeat("a", 60)+".", 5) + "com", ""},
		{user.ByEmail, strings.Repeat(" ", 2000) + "ada@example.com", ""},

		{user.ByPhone, "+4915112345678", "+4915112345678"},
		{user.ByPhone, " +49 (151) 123-45.678 ", "+4915112345678"},
		{user.ByPhone, "+49 (0)151 12345678", ""},
		{user.ByPhone, "+04915112345678", ""},
		{user.ByPhone, "015112345678", ""},
		{user.ByPhone, "+49151", ""},
		{user.ByPhone, "+4915112345678901", ""},
		{user.ByPhone, "+49151x2345678", ""},
		{user.ByPhone, "++4915112345678", ""},
		{user.ByPhone, "+49151٣٤٥٦٧٨٩", ""},
		{user.ByPhone, "", ""},

		{user.ByUsername, "ada", "ada"},
		{user.ByUsername, " Ada.Lovelace-1_815 ", "ada.lovelace-1_815"},
		{user.ByUsername, "STRASSE", "strasse"},
		{user.ByUsername, "Straße", "strasse"},
		{user.ByUsername, "Jose\u0301", "jos\u00e9"},
		{user.ByUsername, "ΣΊΣΥΦΟΣ", "σίσυφοσ"},
		{user.ByUsername, "σίσυφος", "σίσυφοσ"},
		{user.ByUsername, "李小龍", "李小龍"},
		{user.ByUsername, "Ꮐကẅ", "ꮐကẅ"},
		{user.ByUsername, "ａｄａ", "ada"},
		{user.ByUsername, "\U0001d41ad\u1d43", "ada"}, // a mathematical and a raised letter
		{user.ByUsername, "\ufb01ona", "fiona"},       // a ligature
		{user.ByUsername, "ada＠example.com", ""},
		{user.ByUsername, "ad\u2100a", ""}, // ℀ is a/c
		{user.ByUsername, "ad\u034fa", ""}, // a mark that nobody sees
		{user.ByUsername, "ada\ufe0f", ""}, // nor this
		{user.ByUsername, "ada\u3164", ""}, // a letter that nobody sees
		{user.ByUsername, "ada\u17b4", ""},
		{user.ByEmail, "ada\u3164@example.com", ""},
		{user.ByUsername, "a", ""},
		{user.ByUsername, strings.Repeat("a", 64), strings.Repeat("a", 64)},
		{user.ByUsername, strings.Repeat("a", 65), ""},
		{user.ByUsername, ".ada", ""},
		{user.ByUsername, "ada lovelace", ""},
		{user.ByUsername, "ada@example.com", ""},
		{user.ByUsername, "+4915112345678", ""},
		{user.ByUsername, "ada\u200d", ""},
		{user.ByUsername, "ada\xff", ""},
		{user.ByUsername, "ada\r\n", "ada"},
		{user.ByUsername, "a\rda", ""},
		{user.ByUsername, "../ada", ""},
		{user.ByUsername, id, ""},
		{user.ByUsername, strings.ToUpper(id), ""},

		{user.ByID, id, id},
		{user.ByID, strings.ToUpper(id), ""},
		{user.ByID, id[1:], ""},
		{user.ByID, id + "0", ""},
		{user.ByID, strings.Repeat("g", 24), ""},
		{user.ByID, "../../../../../../../../", ""},

		{user.ByAny, " Ada@Example.com", "ada@example.com"},
		{user.ByAny, "+49 151 12345678", "+4915112345678"},
		{user.ByAny, "Ada", "ada"},
		{user.ByAny, "015112345678", "015112345678"}, // a username of digits
		{user.ByAny, id, ""},
		{user.ByAny, "", ""},
		{"nickname", "ada", ""},
	}
	for _, tt := range tests {
		got, err := user.Canonical(tt.by, tt.value)
		if got != tt.want || (err != nil) != (tt.want == "") || err != nil && !errors.Is(err, user.ErrMalformed) {
			t.Errorf("Canonical(%s, %q): got %q, %v, want %q", tt.by, tt.value, got, err, tt.want)
		}
	}
}

var kinds = []user.Identifier{user.ByID, user.ByEmail, user.ByPhone, user.ByUsername}

// A value is canonical in one kind at most, and stays what it is: A-20.
func FuzzCanonical(f *testing.F) {
	for _, s := range []string{"ada@example.com", "İstanbul@example.com", "+49 151 12345678", "Straße", "Άͅά", "0123456789abcdef01234567", "ẞ@ẞ.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		var canonical []string
		for _, by := range kinds {
			got, err := user.Canonical(by, value)
			if err != nil {
				continue
			}
			again, err := user.Canonical(by, got)
			if err != nil || again != got {
				t.Errorf("A-20: Canonical(%s, %q): got %q, then %q, %v", by, value, got, again, err)
			}
			canonical = append(canonical, got)
			for _, other := range kinds {
				if c, err := user.Canonical(other, got); err == nil && other != by {
					t.Errorf("A-20: %q is canonical as %s, and %q as %s", got, by, c, other)
				}
			}
		}
		if len(canonical) > 1 {
			t.Errorf("A-20: %q has %d canonical forms: %q", value, len(canonical), canonical)
		}
	})
}
