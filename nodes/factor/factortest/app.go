package factortest

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"testing"
	"time"
)

// App is an authenticator app that was shown a secret in base 32, as the apps of phones
// do it (RFC 6238, with the defaults of its reference implementation).
type App struct{ Secret string }

// Code is what the app shows at a moment.
func (a App) Code(t testing.TB, at time.Time) string {
	t.Helper()
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(a.Secret)
	if err != nil || len(secret) == 0 {
		t.Fatalf("got the secret %q, %v", a.Secret, err)
	}
	h := hmac.New(sha1.New, secret)
	if err := binary.Write(h, binary.BigEndian, at.Unix()/30); err != nil {
		t.Fatal(err)
	}
	sum := h.Sum(nil)
	at4 := sum[sum[19]&15:][:4]
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(at4)%(1<<31)%1_000_000)
}
