package otp

import (
	"cmp"
	"context"
	"fmt"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/address"
	"github.com/latchwork/latchwork/nodes/internal/opaque"
	"github.com/latchwork/latchwork/nodes/letter"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/user"
)

// Nodes are the node types otp.*.
func Nodes(m *Manager) []engine.NodeType { return []engine.NodeType{m.sendNode(), m.checkNode()} }

type sendWith struct {
	Email    *string  `flow:"email,optional" doc:"The address that gets it."`
	Phone    *string  `flow:"phone,optional" doc:"The number that gets it, from + on."`
	UserID   *string  `flow:"userId,optional" needs:"session" doc:"The user who gets it, at the e-mail address, or the number where there is none."`
	Purpose  []string `flow:"purpose,literal" format:"purpose" example:"sign-in" doc:"What the code is good for; app.yaml declares purposes."`
	Template string   `flow:"template,literal" default:"code" example:"code" doc:"The file beside the flows, without .mail.txt or .message.txt."`
	Unknown  string   `flow:"unknown,literal" enum:"send,drop" default:"drop" doc:"What becomes of a code for an address that no account has: it is sent, or dropped. The answer does not tell."`
}

type accepted struct {
	Binding engine.Secret `flow:"binding" secret:"minted" doc:"Names the code, for a cookie: otp.check then takes the code from this browser only."`
	Channel string        `flow:"channel" doc:"mail or message."`
}

type sendOutcomes struct {
	Accepted engine.Outcome[accepted] `flow:"accepted" doc:"It is going to be sent. It takes the place of one for the same address and purpose."`
}

func (m *Manager) sendNode() engine.NodeType {
	return engine.Define("otp.send", "Sends a code of six digits to an address, or to a user. The answer does not tell who has an account.",
		func(ctx context.Context, in sendWith, out sendOutcomes) (engine.Exit, error) {
			kind, value, err := m.target(ctx, in)
			if err != nil {
				return engine.Exit{}, err
			}
			binding, err := opaque.New(engine.Random(ctx), Prefix)
			if err != nil {
				return engine.Exit{}, fmt.Errorf("otp: %w", err)
			}
			c := Code{Binding: HashBinding(binding), Channel: letter.ChannelTo(kind), Address: value, Purposes: in.Purpose, Created: engine.Now(ctx)}
			o := order{Binding: c.Binding[:], Channel: c.Channel, Address: value, Template: in.Template, Drop: in.Unknown == "drop"}
			userID := *cmp.Or(in.UserID, new(string))
			if err := m.Store.Create(ctx, engine.Realm(ctx), c, outbox.New(ctx, engine.Realm(ctx), outbox.Code, userID, o.encode())); err != nil {
				return engine.Exit{}, fmt.Errorf("otp: create: %w", err)
			}
			return out.Accepted.Exit(accepted{engine.NewSecret(binding), string(c.Channel)}), nil
		},
		engine.Effect, engine.Refuses, engine.Costs(engine.Send), engine.ExactlyOne("email", "phone", "userId"),
		engine.MayFailFor("userId", errNoAddress),
		engine.Example(`
- id: code
  use: otp.send
  with:
    email: ${{ input.email }}
    purpose: sign-in
- id: ok
  use: respond
  with:
    status: 202
`))
}

// target is where a code goes to.
func (m *Manager) target(ctx context.Context, in sendWith) (address.Kind, string, error) {
	switch {
	case in.Email != nil && in.Phone == nil && in.UserID == nil:
		return canonical(address.Email, *in.Email)
	case in.Phone != nil && in.Email == nil && in.UserID == nil:
		return canonical(address.Phone, *in.Phone)
	case in.UserID != nil && in.Email == nil && in.Phone == nil:
		return m.addressOf(ctx, *in.UserID)
	}
	return "", "", engine.Fail(400, "validation_error", "Give exactly one of an e-mail address, a phone number and a user.")
}

func canonical(kind address.Kind, value string) (address.Kind, string, error) {
	message := "This is not a valid e-mail address."
	if kind == address.Phone {
		message = "This is not a valid phone number."
	}
	value, err := user.Canonical(user.By(kind), value)
	if err != nil {
		return "", "", engine.Fail(400, "validation_error", message)
	}
	return kind, value, nil
}
