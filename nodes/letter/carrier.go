package letter

import (
	"context"
	"log/slog"
)

// Message is a letter that was written.
type Message struct {
	Channel  Channel
	Template string // what it was made from, for the log
	To       string
	Subject  string // of a mail; one line
	Text     string
	HTML     string // of a mail; "" for none
}

// Carrier takes letters where they go. It is safe for concurrent use. An error has
// the letter sent again later; one that wraps outbox.ErrDrop does not.
type Carrier interface {
	Send(ctx context.Context, m Message) error
}

// Log is a Carrier for where no other is configured.
type Log struct {
	Logger *slog.Logger
	// Show has the letters in the log. They open accounts, so it is for development.
	Show bool
}

// Send is part of Carrier.
func (l Log) Send(ctx context.Context, m Message) error {
	if !l.Show {
		l.Logger.WarnContext(ctx, "a letter was not sent: app.yaml does not say how", "channel", m.Channel, "template", m.Template)
		return nil
	}
	attrs := []any{"channel", m.Channel, "template", m.Template, "to", m.To}
	if m.Subject != "" {
		attrs = append(attrs, "subject", m.Subject)
	}
	l.Logger.InfoContext(ctx, "a letter", append(attrs, "text", m.Text)...)
	return nil
}
