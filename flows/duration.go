package flows

import (
	"fmt"
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
