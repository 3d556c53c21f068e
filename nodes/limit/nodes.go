package limit

import (
	"context"
	"strconv"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/internal/network"
)

type takeWith struct {
	Key string        `flow:"key" doc:"What is counted: whoever gives the same key shares the limit."`
	Per time.Duration `flow:"per,literal" example:"15m" doc:"The time in which all units come back."`
	Max int           `flow:"max,literal" min:"1" max:"1000000" doc:"How many units there are."`
}

type exceeded struct {
	RetryAfter int `flow:"retryAfter" doc:"Seconds until the next unit is there."`
}

type takeOutcomes struct {
	Taken    engine.Outcome[engine.None] `flow:"taken" doc:"There was a unit; it is taken now."`
	Exceeded engine.Outcome[exceeded]    `flow:"exceeded" fails:"429 rate_limit_exceeded Too many requests. Try again later." doc:"There was none."`
}

// Nodes are the node types limit.*.
func Nodes(store Store) []engine.NodeType {
	return []engine.NodeType{engine.Define("limit.take", "Takes one of so many units that a key has in a time.",
		func(ctx context.Context, in takeWith, out takeOutcomes) (engine.Exit, error) {
			// The figures are part of the key, so that one key under two limits is two.
			key := join("take", engine.Realm(ctx), strconv.Itoa(in.Max), in.Per.String(), in.Key)
			wait, err := store.Take(ctx, key, in.Max, in.Per, engine.Now(ctx))
			if err != nil {
				return engine.Exit{}, err
			}
			if wait > 0 {
				return out.Exceeded.Exit(exceeded{seconds(wait)}), nil
			}
			return out.Taken.Exit(engine.None{}), nil
		},
		engine.Effect,
		engine.Example(`
- id: once
  use: limit.take
  with:
    key: ${{ input.email }}
    per: 1h
    max: 5
- id: ok
  use: respond
  with:
    status: 204
`))}
}

type rateWith struct {
	Max int           `flow:"max,literal" min:"1" max:"1000000" doc:"How many requests at once."`
	Per time.Duration `flow:"per,literal" example:"1m" doc:"The time in which as many may come again."`
}

type rateOutcomes struct {
	Passed engine.Outcome[engine.None] `flow:"passed" doc:"The request may come."`
}

// Guard is the node type that the compiler puts in front of an endpoint with
// rate. It counts by address, endpoint and realm.
func Guard(store Store) engine.NodeType {
	return engine.Define("guard.rate", "Lets an address make so many requests to an endpoint in a time.",
		func(ctx context.Context, in rateWith, out rateOutcomes) (engine.Exit, error) {
			caller := engine.CallerOf(ctx)
			key := join("rate", engine.Realm(ctx), caller.Route, network.Of(caller.IP))
			wait, err := store.Take(ctx, key, in.Max, in.Per, engine.Now(ctx))
			if err != nil {
				return engine.Exit{}, err
			}
			if wait > 0 {
				f := tooMany()
				f.RetryAfter = time.Duration(seconds(wait)) * time.Second
				f.Details = map[string]any{"retryAfter": seconds(wait)}
				return engine.Exit{}, f
			}
			return out.Passed.Exit(engine.None{}), nil
		}, engine.MayFail(tooMany()))
}

func tooMany() *engine.Failure {
	return engine.Fail(429, "rate_limit_exceeded", "Too many requests. Try again later.")
}

// join makes one key of parts that anybody may have chosen: no two lists of
// parts give the same key.
func join(parts ...string) string {
	var key []byte
	for _, part := range parts {
		key = strconv.AppendInt(key, int64(len(part)), 10)
		key = append(key, ':')
		key = append(key, part...)
	}
	return string(key)
}
