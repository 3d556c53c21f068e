package runtime

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"

	"github.com/latchwork/latchwork/engine"
)

// Events writes what happens to credentials and sessions to the log: who did
// what, from where, and how it ended (OWASP ASVS 16.3.1). It has ids only, never
// addresses or names of people, and no secrets.
type Events struct {
	Logger *slog.Logger
	// Steps are the names of node types of which every step is an event.
	Steps map[string]bool
	// Refusals are those of which only steps that fail are events, such as guards,
	// which let nearly every request pass.
	Refusals map[string]bool
}

var _ engine.Observer = (*Events)(nil)

// eventIDs are the fields of inputs and outputs that name whom and what an event
// is about. A value that is a secret is masked before it comes here.
type eventIDs struct {
	ID     string `json:"id"`
	UserID string `json:"userId"`
	Actor  string `json:"actor"` // who stands in for the user
}

// idsOf reads the ids of a step. Outputs count before inputs: a node that makes
// something knows its id only then.
func idsOf(s *engine.StepRecord) (user, subject, actor string) {
	var values struct {
		With    json.RawMessage `json:"with"`
		Outputs json.RawMessage `json:"outputs"`
	}
	var with, outputs eventIDs
	// What cannot be read has no ids: outputs that are masked as a whole are text.
	_ = json.Unmarshal(s.Values(nil), &values)
	_ = json.Unmarshal(values.With, &with)
	_ = json.Unmarshal(values.Outputs, &outputs)
	return cmp.Or(outputs.UserID, with.UserID), cmp.Or(outputs.ID, with.ID), outputs.Actor
}

// Watches is asked by the engine.
func (e *Events) Watches(nodeType string) engine.Watch {
	switch {
	case e.Steps[nodeType]:
		return engine.WatchAll
	case e.Refusals[nodeType]:
		return engine.WatchErrors
	}
	return engine.WatchNothing
}

// Step is called by the engine.
func (e *Events) Step(ctx context.Context, s engine.StepRecord) {
	level := slog.LevelInfo
	if s.Outcome == "error" {
		level = slog.LevelWarn
	}
	if !e.Logger.Enabled(ctx, level) {
		return
	}
	caller := engine.CallerOf(ctx)
	attrs := []slog.Attr{
		slog.String("id", s.RequestID),
		slog.String("event", s.Type),
		slog.String("outcome", s.Outcome),
		slog.String("flow", s.Flow),
		slog.String("node", s.Node),
		slog.String("realm", engine.Realm(ctx)),
		slog.String("ip", caller.IP),
	}
	user, subject, actor := idsOf(&s)
	if user != "" {
		attrs = append(attrs, slog.String("user", user))
	}
	if subject != "" {
		attrs = append(attrs, slog.String("subject", subject))
	}
	if actor != "" {
		attrs = append(attrs, slog.String("actor", actor))
	}
	if s.Err != nil {
		attrs = append(attrs, slog.String("cause", s.Err.Error()))
	}
	e.Logger.LogAttrs(ctx, level, "auth", attrs...)
}
