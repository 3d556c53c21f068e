package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// ErrFormat says that a text is no hash that can be checked. The text itself is
// not in the error.
var ErrFormat = errors.New("password: neither an argon2id hash in PHC form nor a bcrypt hash")

// ErrCost says that a hash would take more time or memory than any hash may.
var ErrCost = errors.New("password: the hash costs too much to check")

// What checking one hash may cost, whoever made the hash. OWASP's Password
// Storage Cheat Sheet wants a hash to take less than a second; on processors of
// 2024 these do.
const (
	// 256 MiB is libsodium's MODERATE, the largest preset meant for sign-in that
	// is in wide use. Defaults elsewhere: argon2-cffi and PHP 64 MiB, Ory Kratos
	// 128 MiB.
	maxMemory = 256 * mebi
	// The time of a hash grows with memory × passes; MODERATE makes 3 passes.
	maxPasses = 4 * maxMemory
	// bcrypt doubles with each step: 2^10 rounds take some 60 ms, 2^14 a second.
	maxBcrypt = 14
	minBcrypt = 4 // by definition of bcrypt
)

// The lengths that the PHC string format gives for Argon2's salt and output.
const (
	minSalt, maxSalt = 8, 48
	minKey, maxKey   = 12, 64
)

// CheckImport says whether a hash from another system can be stored and
// checked here: argon2id in PHC form, or bcrypt as $2a$, $2b$ or $2y$, at a
// bounded cost. The error is ErrFormat or ErrCost.
func CheckImport(encoded string) error {
	_, err := parse(encoded)
	return err
}

// A hash is an encoded hash taken apart.
type hash struct {
	bcrypt string // the whole text of a bcrypt hash; empty for argon2id
	rounds int    // base-2 logarithm of bcrypt's rounds

	params Params
	salt   []byte
	key    []byte
}

// phc is strict: each field once, in order, in decimal, nothing else.
var (
	phc      = regexp.MustCompile(`^\$argon2id\$v=19\$m=(\d{1,10}),t=(\d{1,10}),p=(\d{1,3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$`)
	bcrypted = regexp.MustCompile(`^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$`)
)

// maxEncoded bounds what is looked at; the longest hash that is taken has 193 bytes.
const maxEncoded = 200

func parse(encoded string) (hash, error) {
	if len(encoded) > maxEncoded {
		return hash{}, ErrFormat
	}
	if m := bcrypted.FindStringSubmatch(encoded); m != nil {
		return parseBcrypt(m)
	}
	if m := phc.FindStringSubmatch(encoded); m != nil {
		return parseArgon2id(m)
	}
	return hash{}, ErrFormat
}

func parseBcrypt(m []string) (hash, error) {
	rounds, _ := strconv.Atoi(m[1]) // two digits
	if rounds < minBcrypt || rounds > 31 {
		return hash{}, ErrFormat
	}
	if rounds > maxBcrypt {
		return hash{}, fmt.Errorf("%w: bcrypt at cost %d, the most is %d", ErrCost, rounds, maxBcrypt)
	}
	return hash{bcrypt: m[0], rounds: rounds}, nil
}

func parseArgon2id(m []string) (hash, error) {
	memory, err1 := strconv.ParseUint(m[1], 10, 32)
	time, err2 := strconv.ParseUint(m[2], 10, 32)
	threads, err3 := strconv.ParseUint(m[3], 10, 8)
	salt, err4 := base64.RawStdEncoding.DecodeString(m[4])
	key, err5 := base64.RawStdEncoding.DecodeString(m[5])
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return hash{}, ErrFormat
	}
	h := hash{
		params: Params{Memory: uint32(memory), Time: uint32(time), Threads: uint8(threads), SaltLen: len(salt), KeyLen: len(key)},
		salt:   salt,
		key:    key,
	}
	// What does not come out as it went in was written in a second way:
	// numbers with leading zeros, base64 with bits that are not used.
	if h.String() != m[0] {
		return hash{}, ErrFormat
	}
	if err := h.params.bounded(); err != nil {
		return hash{}, err
	}
	return h, nil
}

// bounded checks what must hold for every hash, configured or foreign.
func (p Params) bounded() error {
	if p.Time < 1 || p.Threads < 1 || p.Memory < 8*uint32(p.Threads) || // RFC 9106 §3.1
		p.SaltLen < minSalt || p.SaltLen > maxSalt || p.KeyLen < minKey || p.KeyLen > maxKey {
		return fmt.Errorf("%w: argon2id with m=%d,t=%d,p=%d and a salt and a key of %d and %d bytes is out of range",
			ErrFormat, p.Memory, p.Time, p.Threads, p.SaltLen, p.KeyLen)
	}
	if p.Memory > maxMemory || uint64(p.Memory)*uint64(p.Time) > maxPasses {
		return fmt.Errorf("%w: argon2id with m=%d,t=%d, the most is m=%d and m×t=%d",
			ErrCost, p.Memory, p.Time, maxMemory, maxPasses)
	}
	return nil
}

// String is the form in which the hash is stored.
func (h hash) String() string {
	if h.bcrypt != "" {
		return h.bcrypt
	}
	b64 := base64.RawStdEncoding.EncodeToString
	return strings.Join([]string{"", "argon2id", "v=19",
		fmt.Sprintf("m=%d,t=%d,p=%d", h.params.Memory, h.params.Time, h.params.Threads),
		b64(h.salt), b64(h.key)}, "$")
}
