// Package limit owns how often something may happen: the limits that flows and
// endpoints set, and the store that counts.
package limit

import (
	"context"
	"time"

	"github.com/latchwork/latchwork/engine"
)

// Store counts what was taken. Its methods are safe for concurrent use.
//
// A store that several processes share makes one limit of theirs; Memory counts
// for its own process only.
type Store interface {
	// Take takes one of the units that the key may have: max at once, of which
	// one comes back each per/max. It returns 0 when the unit was taken, and
	// otherwise how long it is until one is there; nothing was taken then. An
	// error means that nobody knows: the caller must not go on as if it had a unit.
	Take(ctx context.Context, key string, max int, per time.Duration, at engine.Instant) (wait time.Duration, err error)
}

// seconds is a time to wait as clients are told it: whole seconds, at least one.
func seconds(wait time.Duration) int {
	return int(max(1, (wait+time.Second-1)/time.Second))
}
