package runtime

import (
	"context"
	"log/slog"
	"slices"

	"github.com/latchwork/latchwork/engine"
)

// Events writes what happens to credentials and sessions to the log: who did
// what, from where, and how it ended (OWASP ASVS 16.3.1). It has ids only, never
// addresses or names of people, and no secrets.
type Events struct {
	Logger *slog.Logger
	// Steps are the names of node types of which every step is an event.
	Steps []string
	// Refusals are those of which only steps that fail are events, such as guards,
	// which let nearly every request pass.
	Refusals []string
}

var _ engine.Observer = (*Events)(nil)

// Watches is asked by the engine.
func (e *Events) Watches(nodeType string) engine.Watch {
	switch {
	case slices.Contains(e.Steps, nodeType):
		return engine.WatchAll
	case slices.Contains(e.Refusals, nodeType):
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
	attrs := append(make([]slog.Attr, 0, 11),
		slog.String("id", s.RequestID),
		slog.String("event", s.Type),
		slog.String("outcome", s.Outcome),
		slog.String("flow", s.Flow),
		slog.String("node", s.Node),
		slog.String("realm", engine.Realm(ctx)),
		slog.String("ip", caller.IP),
	)
	// Whom and what an event is about, and who stands in for the user.
	for _, id := range [...]struct{ key, field string }{{"user", "userId"}, {"subject", "id"}, {"actor", "actor"}} {
		if text := s.Text(id.field); text != "" {
			attrs = append(attrs, slog.String(id.key, text))
		}
	}
	if s.Err != nil {
		attrs = append(attrs, slog.String("cause", s.Err.Error()))
	}
	e.Logger.LogAttrs(ctx, level, "auth", attrs...)
}
