package cmd

import (
	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/letter"
	"github.com/latchwork/latchwork/nodes/link"
	"github.com/latchwork/latchwork/nodes/otp"
	"github.com/latchwork/latchwork/nodes/outbound"
	"github.com/latchwork/latchwork/nodes/outbox"
)

// delivery makes the worker that sends what nodes have written into the outbox.
func (b *backend) delivery(a *application) *outbox.Worker {
	main := b.carriers(a, engine.MainRealm)
	post := &letter.Post{
		Templates: b.letters,
		Users:     b.deps.Users,
		Key:       b.deps.Key,
		Mail:      main.Mail,
		Messages:  main.Messages,
		Realms:    map[string]letter.Carriers{},
		PublicURL: a.config.PublicURL,
		Log:       b.log,
	}
	for _, realm := range a.config.RealmNames() {
		post.Realms[realm] = b.carriers(a, realm)
	}
	handlers := post.Handlers()
	handlers[outbox.Link] = (&link.Courier{Users: b.deps.Users, Tokens: b.tokens, Post: post}).Deliver
	handlers[outbox.Code] = (&otp.Courier{Manager: b.codes, Post: post}).Deliver
	return &outbox.Worker{Store: b.deps.Outbox, Handlers: handlers, Log: b.log}
}

// carriers take the letters of a realm.
func (b *backend) carriers(a *application, realm string) letter.Carriers {
	c := a.config.For(realm)
	carriers := letter.Carriers{
		Mail:     letter.Log{Logger: b.log, Show: a.dev},
		Messages: letter.Log{Logger: b.log, Show: a.dev},
	}
	if c.Mail.SMTP.Host != "" {
		carriers.Mail = letter.SMTP{Config: c.Mail}
	}
	if c.Messages.Webhook != "" {
		reach := c.Outbound.With(c.Messages.Webhook)
		carriers.Messages = letter.Webhook{Config: c.Messages, Client: outbound.Config{}.Client(reach)}
	}
	return carriers
}

// deliver begins to send what lies in the outbox, until the backend is closed. Only
// servers do: a command that has the file open for a moment leaves it to them.
func (b *backend) deliver() {
	b.running.Go(func() { b.worker.Run(b.background) })
}
