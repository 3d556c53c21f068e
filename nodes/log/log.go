// Package log owns the node that writes lines of the application's own into the
// log.
package log

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/latchwork/latchwork/engine"
)

type logWith struct {
	Message string      `flow:"message,literal" doc:"What has happened, always in the same words."`
	Fields  engine.Body `flow:"fields,optional" doc:"Data that belongs to it. Secrets are refused."`
}

type logOutcomes struct {
	Done engine.Outcome[engine.None] `flow:"done" doc:"The line is written."`
}

// Nodes are the node types of this group. They write to a logger at the level
// info. What callers have sent stands in the attribute fields only, as JSON, in
// which a line break cannot begin a new line.
func Nodes(to *slog.Logger) []engine.NodeType {
	return []engine.NodeType{engine.Define("log", "Writes a line into the log.",
		func(ctx context.Context, in logWith, out logOutcomes) (engine.Exit, error) {
			if !to.Enabled(ctx, slog.LevelInfo) {
				return out.Done.Exit(engine.None{}), nil
			}
			attrs := []slog.Attr{slog.String("realm", engine.Realm(ctx)), slog.String("endpoint", engine.CallerOf(ctx).Route)}
			if in.Fields.IsSet() {
				fields, err := in.Fields.AppendJSON(nil)
				if err != nil {
					return engine.Exit{}, err
				}
				attrs = append(attrs, slog.Any("fields", json.RawMessage(fields)))
			}
			to.LogAttrs(ctx, slog.LevelInfo, in.Message, attrs...)
			return out.Done.Exit(engine.None{}), nil
		},
		engine.Example(`
- id: noted
  use: log
  with:
    message: Somebody asked for the price list.
    fields:
      email: ${{ input.email }}
- id: ok
  use: respond
  with:
    status: 204
`))}
}
