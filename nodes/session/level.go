package session

import (
	"slices"

	"github.com/latchwork/latchwork/engine"
)

// kindOf is the kind of a factor: recovery codes stand in for an authenticator
// that was lost, so they are no factor besides it. Every other factor is a kind
// of its own.
func kindOf(factor string) string {
	if factor == "recovery" {
		return "totp"
	}
	return factor
}

// kinds is how many different kinds of factors there are.
func kinds(factors []string) int {
	var seen []string
	for _, f := range factors {
		if k := kindOf(f); !slices.Contains(seen, k) {
			seen = append(seen, k)
		}
	}
	return len(seen)
}

// level is computed from what was proved whenever a session is looked at, and
// never stored: there is nothing that could be stale or forged.
func level(factors []string) int {
	if slices.Contains(factors, string(engine.Delegated)) {
		return 0
	}
	return min(kinds(factors), 2)
}
