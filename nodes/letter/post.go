package letter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/seal"
	"github.com/latchwork/latchwork/nodes/user"
)

// Post writes letters and hands them to carriers. It is safe for concurrent use.
type Post struct {
	Templates *Templates
	Users     user.Store
	Key       *seal.Key // opens variables; nil opens none

	Mail     Carrier
	Messages Carrier
	Realms   map[string]Carriers // of the realms that differ from these

	// PublicURL is the address of the application in a realm, without a slash at its
	// end.
	PublicURL func(realm string) string
	Log       *slog.Logger
}

// Carriers take the letters of a realm.
type Carriers struct{ Mail, Messages Carrier }

// recipient is what a template knows of a user. What the user lacks is "".
type recipient struct{ Name, Email string }

// Send writes a letter and sends it. Without a template, or to what is no address,
// nothing is ever sent: that is logged, and outbox.ErrDrop.
func (p *Post) Send(ctx context.Context, l Letter) error {
	template, params, err := p.Templates.find(l.Realm, l.Channel, l.Template)
	if err != nil {
		return p.drop(ctx, l, err)
	}
	to, err := user.Canonical(user.By(l.Channel.Address()), l.To)
	if err != nil {
		return p.drop(ctx, l, err)
	}
	data := map[string]any{}
	for name, value := range l.Data {
		data[name] = value
	}
	data["User"], data["Vars"], data["Params"] = recipientOf(l.User), l.Vars, params
	data["PublicURL"] = p.PublicURL(l.Realm)
	m := Message{Channel: l.Channel, Template: l.Template, To: to}
	if err := template.write(&m, data); err != nil {
		return fmt.Errorf("letter: %s: %w", fileOf(l.Channel, l.Template), err)
	}
	err = p.carrier(l.Realm, l.Channel).Send(ctx, m)
	if errors.Is(err, outbox.ErrDrop) {
		return p.drop(ctx, l, err)
	}
	return err
}

func (p *Post) carrier(realm string, c Channel) Carrier {
	own, differs := p.Realms[realm]
	if !differs {
		own = Carriers{p.Mail, p.Messages}
	}
	if c == ByMessage {
		return own.Messages
	}
	return own.Mail
}

func recipientOf(u *user.User) *recipient {
	if u == nil {
		return nil
	}
	var r recipient
	if u.Name != nil {
		r.Name = *u.Name
	}
	if u.Email != nil {
		r.Email = *u.Email
	}
	return &r
}

// drop says why a letter is never sent.
func (p *Post) drop(ctx context.Context, l Letter, err error) error {
	p.Log.ErrorContext(ctx, "a letter is not sent", "realm", l.Realm, "channel", l.Channel, "template", l.Template, "error", err)
	return fmt.Errorf("%w: %w", outbox.ErrDrop, err)
}

// Handlers deliver the entries of mail.send, message.send and Notice.
func (p *Post) Handlers() map[outbox.Kind]outbox.Handler {
	deliver := func(c Channel) outbox.Handler {
		return func(ctx context.Context, e outbox.Entry) error { return p.deliver(ctx, c, e) }
	}
	return map[outbox.Kind]outbox.Handler{outbox.Mail: deliver(ByMail), outbox.Message: deliver(ByMessage)}
}

// deliver sends the letter of an entry. One to a user goes to the address that is
// stored by now, verified or not; to a user who has none, or is gone, it does not go.
func (p *Post) deliver(ctx context.Context, c Channel, e outbox.Entry) error {
	b, vars, err := readBody(p.Key, e)
	if err != nil {
		return err
	}
	l := Letter{Realm: e.Realm, Channel: c, Template: b.Template, To: b.To, Vars: vars}
	if l.To == "" {
		if l.User, l.To, err = p.find(ctx, c, e); err != nil {
			return err
		}
	}
	return p.Send(ctx, l)
}

// find is the user of an entry and where the user is reached.
func (p *Post) find(ctx context.Context, c Channel, e outbox.Entry) (*user.User, string, error) {
	u, err := p.Users.Find(ctx, e.Realm, user.ByID, e.UserID)
	if errors.Is(err, user.ErrNotFound) {
		return nil, "", fmt.Errorf("%w: the user is gone", outbox.ErrDrop)
	}
	if err != nil {
		return nil, "", fmt.Errorf("letter: %w", err)
	}
	to, _ := u.Address(user.By(c.Address()))
	if to == nil {
		return nil, "", fmt.Errorf("%w: the user cannot be reached so", outbox.ErrDrop)
	}
	return &u, *to, nil
}
