package factor

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what authenticator apps know; HMAC does not rest on collisions
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/latchwork/latchwork/engine"
)

const (
	secretBytes = 20 // RFC 4226 §4 R6
	digits      = 6
	modulus     = 1_000_000
	period      = 30_000 // milliseconds; RFC 6238 §5.2

	// drift is how many steps the clock of a phone may be wrong, before or after.
	drift = 1
)

// newSecret is a secret for an app.
func newSecret(random io.Reader) ([]byte, error) {
	secret := make([]byte, secretBytes)
	if _, err := io.ReadFull(random, secret); err != nil {
		return nil, fmt.Errorf("factor: %w", err)
	}
	return secret, nil
}

// stepAt is the step of time at a moment.
func stepAt(at engine.Instant) int64 { return int64(at) / period }

// codeAt is the code of a step: RFC 4226 §5.3 over the step, as RFC 6238 §4.2 has it.
func codeAt(secret []byte, step int64) string {
	h := hmac.New(sha1.New, secret)
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	sum := h.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	n := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	return fmt.Sprintf("%0*d", digits, n%modulus)
}

// stepOf is the step whose code this is, and whether there is one near at. Of steps up
// to last no code is taken.
func stepOf(secret []byte, code string, at engine.Instant, last int64) (step int64, ok bool) {
	now := stepAt(at)
	for s := now - drift; s <= now+drift; s++ {
		// Each is compared, so that the time does not tell which it was.
		if subtle.ConstantTimeCompare([]byte(codeAt(secret, s)), []byte(code)) == 1 && s > last && !ok {
			step, ok = s, true
		}
	}
	return step, ok
}

// typedCode are the digits of what somebody has typed, and whether they can be a code.
// People leave spaces in it, as their apps show it.
func typedCode(text string) (string, bool) {
	text, ok := squeeze(text)
	return text, ok && len(text) == digits && strings.Trim(text, "0123456789") == ""
}

// squeeze takes the spaces and hyphens out of what somebody has typed, unless that is
// far too long.
func squeeze(text string) (string, bool) {
	if len(text) > 64 {
		return "", false
	}
	return strings.ReplaceAll(strings.Join(strings.Fields(text), ""), "-", ""), true
}

// inBase32 is a secret as people type it into an app that has no camera.
func inBase32(secret []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
}

// uriOf is the address that an app reads from a QR code. Apps know no other algorithm,
// number of digits or period for sure, so those are left to their defaults.
func uriOf(secret []byte, issuer, account string) string {
	// A colon parts the two, so neither may have one. Some apps show a plus as it is.
	escape := func(text string) string {
		return strings.ReplaceAll(url.QueryEscape(strings.ReplaceAll(text, ":", " ")), "+", "%20")
	}
	label, query := escape(account), "secret="+inBase32(secret)
	if issuer != "" {
		label = escape(issuer) + ":" + label
		query += "&issuer=" + escape(issuer)
	}
	return "otpauth://totp/" + label + "?" + query
}
