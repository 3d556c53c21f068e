package user

import (
	"context"
	"errors"

	"github.com/latchwork/latchwork/engine"
)

type updateWith struct {
	UserID  string         `flow:"userId" needs:"session" doc:"The user to change."`
	Name    *string        `flow:"name,optional" doc:"The name to show; empty removes it."`
	Picture *string        `flow:"picture,optional" doc:"URL of a picture; empty removes it."`
	Data    map[string]any `flow:"data,optional" doc:"Replaces all fields of the application's own. Keys that mean something in a user are dropped."`
}

type updateOutcomes struct {
	Updated  engine.Outcome[User]        `flow:"updated" same:"id=with.userId" doc:"The user as it is now."`
	NotFound engine.Outcome[engine.None] `flow:"notFound" fails:"404 user_not_found There is no such user." doc:"The account is gone."`
}

func updateNode(d Deps) engine.NodeType {
	return engine.Define("user.update", "Changes what a user shows of themselves, and the application's own fields.",
		func(ctx context.Context, in updateWith, out updateOutcomes) (engine.Exit, error) {
			var change Change
			var dropped []string
			var err error
			if change.Name, err = changed(in.Name, displayName); err != nil {
				return engine.Exit{}, err
			}
			if change.Picture, err = changed(in.Picture, pictureURL); err != nil {
				return engine.Exit{}, err
			}
			if in.Data != nil {
				change.Data, dropped = cleaned(in.Data)
			}
			u, err := d.Store.Update(ctx, engine.Realm(ctx), in.UserID, change, engine.Now(ctx))
			switch {
			case errors.Is(err, ErrNotFound):
				return out.NotFound.Exit(engine.None{}), nil
			case err != nil:
				return engine.Exit{}, err
			}
			d.report(ctx, u.ID, dropped)
			return out.Updated.Exit(u), nil
		},
		engine.Effect, engine.Refuses, engine.Silent,
		engine.Example(`
- id: changed
  use: user.update
  with:
    userId: ${{ session.userId }}
    name: ${{ input.name }}
- id: ok
  use: respond
  with:
    body:
      name: ${{ changed.name }}
`))
}

// changed checks a new text; nil stays nil, and empty stays empty.
func changed(text *string, check func(string) (string, error)) (*string, error) {
	if text == nil {
		return nil, nil
	}
	checked, err := check(*text)
	return &checked, err
}
