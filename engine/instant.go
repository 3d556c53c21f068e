package engine

import (
	"fmt"
	"time"
)

// Instant is a moment in Unix milliseconds. In expressions and answers it is
// RFC 3339 text in UTC with milliseconds, such as "2026-01-31T09:30:00.000Z".
type Instant int64

const instantLayout = "2006-01-02T15:04:05.000Z"

// InstantOf is the Instant of t, cut to milliseconds.
func InstantOf(t time.Time) Instant { return Instant(t.UnixMilli()) }

// Time is the moment as a time.Time in UTC.
func (i Instant) Time() time.Time { return time.UnixMilli(int64(i)).UTC() }

// String is the RFC 3339 text.
func (i Instant) String() string { return i.Time().Format(instantLayout) }

// AppendText appends the RFC 3339 text to b.
func (i Instant) AppendText(b []byte) ([]byte, error) {
	return i.Time().AppendFormat(b, instantLayout), nil
}

// MarshalText is the RFC 3339 text.
func (i Instant) MarshalText() ([]byte, error) { return i.AppendText(nil) }

// UnmarshalText reads RFC 3339 text of any zone, cut to milliseconds.
func (i *Instant) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return fmt.Errorf("engine: %q is no time such as 2026-01-31T09:30:00.000Z", text)
	}
	*i = InstantOf(t)
	return nil
}
