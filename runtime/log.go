package runtime

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"
)

// NewLogger writes lines of JSON, or of text for people, with times in UTC to
// the millisecond. Both forms quote whatever could end a line.
func NewLogger(w io.Writer, level slog.Leveler, json bool) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if json {
		return slog.New(utc{slog.NewJSONHandler(w, options)})
	}
	return slog.New(utc{slog.NewTextHandler(w, options)})
}

// utc has times written in UTC, to the millisecond. Options of slog's handlers
// could do the same, but are asked about each attribute of each line.
type utc struct{ slog.Handler }

// Handle is part of slog.Handler.
func (h utc) Handle(ctx context.Context, r slog.Record) error {
	r.Time = r.Time.UTC().Truncate(time.Millisecond)
	return h.Handler.Handle(ctx, r)
}

// WithAttrs is part of slog.Handler.
func (h utc) WithAttrs(attrs []slog.Attr) slog.Handler { return utc{h.Handler.WithAttrs(attrs)} }

// WithGroup is part of slog.Handler.
func (h utc) WithGroup(name string) slog.Handler { return utc{h.Handler.WithGroup(name)} }

// finished counts and logs a request. Of the request the line has only what
// cannot be a secret: never its path, which may hold a token where the route has
// a parameter, its query or a header.
//
// A request in which nothing went wrong is logged for those who want to see
// everything only: a line costs as much as a tenth of a session check, metrics
// count them all, and what happens to credentials is logged by Events.
func (s *Server) finished(x *exchange, took time.Duration) {
	recorder := s.nowhere
	if x.route != nil {
		recorder = x.route.recorder
	}
	recorder.Answered(x.answer.Status, took)

	ctx, level := x.http.Context(), slog.LevelDebug
	var cause error
	if f := x.answer.Fault; f != nil && f.Cause != nil {
		cause = f.Cause
		// A client that went away is no fault of the server.
		if !errors.Is(cause, context.Canceled) || ctx.Err() == nil {
			level = slog.LevelError
		}
	}
	if !s.deps.Logger.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 9)
	attrs = append(attrs,
		slog.String("id", x.request.ID),
		slog.String("method", known(x.request.Method)),
		slog.Int("status", x.answer.Status),
		slog.Float64("ms", float64(took.Microseconds())/1000),
		slog.String("ip", x.request.IP),
	)
	if x.route != nil {
		attrs = append(attrs, slog.String("route", x.route.endpoint.Path), slog.String("flow", x.route.flow))
	}
	if f := x.answer.Fault; f != nil && len(f.Errors) > 0 {
		attrs = append(attrs, slog.String("code", f.Errors[0].Code))
	}
	if cause != nil {
		attrs = append(attrs, slog.String("cause", cause.Error()))
	}
	s.deps.Logger.LogAttrs(ctx, level, "request", attrs...)
}

// known is a method of HTTP, or "other" for words that a client has made up.
func known(method string) string {
	switch method {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE":
		return method
	}
	return "other"
}
