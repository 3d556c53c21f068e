package flows_test

import (
	"testing"

	"github.com/latchwork/latchwork/flows"
)

func TestMeantDuration(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"1min", "1m"}, {"15 minutes", "15m"}, {"30sec", "30s"}, {"1 Hour", "1h"}, {"2hrs", "2h"}, {"7 days", "7d"}, {"1D", "1d"},
		{"1week", ""}, {"min", ""}, {"soon", ""}, {"0min", ""}, {"999999999999999999999days", ""}, {"", ""}, {"1m30", ""}, {"-1min", ""},
	} {
		if got := flows.MeantDuration(c.text); got != c.want {
			t.Errorf("MeantDuration(%q): got %q, want %q", c.text, got, c.want)
		}
	}
}
