package link

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/latchwork/latchwork/engine"
	"github.com/latchwork/latchwork/nodes/outbox"
	"github.com/latchwork/latchwork/nodes/user"
)

// Nodes are the node types of the group.
func Nodes(users user.Store, box outbox.Store) []engine.NodeType {
	return []engine.NodeType{sendNode(users, box)}
}

type sendWith struct {
	Email    *string `flow:"email,optional" doc:"The address that gets it. Alone: if an account has it. With a user: a new address of that user, to be confirmed."`
	UserID   *string `flow:"userId,optional" needs:"session" doc:"The user who gets it, at the address that is stored when it is sent."`
	Purpose  string  `flow:"purpose,literal" format:"purpose" example:"sign-in" doc:"What the token in it is good for; app.yaml declares purposes."`
	Template string  `flow:"template,literal" example:"sign-in" doc:"The file beside the flows, without .mail.txt."`
	ReturnTo *string `flow:"returnTo,optional,trusted" doc:"Where the link leads. The template reads it, and whoever redeems the token."`
}

type sendOutcomes struct {
	Accepted engine.Outcome[engine.None] `flow:"accepted" doc:"It is going to be sent, if there is such an account."`
}

func sendNode(users user.Store, box outbox.Store) engine.NodeType {
	return engine.Define("link.send", "Mails a link with a token to a user, or to an address if an account has it. The answer does not tell.",
		func(ctx context.Context, in sendWith, out sendOutcomes) (engine.Exit, error) {
			o := order{Purpose: in.Purpose, Template: in.Template}
			if in.Email != nil {
				canonical, err := user.Canonical(user.ByEmail, *in.Email)
				if err != nil {
					return engine.Exit{}, engine.Fail(400, "validation_error", "This is not a valid e-mail address.")
				}
				o.Email = canonical
			}
			userID := *cmp.Or(in.UserID, new(string))
			if o.Email == "" && userID == "" {
				return engine.Exit{}, engine.Fail(400, "validation_error", "An address or a user is needed.")
			}
			if o.Email != "" && userID != "" {
				// Whoever reads it there is taken for the user.
				if err := errors.Join(user.NotByStandIn(ctx, userID), user.SecondFactor(ctx, users, userID)); err != nil {
					return engine.Exit{}, err
				}
			}
			if in.ReturnTo != nil {
				o.ReturnTo = *in.ReturnTo
			}
			// What the purpose is now counts: the worker that makes the token knows of no flows.
			purpose, _ := engine.PurposeOf(ctx, in.Purpose)
			o.Class, o.Lifetime = purpose.Class, purpose.Lifetime
			if err := box.Add(ctx, outbox.New(ctx, engine.Realm(ctx), outbox.Link, userID, o.encode())); err != nil {
				return engine.Exit{}, fmt.Errorf("link: %w", err)
			}
			return out.Accepted.Exit(engine.None{}), nil
		},
		engine.Effect, engine.Refuses, engine.Costs(engine.Send), engine.AtLeastOne("email", "userId"),
		engine.MayFailFor("userId", user.FailStandIn, user.FailSecond),
		engine.Example(`
- id: link
  use: link.send
  with:
    email: ${{ input.email }}
    purpose: sign-in
    template: sign-in
- id: ok
  use: respond
  with:
    status: 202
`))
}

// order is what the entry of a link holds: nothing that opens a door.
type order struct {
	Purpose  string        `json:"purpose"`
	Class    string        `json:"class"`
	Lifetime time.Duration `json:"lifetime,omitempty"`
	Template string        `json:"template"`
	Email    string        `json:"email,omitempty"` // canonical; "" for that of the user
	ReturnTo string        `json:"returnTo,omitempty"`
}

func (o order) encode() []byte {
	text, _ := json.Marshal(o) // which is texts and a number
	return text
}
