package provider

import (
	"context"

	"github.com/latchwork/latchwork/engine"
)

// How long what a provider says of itself is believed, in milliseconds, and how long
// after an attempt there is no other, whether it went well or not: whoever sends tokens
// with made-up keys makes no flood of requests.
const (
	believed  engine.Instant = 60 * 60 * 1000
	attempted engine.Instant = 10 * 1000
)

// cached is a value that is read from a provider by one caller at a time.
type cached[T any] struct {
	free  chan struct{} // has one element while nobody reads
	state *cacheState[T]
}

type cacheState[T any] struct {
	value T
	has   bool
	read  engine.Instant // when it was
	tried engine.Instant // when it last was tried
	err   error          // of the last try
}

func newCached[T any]() cached[T] {
	c := cached[T]{make(chan struct{}, 1), &cacheState[T]{}}
	c.free <- struct{}{}
	return c
}

// get is the value, read anew if it is too old, or if fits has something against it and
// the last try was not just now. fits may be nil.
func (c cached[T]) get(ctx context.Context, read func(context.Context) (T, error), fits func(T) bool) (T, error) {
	var none T
	select {
	case <-c.free:
	case <-ctx.Done():
		return none, ctx.Err()
	}
	defer func() { c.free <- struct{}{} }()
	s, now := c.state, engine.Now(ctx)
	good := s.has && now-s.read < believed
	if good && (fits == nil || fits(s.value)) {
		return s.value, nil
	}
	if s.tried != 0 && now-s.tried < attempted {
		if good {
			return s.value, nil
		}
		return none, s.err
	}
	value, err := read(ctx)
	if err != nil && ctx.Err() != nil {
		return none, err // whoever asked has gone; that says nothing of the provider
	}
	s.tried, s.err = now, err
	if err != nil {
		if good {
			return s.value, nil
		}
		return none, err
	}
	s.value, s.has, s.read = value, true, now
	return value, nil
}
