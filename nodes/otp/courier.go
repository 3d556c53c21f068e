package otp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/letter"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/user"
)

// order is what the entry of a code holds: nothing that opens a door.
type order struct {
	Binding  []byte         `json:"binding"` // its hash
	Channel  letter.Channel `json:"channel"`
	Address  string         `json:"address"`
	Template string         `json:"template"`
	Drop     bool           `json:"drop,omitempty"` // where no account has the address
}

func (o order) encode() []byte {
	text, _ := json.Marshal(o) // which is texts and bytes
	return text
}

// Courier delivers the entries of otp.send. It is safe for concurrent use.
type Courier struct {
	*Manager
	Post *letter.Post
}

// Deliver is the outbox.Handler of codes: it makes the digits and sends them. A second
// delivery makes other ones, and those of the first are good for nothing.
func (c *Courier) Deliver(ctx context.Context, e outbox.Entry) error {
	var o order
	if err := json.Unmarshal(e.Body, &o); err != nil {
		return fmt.Errorf("otp: the entry cannot be read: %w", err)
	}
	if len(o.Binding) != len(Hash{}) {
		return errors.New("otp: the entry names no code")
	}
	u, unwanted := c.holder(ctx, e, o)
	if unwanted != nil && !errors.Is(unwanted, outbox.ErrDrop) {
		return unwanted
	}
	code, err := c.fill(ctx, e.Realm, o, unwanted == nil)
	if err != nil {
		return err
	}
	if unwanted != nil {
		return unwanted
	}
	return c.Post.Send(ctx, letter.Letter{
		Realm: e.Realm, Channel: o.Channel, Template: o.Template, To: o.Address, User: u,
		Data: map[string]any{"Code": code, "Minutes": int(Lifetime / time.Minute)},
	})
}

// holder is the user who has the address of an entry, or nil. An entry that is not to
// be sent is outbox.ErrDrop.
func (c *Courier) holder(ctx context.Context, e outbox.Entry, o order) (*user.User, error) {
	u, err := c.Users.Find(ctx, e.Realm, user.By(o.Channel.Address()), o.Address)
	switch {
	case errors.Is(err, user.ErrNotFound) && !o.Drop && e.UserID == "":
		return nil, nil
	case errors.Is(err, user.ErrNotFound):
		return nil, fmt.Errorf("%w: no account has the address", outbox.ErrDrop)
	case err != nil:
		return nil, fmt.Errorf("otp: %w", err)
	case e.UserID != "" && e.UserID != u.ID:
		return nil, fmt.Errorf("%w: the address is another's now", outbox.ErrDrop)
	case u.Status != user.Active:
		return nil, fmt.Errorf("%w: the user is disabled", outbox.ErrDrop)
	}
	return &u, nil
}

// fill makes the digits of a code, and stores their hash. A code that is not to be
// sent gets a hash of nothing: checking it does the same work, and its time does not
// tell that there is no account.
func (c *Courier) fill(ctx context.Context, realm string, o order, wanted bool) (string, error) {
	code, err := newDigits(engine.Random(ctx))
	if err != nil {
		return "", err
	}
	binding := Hash(o.Binding)
	mac, err := c.Key.MAC(code, place(realm, binding, o.Address)...)
	if err != nil {
		return "", fmt.Errorf("otp: %w", err)
	}
	if !wanted {
		if _, err := io.ReadFull(engine.Random(ctx), mac); err != nil {
			return "", fmt.Errorf("otp: %w", err)
		}
	}
	expires := engine.Now(ctx) + engine.Instant(Lifetime.Milliseconds())
	err = c.Store.Fill(ctx, realm, binding, mac, expires)
	if errors.Is(err, ErrNotFound) {
		return "", fmt.Errorf("%w: another code has taken its place, or it was used", outbox.ErrDrop)
	}
	if err != nil {
		return "", fmt.Errorf("otp: %w", err)
	}
	return code, nil
}
