package engine

import "testing"

func TestInstantText(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"2026-01-31T09:30:00.120Z", "2026-01-31T09:30:00.120Z"},
		{"2026-01-31T09:30:00Z", "2026-01-31T09:30:00.000Z"},
		{"2026-01-31T10:30:00.1299+01:00", "2026-01-31T09:30:00.129Z"},
	} {
		var i Instant
		if err := i.UnmarshalText([]byte(tt.text)); err != nil || i.String() != tt.want {
			t.Errorf("%s: got %v, %v, want %s", tt.text, i, err, tt.want)
		}
	}
	for _, text := range []string{"", "yesterday", "2026-01-31", "2026-01-31T09:30:00", "1769851800000"} {
		i := Instant(7)
		if err := i.UnmarshalText([]byte(text)); err == nil || i != 7 {
			t.Errorf("%q: got %v, %v, want an error", text, i, err)
		}
	}
}
