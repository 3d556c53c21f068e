package password

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPolicyValidate(t *testing.T) {
	for _, tc := range []struct {
		minLength int
		valid     bool
	}{{-1, false}, {0, true}, {1, false}, {6, false}, {7, false}, {8, true}, {15, true}, {64, true}, {65, false}} {
		t.Run(fmt.Sprintf("R-01 minLength %d", tc.minLength), func(t *testing.T) {
			if err := (Policy{MinLength: tc.minLength}).Validate(); (err == nil) != tc.valid {
				t.Errorf("got %v, want valid %t", err, tc.valid)
			}
		})
	}
}

func TestPolicyCheck(t *testing.T) {
	eight := Policy{MinLength: 8}
	alice := []string{"Example Shop", "alice", "alice.liddell@wonder-land.example", "+44 20 7946 0000"}
	tests := []struct {
		name     string
		policy   Policy
		password string
		context  []string
		want     []Reason
	}{
		{"R-01 7 of 8", eight, "vqzmkwp", nil, []Reason{TooShort}},
		{"R-01 8 of 8", eight, "vqzmkwpf", nil, nil},
		{"R-01 7 by default", Policy{}, "vqzmkwp", nil, []Reason{TooShort}},
		{"R-01 14 by default", Policy{}, "vqzmkwpfhxjtrn", nil, []Reason{TooShort}},
		{"R-01 15 by default", Policy{}, "vqzmkwpfhxjtrnb", nil, nil},
		{"R-01 nothing", Policy{}, "", nil, []Reason{TooShort}},
		{"R-01 15 bytes are not 15 characters", Policy{}, strings.Repeat("é", 8), nil, []Reason{TooShort}},
		{"R-01 counted after normalisation", Policy{}, strings.Repeat("e\u0301", 14), nil, []Reason{TooShort}},
		{"R-01 15 composed characters", Policy{}, strings.Repeat("e\u0301", 15), nil, nil},

		{"R-02 64 characters", Policy{}, strings.Repeat("vqzmkwpf", 8), nil, nil},
		{"R-02 200 characters", Policy{}, strings.Repeat("vqzmkwpfhx", 20), nil, nil},
		{"R-02 1024 bytes", Policy{}, strings.Repeat("vqzmkwpf", 128), nil, nil},
		{"R-02 1025 bytes", Policy{}, strings.Repeat("vqzmkwpf", 128) + "v", nil, []Reason{TooLong}},

		{"R-03 blanks", Policy{}, strings.Repeat(" ", 15), nil, nil},
		{"R-03 emoji", Policy{}, strings.Repeat("😀", 15), nil, nil},
		{"R-03 one letter", Policy{}, strings.Repeat("a", 15), nil, nil},
		{"R-03 lower case", Policy{}, "mountainsideyak", nil, nil},
		{"R-03 digits", Policy{}, "482915037264981", nil, nil},
		{"R-03 words", Policy{}, "correct horse battery staple", nil, nil},
		{"R-03 another script", Policy{}, "быстраякоричневаялиса", nil, nil},

		{"R-05 listed", eight, "password", nil, []Reason{Common}},
		{"R-05 listed, in capitals", eight, "PassWord", nil, []Reason{Common}},
		{"R-05 listed, in wide letters", eight, "ｐａｓｓｗｏｒｄ", nil, []Reason{Common}},
		{"R-05 listed, too short", Policy{}, "password", nil, []Reason{TooShort, Common}},
		{"R-05 a run of letters", eight, "abcdefgh", nil, []Reason{Common}},
		{"R-05 one digit", eight, "88888888", nil, []Reason{Common}},
		{"R-05 one letter", eight, "aaaaaaaa", nil, []Reason{Common}},
		{"R-05 keys", Policy{}, "1q2w3e4r5t6y7u8i9o0p", nil, []Reason{Common}},
		{"R-05 with digits after", Policy{}, "password12345678", nil, []Reason{Common}},
		{"R-05 with digits before", Policy{}, "20242024password", nil, []Reason{Common}},
		{"R-05 with signs at both ends", Policy{}, "!!!password2024!", nil, []Reason{Common}},
		{"R-05 with 8 digits", Policy{}, "wonderland84629173", nil, []Reason{Common}},
		{"R-05 with 9 digits", Policy{}, "wonderland846291735", nil, nil},
		{"R-05 with a listed number", Policy{}, "admin1234567890", nil, []Reason{Common}},
		{"R-05 with a listed number before", Policy{}, "1234567890admin", nil, []Reason{Common}},
		{"R-05 with digits inside", Policy{}, "passw0rd12345678", nil, []Reason{Common}},
		{"R-05 with digits inside and a listed number", Policy{}, "passw0rd1234567890", nil, []Reason{Common}},
		{"R-05 with a listed number before and digits inside", Policy{}, "1234567890passw0rd", nil, []Reason{Common}},
		{"R-05 twice", Policy{}, "passwordpassword", nil, []Reason{Common}},
		{"R-05 twice, in part", Policy{}, "dragondragondra", nil, []Reason{Common}},
		{"R-05 with signs between", Policy{}, "dragon-dragon-1", nil, []Reason{Common}},
		{"R-05 with digits between", Policy{}, "dragon1dragon2dragon3", nil, []Reason{Common}},
		{"R-05 with much between", Policy{}, "dragon84629dragon17354", nil, nil},
		{"R-05 two listed words", Policy{}, "dragon and monkey", nil, nil},
		{"R-05 digits over and over", Policy{}, "123456789012345", nil, []Reason{Common}},
		{"R-05 one digit 15 times", Policy{}, "111111111111111", nil, []Reason{Common}},
		{"R-05 in a sentence", Policy{}, "my password is a frog", nil, nil},

		{"R-07 the user's name, repeated", Policy{}, "alice-alice-alice", alice, []Reason{Common, Context}},
		{"R-07 in capitals", Policy{}, "ALICE.ALICE.ALICE", alice, []Reason{Common, Context}},
		{"R-07 for another user", Policy{}, "alice-alice-alice", []string{"bob"}, []Reason{Common}},
		{"R-07 the address", Policy{}, "alice.liddell@wonder-land.example", alice, []Reason{Context}},
		{"R-07 words of the address", Policy{}, "liddell of alice 99", alice, []Reason{Context}},
		{"R-07 a name on no list", Policy{}, "Vqzmkwp-vqzmkwp!", []string{"vqzmkwp"}, []Reason{Context}},
		{"R-07 a name on no list, for another user", Policy{}, "Vqzmkwp-vqzmkwp!", alice, nil},
		{"R-07 the domain and little", Policy{}, "wonder-land wonder-land", alice, []Reason{Context}},
		{"R-07 the service", Policy{}, "example-shop-2024", alice, []Reason{Context}},
		{"R-07 the service and a common password", Policy{}, "example password123", alice, []Reason{Context}},
		{"R-07 a name and enough else", Policy{}, "alice fell down the hole", alice, nil},
		{"R-07 a part of a word", Policy{}, "malice in the palace", alice, nil},
		{"R-07 the longer of two words", Policy{}, "anniversary anniversary", []string{"ann", "anniversary"}, []Reason{Context}},
		{"R-07 short words do not count", Policy{}, "vqzmkw pfhxjt rn", []string{"vq", "zm", "kw pf hx jt", "rn"}, nil},
		{"R-07 nothing known", Policy{}, "vqzmkwpfhxjtrnb", []string{"", " ", "@", "@."}, nil},
		{"R-07 beside emoji", Policy{}, "alice" + strings.Repeat("😀", 10), alice, nil},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got := tc.policy.Check(tc.password, tc.context)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%q (-want +got):\n%s", tc.password, diff)
			}
		})
	}
}

func TestReasonsAreStable(t *testing.T) {
	got := []Reason{TooShort, TooLong, Common, Context}
	want := []Reason{"too_short", "too_long", "common", "context"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestBlocklist(t *testing.T) {
	words := strings.Split(strings.TrimSuffix(blocklist(), "\n"), "\n")
	if len(words) < 10_000 {
		t.Errorf("R-05: got %d passwords, want at least 10000", len(words))
	}
	for i, word := range words {
		if i > 0 && words[i-1] >= word {
			t.Errorf("%q stands before %q", words[i-1], word)
		}
		if fold(word) != word {
			t.Errorf("%q can never be met, since it would be compared as %q", word, fold(word))
		}
		if len(word) < 3 || len(word) > maxListed {
			t.Errorf("%q has %d bytes, want 3 to %d", word, len(word), maxListed)
		}
		if !listed(word) {
			t.Errorf("%q is not found", word)
		}
		if got := listed(word + "\x00"); got {
			t.Errorf("%q and a NUL is found", word)
		}
	}
	for _, word := range []string{"", "\n", "password\n", "passwor\nd", "zzzzzzzzzzzzzzzzzzzz", "яяяяя", "\xff", strings.Repeat("a", 100)} {
		if listed(word) {
			t.Errorf("%q is found", word)
		}
	}
}

// A random password is not taken for a common one.
func TestRandomPasswordsAreStrong(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, alphabet := range []string{
		"abcdefghijklmnopqrstuvwxyz",
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
		"abcdefghijklmnopqrstuvwxyz0123456789!#$%&()*+,-./:;<=>?@[]^_{|}~",
	} {
		for range 2000 {
			var password strings.Builder
			for range 15 {
				password.WriteByte(alphabet[rnd.IntN(len(alphabet))])
			}
			if got := (Policy{}).Check(password.String(), []string{"alice@example.com", "Example"}); got != nil {
				t.Errorf("%q: got %v, want none", password.String(), got)
			}
		}
	}
}

func FuzzPolicy(f *testing.F) {
	f.Add("password12345678", "alice@example.com")
	f.Add("alice-alice-alice", "alice")
	f.Add("😀\xff\u0301\ufdfa  1", "@.\u0130\xff")
	f.Fuzz(func(t *testing.T, password, context string) {
		reasons := Policy{}.Check(password, []string{context})
		strong := len(reasons) == 0
		if n := len(password); strong && (n < 15 || n > MaxBytes) {
			t.Errorf("a password of %d bytes is strong", n)
		}
		if len(password) <= MaxBytes/2 {
			// Whoever is refused with a password is refused with its capitals.
			upper := Policy{}.Check(strings.ToUpper(strings.ToLower(password)), []string{context})
			lower := Policy{}.Check(strings.ToLower(password), []string{context})
			if isASCII(password) && fmt.Sprint(upper) != fmt.Sprint(lower) {
				t.Errorf("%q: got %v in capitals and %v in small letters", password, upper, lower)
			}
		}
	})
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r > 127 }) < 0
}

func BenchmarkPolicy(b *testing.B) {
	context := []string{"Example", "alice", "alice@example.com"}
	for name, password := range map[string]string{
		"usual":           "correct horse battery staple",
		"longest letters": strings.Repeat("vqzmkwpf", 128),
		"longest digits":  strings.Repeat("12", 512),
		"most growing":    strings.Repeat("\ufdfa", 341),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Policy{}.Check(password, context)
			}
		})
	}
}
