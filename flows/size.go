package flows

import (
	"fmt"
	"strconv"
	"strings"
)

// Size is a number of bytes.
type Size int64

// sizeUnits from the largest to the smallest.
var sizeUnits = []struct {
	name  string
	bytes Size
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}

// ParseSize reads a number of bytes such as "64KiB", "1MiB", "2GiB" or "512B".
// Units are powers of 1024; a size without a unit is not read, nor is one below
// zero.
func ParseSize(text string) (Size, error) {
	for _, unit := range sizeUnits {
		digits, ok := strings.CutSuffix(text, unit.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 63)
		if err != nil || Size(n) > (1<<63-1)/unit.bytes {
			break
		}
		return Size(n) * unit.bytes, nil
	}
	return 0, fmt.Errorf("flows: %q is no size such as 64KiB or 1MiB", text)
}

// meantSize is what was meant by a size with a unit that is not known, such as 64KiB
// by "64kb"; "" if it is not clear.
func meantSize(text string) string {
	m := numberAndUnit.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	for _, unit := range sizeUnits {
		letter := unit.name[:1]
		for _, other := range []string{letter, letter + "B", letter + "iB"} {
			if strings.EqualFold(m[2], other) {
				return m[1] + unit.name
			}
		}
	}
	return ""
}

// String writes the size in its largest whole unit, such as "64KiB".
func (s Size) String() string {
	for _, unit := range sizeUnits {
		if s != 0 && s%unit.bytes == 0 {
			return strconv.FormatInt(int64(s/unit.bytes), 10) + unit.name
		}
	}
	return "0B"
}
