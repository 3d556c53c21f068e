package password

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/bcrypt"
)

// weak is far below what can be configured, for tests in which the parameters
// do not matter.
var weak = Params{Memory: 64, Time: 1, Threads: 1, SaltLen: 16, KeyLen: 32}

func bcryptOf(t testing.TB, password string, rounds int) string {
	t.Helper()
	encoded, err := bcrypt.GenerateFromPassword([]byte(password), rounds)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

func hashOf(t testing.TB, h Hasher, password string) string {
	t.Helper()
	encoded, err := h.Hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func verify(t testing.TB, h Hasher, password, encoded string) bool {
	t.Helper()
	match, err := h.Verify(t.Context(), password, encoded)
	if err != nil {
		t.Fatal(err)
	}
	return match
}

func TestParamsValidate(t *testing.T) {
	tests := []struct {
		name   string
		params Params
		want   string // part of the error; empty for none
	}{
		{"R-09 the default", Params{}, ""},
		{"R-09 46 MiB and 1 pass", Params{Memory: 46 * 1024, Time: 1}, ""},
		{"R-09 19 MiB and 2 passes", Params{Memory: 19 * 1024, Time: 2}, ""},
		{"R-09 12 MiB and 3 passes", Params{Memory: 12 * 1024, Time: 3}, ""},
		{"R-09 9 MiB and 4 passes", Params{Memory: 9 * 1024, Time: 4}, ""},
		{"R-09 7 MiB and 5 passes", Params{Memory: 7 * 1024, Time: 5}, ""},
		{"R-09 more lanes", Params{Memory: 64 * 1024, Time: 3, Threads: 4}, ""},
		{"R-09 little less than 46 MiB", Params{Memory: 46*1024 - 1, Time: 1}, "weaker than OWASP's minimum"},
		{"R-09 little less than 19 MiB", Params{Memory: 19*1024 - 1, Time: 2}, "weaker than OWASP's minimum"},
		{"R-09 19 MiB and 1 pass", Params{Memory: 19 * 1024, Time: 1}, "weaker than OWASP's minimum"},
		{"R-09 little less than 7 MiB", Params{Memory: 7*1024 - 1, Time: 100}, "weaker than OWASP's minimum"},
		{"R-09 a short salt", Params{SaltLen: 15}, "at least 16 bytes"},
		{"R-09 a short key", Params{KeyLen: 15}, "at least 16 bytes"},
		{"R-11 too much memory", Params{Memory: 256*1024 + 1}, "costs too much"},
		{"R-11 too much time", Params{Memory: 256 * 1024, Time: 5}, "costs too much"},
		{"a long salt", Params{SaltLen: 49}, "out of range"},
		{"a long key", Params{KeyLen: 65}, "out of range"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			_, err := NewArgon2id(tc.params)
			switch {
			case tc.want == "" && err != nil:
				t.Errorf("got %v, want no error", err)
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("got %v, want an error with %q", err, tc.want)
			}
		})
	}
}

func TestHashIsAPHCString(t *testing.T) {
	a, err := NewArgon2id(Params{})
	if err != nil {
		t.Fatal(err)
	}
	a.Rand = strings.NewReader("0123456789abcdef")
	got := hashOf(t, a, "correct horse battery staple")
	// As the reference implementation prints it for these inputs.
	want := "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$"
	if !strings.HasPrefix(got, want) {
		t.Errorf("R-09: got %s, want %s and a key", got, want)
	}
	if !verify(t, a, "correct horse battery staple", got) {
		t.Error("its own password: got a mismatch")
	}
	if verify(t, a, "correct horse battery stapler", got) {
		t.Error("another password: got a match")
	}
}

// The hash of the Argon2 reference implementation for "password", and one of
// crypt_blowfish's test vectors.
func TestVerifyForeignHashes(t *testing.T) {
	a := newArgon2id(weak)
	salted := bcryptOf(t, "correct horse", 4)[len("$2a$"):]
	tests := []struct{ name, password, encoded string }{
		{"argon2id of the reference implementation", "password",
			"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"},
		{"bcrypt 2a of crypt_blowfish", "U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
		{"bcrypt 2a", "correct horse", "$2a$" + salted},
		{"bcrypt 2b", "correct horse", "$2b$" + salted},
		{"bcrypt 2y", "correct horse", "$2y$" + salted},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if err := CheckImport(tc.encoded); err != nil {
				t.Errorf("CheckImport: %v", err)
			}
			if !verify(t, a, tc.password, tc.encoded) {
				t.Errorf("%q: got a mismatch", tc.password)
			}
			if verify(t, a, tc.password+"x", tc.encoded) {
				t.Errorf("%q: got a match", tc.password+"x")
			}
		})
	}
}

// Whether a password is one that was hashed, by what differs between the two.
func TestPasswordsAreTakenAsReceived(t *testing.T) {
	long := strings.Repeat("x", 1023)
	start := strings.Repeat("s", 72)
	tests := []struct {
		name, hashed, tried string
		want                bool
	}{
		{"R-02 64 characters", strings.Repeat("a", 64), strings.Repeat("a", 64), true},
		{"R-02 200 characters", strings.Repeat("a", 200), strings.Repeat("a", 200), true},
		{"R-02 the same first 72 bytes", start + "one", start + "two", false},
		{"R-02 the first 72 bytes alone", start + "one", start, false},
		{"R-02 the last of 1024 bytes", long + "a", long + "b", false},
		{"R-02 one byte above the cap", long + "a", long + "aa", false},
		{"R-04 a leading blank", " correct horse", "correct horse", false},
		{"R-04 a trailing blank", "correct horse ", "correct horse", false},
		{"R-04 another case", "Correct Horse", "correct horse", false},
		{"R-04 a NUL and more", "correct\x00horse", "correct\x00house", false},
		{"R-04 up to the NUL", "correct\x00horse", "correct", false},
		{"R-04 with its NUL", "correct\x00horse", "correct\x00horse", true},
		{"R-04 composed and decomposed", "caf\u00e9 au lait", "cafe\u0301 au lait", true},
		{"R-04 decomposed and composed", "cafe\u0301 au lait", "caf\u00e9 au lait", true},
		{"R-04 a compatible character", "one \u00bd", "one 1\u20442", false},
		{"R-04 not UTF-8", "caf\xe9", "caf\xe8", false},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			a := newArgon2id(weak)
			if got := verify(t, a, tc.tried, hashOf(t, a, tc.hashed)); got != tc.want {
				t.Errorf("got match %t, want %t", got, tc.want)
			}
		})
	}
}

func TestHashRefusesLongPasswords(t *testing.T) {
	a := newArgon2id(weak)
	if _, err := a.Hash(t.Context(), strings.Repeat("x", MaxBytes)); err != nil {
		t.Errorf("R-02: %d bytes: got %v, want no error", MaxBytes, err)
	}
	if _, err := a.Hash(t.Context(), strings.Repeat("x", MaxBytes+1)); !errors.Is(err, ErrTooLong) {
		t.Errorf("R-02: %d bytes: got %v, want ErrTooLong", MaxBytes+1, err)
	}
}

func TestVerifyNeverMatchesMoreThanMaxBytes(t *testing.T) {
	a := newArgon2id(weak)
	long := strings.Repeat("x", MaxBytes+1)
	salt := []byte("0123456789abcdef")
	encoded := hash{params: weak, salt: salt, key: a.derive(normalise(long), salt, weak)}.String()
	if verify(t, a, long, encoded) {
		t.Error("R-02: a password above the cap: got a match")
	}
}

func TestBcryptHasNoInterchangeablePasswords(t *testing.T) {
	exactly72 := strings.Repeat("s", 72)
	tests := []struct {
		name, hashed, tried string
		want                bool
	}{
		{"R-02 72 bytes", exactly72, exactly72, true},
		{"R-02 73 bytes with the same first 72", exactly72, exactly72 + "x", false},
		{"R-02 1024 bytes with the same first 72", exactly72, strings.Repeat("s", 1024), false},
		{"R-02 73 bytes after normalisation", strings.Repeat("e", 72), strings.Repeat("e", 71) + "\u00e9", false},
		{"R-02 more bytes before normalisation", strings.Repeat("\u00e9", 36), strings.Repeat("e\u0301", 36), true},
		{"R-04 up to a NUL", "correct", "correct\x00horse", false},
		// bcrypt repeats the password and a NUL until it has 72 bytes.
		{"R-04 with itself after a NUL", "correct", "correct\x00correct", false},
	}
	a := newArgon2id(weak)
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if got := verify(t, a, tc.tried, bcryptOf(t, tc.hashed, bcrypt.MinCost)); got != tc.want {
				t.Errorf("got match %t, want %t", got, tc.want)
			}
		})
	}
}

func TestStale(t *testing.T) {
	configured := Params{Memory: 19 * 1024, Time: 2, Threads: 1, SaltLen: 16, KeyLen: 32}
	a, err := NewArgon2id(configured)
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(*Params)) string {
		p := configured
		change(&p)
		return hash{params: p, salt: make([]byte, p.SaltLen), key: make([]byte, p.KeyLen)}.String()
	}
	tests := []struct {
		name, encoded string
		want          bool
	}{
		{"R-10 as configured", with(func(*Params) {}), false},
		{"R-10 less memory", with(func(p *Params) { p.Memory-- }), true},
		{"R-10 more memory", with(func(p *Params) { p.Memory++ }), true},
		{"R-10 other passes", with(func(p *Params) { p.Time = 3 }), true},
		{"R-10 other lanes", with(func(p *Params) { p.Threads = 2 }), true},
		{"R-10 other salt length", with(func(p *Params) { p.SaltLen = 17 }), true},
		{"R-10 other key length", with(func(p *Params) { p.KeyLen = 16 }), true},
		{"R-10 bcrypt", "$2b$10$" + strings.Repeat("a", 53), true},
		{"unreadable", "x", true},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if got := a.Stale(tc.encoded); got != tc.want {
				t.Errorf("%s: got %t, want %t", tc.encoded, got, tc.want)
			}
		})
	}
}

func TestHashSalts(t *testing.T) {
	a := newArgon2id(weak)
	if one, two := hashOf(t, a, "correct horse"), hashOf(t, a, "correct horse"); one == two {
		t.Errorf("got %s twice", one)
	}
	a.Rand = bytes.NewReader(make([]byte, 15))
	if got, err := a.Hash(t.Context(), "correct horse"); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a short salt: got %q and %v, want an unexpected EOF", got, err)
	}
	broken := errors.New("broken")
	a.Rand = iotest.ErrReader(broken)
	if got, err := a.Hash(t.Context(), "correct horse"); !errors.Is(err, broken) {
		t.Errorf("no randomness: got %q and %v, want its error", got, err)
	}
}

func TestAnErrorIsNoMismatch(t *testing.T) {
	a := newArgon2id(weak)
	own := hashOf(t, a, "correct horse")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tc := range map[string]struct {
		ctx     context.Context
		encoded string
		want    error
	}{
		"no hash":           {t.Context(), "", ErrFormat},
		"a damaged hash":    {t.Context(), own[:len(own)-2], ErrFormat},
		"R-11 a dear hash":  {t.Context(), "$2b$31$" + strings.Repeat("a", 53), ErrCost},
		"an ended context":  {ended, own, context.Canceled},
		"an ended context,": {ended, bcryptOf(t, "correct horse", 4), context.Canceled},
	} {
		if match, err := a.Verify(tc.ctx, "correct horse", tc.encoded); match || !errors.Is(err, tc.want) {
			t.Errorf("%s: got %t and %v, want %v", name, match, err, tc.want)
		}
	}
	if _, err := a.Hash(ended, "correct horse"); !errors.Is(err, context.Canceled) {
		t.Errorf("Hash: got %v, want context.Canceled", err)
	}
	if err := a.Decoy(ended, "correct horse"); !errors.Is(err, context.Canceled) {
		t.Errorf("Decoy: got %v, want context.Canceled", err)
	}
}

// Argon2's reference implementation reads what Hash writes; here the parts.
func TestHashCanBeTakenApart(t *testing.T) {
	a := newArgon2id(weak)
	encoded := hashOf(t, a, "correct horse")
	h, err := parse(encoded)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(weak, h.params); diff != "" {
		t.Errorf("params (-want +got):\n%s", diff)
	}
	if got := h.String(); got != encoded {
		t.Errorf("got %s, want %s", got, encoded)
	}
}
