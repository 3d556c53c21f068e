package password

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestCheckImport(t *testing.T) {
	const salt, key = "c29tZXNhbHQ", "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	phc := func(params string) string { return "$argon2id$v=19$" + params + "$" + salt + "$" + key }
	tail := strings.Repeat("a", 53)
	tests := []struct {
		name, encoded string
		want          error
	}{
		{"argon2id", phc("m=65536,t=2,p=1"), nil},
		{"weak argon2id", phc("m=8,t=1,p=1"), nil},
		{"R-11 argon2id at the limit", phc("m=262144,t=4,p=255"), nil},
		{"R-11 argon2id with 4 GiB", phc("m=4194304,t=1,p=1"), ErrCost},
		{"R-11 argon2id with one KiB too much", phc("m=262145,t=1,p=1"), ErrCost},
		{"R-11 argon2id with one pass too much", phc("m=262144,t=5,p=1"), ErrCost},
		{"R-11 argon2id with little memory and many passes", phc("m=8,t=131073,p=1"), ErrCost},
		{"R-11 argon2id beyond 32 bits", phc("m=4294967296,t=1,p=1"), ErrFormat},
		{"R-11 a product beyond 32 bits", phc("m=65536,t=65536,p=1"), ErrCost},
		{"bcrypt", "$2b$10$" + tail, nil},
		{"bcrypt as PHP writes it", "$2y$10$" + tail, nil},
		{"R-11 bcrypt at the limit", "$2b$14$" + tail, nil},
		{"R-11 bcrypt 15", "$2b$15$" + tail, ErrCost},
		{"R-11 bcrypt 31", "$2b$31$" + tail, ErrCost},
		{"bcrypt 32", "$2b$32$" + tail, ErrFormat},
		{"bcrypt 3", "$2b$03$" + tail, ErrFormat},
		{"the broken bcrypt", "$2x$10$" + tail, ErrFormat},
		{"bcrypt without a letter", "$2$10$" + tail, ErrFormat},
		{"short bcrypt", "$2b$10$" + tail[1:], ErrFormat},
		{"long bcrypt", "$2b$10$" + tail + "a", ErrFormat},
		{"bcrypt with a line feed", "$2b$10$" + tail + "\n", ErrFormat},
		{"argon2i", strings.Replace(phc("m=65536,t=2,p=1"), "2id", "2i", 1), ErrFormat},
		{"argon2d", strings.Replace(phc("m=65536,t=2,p=1"), "2id", "2d", 1), ErrFormat},
		{"the first version of argon2", strings.Replace(phc("m=65536,t=2,p=1"), "v=19", "v=16", 1), ErrFormat},
		{"no version", strings.Replace(phc("m=65536,t=2,p=1"), "v=19$", "", 1), ErrFormat},
		{"another order", phc("t=2,m=65536,p=1"), ErrFormat},
		{"a parameter twice", phc("m=65536,m=65536,t=2,p=1"), ErrFormat},
		{"a parameter too much", phc("m=65536,t=2,p=1,data=AAAA"), ErrFormat},
		{"a leading zero", phc("m=065536,t=2,p=1"), ErrFormat},
		{"a sign", phc("m=+65536,t=2,p=1"), ErrFormat},
		{"a blank", phc("m=65536,t=2, p=1"), ErrFormat},
		{"no pass", phc("m=65536,t=0,p=1"), ErrFormat},
		{"no lane", phc("m=65536,t=2,p=0"), ErrFormat},
		{"more lanes than there can be", phc("m=65536,t=2,p=256"), ErrFormat},
		{"less memory than the lanes need", phc("m=15,t=2,p=2"), ErrFormat},
		{"padding", phc("m=65536,t=2,p=1") + "=", ErrFormat},
		{"a line feed in the key", strings.Replace(phc("m=65536,t=2,p=1"), "GRPPc", "GRP\nPc", 1), ErrFormat},
		{"bits after the key", phc("m=65536,t=2,p=1")[:len(phc("m=65536,t=2,p=1"))-1] + "d", ErrFormat},
		{"a salt of 7 bytes", "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAA$" + key, ErrFormat},
		{"a key of 11 bytes", "$argon2id$v=19$m=8,t=1,p=1$" + salt + "$AAAAAAAAAAAAAAA", ErrFormat},
		{"no key", "$argon2id$v=19$m=65536,t=2,p=1$" + salt, ErrFormat},
		{"something before", "x" + phc("m=65536,t=2,p=1"), ErrFormat},
		{"something long", strings.Repeat("$", 1<<20), ErrFormat},
		{"a password", "correct horse battery staple", ErrFormat},
		{"nothing", "", ErrFormat},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			err := CheckImport(tc.encoded)
			if !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), "horse") {
				t.Errorf("the error tells what was given: %v", err)
			}
		})
	}
}

func TestTheLongestHashIsRead(t *testing.T) {
	p := Params{Memory: maxMemory, Time: 4, Threads: 255, SaltLen: maxSalt, KeyLen: maxKey}
	encoded := hash{params: p, salt: make([]byte, p.SaltLen), key: make([]byte, p.KeyLen)}.String()
	if err := CheckImport(encoded); err != nil {
		t.Errorf("%d bytes: got %v, want no error", len(encoded), err)
	}
}

func FuzzPHC(f *testing.F) {
	for _, seed := range []string{
		"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=8,t=131072,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=4294967295,t=4294967295,p=255$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAA",
		"$2b$14$" + strings.Repeat("a", 53),
		"$2y$31$" + strings.Repeat(".", 53),
		"",
	} {
		f.Add(seed)
	}
	a := newArgon2id(weak)
	f.Fuzz(func(t *testing.T, encoded string) {
		h, err := parse(encoded)
		if err != nil {
			if !errors.Is(err, ErrFormat) && !errors.Is(err, ErrCost) {
				t.Errorf("got %v, want ErrFormat or ErrCost", err)
			}
			if !a.Stale(encoded) {
				t.Error("cannot be read and is not stale")
			}
			return
		}
		if got := h.String(); got != encoded {
			t.Errorf("got %q, want %q", got, encoded)
		}
		if h.bcrypt != "" {
			if h.rounds < 4 || h.rounds > 14 {
				t.Errorf("read a bcrypt hash of cost %d", h.rounds)
			}
			return
		}
		p := h.params
		if work := uint64(p.Memory) * uint64(p.Time); p.Memory > 256*1024 || work > 1<<20 || work == 0 || p.Threads == 0 {
			t.Errorf("read a hash of m=%d,t=%d,p=%d", p.Memory, p.Time, p.Threads)
		}
		if len(h.salt) < 8 || len(h.key) < 12 {
			t.Errorf("read a salt of %d and a key of %d bytes", len(h.salt), len(h.key))
		}
		// A mistake in these would make the derivation panic.
		if p.Memory < 8*uint32(p.Threads) {
			t.Errorf("read %d KiB for %d lanes", p.Memory, p.Threads)
		}
	})
}

func TestErrorsOfCostNameTheLimit(t *testing.T) {
	err := CheckImport(fmt.Sprintf("$2b$%d$%s", 31, strings.Repeat("a", 53)))
	if want := "password: the hash costs too much to check: bcrypt at cost 31, the most is 14"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
