// Package link owns links in mails: who gets one, and what happens when one is sent.
// The token is made when the mail is, and not before: what waits to be sent opens
// nothing, and a request costs the same whether or not there is an account. See IMPL.md
// of nodes.
package link

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/address"
	"github.com/latchwork/latchwork/nodes/letter"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/token"
	"github.com/latchwork/latchwork/nodes/user"
)

// Courier delivers the entries of link.send. It is safe for concurrent use.
type Courier struct {
	Users  user.Store
	Tokens *token.Manager
	Post   *letter.Post
}

// Deliver is the outbox.Handler of links. Where there is no account, or none that may
// sign in, nothing is sent, and nobody is told.
func (c *Courier) Deliver(ctx context.Context, e outbox.Entry) error {
	var o order
	if err := json.Unmarshal(e.Body, &o); err != nil {
		return fmt.Errorf("link: the entry cannot be read: %w", err)
	}
	u, err := c.find(ctx, e, o)
	if err != nil {
		return err
	}
	to := o.Email
	if to == "" {
		if u.Email == nil {
			return fmt.Errorf("%w: the user has no address", outbox.ErrDrop)
		}
		to = *u.Email
	}
	value, t, err := c.Tokens.Send(ctx, e.Realm, token.Sent{
		UserID: u.ID, Purpose: o.Purpose, Class: token.Class(o.Class), Lifetime: o.Lifetime,
		AddressKind: address.Email, Address: to, Options: token.Options{ReturnTo: o.ReturnTo},
	})
	if errors.Is(err, token.ErrDisabled) {
		return fmt.Errorf("%w: the user is disabled or gone", outbox.ErrDrop)
	}
	if err != nil {
		return fmt.Errorf("link: %w", err)
	}
	return c.Post.Send(ctx, letter.Letter{
		Realm: e.Realm, Channel: letter.ByMail, Template: o.Template, To: to, User: &u,
		Data: map[string]any{"Token": value.Reveal(), "ReturnTo": o.ReturnTo, "Minutes": minutes(t.Expires - t.Created)},
	})
}

// find is the user of an entry: the one it names, or who has its address.
func (c *Courier) find(ctx context.Context, e outbox.Entry, o order) (user.User, error) {
	by, value := user.ByID, e.UserID
	if value == "" {
		by, value = user.ByEmail, o.Email
	}
	u, err := c.Users.Find(ctx, e.Realm, by, value)
	if errors.Is(err, user.ErrNotFound) {
		return u, fmt.Errorf("%w: there is no such user", outbox.ErrDrop)
	}
	if err != nil {
		return u, fmt.Errorf("link: %w", err)
	}
	return u, nil
}

// minutes is a time for people, at least one.
func minutes(lifetime engine.Instant) int {
	return max(1, int(time.Duration(lifetime)*time.Millisecond/time.Minute))
}
