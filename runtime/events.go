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

// Watch is part of engine.Observer.
func (e *Events) Watch(n engine.NodeInfo) (engine.Watch, func(context.Context, engine.StepRecord)) {
	// What is the same for all steps of a node is written once and for all.
	lines := e.Logger.Handler().WithAttrs([]slog.Attr{
		slog.String("event", n.Type), slog.String("flow", n.Flow), slog.String("node", n.Node),
	})
	tell := func(ctx context.Context, s engine.StepRecord) { tellEvent(ctx, lines, s) }
	switch {
	case slices.Contains(e.Steps, n.Type):
		return engine.WatchAll, tell
	case slices.Contains(e.Refusals, n.Type):
		return engine.WatchErrors, tell
	}
	return engine.WatchNothing, nil
}

func tellEvent(ctx context.Context, lines slog.Handler, s engine.StepRecord) {
	level := slog.LevelInfo
	if s.Outcome == "error" {
		level = slog.LevelWarn
	}
	if !lines.Enabled(ctx, level) {
		return
	}
	// Not by a Logger, which would look up from where it is called.
	line := slog.NewRecord(s.At, level, "auth", 0)
	line.AddAttrs(
		slog.String("id", s.RequestID),
		slog.String("outcome", s.Outcome),
		slog.String("realm", engine.Realm(ctx)),
		slog.String("ip", engine.CallerOf(ctx).IP),
	)
	// Whom and what an event is about, and who stands in for the user.
	for _, id := range [...]struct{ key, field string }{{"user", "userId"}, {"subject", "id"}, {"actor", "actor"}} {
		if text := s.Text(id.field); text != "" {
			line.AddAttrs(slog.String(id.key, text))
		}
	}
	if s.Err != nil {
		line.AddAttrs(slog.String("cause", s.Err.Error()))
	}
	_ = lines.Handle(ctx, line) // a log that cannot be written is nothing to stop for
}
