package factor

import (
	"encoding/base32"
	"fmt"
	"io"
	"strings"

	"github.com/latchwork/latchwork/nodes/seal"
)

const (
	recoveryCodes  = 10
	recoveryBytes  = 10 // 80 bits
	recoveryLength = 16
)

// recovery writes codes in letters that nobody takes for another: Crockford's base 32.
var recovery = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// newRecoveryCodes are recovery codes as their user keeps them, in groups of four.
func newRecoveryCodes(random io.Reader) ([]string, error) {
	codes := make([]string, recoveryCodes)
	for i := range codes {
		var b [recoveryBytes]byte
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return nil, fmt.Errorf("factor: %w", err)
		}
		text := recovery.EncodeToString(b[:])
		codes[i] = text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:]
	}
	return codes, nil
}

// looksAlike turns letters that are no digits of a code into those that they are taken
// for.
var looksAlike = strings.NewReplacer("o", "0", "i", "1", "l", "1")

// typedRecovery is a recovery code of what somebody has typed, and whether it can be
// one.
func typedRecovery(text string) (string, bool) {
	text, ok := squeeze(text)
	text = looksAlike.Replace(strings.ToLower(text))
	if !ok || len(text) != recoveryLength {
		return "", false
	}
	if _, err := recovery.DecodeString(text); err != nil {
		return "", false
	}
	return text, true
}

// macOf is what is stored of a recovery code of a user.
func macOf(key *seal.Key, realm, userID, code string) ([]byte, error) {
	code, _ = typedRecovery(code)
	return key.MAC(code, "recovery", realm, userID)
}
