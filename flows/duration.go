package flows

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// day is 24 hours; flows know no daylight saving.
const day = 24 * time.Hour

// ParseDuration reads a time as flows write it: as time.ParseDuration does,
// such as "90s" or "1h30m", or in whole days, such as "7d".
func ParseDuration(text string) (time.Duration, error) {
	if digits, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(digits, 10, 64)
		if err != nil || n > uint64((1<<63-1)/day) {
			return 0, fmt.Errorf("flows: %q is no number of days", text)
		}
		return time.Duration(n) * day, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("flows: %q is no time such as 10s, 15m or 7d", text)
	}
	return d, nil
}

// MeantDuration is what was meant by a time with a unit that flows do not know, such
// as "1m" by "1min"; "" if it is not clear.
func MeantDuration(text string) string {
	m := numberAndUnit.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	unit := strings.ToLower(m[2])
	meant := m[1] + cmp.Or(timeUnits[unit], timeUnits[strings.TrimSuffix(unit, "s")])
	if d, err := ParseDuration(meant); err != nil || d <= 0 {
		return ""
	}
	return meant
}

var numberAndUnit = regexp.MustCompile(`^([0-9]+) *([A-Za-z]+)$`)

// timeUnits are the units of times by the names that other languages have for them.
var timeUnits = map[string]string{
	"s": "s", "sec": "s", "second": "s", "m": "m", "min": "m", "minute": "m", "h": "h", "hr": "h", "hour": "h", "d": "d", "day": "d",
}
