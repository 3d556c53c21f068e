package user

import (
	"cmp"
	"context"

	"github.com/latchwork/latchwork/engine"
)

type listWith struct {
	After *string `flow:"after,optional" doc:"The next of the page before; null for the first page."`
	Limit int     `flow:"limit" default:"50" min:"1" max:"500" doc:"How many users to list at most."`
}

type listed struct {
	Users []User  `flow:"users" doc:"The users, in the order of their ids."`
	Next  *string `flow:"next,optional" doc:"Set if there are more: after for the next page."`
}

type listOutcomes struct {
	Listed engine.Outcome[listed] `flow:"listed" doc:"The page; it may be empty."`
}

func listNode(store Store) engine.NodeType {
	return engine.Define("user.list", "Lists the users of the application page by page.",
		func(ctx context.Context, in listWith, out listOutcomes) (engine.Exit, error) {
			users, err := store.List(ctx, engine.Realm(ctx), *cmp.Or(in.After, new(string)), in.Limit+1)
			if err != nil {
				return engine.Exit{}, err
			}
			page := listed{Users: users}
			if len(users) > in.Limit {
				page.Users = users[:in.Limit]
				page.Next = &users[in.Limit-1].ID
			}
			return out.Listed.Exit(page), nil
		},
		engine.Restricted,
		engine.Example(`
- id: page
  use: user.list
  with:
    after: ${{ input.after }}
- id: ok
  use: respond
  with:
    body:
      ids: "${{ map(page.users, #.id) }}"
      next: ${{ page.next }}
`))
}
