package factor

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image/png"
	"net/url"
	"strings"
	"testing"

	"github.com/latchwork/latchwork/engine"
)

// The test vectors of RFC 6238, appendix B, for SHA-1: the last six of their eight digits.
func TestVectors(t *testing.T) {
	secret := []byte("12345678901234567890")
	for seconds, want := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130",
	} {
		if got := codeAt(secret, stepAt(engine.Instant(seconds*1000))); got != want[2:] {
			t.Errorf("at %d: got %s, want %s", seconds, got, want[2:])
		}
	}
	// RFC 4226, appendix D.
	for step, want := range []string{"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"} {
		if got := codeAt(secret, int64(step)); got != want {
			t.Errorf("step %d: got %s, want %s", step, got, want)
		}
	}
}

// one step before and after, and none that was taken.
func TestSteps_R24(t *testing.T) {
	secret := []byte("12345678901234567890")
	const at, now = engine.Instant(59_000), 1
	for _, test := range []struct {
		step, last int64
		ok         bool
	}{{now - 2, -9, false}, {now - 1, -9, true}, {now, -9, true}, {now + 1, -9, true}, {now + 2, -9, false}, {now, now, false}, {now, now - 1, true}, {now + 1, now, true}, {now - 1, now, false}} {
		step, ok := stepOf(secret, codeAt(secret, test.step), at, test.last)
		if ok != test.ok || ok && step != test.step {
			t.Errorf("%+v: got %d, %t", test, step, ok)
		}
	}
}

func TestTyped(t *testing.T) {
	for text, want := range map[string]string{
		"012345": "012345", " 012 345 ": "012345", "012-345": "012345", "12345": "", "1234567": "", "": "", "١٢٣٤٥٦": "", "12345a": "", "+12345": "",
		strings.Repeat(" ", 99) + "012345": "",
	} {
		if got, ok := typedCode(text); ok != (want != "") || ok && got != want {
			t.Errorf("%q: got %q, %t, want %q", text, got, ok, want)
		}
	}
	for text, want := range map[string]string{
		"0123-4567-89ab-cdef": "0123456789abcdef", "0123 4567 89AB CDEF": "0123456789abcdef", "oOiI-lLjk-mnpq-rstv": "001111jkmnpqrstv",
		"0123-4567-89ab-cde": "", "0123-4567-89ab-cdef0": "", "0123-4567-89ab-cdeu": "", "": "", "012345": "",
	} {
		if got, ok := typedRecovery(text); ok != (want != "") || got != want {
			t.Errorf("%q: got %q, %t, want %q", text, got, ok, want)
		}
	}
}

// no randomness, no secret.
func TestRandomness_R32(t *testing.T) {
	if s, err := newSecret(strings.NewReader("short")); err == nil {
		t.Errorf("got the secret %q", s)
	}
	if c, err := newRecoveryCodes(strings.NewReader("short")); err == nil {
		t.Errorf("got the codes %q", c)
	}
	codes, err := newRecoveryCodes(bytes.NewReader(bytes.Repeat([]byte{0, 255, 7, 99}, 100)))
	if err != nil || len(codes) != recoveryCodes {
		t.Fatalf("got %q, %v", codes, err)
	}
	for _, c := range codes {
		if typed, ok := typedRecovery(c); !ok || len(typed) != recoveryLength {
			t.Errorf("%q: got %q, %t", c, typed, ok)
		}
	}
}

func TestURI(t *testing.T) {
	for _, test := range []struct{ issuer, account, want string }{
		{"", "ann@example.com", "otpauth://totp/ann%40example.com?secret=AEBAGBA"},
		{"An & Co:8080", "a+b:c", "otpauth://totp/An%20%26%20Co%208080:a%2Bb%20c?secret=AEBAGBA&issuer=An%20%26%20Co%208080"},
	} {
		got := uriOf([]byte{1, 2, 3, 4}, test.issuer, test.account)
		if got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
		if _, err := url.Parse(got); err != nil {
			t.Error(err)
		}
	}
}

func TestQR(t *testing.T) {
	text := uriOf(make([]byte, secretBytes), strings.Repeat("x", 100), strings.Repeat("y", 254))
	uri, err := qrOf(text)
	if err != nil {
		t.Fatal(err)
	}
	data, ok := strings.CutPrefix(uri, "data:image/png;base64,")
	image, err := base64.StdEncoding.DecodeString(data)
	if err != nil || !ok {
		t.Fatalf("got %.60s, %v", uri, err)
	}
	if c, err := png.DecodeConfig(bytes.NewReader(image)); err != nil || c.Width < 200 || c.Width != c.Height {
		t.Errorf("got %+v, %v", c, err)
	}
	if _, err := qrOf(strings.Repeat("x", 5000)); err == nil {
		t.Error("got no error for what no QR code holds")
	}
}

// What people type is a code in one form, or none.
func FuzzTyped(f *testing.F) {
	for _, text := range []string{"012345", "0123-4567-89ab-cdef", "ä", "\x00"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if code, ok := typedCode(text); ok && fmt.Sprintf("%06s", code) != code {
			t.Errorf("%q: got %q", text, code)
		}
		if code, ok := typedRecovery(text); ok {
			if again, ok := typedRecovery(code); !ok || again != code {
				t.Errorf("%q: got %q, then %q", text, code, again)
			}
		}
	})
}
