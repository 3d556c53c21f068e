package password

import (
	"fmt"
	"strings"
)

// Params are the parameters of Argon2id. The zero value of a field means that
// of DefaultParams.
type Params struct {
	Memory  uint32 // KiB for each hash under way
	Time    uint32 // passes over the memory
	Threads uint8  // lanes; they are computed one after the other, on one thread
	SaltLen int    // bytes
	KeyLen  int    // bytes
}

// DefaultParams returns what OWASP's Password Storage Cheat Sheet names first,
// 19 MiB and two passes, with the salt and key lengths of RFC 9106 §4.
func DefaultParams() Params {
	return Params{Memory: 19 * mebi, Time: 2, Threads: 1, SaltLen: 16, KeyLen: 32}
}

const mebi = 1024 // KiB

// owasp lists the least memory in KiB for each number of passes. The settings
// give equal protection (OWASP Password Storage Cheat Sheet, Argon2id).
var owasp = []struct{ memory, time uint32 }{
	{46 * mebi, 1},
	{19 * mebi, 2},
	{12 * mebi, 3},
	{9 * mebi, 4},
	{7 * mebi, 5},
}

func (p Params) withDefaults() Params {
	d := DefaultParams()
	if p.Memory == 0 {
		p.Memory = d.Memory
	}
	if p.Time == 0 {
		p.Time = d.Time
	}
	if p.Threads == 0 {
		p.Threads = d.Threads
	}
	if p.SaltLen == 0 {
		p.SaltLen = d.SaltLen
	}
	if p.KeyLen == 0 {
		p.KeyLen = d.KeyLen
	}
	return p
}

// Validate says what is wrong with the parameters: less than OWASP's minimum,
// a salt under 16 or a key under 16 bytes, or a cost that CheckImport would
// refuse in a foreign hash.
func (p Params) Validate() error {
	p = p.withDefaults()
	if err := p.bounded(); err != nil {
		return err
	}
	if p.SaltLen < 16 || p.KeyLen < 16 {
		return fmt.Errorf("password: argon2id wants a salt and a key of at least 16 bytes, not %d and %d", p.SaltLen, p.KeyLen)
	}
	var least []string
	for _, row := range owasp {
		if p.Memory >= row.memory && p.Time >= row.time {
			return nil
		}
		least = append(least, fmt.Sprintf("m=%d,t=%d", row.memory, row.time))
	}
	return fmt.Errorf("password: argon2id with m=%d,t=%d is weaker than OWASP's minimum, one of %s",
		p.Memory, p.Time, strings.Join(least, " "))
}
