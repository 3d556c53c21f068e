package seal

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
)

func newKey(t *testing.T) *Key {
	t.Helper()
	text, err := Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// what was sealed can be opened with its key, and for its place only.
func TestSeal(t *testing.T) {
	k := newKey(t)
	sealed, err := k.Seal(rand.Reader, []byte("secret"), "main", "u1", "totp")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("secret")) {
		t.Error("what was sealed can be read")
	}
	again, err := k.Seal(rand.Reader, []byte("secret"), "main", "u1", "totp")
	if err != nil || bytes.Equal(again, sealed) {
		t.Errorf("sealed twice: error %v, and the same is the same", err)
	}
	plain, err := k.Open(sealed, "main", "u1", "totp")
	if err != nil || string(plain) != "secret" {
		t.Errorf("got %q, %v", plain, err)
	}
	changed := bytes.Clone(sealed)
	changed[len(changed)-1] ^= 1
	for name, open := range map[string]func() ([]byte, error){
		"another user":  func() ([]byte, error) { return k.Open(sealed, "main", "u2", "totp") },
		"another realm": func() ([]byte, error) { return k.Open(sealed, "shop", "u1", "totp") },
		"other parts":   func() ([]byte, error) { return k.Open(sealed, "mainu", "1", "totp") },
		"another key":   func() ([]byte, error) { return newKey(t).Open(sealed, "main", "u1", "totp") },
		"changed":       func() ([]byte, error) { return k.Open(changed, "main", "u1", "totp") },
		"cut":           func() ([]byte, error) { return k.Open(sealed[:10], "main", "u1", "totp") },
	} {
		if plain, err := open(); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: got %q, %v, want ErrBroken", name, plain, err)
		}
	}
}

func TestMAC(t *testing.T) {
	k := newKey(t)
	mac := func(k *Key, secret string, place ...string) string {
		sum, err := k.MAC(secret, place...)
		if err != nil {
			t.Fatal(err)
		}
		return string(sum)
	}
	one := mac(k, "123456", "main", "code", "r1")
	if mac(k, "123456", "main", "code", "r1") != one {
		t.Error("the same differs")
	}
	for name, other := range map[string]string{
		"another row":    mac(k, "123456", "main", "code", "r2"),
		"another secret": mac(k, "123457", "main", "code", "r1"),
		"other parts":    mac(k, "r1123456", "main", "code", ""),
		"another key":    mac(newKey(t), "123456", "main", "code", "r1"),
	} {
		if other == one {
			t.Errorf("%s: the same", name)
		}
	}
}

func TestNoKey(t *testing.T) {
	var none *Key
	for _, k := range []*Key{none, {}} {
		_, sealErr := k.Seal(rand.Reader, nil)
		_, openErr := k.Open(nil)
		_, macErr := k.MAC("")
		for _, err := range []error{sealErr, openErr, macErr} {
			if !errors.Is(err, ErrNoKey) {
				t.Errorf("got %v, want ErrNoKey", err)
			}
		}
	}
}

func TestParse(t *testing.T) {
	text := strings.Repeat("+/8a", 10) + "+/8="
	for _, ok := range []string{text, " " + text + "\n", strings.TrimRight(text, "="), strings.NewReplacer("+", "-", "/", "_").Replace(text)} {
		if _, err := Parse(ok); err != nil {
			t.Errorf("%q: %v", ok, err)
		}
	}
	for _, bad := range []string{"", "short", text[4:], "!" + text[1:]} {
		if _, err := Parse(bad); err == nil {
			t.Errorf("%q: got a key", bad)
		}
	}
}
