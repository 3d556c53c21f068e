package key

import (
	"context"
	"errors"
	"fmt"

	"github.com/latchwork/latchwork/engine"
)

// Info is a key as flows see it, under apikey.
type Info struct {
	ID     string   `flow:"id" doc:"24 hex digits."`
	Name   string   `flow:"name" doc:"What the operator calls it."`
	Kind   string   `flow:"kind" doc:"private or public."`
	Scopes []string `flow:"scopes,trusted" doc:"What it may do."`
}

type guardWith struct {
	Scope *string `flow:"scope,optional,literal" doc:"The scope that the key must have."`
}

type guardOutcomes struct {
	Passed engine.Outcome[Info] `flow:"passed" doc:"The request came with a key that opens the endpoint."`
}

// Guard is the node type that the compiler puts in front of an endpoint that
// requires an API key. What it cannot find out, it refuses.
func Guard(m *Manager) engine.NodeType {
	return engine.Define("guard.key", "Lets a request pass that came with an API key for the endpoint.",
		func(ctx context.Context, in guardWith, out guardOutcomes) (engine.Exit, error) {
			var secret string
			var by Carrier
			realm := engine.Realm(ctx)
			if r := engine.RequestOf(ctx); r != nil && r.Source != nil {
				secret, by = m.config(realm).Find(r.Source)
			}
			d := Demand{Kind: by.Kind, Route: engine.CallerOf(ctx).Route}
			if in.Scope != nil {
				d.Scope = *in.Scope
			}
			k, err := m.Check(ctx, realm, secret, d)
			if err != nil {
				return engine.Exit{}, refusal(err, by)
			}
			scopes := k.Scopes
			if scopes == nil {
				scopes = []string{}
			}
			return out.Passed.Exit(Info{ID: k.ID, Name: k.Name, Kind: string(k.Kind), Scopes: scopes}), nil
		}, engine.ReadsRequest,
		engine.MayFail(failMissing, engine.Fail(401, (Carrier{}).code(), textInvalid), failExpired, failEndpoint),
		engine.MayFailFor("scope", failScope))
}

// What a client is told of a key that does not open an endpoint.
var (
	failMissing  = engine.Fail(401, "missing_API_key", "An API key is required.")
	failExpired  = engine.Fail(401, "expired_API_key", "The API key has expired.")
	failEndpoint = engine.Fail(401, "endpoint_not_allowed", "The API key may not call this endpoint.")
	failScope    = engine.Fail(403, "access_denied", "The API key lacks the scope that this endpoint requires.")
)

// textInvalid goes with the code that a carrier has for keys that open nothing.
const textInvalid = "The API key is not valid."

// refusal is what the client is told, and with what the log is told besides. An error
// that says nothing of the key stays what it is.
func refusal(err error, by Carrier) error {
	if f := failure(err, by); f != nil {
		return fmt.Errorf("%w (%v)", f, err)
	}
	return err
}

func failure(err error, by Carrier) *engine.Failure {
	switch {
	case errors.Is(err, ErrMissing):
		return failMissing
	case errors.Is(err, ErrInvalid):
		return engine.Fail(401, by.code(), textInvalid)
	case errors.Is(err, ErrExpired):
		return failExpired
	case errors.Is(err, ErrEndpoint):
		return failEndpoint
	case errors.Is(err, ErrScope):
		return failScope
	}
	return nil
}
