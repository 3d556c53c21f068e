package cmd

import (
	"github.com/latchwork/latchwork/nodes/letter"
	"github.com/latchwork/latchwork/nodes/link"
	"github.com/latchwork/latchwork/nodes/otp"
	"github.com/latchwork/latchwork/nodes/outbound"
	"github.com/latchwork/latchwork/nodes/outbox"
)

// delivery makes the worker that sends what nodes have written into the outbox.
func (b *backend) delivery(a *application) *outbox.Worker {
	post := &letter.Post{
		Templates: b.letters,
		Users:     b.deps.Users,
		Key:       b.deps.Key,
		Mail:      letter.Log{Logger: b.log, Show: a.dev},
		Messages:  letter.Log{Logger: b.log, Show: a.dev},
		PublicURL: a.config.PublicURL,
		Log:       b.log,
	}
	if a.config.Mail.SMTP.Host != "" {
		post.Mail = letter.SMTP{Config: a.config.Mail}
	}
	if a.config.Messages.Webhook != "" {
		reach := a.config.Outbound.With(a.config.Messages.Webhook)
		post.Messages = letter.Webhook{Config: a.config.Messages, Client: outbound.Config{}.Client(reach)}
	}
	handlers := post.Handlers()
	handlers[outbox.Link] = (&link.Courier{Users: b.deps.Users, Tokens: b.tokens, Post: post}).Deliver
	handlers[outbox.Code] = (&otp.Courier{Manager: b.codes, Post: post}).Deliver
	return &outbox.Worker{Store: b.deps.Outbox, Handlers: handlers, Log: b.log}
}

// deliver begins to send what lies in the outbox, until the backend is closed. Only
// servers do: a command that has the file open for a moment leaves it to them.
func (b *backend) deliver() {
	b.running.Go(func() { b.worker.Run(b.background) })
}
