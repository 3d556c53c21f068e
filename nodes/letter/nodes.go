package letter

import (
	"cmp"
	"context"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/seal"
)

// Deps is what the node types of this group work with.
type Deps struct {
	Outbox outbox.Store
	Key    *seal.Key // seals variables; without one a letter that has some fails
}

// Nodes are the node types mail.send and message.send.
func Nodes(d Deps) []engine.NodeType {
	return []engine.NodeType{
		sendNode(d, ByMail, "mail.send", "Mails a user, or an address. The mail is written down now and sent after the answer.", `
- id: told
  use: mail.send
  with:
    userId: ${{ session.userId }}
    template: signed-in
- id: ok
  use: respond
  with:
    status: 204
`),
		sendNode(d, ByMessage, "message.send", "Sends a short message to a user, or to a number. It is written down now and sent after the answer.", `
- id: told
  use: message.send
  with:
    userId: ${{ session.userId }}
    template: signed-in
- id: ok
  use: respond
  with:
    status: 204
`),
	}
}

type sendWith struct {
	UserID   *string                  `flow:"userId,optional" doc:"The user who gets it, at the address or number that is stored when it is sent, verified or not."`
	To       *string                  `flow:"to,optional" doc:"The address or number that gets it, instead of a user."`
	Template string                   `flow:"template,literal" example:"welcome" doc:"The file beside the flows, without .mail.txt or .message.txt."`
	Vars     map[string]engine.Secret `flow:"vars,optional" secret:"minted" credential:"with.userId" doc:"What the template reads as .Vars, by name."`
}

type sendOutcomes struct {
	Queued engine.Outcome[engine.None] `flow:"queued" doc:"It is going to be sent, if there is such a user and an address."`
}

func sendNode(d Deps, c Channel, name, doc, example string) engine.NodeType {
	return engine.Define(name, doc,
		func(ctx context.Context, in sendWith, out sendOutcomes) (engine.Exit, error) {
			if (in.UserID == nil) == (in.To == nil) {
				return engine.Exit{}, engine.Fail(400, "validation_error", "A user or an address is needed, and not both.")
			}
			userID, b := *cmp.Or(in.UserID, new(string)), body{Template: in.Template, To: *cmp.Or(in.To, new(string))}
			realm := engine.Realm(ctx)
			if err := b.seal(d.Key, engine.Random(ctx), realm, userID, in.Vars); err != nil {
				return engine.Exit{}, err
			}
			if err := d.Outbox.Add(ctx, outbox.New(ctx, realm, c.kind(), userID, b.encode())); err != nil {
				return engine.Exit{}, err
			}
			return out.Queued.Exit(engine.None{}), nil
		},
		engine.Effect, engine.Costs(engine.Send), engine.ExactlyOne("userId", "to"), engine.Example(example))
}
